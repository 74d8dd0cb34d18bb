"""Adversarial losses: pairs of pure functions of logits, one value per example.

A discriminator returns logits (or scores); the loss applies the rest. Logits may have
the shape [n], [n, 1] or, from a patch discriminator, [n, ...]: then the loss of an
example is the mean over its patches. Whatever the dtype of the logits, the loss is
computed and returned in float32, because the logits of a bfloat16 network are too
coarse to be summed over a batch. The caller reduces over the batch.

In the equations r = D(x) and f = D(G(z)) are the logits of a real and of a generated
image, and s is the sigmoid.
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo.commands import meant

PairFunction = Callable[[KerasTensor | None, KerasTensor], KerasTensor]


@keras.saving.register_keras_serializable("ganzoo")
@dataclasses.dataclass(frozen=True)
class Loss:
    """What the discriminator and the generator minimize.

    A `.keras` file stores a loss of this module by its name and arguments, and any
    other `Loss` by its functions, each registered with
    `keras.saving.register_keras_serializable`.

    Attributes:
        name: Name of the loss in logs and configurations.
        discriminator: (real_logits, fake_logits) -> [n] float32.
        generator: (real_logits, fake_logits) -> [n] float32. `real_logits` may be
            None unless `generator_uses_real`.
        generator_uses_real: Whether the generator's loss needs the logits of real
            images too (the relativistic losses).
        probability: logits -> [n] float32, the discriminator's estimate that an image
            is real; None where its output is a score without that meaning.
        unit: Unit of the losses, such as "nats"; empty if they have none.
        made_by: Name and arguments of the function of this module that created it.
    """

    name: str
    discriminator: PairFunction
    generator: PairFunction
    generator_uses_real: bool = False
    probability: Callable[[KerasTensor], KerasTensor] | None = None
    unit: str = ""
    made_by: tuple[str, dict] | None = None

    def __post_init__(self) -> None:
        for name in ("discriminator", "generator"):
            _check_pair_function(name, getattr(self, name))

    def get_config(self) -> dict:
        """Returns the arguments of the function that made the loss, or its fields."""
        fields = {field.name: getattr(self, field.name) for field in _fields()}
        if self.made_by is not None:
            name, fields = self.made_by
        serialized = {
            key: keras.saving.serialize_keras_object(value)
            for key, value in fields.items()
        }
        if self.made_by is not None:
            return {"made_by": name, "arguments": serialized}
        return serialized

    @classmethod
    def from_config(cls, config: dict) -> "Loss":
        """Creates the loss from `get_config()`.

        Raises:
            ValueError: There is no function of that name in this module.
        """
        arguments = {
            key: keras.saving.deserialize_keras_object(value)
            for key, value in config.get("arguments", config).items()
        }
        made_by = config.get("made_by")
        return cls(**arguments) if made_by is None else _factory(made_by)(**arguments)


def _fields() -> list[dataclasses.Field]:
    return [field for field in dataclasses.fields(Loss) if field.name != "made_by"]


_factories: dict[str, Callable[..., Loss]] = {}  # filled by `_known`, in order


def _known(factory: Callable[..., Loss]) -> Callable[..., Loss]:
    """Registers a function that returns a loss for `get` and `.keras` files."""
    signature = inspect.signature(factory)

    @functools.wraps(factory)
    def make(*args: Any, **kwargs: Any) -> Loss:
        given = signature.bind(*args, **kwargs).arguments
        made_by = factory.__name__, dict(given)
        return dataclasses.replace(factory(*args, **kwargs), made_by=made_by)

    _factories[factory.__name__] = make
    return make


@_known
def minimax() -> Loss:
    """Returns the minimax loss of Goodfellow et al. 2014, eq. 1, for both networks.

    Discriminator: -log s(r) - log(1 - s(f)); generator: log(1 - s(f)).
    The generator's gradient vanishes where the discriminator is sure of its fakes.
    """
    return Loss(
        "minimax",
        unit="nats",
        discriminator=per_example(_cross_entropies),
        generator=per_example(lambda real, fake: -ops.softplus(fake)),
        probability=probability,
    )


@_known
def non_saturating() -> Loss:
    """Returns the loss with which Goodfellow et al. 2014 train (section 3).

    Discriminator: -log s(r) - log(1 - s(f)), the *sum* of the two cross-entropies;
    generator: -log s(f). Same fixed point as `minimax`, but no vanishing gradient.
    """
    return Loss(
        "non_saturating",
        unit="nats",
        discriminator=per_example(_cross_entropies),
        generator=per_example(lambda real, fake: ops.softplus(-fake)),
        probability=probability,
    )


@_known
def least_squares(
    fake_target: float = 0.0,
    real_target: float = 1.0,
    generator_target: float | None = None,
) -> Loss:
    """Returns the squared distance to targets (LSGAN; Mao et al. 2017, eq. 2).

    Discriminator: (r - b)^2 / 2 + (f - a)^2 / 2; generator: (f - c)^2 / 2. With
    b - c = 1 and b - a = 2 training minimizes the Pearson chi-squared divergence
    between (p_data + p_g) and 2 p_g (theorem 1); the default is the paper's eq. 9.

    Args:
        fake_target: a, the discriminator's target for generated images.
        real_target: b, the discriminator's target for real images; not equal to a.
        generator_target: c, the generator's target for its images; by default b.

    Raises:
        ValueError: a and b are equal, so there is nothing to tell apart.
    """
    a, b = float(fake_target), float(real_target)
    c = b if generator_target is None else float(generator_target)
    if a == b:
        raise ValueError(
            f"least_squares: fake_target and real_target are both {a}; give real and "
            "generated images different targets, for example 0.0 and 1.0."
        )
    return Loss(
        "least_squares",
        discriminator=per_example(
            lambda real, fake: (ops.square(real - b) + ops.square(fake - a)) / 2.0
        ),
        generator=per_example(lambda real, fake: ops.square(fake - c) / 2.0),
    )


@_known
def hinge() -> Loss:
    """Returns the hinge loss (Lim & Ye 2017; Miyato et al. 2018, eq. 16, 17).

    Discriminator: max(0, 1 - r) + max(0, 1 + f); generator: -f.
    """
    return Loss(
        "hinge",
        discriminator=per_example(
            lambda real, fake: ops.relu(1.0 - real) + ops.relu(1.0 + fake)
        ),
        generator=per_example(lambda real, fake: -fake),
    )


@_known
def wasserstein() -> Loss:
    """Returns the dual of the earth mover's distance (Arjovsky et al. 2017, eq. 2).

    Critic: f - r; generator: -f. The critic must be kept near 1-Lipschitz by a
    penalty: `penalties.GradientPenalty` or, as in the paper, `WeightClipping`.
    """
    return Loss(
        "wasserstein",
        discriminator=per_example(lambda real, fake: fake - real),
        generator=per_example(lambda real, fake: -fake),
    )


@_known
def absolute_error() -> Loss:
    """Returns the absolute-error pair of the SVHN training-images paper.

    The losses are |X1 - X| and 1 - D. X = s(-logit) is the estimated probability that
    an image is *synthetic*, X1 the truth: 1 for a generated image, 0 for a real one.
    Discriminator: |0 - s(-r)| + |1 - s(-f)|, its D for the real image plus its D for
    the generated one; generator: 1 - |1 - s(-f)| = s(-f).

    It saturates. Every gradient with respect to a logit x has the factor s(x) (1 -
    s(x)), at most 1/4 and almost 0 for a large |x|: -s(r) (1 - s(r)) and s(f) (1 -
    s(f)) for the discriminator, -s(f) (1 - s(f)) for the generator. Unlike a
    cross-entropy's gradient, it also vanishes where a network is confident and wrong,
    and then neither recovers.
    """
    return Loss(
        "absolute_error",
        # 1 - s(-f) is written s(f): the difference would round to 0 for f < -17.
        discriminator=per_example(
            lambda real, fake: ops.sigmoid(-real) + ops.sigmoid(fake)
        ),
        generator=per_example(lambda real, fake: ops.sigmoid(-fake)),
        probability=probability,
    )


@_known
def relativistic() -> Loss:
    """Returns the relativistic loss (Jolicoeur-Martineau 2019; Huang 2024, eq. 2).

    Discriminator: -log s(r - f); generator: -log s(f - r). Example i of the real batch
    is paired with example i of the generated one, and only the difference of the two
    scores has a meaning, so there is no probability for a single image.
    """
    return Loss(
        "relativistic",
        unit="nats",
        discriminator=per_example(lambda real, fake: ops.softplus(fake - real)),
        generator=per_example(lambda real, fake: ops.softplus(real - fake)),
        generator_uses_real=True,
    )


@_known
def zero_sum(loss: str | Loss = "minimax") -> Loss:
    """Returns a loss whose generator maximizes the discriminator's loss.

    Discriminator: same as `loss`; generator: its negative, including the term for real
    images. With "minimax" it is the objective of Metz et al. 2017, log D(x) +
    log(1 - D(G(z))). In a plain GAN it equals `minimax`, because real images have no
    gradient with respect to the generator; in an unrolled GAN they do, because they
    shape D_K.

    Args:
        loss: The discriminator's loss, or its name.
    """
    loss = get(loss)
    return dataclasses.replace(
        loss,
        name="zero_sum" if loss.name == "minimax" else f"zero_sum_{loss.name}",
        generator=lambda real, fake: -loss.discriminator(real, fake),
        generator_uses_real=True,
    )


def names() -> tuple[str, ...]:
    """Returns the names that `get` accepts."""
    return tuple(_factories)


def get(loss: "str | Loss | tuple[PairFunction, PairFunction]") -> Loss:
    """Returns the loss of that name with default arguments; a `Loss` unchanged.

    A pair of functions becomes a `Loss` named "own", in which both functions are given
    the logits of real images, too.

    Raises:
        ValueError: There is no loss of that name, or a function does not take the
            logits of real and of generated images.
    """
    if isinstance(loss, tuple) and len(loss) == 2:
        return Loss("own", *loss, generator_uses_real=True)
    return loss if isinstance(loss, Loss) else _factory(loss)()


def _factory(name: str) -> Callable[..., Loss]:
    if not isinstance(name, str) or name not in _factories:
        raise ValueError(
            f"Unknown loss {name!r}. Use one of {', '.join(_factories)}, a pair of "
            "functions (discriminator_loss, generator_loss), or a ganzoo.losses.Loss."
            f"{meant(name, _factories)}"
        )
    return _factories[name]


@keras.saving.register_keras_serializable("ganzoo")
def score(logits: KerasTensor) -> KerasTensor:
    """Returns the mean logit of each example, float32: [n, ...] -> [n].

    Raises:
        ValueError: The logits have no batch axis.
    """
    return _mean_over_patches(_batched(logits))


@keras.saving.register_keras_serializable("ganzoo")
def probability(logits: KerasTensor) -> KerasTensor:
    """Returns the estimated probability that an image is real: the mean s(logit), [n].

    Raises:
        ValueError: The logits have no batch axis.
    """
    return _mean_over_patches(ops.sigmoid(_batched(logits)))


def per_example(function: Callable[[Any, KerasTensor], Any]) -> PairFunction:
    """Turns an elementwise function of two logits into one value per example.

    The returned function casts its arguments to float32, refuses pairs whose shapes
    differ ([n] and [n, 1] count as the same) and averages over all axes but the first.
    Its first argument, the real logits, may be None where `function` ignores it.
    """

    @functools.wraps(function)
    def wrapped(
        real_logits: KerasTensor | None, fake_logits: KerasTensor
    ) -> KerasTensor:
        fake = _batched(fake_logits)
        real = None if real_logits is None else _batched(real_logits)
        # Otherwise [n, 1] and [m, 1] might broadcast silently.
        if real is not None and not _alike(real.shape, fake.shape):
            raise ValueError(
                f"Real logits of shape {tuple(real.shape)} cannot be compared with "
                f"generated ones of shape {tuple(fake.shape)}: give the discriminator "
                "as many real images as generated ones, of the same size."
            )
        return _mean_over_patches(function(real, fake))

    return wrapped


def _check_pair_function(name: str, function: Any) -> None:
    """Refuses what cannot be called with real and generated logits."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        raise ValueError(
            f"The {name}'s loss {function!r} must be a function (real_logits, "
            "fake_logits) -> one value per example."
        ) from None
    except ValueError:  # a built-in function without a signature
        pass


def _cross_entropies(real: KerasTensor, fake: KerasTensor) -> KerasTensor:
    # -log s(x) = softplus(-x) and -log(1 - s(x)) = softplus(x), finite for any logit.
    return ops.softplus(-real) + ops.softplus(fake)


def _batched(logits: KerasTensor) -> KerasTensor:
    """Returns float32 logits with an axis after the batch axis: [n] -> [n, 1]."""
    logits = ops.cast(logits, "float32")
    if not len(logits.shape):
        raise ValueError(
            f"Logits of shape {logits.shape} have no known batch axis; the "
            "discriminator must return [n], [n, 1] or patches [n, ...]."
        )
    return logits[:, None] if len(logits.shape) == 1 else logits


def _mean_over_patches(values: KerasTensor) -> KerasTensor:
    return ops.mean(values, axis=list(range(1, len(values.shape))))


def _alike(shape: Sequence[int | None], other: Sequence[int | None]) -> bool:
    return len(shape) == len(other) and all(
        None in (a, b) or a == b for a, b in zip(shape, other, strict=True)
    )
