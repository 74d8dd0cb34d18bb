"""Checks on the networks that are handed to a game."""

import keras
import tensorflow as tf

from ganzoo.distribute import StepRandom
from ganzoo.layers import Dropout


def check_players(
    generator: keras.Model,
    discriminator: keras.Model,
    latent_dim: int | None,
    num_classes: int | None,
) -> int:
    """Builds the players where needed and checks that they fit together.

    Args:
        generator: Maps noise `[n, latent_dim]`, and labels `[n]`, to images.
        discriminator: Maps images, and labels `[n]`, to logits.
        latent_dim: Size of the noise, or None to take it from the generator's input.
        num_classes: Number of labels of a conditional game, or None.

    Returns:
        The size of the noise.

    Raises:
        ValueError: Players that do not fit each other, or the game.
    """
    for name, player in (("generator", generator), ("discriminator", discriminator)):
        if not isinstance(player, keras.Layer):
            raise ValueError(
                f"The {name} must be a Keras model or layer; received {player!r}."
            )
        _refuse_float16(name, player)
    if generator is discriminator:
        raise ValueError("The generator and the discriminator are the same network.")
    if num_classes is not None and num_classes < 2:
        raise ValueError(f"num_classes={num_classes} must be at least 2, or None.")
    latent_dim = _latent_dim(generator, latent_dim)
    noise = keras.KerasTensor((None, latent_dim))
    images = _meet("generator", generator, noise, num_classes)
    _meet("discriminator", discriminator, images, num_classes)
    return latent_dim


def stock_seed_generators(*networks: keras.Model) -> list[keras.random.SeedGenerator]:
    """Returns the seed generators of Keras's own stochastic layers in the networks."""
    found = []
    for network in networks:
        for layer in network._flatten_layers():
            seeds = getattr(layer, "seed_generator", None)
            if isinstance(seeds, keras.random.SeedGenerator) and not isinstance(
                layer, Dropout
            ):
                found.append(seeds)
    return found


def reseed(generators: list[keras.random.SeedGenerator], random: StepRandom) -> None:
    """Makes Keras's own stochastic layers functions of the step, too.

    They still draw the same numbers on every replica; `ganzoo.layers.Dropout` does not.
    """
    for number, generator in enumerate(generators):
        words = tf.bitcast(random.fold(number).key, tf.uint32)[0]
        generator.state.assign(tf.cast(words, generator.state.dtype))


def watched(tape: tf.GradientTape, network: keras.Model) -> list:
    """Returns the network's trainable values, watched.

    A tape watches variables by itself; inside a `keras.StatelessScope` they are plain
    tensors, which it must be told of.
    """
    values = [variable.value for variable in network.trainable_variables]
    tape.watch(values)
    return values


def _latent_dim(generator: keras.Model, latent_dim: int | None) -> int:
    shape = getattr(generator, "input_shape", None) if generator.built else None
    if isinstance(shape, list):
        shape = shape[0]
    known = shape[-1] if shape and len(shape) == 2 else None
    if known is None and latent_dim is None:
        raise ValueError(
            "The generator does not say how much noise it takes "
            f"(input shape {shape}); pass latent_dim, or give it an Input of shape "
            "(latent_dim,)."
        )
    if known is not None and latent_dim not in (None, known):
        raise ValueError(
            f"latent_dim={latent_dim}, but the generator's input has {known} values."
        )
    return known or latent_dim


def _meet(name: str, player: keras.Model, tensor, num_classes: int | None):
    """Calls a player on symbolic input, which builds it; returns its output."""
    inputs = getattr(player, "inputs", None) or []
    expected = 1 if num_classes is None else 2
    if inputs and len(inputs) != expected:
        raise ValueError(
            f"The {name} has {len(inputs)} inputs, but a game with "
            f"num_classes={num_classes} feeds it {expected}: "
            f"{'[input, labels]' if expected == 2 else 'no labels'}."
        )
    if inputs and not _compatible(inputs[0].shape, tensor.shape):
        raise ValueError(
            f"The {name} takes inputs of shape {tuple(inputs[0].shape)}, but would be "
            f"fed {tuple(tensor.shape)}."
        )
    if num_classes is not None:
        tensor = [tensor, keras.KerasTensor((None,), dtype="int32")]
    output = player(tensor)
    if not isinstance(output, keras.KerasTensor):
        raise ValueError(
            f"The {name} must return one tensor; it returns a {type(output).__name__}."
        )
    return output


def _compatible(expected, given) -> bool:
    return len(expected) == len(given) and all(
        a is None or b is None or a == b for a, b in zip(expected, given, strict=True)
    )


def _refuse_float16(name: str, player: keras.Layer) -> None:
    for layer in player._flatten_layers():
        if layer.compute_dtype == "float16":
            raise ValueError(
                f"Layer {layer.name!r} of the {name} computes in float16, whose "
                "gradients underflow without loss scaling on both optimisers. Use "
                "'mixed_bfloat16': as fast, with the range of float32."
            )
