"""An order of examples that is a function of the seed and the train step."""

import numpy as np


class Order:
    """The order of the examples of arrays in each pass.

    Each order is a function of the step at which the pass begins, so that a run that
    resumes between passes sees the same batches as an uninterrupted one.

    Attributes:
        rows: Number of examples.
        size: Number of examples per batch.
    """

    def __init__(self, rows: int, size: int, seed: int, step: int, *, within: bool):
        """Starts with the pass that begins at a step.

        Args:
            rows: Number of examples.
            size: Number of examples per batch.
            seed: The model's seed.
            step: The train step.
            within: Whether to shuffle only within batches (`shuffle="batch"`).
        """
        self.rows, self.size, self._within = rows, size, within
        self._seed, self._step = seed % 2**64, step

    def __call__(self) -> np.ndarray:
        """Returns the order of the next pass, int64 `[rows]`."""
        numbers = np.random.default_rng([self._seed, self._step])
        self._step += -(-self.rows // self.size)
        if not self._within:
            return numbers.permutation(self.rows)
        cuts = range(self.size, self.rows, self.size)
        batches = np.split(np.arange(self.rows), cuts)
        return np.concatenate([numbers.permutation(batch) for batch in batches])
