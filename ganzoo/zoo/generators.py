"""Loads the zoo's generators with their trained weights, and generates images."""

import dataclasses
import json
from collections.abc import Sequence

import keras
import numpy as np
from numpy.typing import ArrayLike

from ganzoo import data, float16_weights, networks, plots
from ganzoo.gans.codes import Codes
from ganzoo.zoo import catalog
from ganzoo.zoo.catalog import card, names
from ganzoo.zoo.conditionings import Classes, Conditioning, Drawings
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler

# Conditionings by their key in a card.
_CONDITIONINGS = {"layout": Layout, "classes": Classes, "drawings": Drawings}
MAX_BYTES = 5_000_000
_DISCRIMINATOR = "_discriminator.npz"  # end of the file's name
_BUILDERS = tuple(
    name for name in networks.__all__ if name.endswith(("_generator", "_refiner"))
)


def load(name: str) -> keras.Model:
    """Builds a generator and gives it its trained weights.

    Returns:
        A Keras model from noise `[n, latent_dim]` to images in [-1, 1]; one of objects
        in boxes takes noise, labels and boxes (`sampler(name).inputs(...)`).

    Raises:
        ValueError: The zoo has no generator of that name, or the SHA-256 of its weights
            file is not the one in the card.
    """
    entry = card(name)
    generator = getattr(networks, entry["builder"])(**entry["arguments"])
    path = catalog.FOLDER / f"{name}.npz"
    float16_weights.load(generator, path, sha256=entry["sha256"])
    return generator


def load_discriminator(name: str) -> keras.Model | None:
    """Builds the discriminator that a generator was trained with, for training on.

    Returns:
        A Keras model from images (and labels) to logits; None if the zoo does not have
        it.

    Raises:
        ValueError: As in `load`.
    """
    entry = card(name).get("discriminator")
    if entry is None:
        return None
    discriminator = getattr(networks, entry["builder"])(**entry["arguments"])
    path = catalog.FOLDER / f"{name}{_DISCRIMINATOR}"
    float16_weights.load(discriminator, path, sha256=entry["sha256"])
    return discriminator


def codes(name: str) -> Codes | None:
    """Returns the codes that follow a generator's noise, if it has any.

    Raises:
        ValueError: The zoo has no generator of that name.
    """
    described = card(name).get("codes")
    return None if described is None else Codes(**described)


def conditioning(name: str) -> Conditioning | None:
    """Returns a generator's conditioning, its inputs besides noise, if it has any.

    It is a layout of objects in boxes, classes, or the drawings that a refiner takes in
    place of noise.

    Raises:
        ValueError: The zoo has no generator of that name.
    """
    entry = card(name)
    found = (kind(**entry[key]) for key, kind in _CONDITIONINGS.items() if key in entry)
    return next(found, None)


def pixel_offset(name: str) -> float:
    """Returns the gray value that a generator outputs as 0; see `data.to_uint8`.

    Raises:
        ValueError: The zoo has no generator of that name.
    """
    return card(name).get("pixel_offset", data.PIXEL_OFFSET)


def sampler(name: str) -> Sampler:
    """Loads a generator with all that its inputs need; raises as `load` does."""
    return Sampler(load(name), codes(name), conditioning(name), pixel_offset(name))


def sample(
    generator: str | keras.Model | Sampler,
    count: int,
    *,
    codes: Codes | None = None,
    conditioning: Conditioning | None = None,
    seed: int = 0,
    batch_size: int | None = None,
    pixel_offset: float | None = None,
) -> np.ndarray:
    """Generates uint8 images `[count, h, w, c]`; image i is a function of (seed, i).

    Examples:
        >>> images = zoo.sample("mnist_dcgan", 16)

    Args:
        generator: Name of a generator of the zoo, a result of `sampler` or `load`, or
            any Keras model from noise `[n, latent_dim]` to images.
        count: Number of images.
        codes: Codes of an InfoGAN, which are also sampled; see `codes(name)`. Pass
            `codes`, `conditioning` and `pixel_offset` only for a model: a name or a
            sampler already has them.
        conditioning: Inputs of a model besides noise; see `conditioning(name)`.
        seed: Seed of the noise.
        batch_size: Number of images per batch; by default the sampler's, 500.
        pixel_offset: Gray value that a model outputs as 0; see `pixel_offset(name)`.

    Raises:
        ValueError: A count below 1, an unknown name, a missing conditioning, or an
            argument that the name or the sampler already has.
    """
    own = {"codes": codes, "conditioning": conditioning, "pixel_offset": pixel_offset}
    given = [key for key, value in own.items() if value is not None]
    if isinstance(generator, str | Sampler):
        if given:
            what = repr(generator) if isinstance(generator, str) else "a sampler"
            raise ValueError(
                f"{what} has its own {' and '.join(given)}; leave {given[0]}= out, or "
                "pass the Keras model, as zoo.load() returns it."
            )
        found = sampler(generator) if isinstance(generator, str) else generator
    else:
        zero = data.PIXEL_OFFSET if pixel_offset is None else pixel_offset
        found = Sampler(generator, codes, conditioning, zero)
    return found.sample(count, seed, batch_size)


def draw(
    name: str, labels: Sequence[int], boxes: ArrayLike, count: int = 1, *, seed: int = 0
) -> np.ndarray:
    """Generates images of objects with chosen labels in chosen boxes.

    The images are uint8 `[count, height, width, channels]`. An additional object only
    changes the pixels that it covers.

    Examples:
        >>> images = zoo.draw("multi_digit_mnist", [7], [[0.1, 0.1, 0.4, 0.4]])

    Args:
        name: A generator of objects in boxes.
        labels: Labels of the objects, `[objects]`.
        boxes: Boxes of the objects, `[objects, 4]`: (y0, x0, y1, x1), as fractions of
            the image's height and width. Later objects cover earlier ones.
        count: Number of images.
        seed: Seed of the noise.

    Raises:
        ValueError: There is no such generator; a label or a box is invalid, or there
            are too many.
    """
    described = conditioning(name)
    if not isinstance(described, Layout):
        able = [other for other in names() if "layout" in card(other)]
        raise ValueError(
            f"{name!r} does not generate objects in boxes; available: "
            f"{', '.join(able) or 'none'}."
        )
    chosen = dataclasses.replace(
        described, labels=np.array([labels]), boxes=np.asarray(boxes)
    )
    return dataclasses.replace(sampler(name), conditioning=chosen).sample(count, seed)


def add(
    name: str,
    generator: keras.Model,
    builder: str,
    arguments: dict,
    entry: dict,
    *,
    columns: Sequence[int] = (8, 8),
    discriminator: tuple[keras.Model, str, dict] | None = None,
) -> None:
    """Adds a trained generator to the zoo: weights, card and grid.

    Args:
        name: Name of the generator in the zoo.
        generator: The trained network.
        builder: Name of the function of `ganzoo.networks` that builds it.
        arguments: Arguments of that function.
        entry: Further entries of the card; `codes`, `layout`, `classes`, `drawings` and
            `pixel_offset`, if present, are used for sampling.
        columns: Number of rows and columns of the grid.
        discriminator: The discriminator, its builder and arguments, to keep it too; see
            `load_discriminator`.

    Raises:
        ValueError: An unknown builder, or weights of over 5 MB.
    """
    if builder not in _BUILDERS:
        raise ValueError(f"builder={builder!r} must be one of {', '.join(_BUILDERS)}.")
    stored = _stored(generator, builder, arguments, f"{name}.npz")
    full = {"name": name} | stored
    full["image_shape"] = list(generator.outputs[0].shape[1:])
    if discriminator is not None:
        full["discriminator"] = _stored(*discriminator, f"{name}{_DISCRIMINATOR}")
    path = catalog.FOLDER / f"{name}.json"
    path.write_text(json.dumps(full | entry, indent=2) + "\n", encoding="utf-8")
    images = sampler(name).sample(columns[0] * columns[1])
    tiled = plots.tile(images, columns=columns[1])
    plots.save_image(catalog.FOLDER / f"{name}.png", tiled, scale=2)


def _stored(network: keras.Model, builder: str, arguments: dict, file: str) -> dict:
    """Stores the weights of a network; returns its entries in the card."""
    size = len(float16_weights.to_bytes(network))
    if size > MAX_BYTES:
        raise ValueError(
            f"{file} would take {size:,} bytes; at most {MAX_BYTES:,} are allowed."
        )
    sha256 = float16_weights.save(network, catalog.FOLDER / file)
    return {
        "builder": builder,
        "arguments": arguments,
        "sha256": sha256,
        "bytes": size,
    }
