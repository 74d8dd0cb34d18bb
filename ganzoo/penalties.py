"""Penalties that keep a discriminator smooth: pure, one float32 value an example.

A penalty is called with the discriminator as a function images -> logits ([n], [n, 1]
or patches [n, ...], whose mean counts), a real and a generated batch of one shape, and
a source of random numbers with `uniform(shape)`. It may be differentiated again with
respect to the discriminator's weights. Batch normalisation in the discriminator mixes
the examples of a batch, and then no gradient belongs to a single one: do without it.

A penalty can also constrain the weights after each update of the discriminator;
`constrain` does nothing unless the penalty says otherwise.
"""

import functools
import math
import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from ganzoo.commands import meant

Discriminator = Callable[[tf.Tensor], tf.Tensor]

# Under the root of a gradient's norm: the derivative of a bare root at 0 is infinite.
_TINY = 1e-12


class Penalty:
    """Base of all penalties. Two of them are added with `+`."""

    def __call__(
        self,
        discriminator: Discriminator,
        real: tf.Tensor,
        fake: tf.Tensor,
        random: Any,
    ) -> tf.Tensor:
        """Returns the penalty of each example, [n] float32.

        Args:
            discriminator: images [n, ...] -> logits [n], [n, 1] or [n, ...].
            real: real images, [n, ...].
            fake: generated images, of the same shape.
            random: has `uniform(shape)`, float32 numbers in [0, 1); None will do for
                the penalties that draw none.
        """
        raise NotImplementedError

    def constrain(self, variables: Iterable[keras.Variable]) -> None:
        """Restricts the discriminator's variables, in place, after an update."""

    def __add__(self, other: "Penalty") -> "Sum":
        if not isinstance(other, Penalty):
            return NotImplemented
        return Sum(_terms(self) + _terms(other))


@dataclass(frozen=True)
class GradientPenalty(Penalty):
    """weight * (|grad D(x)| - 1)^2, x between real and fake (Gulrajani 2017, eq. 3).

    x = e * real + (1 - e) * fake, with e uniform in [0, 1), one *an example*.
    One-sided, weight * max(0, |grad D(x)| - 1)^2, norms below 1 are free (Petzka et
    al. 2018, WGAN-LP).

    Attributes:
        weight: lambda of the paper, at least 0.
        one_sided: whether norms below 1 are free.

    Raises:
        ValueError: If the weight is negative or not finite.
    """

    weight: float = 10.0
    one_sided: bool = False

    def __post_init__(self) -> None:
        _check_weight("GradientPenalty", "weight", self.weight)

    def __call__(self, discriminator, real, fake, random):
        """Penalises the gradient at one point between each pair of images, [n]."""
        real, fake = _images(real), _images(fake)
        if not real.shape.is_compatible_with(fake.shape):
            raise ValueError(
                f"Real images {tuple(real.shape)} and generated ones "
                f"{tuple(fake.shape)} differ in shape: a gradient penalty "
                "interpolates between them."
            )
        count = real.shape[0] or tf.shape(real)[0]
        mix = random.uniform((count,) + (1,) * (real.shape.rank - 1))
        mix = tf.cast(mix, tf.float32)
        squares = _squared_gradient(discriminator, mix * real + (1.0 - mix) * fake)
        excess = tf.sqrt(squares + _TINY) - 1.0
        if self.one_sided:
            excess = tf.nn.relu(excess)
        return self.weight * tf.square(excess)


@dataclass(frozen=True)
class _SquaredGradientPenalty(Penalty):
    """gamma / 2 * |grad D|^2.

    Attributes:
        gamma: at least 0; Mescheder et al. 2018 use 10.

    Raises:
        ValueError: If gamma is negative or not finite.
    """

    gamma: float = 10.0

    def __post_init__(self) -> None:
        _check_weight(type(self).__name__, "gamma", self.gamma)


class R1(_SquaredGradientPenalty):
    """gamma / 2 * |grad D(real)|^2 (Mescheder et al. 2018, eq. 9); gamma=10.0."""

    def __call__(self, discriminator, real, fake, random):
        """Penalises the gradient at the real images, [n]."""
        return self.gamma / 2.0 * _squared_gradient(discriminator, _images(real))


class R2(_SquaredGradientPenalty):
    """gamma / 2 * |grad D(fake)|^2 (Mescheder et al. 2018, eq. 10); gamma=10.0."""

    def __call__(self, discriminator, real, fake, random):
        """Penalises the gradient at the generated images, [n]."""
        return self.gamma / 2.0 * _squared_gradient(discriminator, _images(fake))


@dataclass(frozen=True)
class WeightClipping(Penalty):
    """Clips every weight to [-limit, limit] after an update (Arjovsky et al. 2017).

    Algorithm 1, line 7, of the paper. As a penalty it is 0 and costs nothing.

    Attributes:
        limit: c of the paper, above 0.

    Raises:
        ValueError: If the limit is not a finite number above 0.
    """

    limit: float = 0.01

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit) and self.limit > 0):
            raise ValueError(
                f"WeightClipping: limit is {self.limit!r}; it must be finite and above "
                "0, for example 0.01."
            )

    def __call__(self, discriminator, real, fake, random):
        """Returns zeros, [n], without calling the discriminator."""
        return tf.zeros(tf.shape(real)[:1])

    def constrain(self, variables):
        """Clips the variables in place, in the scope of their strategy or a replica."""
        variables = list(variables)
        values = [v.value if isinstance(v, keras.Variable) else v for v in variables]
        if not all(isinstance(value, tf.Variable) for value in values):
            # In a keras.StatelessScope values are tensors, and assigning is Keras's.
            for variable in variables:
                variable.assign(self._clip(variable.value))
        elif tf.distribute.in_cross_replica_context():
            self._clip_everywhere(tf.distribute.get_strategy(), values)
        else:
            # One replica cannot assign to a mirrored variable by itself. This is how
            # Keras's own optimisers update theirs; on a TPU it does not merge.
            tf.__internal__.distribute.interim.maybe_merge_call(
                self._clip_everywhere, tf.distribute.get_strategy(), values
            )

    def _clip_everywhere(self, strategy: tf.distribute.Strategy, values) -> None:
        for value in values:
            strategy.extended.update(
                value, lambda v: v.assign(self._clip(v)), group=False
            )

    def _clip(self, value: tf.Tensor) -> tf.Tensor:
        return tf.clip_by_value(value, -self.limit, self.limit)


@dataclass(frozen=True)
class Sum(Penalty):
    """Several penalties at once: values are added, constraints applied in order.

    Attributes:
        terms: the penalties, at least one.

    Raises:
        ValueError: If there are none, or if one of them is no `Penalty`.
    """

    terms: tuple[Penalty, ...]

    def __post_init__(self) -> None:
        if not self.terms or not all(isinstance(t, Penalty) for t in self.terms):
            raise ValueError(
                f"Sum: terms are {self.terms!r}; give a tuple of one or more penalties."
            )

    def __call__(self, discriminator, real, fake, random):
        """Adds the penalties of each example, [n]."""
        values = (term(discriminator, real, fake, random) for term in self.terms)
        return functools.reduce(operator.add, values)

    def constrain(self, variables):
        """Applies the constraint of every term."""
        variables = list(variables)
        for term in self.terms:
            term.constrain(variables)


def names() -> tuple[str, ...]:
    """The names that `get` accepts."""
    return tuple(_classes())


def get(penalty: str | Penalty | None) -> Penalty | None:
    """The penalty of that name; penalties and None as they are.

    A name may be followed by the weight (of weight clipping: the limit) in parentheses,
    else it is the paper's, and names may be added: `"r1"`, `"r1(1.0) + r2(1.0)"`.

    Raises:
        ValueError: If there is no penalty of that name, or its weight is out of range.
    """
    if penalty is None or isinstance(penalty, Penalty):
        return penalty
    if not isinstance(penalty, str):
        raise _unknown(penalty)
    return functools.reduce(
        operator.add, map(_term, re.split(r"\+(?![^(]*\))", penalty))
    )


def _term(text: str) -> Penalty:
    """The penalty of a name, with a weight in parentheses or without."""
    parts = re.fullmatch(r"\s*(\w+)\s*(?:\((.*)\))?\s*", text)
    classes = _classes()
    if parts is None or parts[1] not in classes:
        raise _unknown(text)
    if parts[2] is None:
        return classes[parts[1]]()
    try:
        weight = float(parts[2])
    except ValueError:
        raise _unknown(text) from None
    return classes[parts[1]](weight)


def _unknown(penalty: Any) -> ValueError:
    return ValueError(
        f"Unknown penalty {penalty!r}. Use None, one of {', '.join(_classes())}, with "
        "a weight in parentheses or without, a sum of these such as "
        f"'r1(1.0) + r2(1.0)', or penalty objects.{meant(penalty, _classes())}"
    )


def _classes() -> dict[str, type[Penalty]]:
    return {
        "gradient_penalty": GradientPenalty,
        "r1": R1,
        "r2": R2,
        "weight_clipping": WeightClipping,
    }


def _squared_gradient(discriminator: Discriminator, images: tf.Tensor) -> tf.Tensor:
    """|grad D|^2 with respect to each image, [n] float32."""
    with tf.GradientTape() as tape:
        tape.watch(images)
        # Cast first: the mean over patches of bfloat16 logits would be coarse.
        logits = tf.cast(discriminator(images), tf.float32)
        scores = tf.reduce_mean(logits, axis=list(range(1, logits.shape.rank)))
    # Example i's score depends on image i alone, so the gradient of the sum of scores,
    # which is what the tape returns, holds each example's own gradient.
    gradient = tape.gradient(
        scores, images, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    return tf.reduce_sum(tf.square(gradient), axis=list(range(1, images.shape.rank)))


def _images(images: tf.Tensor) -> tf.Tensor:
    images = tf.cast(images, tf.float32)
    if images.shape.rank is None or images.shape.rank < 2:
        raise ValueError(
            f"A penalty needs images [n, ...]; these have the shape {images.shape}."
        )
    return images


def _check_weight(penalty: str, argument: str, value: float) -> None:
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(
            f"{penalty}: {argument} is {value!r}; it must be finite and not negative, "
            "for example 10.0."
        )


def _terms(penalty: Penalty) -> tuple[Penalty, ...]:
    return penalty.terms if isinstance(penalty, Sum) else (penalty,)
