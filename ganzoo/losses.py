"""Adversarial losses: pairs of pure functions of logits, one value an example.

A discriminator returns logits (or scores), the loss does the rest. Logits may have
the shape [n], [n, 1] or, from a patch discriminator, [n, ...]: then the loss of an
example is the mean over its patches. Whatever the dtype of the logits, the loss is
computed and returned in float32, because the logits of a bfloat16 network are too
coarse to be summed over a batch. Reducing over the batch is the caller's business.

In the equations r = D(x) and f = D(G(z)) are the logits of a real and of a generated
image, and s is the sigmoid.
"""

import dataclasses
import functools
from collections.abc import Callable

import tensorflow as tf

from ganzoo.commands import meant

PairFunction = Callable[[tf.Tensor | None, tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Loss:
    """What either player minimises.

    Attributes:
        name: What the loss is called in logs and configurations.
        discriminator: (real_logits, fake_logits) -> [n] float32.
        generator: (real_logits, fake_logits) -> [n] float32. `real_logits` may be
            None unless `generator_uses_real`.
        generator_uses_real: Whether the generator's loss needs the logits of real
            images too (the relativistic losses).
        probability: logits -> [n] float32, the discriminator's estimate that an image
            is real; None where its output is a score without that meaning.
    """

    name: str
    discriminator: PairFunction
    generator: PairFunction
    generator_uses_real: bool = False
    probability: Callable[[tf.Tensor], tf.Tensor] | None = None


def minimax() -> Loss:
    """The game of Goodfellow et al. 2014, eq. 1, played literally by both players.

    Discriminator: -log s(r) - log(1 - s(f)); generator: log(1 - s(f)).
    The generator's gradient vanishes where the discriminator is sure of its fakes.
    """
    return Loss(
        "minimax",
        discriminator=per_example(_cross_entropies),
        generator=per_example(lambda real, fake: -tf.math.softplus(fake)),
        probability=probability,
    )


def non_saturating() -> Loss:
    """The generator's loss that Goodfellow et al. 2014 train with (section 3).

    Discriminator: -log s(r) - log(1 - s(f)), the *sum* of the two cross-entropies;
    generator: -log s(f). Same fixed point as `minimax`, but no vanishing gradient.
    """
    return Loss(
        "non_saturating",
        discriminator=per_example(_cross_entropies),
        generator=per_example(lambda real, fake: tf.math.softplus(-fake)),
        probability=probability,
    )


def least_squares(
    fake_target: float = 0.0,
    real_target: float = 1.0,
    generator_target: float | None = None,
) -> Loss:
    """Squared distance to targets (LSGAN; Mao et al. 2017, eq. 2).

    Discriminator: (r - b)^2 / 2 + (f - a)^2 / 2; generator: (f - c)^2 / 2. With
    b - c = 1 and b - a = 2 the game minimises the Pearson chi-squared divergence
    between (p_data + p_g) and 2 p_g (theorem 1); the default is the paper's eq. 9.

    Args:
        fake_target: a, the score that the discriminator should give to fakes.
        real_target: b, the score that it should give to real images; not a.
        generator_target: c, the score that the generator wants for its fakes; b when
            left out.

    Raises:
        ValueError: If a and b are equal: there would be nothing to tell apart.
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
            lambda real, fake: (tf.square(real - b) + tf.square(fake - a)) / 2.0
        ),
        generator=per_example(lambda real, fake: tf.square(fake - c) / 2.0),
    )


def hinge() -> Loss:
    """The hinge version of the game (Lim & Ye 2017; Miyato et al. 2018, eq. 16, 17).

    Discriminator: max(0, 1 - r) + max(0, 1 + f); generator: -f.
    """
    return Loss(
        "hinge",
        discriminator=per_example(
            lambda real, fake: tf.nn.relu(1.0 - real) + tf.nn.relu(1.0 + fake)
        ),
        generator=per_example(lambda real, fake: -fake),
    )


def wasserstein() -> Loss:
    """The Kantorovich dual of the earth mover's distance (Arjovsky et al. 2017, eq. 2).

    Critic: f - r; generator: -f. The critic must be kept near 1-Lipschitz by a
    penalty: `penalties.GradientPenalty` or, as in the paper, `WeightClipping`.
    """
    return Loss(
        "wasserstein",
        discriminator=per_example(lambda real, fake: fake - real),
        generator=per_example(lambda real, fake: -fake),
    )


def absolute_error() -> Loss:
    """The absolute-error pair of the SVHN training-images paper: |X1 - X| and 1 - D.

    X = s(-logit) is the estimated probability that an image is *synthetic*, X1 the
    truth: 1 for a generated image, 0 for a real one.
    Discriminator: |0 - s(-r)| + |1 - s(-f)|, its D for the real image plus its D for
    the generated one; generator: 1 - |1 - s(-f)| = s(-f).

    It saturates. Every gradient by a logit x has the factor s(x) (1 - s(x)), at most
    1/4 and next to nothing for a large |x|: -s(r) (1 - s(r)) and s(f) (1 - s(f)) for
    the discriminator, -s(f) (1 - s(f)) for the generator. Unlike a cross-entropy's it
    vanishes where a player is sure and wrong, too: from there neither comes back.
    """
    return Loss(
        "absolute_error",
        # 1 - s(-f) is written s(f): the difference would round to 0 for f < -17.
        discriminator=per_example(
            lambda real, fake: tf.sigmoid(-real) + tf.sigmoid(fake)
        ),
        generator=per_example(lambda real, fake: tf.sigmoid(-fake)),
        probability=probability,
    )


def relativistic() -> Loss:
    """Relativistic pairing (Jolicoeur-Martineau 2019; R3GAN: Huang 2024, eq. 2).

    Discriminator: -log s(r - f); generator: -log s(f - r). Example i of the real batch
    is paired with example i of the generated one, and only the difference of the two
    scores has a meaning, so there is no probability of one image.
    """
    return Loss(
        "relativistic",
        discriminator=per_example(lambda real, fake: tf.math.softplus(fake - real)),
        generator=per_example(lambda real, fake: tf.math.softplus(real - fake)),
        generator_uses_real=True,
    )


def zero_sum(loss: str | Loss = "minimax") -> Loss:
    """The generator wants the opposite of what the discriminator wants.

    Discriminator: as of `loss`; generator: minus that, real images included. With
    "minimax" it is the objective of Metz et al. 2017, log D(x) + log(1 - D(G(z))). To a
    plain GAN it is `minimax`, for real images have no gradient by the generator; in an
    unrolled one they have, for they form the discriminator that it is judged by.
    """
    loss = get(loss)
    return dataclasses.replace(
        loss,
        name="zero_sum" if loss.name == "minimax" else f"zero_sum_{loss.name}",
        generator=lambda real, fake: -loss.discriminator(real, fake),
        generator_uses_real=True,
    )


def names() -> tuple[str, ...]:
    """The names that `get` accepts."""
    return tuple(_factories())


def get(loss: str | Loss) -> Loss:
    """The loss of that name with its default arguments; a `Loss` is passed through.

    Raises:
        ValueError: If there is no loss of that name.
    """
    if isinstance(loss, Loss):
        return loss
    factories = _factories()
    if not isinstance(loss, str) or loss not in factories:
        raise ValueError(
            f"Unknown loss {loss!r}. Use one of {', '.join(factories)}, "
            f"or pass a ganzoo.losses.Loss.{meant(loss, factories)}"
        )
    return factories[loss]()


def score(logits: tf.Tensor) -> tf.Tensor:
    """The discriminator's output as one float32 value an example: [n, ...] -> [n].

    Raises:
        ValueError: If the logits have no batch axis.
    """
    return _mean_over_patches(_batched(logits))


def probability(logits: tf.Tensor) -> tf.Tensor:
    """Estimated probability that an image is real, [n] float32: the mean of s(logit).

    Raises:
        ValueError: If the logits have no batch axis.
    """
    return _mean_over_patches(tf.sigmoid(_batched(logits)))


def per_example(function: PairFunction) -> PairFunction:
    """Turns an elementwise function of two float32 logits into one value an example.

    The function returned casts its arguments to float32, refuses pairs whose shapes
    differ ([n] and [n, 1] count as the same) and averages over all axes but the first.
    Its first argument, the real logits, may be None where `function` ignores it.
    """

    @functools.wraps(function)
    def wrapped(real_logits: tf.Tensor | None, fake_logits: tf.Tensor) -> tf.Tensor:
        fake = _batched(fake_logits)
        real = None if real_logits is None else _batched(real_logits)
        # Otherwise [n, 1] against [m, 1] might broadcast without a word.
        if real is not None and not real.shape.is_compatible_with(fake.shape):
            raise ValueError(
                f"Real logits of shape {tuple(real.shape)} cannot be compared with "
                f"generated ones of shape {tuple(fake.shape)}: give the discriminator "
                "as many real images as generated ones, of the same size."
            )
        return _mean_over_patches(function(real, fake))

    return wrapped


def _factories() -> dict[str, Callable[[], Loss]]:
    factories = (
        minimax,
        non_saturating,
        least_squares,
        hinge,
        wasserstein,
        absolute_error,
        relativistic,
        zero_sum,
    )
    return {factory.__name__: factory for factory in factories}


def _cross_entropies(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
    # -log s(x) = softplus(-x) and -log(1 - s(x)) = softplus(x), finite for any logit.
    return tf.math.softplus(-real) + tf.math.softplus(fake)


def _batched(logits: tf.Tensor) -> tf.Tensor:
    """Float32 logits with at least one axis after the batch axis: [n] -> [n, 1]."""
    logits = tf.cast(logits, tf.float32)
    if logits.shape.rank is None or logits.shape.rank == 0:
        raise ValueError(
            f"Logits of shape {logits.shape} have no known batch axis; the "
            "discriminator must return [n], [n, 1] or patches [n, ...]."
        )
    return logits[:, tf.newaxis] if logits.shape.rank == 1 else logits


def _mean_over_patches(values: tf.Tensor) -> tf.Tensor:
    return tf.reduce_mean(values, axis=list(range(1, values.shape.rank)))
