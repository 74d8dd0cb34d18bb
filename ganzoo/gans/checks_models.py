"""Checks that the networks of a model fit together."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import KerasTensor

from ganzoo.gans.checks_networks import check_labels_input, check_tables
from ganzoo.gans.randomness import check_layers


def check_networks(
    generator: keras.Model,
    discriminator: keras.Model,
    latent_dim: int | None,
    num_classes: int | None,
    outputs: int = 1,
) -> int:
    """Builds the networks of a GAN where needed and checks that they fit together.

    Args:
        generator: Maps noise `[n, latent_dim]`, and labels `[n]`, to images.
        discriminator: Maps images, and labels `[n]`, to logits.
        latent_dim: Size of the noise, or None to take it from the generator's input.
        num_classes: Number of classes, or None.
        outputs: Number of tensors that the discriminator returns.

    Returns:
        The size of the noise.
    """
    _check_kinds({"generator": generator, "discriminator": discriminator})
    if num_classes is not None and num_classes < 2:
        raise ValueError(f"num_classes={num_classes} must be at least 2, or None.")
    latent_dim = _latent_dim(generator, latent_dim)
    noise = KerasTensor((None, latent_dim))
    images = call_symbolically("generator", generator, noise, num_classes)
    call_symbolically("discriminator", discriminator, images, num_classes, outputs)
    return latent_dim


def check_domains(networks: dict[str, keras.Model]) -> None:
    """Checks that translators and discriminators of two domains fit together.

    Args:
        networks: The networks by name, in this order: generator A to B, generator B to
            A, discriminator of A, discriminator of B.
    """
    _check_kinds(networks)
    there, back, discriminator_a, discriminator_b = networks
    inputs = getattr(networks[there], "inputs", None)
    if not inputs:
        raise ValueError(f"{there} has no known input shape; give it an Input.")
    domain_a = KerasTensor(inputs[0].shape)
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

    Returns:
        Height, width and channels of the images.
    """
    _check_kinds({"refiner": refiner, "discriminator": discriminator})
    inputs = getattr(refiner, "inputs", None) or []
    shape = tuple(inputs[0].shape[1:]) if inputs else None
    if shape is None or None in shape:
        raise ValueError(
            f"The refiner takes images of shape {shape}; give it an Input of static "
            "height, width and channels."
        )
    refined = call_symbolically("refiner", refiner, KerasTensor((None, *shape)))
    if tuple(refined.shape[1:]) != shape:
        raise ValueError(
            f"The refiner maps images of shape {shape} to shape "
            f"{tuple(refined.shape[1:])}; it must preserve the shape."
        )
    call_symbolically("discriminator", discriminator, refined)
    return shape


def check_layout_networks(
    generator: keras.Model,
    discriminator: keras.Model,
    latent_dim: int | None,
    num_classes: int | None,
) -> int:
    """Checks that networks of objects in boxes fit together; see `LayoutGAN`.

    Returns:
        The size of a row of noise.
    """
    networks = {"generator": generator, "discriminator": discriminator}
    _check_kinds(networks)
    for fed, (name, network) in zip(("noise", "images"), networks.items(), strict=True):
        if len(getattr(network, "inputs", None) or []) != 3:
            raise ValueError(
                f"The {name} must be a functional model of three inputs: {fed}, labels "
                "and boxes."
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
    _check_layout_outputs(discriminator.outputs, num_classes)
    for name, network in networks.items():
        check_tables(name, network.inputs[1], num_classes)
    return size


def _check_layout_outputs(outputs: list[KerasTensor], num_classes: int) -> None:
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


def call_symbolically(
    name: str,
    network: keras.Model,
    tensor: KerasTensor,
    num_classes: int | None = None,
    outputs: int = 1,
) -> Any:
    """Builds a network by calling it on a symbolic tensor, and checks what it returns.

    Args:
        name: The network's name in messages.
        network: The network.
        tensor: Its symbolic input.
        num_classes: Number of classes if it also takes labels, or None.
        outputs: Number of tensors that it must return.
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
    fed = [tensor]
    if num_classes is not None:
        if inputs:
            check_labels_input(name, inputs[1], num_classes)
        fed.append(KerasTensor((None,), dtype="int32"))
    output = network(fed if len(fed) > 1 else tensor)
    found = output if isinstance(output, list | tuple) else [output]
    tensors = [item for item in found if isinstance(item, KerasTensor)]
    if len(found) != outputs or len(tensors) != outputs:
        number = "one tensor" if outputs == 1 else f"{outputs} tensors"
        raise ValueError(
            f"The {name} must return {number}; it returns a {type(output).__name__}."
        )
    check_layers(name, network, *fed)
    return output


def _latent_dim(generator: keras.Model, latent_dim: int | None) -> int:
    shape = getattr(generator, "input_shape", None) if generator.built else None
    if isinstance(shape, list):
        shape = shape[0]
    known = shape[-1] if shape and len(shape) == 2 else None
    found = latent_dim if known is None else known
    if found is None:
        raise ValueError(
            f"The size of the generator's noise is unknown (input shape {shape}); pass "
            "latent_dim, or give it an Input of shape (latent_dim,)."
        )
    if latent_dim not in (None, found):
        raise ValueError(
            f"latent_dim={latent_dim}, but the generator's input has {known} values."
        )
    return found


def _compatible(expected: Sequence[int | None], given: Sequence[int | None]) -> bool:
    return len(expected) == len(given) and all(
        a is None or b is None or a == b for a, b in zip(expected, given, strict=True)
    )


def _check_kinds(networks: dict[str, keras.Model]) -> None:
    """Refuses what is not several Keras networks of a supported precision."""
    for name, network in networks.items():
        if not isinstance(network, keras.Layer):
            raise ValueError(
                f"The {name} must be a Keras model or layer; received {network!r}."
            )
        for layer in network._flatten_layers():
            if layer.compute_dtype == "float16":
                raise ValueError(
                    f"Layer {layer.name!r} of the {name} computes in float16, whose "
                    "gradients underflow without loss scaling on both optimizers. Use "
                    "'mixed_bfloat16': as fast, with the range of float32."
                )
    if len({id(network) for network in networks.values()}) < len(networks):
        raise ValueError(
            f"{', '.join(networks)} must all differ; two of them are the same network."
        )
