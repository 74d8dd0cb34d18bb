"""Runs a contestant in its own process, which trains on request."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection

import numpy as np

from tests.benchmarks.memory import peak
from tests.benchmarks.peers.systems import Entry, Task


class Apart:
    """The parent's end of the connection to a contestant."""

    def __init__(self, name: str, entry: Entry, task: Task):
        """Starts the process; call `wait` before using it."""
        spawn = multiprocessing.get_context("spawn")
        self.name = name
        self._line, other_end = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(other_end, entry, task))
        self._process.start()
        other_end.close()  # otherwise `recv` would not notice the end of the process

    def wait(self) -> None:
        """Waits until the contestant is built."""
        self._answer()

    def train(self, steps: int) -> None:
        """Trains for that many steps."""
        self._ask("train", steps)

    def images(self, count: int) -> np.ndarray:
        """Returns generated images, uint8."""
        return self._ask("images", count)

    def peak(self) -> float:
        """Returns the peak memory before the first generated images, in GiB."""
        return self._ask("peak", 0)

    def close(self) -> None:
        """Ends the process."""
        self._line.close()
        self._process.join()

    def _ask(self, order: str, number: int):
        self._line.send((order, number))
        return self._answer()

    def _answer(self):
        try:
            return self._line.recv()
        except EOFError as error:
            raise RuntimeError(
                f"The process of {self.name!r} ended; see its own error message."
            ) from error


class Orders:
    """The contestant's end of the connection."""

    def __init__(self, line: Connection, generate: Callable[[int], np.ndarray]):
        self._line = line
        self._generate = generate
        self._steps = 0
        self._peak = None

    def obey(self) -> bool:
        """Answers requests until one to train (returns True) or the end (False)."""
        while True:
            try:
                order, number = self._line.recv()
            except EOFError:  # the other end was closed
                return False
            if order == "train":
                self._steps = number
                return True
            if self._peak is None:
                self._peak = peak()
            self._line.send(self._peak if order == "peak" else self._generate(number))

    def step_done(self) -> bool:
        """Counts a step; returns whether to train another one."""
        self._steps -= 1
        if self._steps:
            return True
        self._line.send(None)
        return self.obey()


def serve(line: Connection, entry: Entry, task: Task) -> None:
    """Builds a contestant, and trains it as requested."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # As `import ganzoo` does: on processors without AVX-512 all TensorFlow loops gain.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    contestant = entry.build(task)
    orders = Orders(line, contestant.generate)
    line.send(None)
    if orders.obey():
        contestant.train(orders.step_done)
