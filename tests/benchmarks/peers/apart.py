"""A contestant in a process of its own, which trains when it is told to."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.connection import Connection

import numpy as np

from tests.benchmarks.memory import peak
from tests.benchmarks.peers.systems import Entry, Task


class Apart:
    """This process's end of the line."""

    def __init__(self, name: str, entry: Entry, task: Task):
        """Starts the process; `wait` until it is ready."""
        spawn = multiprocessing.get_context("spawn")
        self.name = name
        self._line, other_end = spawn.Pipe()
        self._process = spawn.Process(target=serve, args=(other_end, entry, task))
        self._process.start()
        other_end.close()  # or the end of the process would not be seen here

    def wait(self) -> None:
        """Waits for the process to say that its contestant is built."""
        self._answer()

    def train(self, steps: int) -> None:
        """Has the contestant take so many steps."""
        self._ask("train", steps)

    def images(self, count: int) -> np.ndarray:
        """Returns images that the generator draws as it is, uint8."""
        return self._ask("images", count)

    def peak(self) -> float:
        """Returns the peak of its memory before it first drew images, in GiB."""
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
                f"The process of {self.name!r} ended; its own message says why."
            ) from error


class Orders:
    """The other end: what a contestant asks whether it goes on."""

    def __init__(self, line: Connection, generate: Callable[[int], np.ndarray]):
        self._line = line
        self._generate = generate
        self._steps = 0
        self._peak = None

    def obey(self) -> bool:
        """Carries out orders; returns True at one to train, False after the last."""
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
        """Counts a step; returns whether another one is to follow."""
        self._steps -= 1
        if self._steps:
            return True
        self._line.send(None)
        return self.obey()


def serve(line: Connection, entry: Entry, task: Task) -> None:
    """Builds a contestant and trains it in one go, as told."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    contestant = entry.build(task)
    orders = Orders(line, contestant.generate)
    line.send(None)
    if orders.obey():
        contestant.train(orders.step_done)
