"""InfoGAN's latent codes: sampling, layout, and the information bound."""

import dataclasses
import itertools
import math
import numbers
from collections.abc import Mapping

import numpy as np
from keras import KerasTensor, ops
from numpy.typing import ArrayLike

from ganzoo.random import StepRandom

# The entropy of the uniform distribution on [-1, 1], in nats.
_UNIFORM_ENTROPY = math.log(2.0)
_HALF_LOG_2_PI = 0.5 * math.log(2.0 * math.pi)


@dataclasses.dataclass(frozen=True, eq=False)
class Posterior:
    """The recognition network's estimate of the codes of `n` images.

    Attributes:
        probabilities: One float32 array `[n, size]` per categorical code; rows sum to
            1.
        means: Means of the continuous codes, float32 `[n, continuous]`.
        stddevs: Standard deviations of the continuous codes, float32 `[n, continuous]`.
    """

    probabilities: tuple[np.ndarray, ...]
    means: np.ndarray
    stddevs: np.ndarray


@dataclasses.dataclass(frozen=True)
class Codes:
    """Independent latent codes: categorical ones, then continuous ones.

    A categorical code of size K is uniform over K values and enters the generator
    one-hot; a continuous code is uniform on [-1, 1]. The recognition network returns,
    in the same order, the logits of each categorical code, the means of the continuous
    ones and, unless `stddev` fixes them, the logarithms of their standard deviations
    (Chen et al. 2016, appendix C).

    Attributes:
        categorical: Number of values of each categorical code.
        continuous: Number of continuous codes.
        stddev: Standard deviation of Q(c|x) for the continuous codes; None if the
            recognition network returns it.

    Raises:
        ValueError: A size is out of range, or there is no code.
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
                "one, e.g. categorical=(10,), or train a plain GAN."
            )
        if self.stddev is not None and not self.stddev > 0:
            raise ValueError(
                f"stddev={self.stddev} must be above 0, or None to learn it."
            )

    def __len__(self) -> int:
        """Returns the number of codes."""
        return len(self.categorical) + self.continuous

    @property
    def size(self) -> int:
        """The number of the generator's inputs that are codes."""
        return sum(self.categorical) + self.continuous

    @property
    def parameters(self) -> int:
        """The number of outputs that the recognition network must have."""
        return self.size + (self.continuous if self.stddev is None else 0)

    def draw(self, count: int | KerasTensor, random: StepRandom) -> KerasTensor:
        """Samples codes, float32 `[count, size]`."""
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
            codes: Sampled codes, `[n, size]`.
            values: Value of each fixed code in all rows, or one value per row, by the
                code's number (categorical codes first, from 0): a whole number below
                its size, or any number for a continuous code, even outside [-1, 1].

        Raises:
            ValueError: A code or its value does not exist.
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

    def information(self, parameters: KerasTensor, codes: KerasTensor) -> dict:
        """Returns the lower bound of the mutual information I(c; G(z, c)), in nats.

        L_I = E[log Q(c|x)] + H(c) (Chen et al. 2016, eq. 5), one value per example. It
        is at most H(c) for categorical codes and unbounded for continuous codes, whose
        density can become arbitrarily narrow.

        Args:
            parameters: Output of the recognition network for x = G(z, c).
            codes: The codes c, `[n, size]`.

        Returns:
            `categorical_information` and `continuous_information`, float32 `[n]`, each
            summed over the codes of that kind, if there are any.
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
        """Returns Q(c|x) from the recognition network's output for `n` images."""
        logits, means, logs = self._split(ops.cast(parameters, "float32"))
        return Posterior(
            tuple(ops.convert_to_numpy(ops.softmax(logit)) for logit in logits),
            ops.convert_to_numpy(means),
            ops.convert_to_numpy(ops.exp(logs)),
        )

    def _split(self, parameters: KerasTensor) -> tuple[list, KerasTensor, KerasTensor]:
        """Returns logits per categorical code; means and log stddevs of the others."""
        *logits, rest = self._parts(parameters)
        means = rest[:, : self.continuous]
        if self.stddev is None:
            return logits, means, rest[:, self.continuous :]
        return logits, means, ops.full_like(means, math.log(self.stddev))

    def _parts(self, rows: KerasTensor) -> list:
        """Returns the columns of each categorical code, then the remaining columns."""
        ends = list(itertools.accumulate(self.categorical))
        return ops.split(rows, ends, axis=1) if ends else [rows]
