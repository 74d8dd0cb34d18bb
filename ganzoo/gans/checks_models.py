"""Checks that the networks of a model fit together."""

from collections.abc import Sequence
from typing import Any

import keras

from ganzoo.gans.checks_networks import check_labels_input
from ganzoo.gans.randomness import check_layers


def check_networks(
    generator: keras.Model,
    discriminator: keras.Model,
    latent_dim: int | None,
    num_classes: int | None,
    outputs: int = 1,
) -> int:
    """Builds the networks where needed and checks that they fit together.

    Args:
        generator: Maps noise `[n, latent_dim]`, and labels `[n]`, to images.
        discriminator: Maps images, and labels `[n]`, to logits.
        latent_dim: Size of the noise, or None to take it from the generator's input.
        num_classes: Number of classes, or None.
        outputs: Number of tensors that the discriminator returns.

    Returns:
        The size of the noise.

    Raises:
        ValueError: The networks do not fit together.
    """
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        check_network(name, network)
    if generator is discriminator:
        raise ValueError("The generator and the discriminator are the same network.")
    if num_classes is not None and num_classes < 2:
        raise ValueError(f"num_classes={num_classes} must be at least 2, or None.")
    latent_dim = _latent_dim(generator, latent_dim)
    noise = keras.KerasTensor((None, latent_dim))
    images = call_symbolically("generator", generator, noise, num_classes)
    call_symbolically("discriminator", discriminator, images, num_classes, outputs)
    return latent_dim


def check_network(name: str, network: keras.Model) -> None:
    """Checks that a network is a Keras layer or model of a supported precision.

    Raises:
        ValueError: It is neither, or computes in float16.
    """
    if not isinstance(network, keras.Layer):
        raise ValueError(
            f"The {name} must be a Keras model or layer; received {network!r}."
        )
    _refuse_float16(name, network)


def check_domains(networks: dict[str, keras.Model]) -> None:
    """Checks that translators and discriminators of two domains fit together.

    Args:
        networks: The networks by name, in this order: generator A to B, generator B to
            A, discriminator of A, discriminator of B.

    Raises:
        ValueError: The generators do not map the same two domains onto each other, a
            discriminator takes other images, or one network is passed twice.
    """
    for name, network in networks.items():
        check_network(name, network)
    if len({id(network) for network in networks.values()}) < len(networks):
        raise ValueError(
            f"{', '.join(networks)} must be four networks; one was passed twice."
        )
    there, back, discriminator_a, discriminator_b = networks
    inputs = getattr(networks[there], "inputs", None)
    if not inputs:
        raise ValueError(f"{there} has no known input shape; give it an Input.")
    domain_a = keras.KerasTensor(inputs[0].shape)
    domain_b = call_symbolically(there, networks[there], domain_a)
    returned = call_symbolically(back, networks[back], domain_b)
    if tuple(returned.shape) != tuple(domain_a.shape):
        raise ValueError(
            f"{there} takes images of shape {tuple(domain_a.shape)}, but {back} "
            f"returns {tuple(returned.shape)}: the two must map the same domains onto "
            "each other."
        )
    call_symbolically(discriminator_a, networks[discriminator_a], domain_a)
    call_symbolically(discriminator_b, networks[discriminator_b], domain_b)


def check_refiner(
    refiner: keras.Model, discriminator: keras.Model
) -> tuple[int, int, int]:
    """Checks that a refiner of images and a discriminator fit together.

    Args:
        refiner: Maps images to images of the same, static shape.
        discriminator: Maps images to logits.

    Returns:
        Height, width and channels of the images.

    Raises:
        ValueError: They do not fit together, or the size of the images is unknown.
    """
    for name, network in (("refiner", refiner), ("discriminator", discriminator)):
        check_network(name, network)
    if refiner is discriminator:
        raise ValueError("The refiner and the discriminator are the same network.")
    inputs = getattr(refiner, "inputs", None) or []
    shape = tuple(inputs[0].shape[1:]) if inputs else None
    if shape is None or None in shape:
        raise ValueError(
            f"The refiner takes images of shape {shape}; give it an Input of static "
            "height, width and channels."
        )
    refined = call_symbolically("refiner", refiner, keras.KerasTensor((None, *shape)))
    if tuple(refined.shape[1:]) != shape:
        raise ValueError(
            f"The refiner maps images of shape {shape} to shape "
            f"{tuple(refined.shape[1:])}; it must preserve the shape."
        )
    call_symbolically("discriminator", discriminator, refined)
    return shape


def call_symbolically(
    name: str,
    network: keras.Model,
    tensor: keras.KerasTensor,
    num_classes: int | None = None,
    outputs: int = 1,
) -> Any:
    """Calls a network on symbolic input, which builds it.

    Args:
        name: The network's name in messages.
        network: The network.
        tensor: Its symbolic input.
        num_classes: Number of classes if it also takes labels, or None.
        outputs: Number of tensors that it must return.

    Returns:
        The network's output: a tensor, or several.

    Raises:
        ValueError: The network takes another input, or returns something else.
    """
    inputs = getattr(network, "inputs", None) or []
    expected = 1 if num_classes is None else 2
    if inputs and len(inputs) != expected:
        raise ValueError(
            f"The {name} has {len(inputs)} inputs, but a model with "
            f"num_classes={num_classes} feeds it {expected}: "
            f"{'[input, labels]' if expected == 2 else 'no labels'}."
        )
    if inputs and not _compatible(inputs[0].shape, tensor.shape):
        raise ValueError(
            f"The {name} takes inputs of shape {tuple(inputs[0].shape)}, but would be "
            f"fed {tuple(tensor.shape)}."
        )
    if inputs and num_classes is not None:
        check_labels_input(name, inputs[1], num_classes)
    if num_classes is not None:
        tensor = [tensor, keras.KerasTensor((None,), dtype="int32")]
    output = network(tensor)
    found = output if isinstance(output, list | tuple) else [output]
    tensors = [item for item in found if isinstance(item, keras.KerasTensor)]
    if len(found) != outputs or len(tensors) != outputs:
        number = "one tensor" if outputs == 1 else f"{outputs} tensors"
        raise ValueError(
            f"The {name} must return {number}; it returns a {type(output).__name__}."
        )
    check_layers(name, network, *(tensor if num_classes is not None else [tensor]))
    return output


def _latent_dim(generator: keras.Model, latent_dim: int | None) -> int:
    shape = getattr(generator, "input_shape", None) if generator.built else None
    if isinstance(shape, list):
        shape = shape[0]
    known = shape[-1] if shape and len(shape) == 2 else None
    if known is None:
        if latent_dim is None:
            raise ValueError(
                "The size of the generator's noise is unknown (input shape "
                f"{shape}); pass latent_dim, or give it an Input of shape "
                "(latent_dim,)."
            )
        return latent_dim
    if latent_dim not in (None, known):
        raise ValueError(
            f"latent_dim={latent_dim}, but the generator's input has {known} values."
        )
    return known


def _compatible(expected: Sequence[int | None], given: Sequence[int | None]) -> bool:
    return len(expected) == len(given) and all(
        a is None or b is None or a == b for a, b in zip(expected, given, strict=True)
    )


def _refuse_float16(name: str, network: keras.Layer) -> None:
    for layer in network._flatten_layers():
        if layer.compute_dtype == "float16":
            raise ValueError(
                f"Layer {layer.name!r} of the {name} computes in float16, whose "
                "gradients underflow without loss scaling on both optimizers. Use "
                "'mixed_bfloat16': as fast, with the range of float32."
            )
