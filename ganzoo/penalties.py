"""Penalties that keep a discriminator smooth: pure, one float32 value per example.

A penalty takes the discriminator as a function images -> logits ([n], [n, 1] or patches
[n, ...], which are averaged), a real and a generated batch of one shape, and a source
of random numbers with `uniform(shape)`. It can be differentiated again with respect to
the discriminator's weights. Do not use batch normalization in the discriminator: it
mixes the examples of a batch, so that no gradient belongs to a single one.

A penalty can also constrain the weights after each update of the discriminator;
`constrain` does nothing unless the penalty says otherwise.
"""

import dataclasses
import functools
import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import KerasTensor, ops

from ganzoo import backend
from ganzoo.commands import meant

Discriminator = Callable[[KerasTensor], KerasTensor]

# Added under the root of a gradient's norm: the root's derivative at 0 is infinite.
_TINY = 1e-12


class Penalty:
    """Base of all penalties. Two of them are added with `+`.

    A subclass is a dataclass whose fields are the arguments of its constructor. If it
    is registered with `keras.saving.register_keras_serializable`, it is saved with the
    models compiled with it.
    """

    #: Whether it takes the gradient of each image alone, so that the discriminator must
    #: not mix the images of a batch.
    per_image: ClassVar[bool] = False

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        # Every subclass is a dataclass; the base class has no fields.
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: getattr(self, field.name) for field in fields}

    @classmethod
    def from_config(cls, config: dict) -> "Penalty":
        """Creates the penalty from `get_config()`."""
        return cls(**config)

    def __call__(
        self,
        discriminator: Discriminator,
        real: KerasTensor,
        fake: KerasTensor,
        random: Any,
    ) -> KerasTensor:
        """Returns the penalty of each example, [n] float32.

        Args:
            discriminator: Function of images [n, ...] that returns logits [n], [n, 1]
                or [n, ...].
            real: Real images, [n, ...].
            fake: Generated images, of the same shape.
            random: Object with `uniform(shape)`, which returns float32 numbers in [0,
                1); may be None for penalties without random numbers.
        """
        raise NotImplementedError

    def constrain(self, variables: Iterable[keras.Variable]) -> None:
        """Constrains the discriminator's variables in place after an update."""

    def __add__(self, other: "Penalty") -> "Sum":
        if not isinstance(other, Penalty):
            return NotImplemented
        return Sum(_terms(self) + _terms(other))


_classes: dict[str, type[Penalty]] = {}  # filled by `_known`, in this order


def _known(name: str) -> Callable[[type[Penalty]], type[Penalty]]:
    """Makes a penalty known by a name to `get`, and by its class to `.keras` files."""

    def register(penalty: type[Penalty]) -> type[Penalty]:
        _classes[name] = penalty
        return keras.saving.register_keras_serializable("ganzoo")(penalty)

    return register


@_known("gradient_penalty")
@dataclass(frozen=True)
class GradientPenalty(Penalty):
    """weight * (|grad D(x)| - 1)^2, x between real and fake (Gulrajani 2017, eq. 3).

    x = e * real + (1 - e) * fake, with e uniform in [0, 1), one *per example*.
    The one-sided version, weight * max(0, |grad D(x)| - 1)^2, does not penalize norms
    below 1 (Petzka et al. 2018, WGAN-LP).

    Attributes:
        weight: The paper's lambda, at least 0.
        one_sided: Whether to penalize only norms above 1.

    Raises:
        ValueError: The weight is negative or not finite.
    """

    weight: float = 10.0
    one_sided: bool = False
    per_image: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_weight("GradientPenalty", "weight", self.weight)

    def __call__(
        self,
        discriminator: Discriminator,
        real: KerasTensor,
        fake: KerasTensor,
        random: Any,
    ) -> Any:
        """Returns the penalty at one point between each pair of images, [n]."""
        real, fake = _images(real), _images(fake)
        if real.shape[1:] != fake.shape[1:]:
            raise ValueError(
                f"Real images {tuple(real.shape)} and generated ones "
                f"{tuple(fake.shape)} differ in shape: a gradient penalty "
                "interpolates between them."
            )
        ones = (1,) * (len(real.shape) - 1)
        mix = ops.cast(random.uniform((ops.shape(real)[0], *ones)), "float32")
        squares = _squared_gradient(discriminator, mix * real + (1.0 - mix) * fake)
        excess = ops.sqrt(squares + _TINY) - 1.0
        if self.one_sided:
            excess = ops.relu(excess)
        return self.weight * ops.square(excess)


@dataclass(frozen=True)
class _SquaredGradientPenalty(Penalty):
    """gamma / 2 * |grad D|^2.

    Attributes:
        gamma: Weight of the penalty, at least 0; Mescheder et al. 2018 use 10.

    Raises:
        ValueError: gamma is negative or not finite.
    """

    gamma: float = 10.0
    per_image: ClassVar[bool] = True

    def __post_init__(self) -> None:
        _check_weight(type(self).__name__, "gamma", self.gamma)


@_known("r1")
class R1(_SquaredGradientPenalty):
    """gamma / 2 * |grad D(real)|^2 (Mescheder et al. 2018, eq. 9); gamma=10.0."""

    def __call__(
        self,
        discriminator: Discriminator,
        real: KerasTensor,
        fake: KerasTensor,
        random: Any,
    ) -> Any:
        """Returns the penalty on the gradient at the real images, [n]."""
        return self.gamma / 2.0 * _squared_gradient(discriminator, _images(real))


@_known("r2")
class R2(_SquaredGradientPenalty):
    """gamma / 2 * |grad D(fake)|^2 (Mescheder et al. 2018, eq. 10); gamma=10.0."""

    def __call__(
        self,
        discriminator: Discriminator,
        real: KerasTensor,
        fake: KerasTensor,
        random: Any,
    ) -> Any:
        """Returns the penalty on the gradient at the generated images, [n]."""
        return self.gamma / 2.0 * _squared_gradient(discriminator, _images(fake))


@_known("weight_clipping")
@dataclass(frozen=True)
class WeightClipping(Penalty):
    """Clips every weight to [-limit, limit] after an update (Arjovsky et al. 2017).

    Algorithm 1, line 7, of the paper. As a penalty it is 0 and costs nothing.

    Attributes:
        limit: The paper's c, above 0.

    Raises:
        ValueError: The limit is not a finite number above 0.
    """

    limit: float = 0.01

    def __post_init__(self) -> None:
        if not (math.isfinite(self.limit) and self.limit > 0):
            raise ValueError(
                f"WeightClipping: limit is {self.limit!r}; it must be finite and above "
                "0, for example 0.01."
            )

    def __call__(
        self,
        discriminator: Discriminator,
        real: KerasTensor,
        fake: KerasTensor,
        random: Any,
    ) -> Any:
        """Returns zeros, [n], without calling the discriminator."""
        return ops.zeros(ops.shape(real)[:1])

    def constrain(self, variables: Iterable[keras.Variable]) -> None:
        """Clips the variables in place, in a strategy's scope or on a replica."""
        backend.update(variables, lambda v: ops.clip(v, -self.limit, self.limit))


@keras.saving.register_keras_serializable("ganzoo")
@dataclass(frozen=True)
class Sum(Penalty):
    """Several penalties at once: values are added, constraints applied in order.

    Attributes:
        terms: The penalties, at least one.

    Raises:
        ValueError: There are no terms, or one is not a `Penalty`.
    """

    terms: tuple[Penalty, ...]

    @property
    def per_image(self) -> bool:  # type: ignore[override]
        """Whether any of the penalties is."""
        return any(term.per_image for term in self.terms)

    def __post_init__(self) -> None:
        if not self.terms or not all(isinstance(t, Penalty) for t in self.terms):
            raise ValueError(
                f"Sum: terms are {self.terms!r}; give a tuple of one or more penalties."
            )

    def get_config(self) -> dict:
        """Returns the terms, serialized."""
        return {"terms": keras.saving.serialize_keras_object(self.terms)}

    @classmethod
    def from_config(cls, config: dict) -> "Sum":
        """Creates the sum from `get_config()`."""
        return cls(tuple(keras.saving.deserialize_keras_object(config["terms"])))

    def __call__(
        self,
        discriminator: Discriminator,
        real: KerasTensor,
        fake: KerasTensor,
        random: Any,
    ) -> Any:
        """Adds the penalties of each example, [n]."""
        values = (term(discriminator, real, fake, random) for term in self.terms)
        return functools.reduce(operator.add, values)

    def constrain(self, variables: Iterable[keras.Variable]) -> None:
        """Applies the constraint of every term."""
        variables = list(variables)
        for term in self.terms:
            term.constrain(variables)


def names() -> tuple[str, ...]:
    """Returns the names that `get` accepts."""
    return tuple(_classes)


def get(penalty: str | Penalty | None) -> Penalty | None:
    """Returns the penalty of that name with the paper's weight; a `Penalty` unchanged.

    Raises:
        ValueError: There is no penalty of that name.
    """
    if penalty is None or isinstance(penalty, Penalty):
        return penalty
    if not isinstance(penalty, str) or penalty not in _classes:
        raise ValueError(
            f"Unknown penalty {penalty!r}. Use None, one of {', '.join(_classes)}, "
            "penalty objects such as penalties.R1(1.0) + penalties.R2(1.0), or one of "
            "a subclass of penalties.Penalty."
            f"{meant(penalty, _classes)}"
        )
    return _classes[penalty]()


def _squared_gradient(discriminator: Discriminator, images: KerasTensor) -> KerasTensor:
    """Returns |grad D|^2 with respect to each image, [n] float32."""

    def scores(images: KerasTensor) -> KerasTensor:
        # Cast first: the mean over patches of bfloat16 logits would be coarse.
        logits = ops.cast(discriminator(images), "float32")
        return ops.mean(logits, axis=list(range(1, len(logits.shape))))

    # Example i's score depends on image i alone, so the gradient of the sum of scores
    # holds each example's own gradient.
    gradient = backend.gradient(scores, images)
    return ops.sum(ops.square(gradient), axis=list(range(1, len(images.shape))))


def _images(images: KerasTensor) -> KerasTensor:
    images = ops.cast(images, "float32")
    if len(images.shape) < 2:
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
