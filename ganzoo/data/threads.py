"""Work in threads: for libraries that run without Python's lock, as Pillow does."""

import collections
import concurrent.futures
import os
from collections.abc import Callable, Generator, Iterable
from typing import Any

AHEAD = 16  # results per thread that may wait for an earlier one


def cores() -> int:
    """Returns the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def in_order(
    work: Callable[[Any], Any], items: Iterable[Any], threads: int | None = None
) -> Generator[Any, None, None]:
    """Yields the results of `work`, computed ahead in threads, in order.

    However many items there are, few results wait to be taken.

    Args:
        work: Function of one item.
        items: The items.
        threads: Number of threads; by default that of the cores.
    """
    threads = threads or cores()
    pool = concurrent.futures.ThreadPoolExecutor(threads)
    waiting: collections.deque[concurrent.futures.Future] = collections.deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= AHEAD * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
