"""Checks on the networks of a LayoutGAN."""

import keras

from ganzoo.gans.checks_models import check_network
from ganzoo.gans.checks_networks import check_tables
from ganzoo.gans.randomness import check_layers


def check_layout_networks(
    generator: keras.Model,
    discriminator: keras.Model,
    latent_dim: int | None,
    num_classes: int | None,
) -> int:
    """Checks that networks of objects in boxes fit together.

    Args:
        generator: Maps noise `[n, 1 + objects, latent_dim]`, labels and boxes to
            images.
        discriminator: Maps images, labels and boxes to logits, and optionally to class
            logits.
        latent_dim: Size of a row of noise, or None to take it from the generator.
        num_classes: Number of classes.

    Returns:
        The size of a row of noise.

    Raises:
        ValueError: They do not fit together.
    """
    fed = {"generator": "noise", "discriminator": "images"}
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        check_network(name, network)
        if len(getattr(network, "inputs", None) or []) != 3:
            raise ValueError(
                f"The {name} must be a functional model of three inputs: {fed[name]}, "
                "labels and boxes."
            )
        check_layers(name, network, *network.inputs)
    if num_classes is None or num_classes < 2:
        raise ValueError(f"num_classes={num_classes} must be at least 2.")
    size = generator.inputs[0].shape[-1]
    if latent_dim not in (None, size):
        raise ValueError(
            f"latent_dim={latent_dim}, but the generator's noise has {size} values."
        )
    made, taken = generator.outputs[0].shape, discriminator.inputs[0].shape
    if tuple(made[1:]) != tuple(taken[1:]):
        raise ValueError(
            f"The generator makes images of shape {tuple(made)}, but the discriminator "
            f"takes {tuple(taken)}."
        )
    _check_outputs(discriminator.outputs, num_classes)
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        check_tables(name, network.inputs[1], num_classes)
    return size


def _check_outputs(outputs: list[keras.KerasTensor], num_classes: int) -> None:
    shapes = [tuple(output.shape) for output in outputs]
    logits, *classes = shapes
    fits = all(len(shape) == 3 and shape[-1] == num_classes for shape in classes)
    if len(logits) == 2 and len(classes) < 2 and fits:
        return
    raise ValueError(
        "The discriminator must return logits, (n, 1) or (n, 1 + objects), and "
        f"optionally the logits of num_classes={num_classes} classes of each object; "
        f"it returns the shapes {', '.join(map(str, shapes))}."
    )
