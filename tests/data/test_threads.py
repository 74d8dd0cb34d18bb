import threading

import pytest

from ganzoo.data import threads
from ganzoo.data.threads import in_order


def test_the_order_is_that_of_the_items_whoever_is_done_first():
    second = threading.Event()

    def work(item):
        if item == 0:
            assert second.wait(30)
        if item == 1:
            second.set()
        return item

    assert list(in_order(work, range(300), 4)) == list(range(300))


def test_no_more_results_wait_than_are_needed_to_keep_threads_busy():
    done = []
    results = in_order(lambda item: done.append(item) or item, range(1000), 2)
    assert next(results) == 0
    results.close()
    assert len(done) <= 2 * threads.AHEAD


def test_an_error_ends_all_work():
    done = []

    def work(item):
        done.append(item)
        if item == 3:
            raise OSError("disk")
        return item

    results = in_order(work, range(1000), 2)
    with pytest.raises(OSError, match="disk"):
        list(results)
    assert len(done) < 1000


def test_the_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert threads.cores() == 3
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 7)
    assert threads.cores() == 7
