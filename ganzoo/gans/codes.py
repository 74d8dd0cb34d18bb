"""Latent codes of an InfoGAN: what is drawn, how it lies, what is learned about it."""

import dataclasses
import itertools
import math
import numbers
from collections.abc import Mapping

import keras
import numpy as np
from keras import ops
from numpy.typing import ArrayLike

from ganzoo.random import StepRandom

# The entropy of a number drawn uniformly from [-1, 1], in nats.
_UNIFORM_ENTROPY = math.log(2.0)
_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """What the recognition network says of the codes of `n` images.

    Attributes:
        probabilities: For each categorical code float32 `[n, size]`; rows sum to 1.
        means: Of the continuous codes, float32 `[n, continuous]`.
        stddevs: Their standard deviations, float32 `[n, continuous]`.
    """

    probabilities: tuple[np.ndarray, ...]
    means: np.ndarray
    stddevs: np.ndarray


@dataclasses.dataclass(frozen=True)
class Codes:
    """Independent latent codes: categorical ones, then continuous ones.

    A categorical code of size K takes each of K values equally often, and is fed to the
    generator as K numbers, a 1 and zeros; a continuous code is uniform on [-1, 1]. The
    recognition network returns, in the same order, the logits of each categorical code,
    the means of the continuous ones and, unless `stddev` fixes them, the logarithms
    of their standard deviations (Chen et al. 2016, appendix C).

    Attributes:
        categorical: Number of values of each categorical code.
        continuous: Number of continuous codes.
        stddev: Standard deviation of Q(c|x) for the continuous codes; None has the
            recognition network give it.

    Raises:
        ValueError: A size out of range, or no code at all.
    """

    categorical: tuple[int, ...] = (10,)
    continuous: int = 2
    stddev: float | None = None

    def __post_init__(self) -> None:
        for size in self.categorical:
            if not isinstance(size, numbers.Integral) or size < 2:
                raise ValueError(
                    f"categorical={self.categorical} holds {size!r}; the number of "
                    "values of a categorical code must be a whole number of at least 2."
                )
        if not isinstance(self.continuous, numbers.Integral) or self.continuous < 0:
            raise ValueError(
                f"continuous={self.continuous!r} must be a whole number of at least 0."
            )
        if not self.categorical and not self.continuous:
            raise ValueError(
                "categorical=() and continuous=0 leave no code to learn; give at least "
                "one, e.g. categorical=(10,), or play a plain GAN."
            )
        if self.stddev is not None and not self.stddev > 0:
            raise ValueError(
                f"stddev={self.stddev} must be above 0, or None to learn it."
            )

    def __len__(self) -> int:
        """Number of codes."""
        return len(self.categorical) + self.continuous

    @property
    def size(self) -> int:
        """Numbers that the codes take up in the generator's input."""
        return sum(self.categorical) + self.continuous

    @property
    def parameters(self) -> int:
        """Numbers that the recognition network has to return."""
        return self.size + (self.continuous if self.stddev is None else 0)

    def draw(
        self, count: int | keras.KerasTensor, random: StepRandom
    ) -> keras.KerasTensor:
        """Draws codes, float32 `[count, size]`."""
        parts = [
            ops.one_hot(random.integers([count], size), size)
            for size in self.categorical
        ]
        if self.continuous:
            parts.append(2.0 * random.uniform([count, self.continuous]) - 1.0)
        return ops.concatenate(parts, axis=1)

    def fix(self, codes: np.ndarray, values: Mapping[int, ArrayLike]) -> None:
        """Sets codes in place.

        Args:
            codes: `[n, size]`, as drawn.
            values: For a code's number (categorical ones first, from 0) its value in
                all rows, or one for each: a whole number below its size, or any
                number for a continuous code, also beyond [-1, 1].

        Raises:
            ValueError: There is no code of that number, or it has no such value.
        """
        for number, value in values.items():
            if number not in range(len(self)):
                raise ValueError(
                    f"There is no code {number!r}; there are codes 0 to "
                    f"{len(self) - 1}, of which the first {len(self.categorical)} are "
                    "categorical."
                )
            given = np.asarray(value)
            if given.shape not in ((), (len(codes),)):
                raise ValueError(
                    f"Code {number} was given values of shape {given.shape}; give one "
                    f"for all images, or one for each of {len(codes)}."
                )
            self._set(codes, number, given)

    def _set(self, codes: np.ndarray, number: int, value: np.ndarray) -> None:
        place = number - len(self.categorical)
        if place >= 0:
            codes[:, sum(self.categorical) + place] = value
            return
        size = self.categorical[number]
        if value.dtype.kind not in "iu" or value.min() < 0 or value.max() >= size:
            raise ValueError(
                f"Code {number} is categorical, with the values 0 to {size - 1}; "
                f"received {value.tolist()}."
            )
        first = sum(self.categorical[:number])
        codes[:, first : first + size] = np.eye(size)[value]

    def information(
        self, parameters: keras.KerasTensor, codes: keras.KerasTensor
    ) -> dict:
        """Returns the lower bound of the mutual information I(c; G(z, c)), in nats.

        L_I = E[log Q(c|x)] + H(c) (Chen et al. 2016, eq. 5), one value an example. At
        most H(c) for the categorical codes; without bound for continuous ones, whose
        density may grow as narrow as it is certain.

        Args:
            parameters: What the recognition network says of x = G(z, c).
            codes: c, `[n, size]`.

        Returns:
            `categorical_information` and `continuous_information`, float32 `[n]`, each
            summed over the codes of that kind, where there are such.
        """
        logits, means, logs = self._split(ops.cast(parameters, "float32"))
        *hot, continuous = self._parts(codes)
        values = {}
        if self.categorical:
            values["categorical_information"] = sum(
                math.log(size)
                - ops.categorical_crossentropy(c, logit, from_logits=True)
                for size, c, logit in zip(self.categorical, hot, logits, strict=True)
            )
        if self.continuous:
            errors = (continuous - means) * ops.exp(-logs)
            densities = -0.5 * ops.square(errors) - logs - _HALF_LOG_2_PI
            values["continuous_information"] = ops.sum(
                densities + _UNIFORM_ENTROPY, axis=1
            )
        return values

    def posterior(self, parameters: np.ndarray) -> Posterior:
        """Returns Q(c|x) for what the recognition network returned of `n` images."""
        logits, means, logs = self._split(ops.cast(parameters, "float32"))
        return Posterior(
            tuple(ops.convert_to_numpy(ops.softmax(logit)) for logit in logits),
            ops.convert_to_numpy(means),
            ops.convert_to_numpy(ops.exp(logs)),
        )

    def _split(
        self, parameters: keras.KerasTensor
    ) -> tuple[list, keras.KerasTensor, keras.KerasTensor]:
        """Logits of each categorical code; means and log deviations of the others."""
        *logits, rest = self._parts(parameters)
        means = rest[:, : self.continuous]
        if self.stddev is None:
            return logits, means, rest[:, self.continuous :]
        return logits, means, ops.full_like(means, math.log(self.stddev))

    def _parts(self, rows: keras.KerasTensor) -> list:
        """The columns of each categorical code, and what lies behind them."""
        ends = list(itertools.accumulate(self.categorical))
        return ops.split(rows, ends, axis=1) if ends else [rows]
