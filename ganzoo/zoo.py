"""Trained generators by name, shipped with the package: no network is needed.

    >>> from ganzoo import zoo
    >>> zoo.names()
    ('mnist_dcgan',)
    >>> generator = zoo.load("mnist_dcgan")
    >>> images = generator(keras.random.normal((16, 100)))

A generator is three files: its weights in float16 (`.npz`), its card (`.json`: data,
settings, measures, the weights' SHA-256) and a grid of samples (`.png`).
"""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import ArrayLike

from ganzoo import data, networks, plots, weights
from ganzoo.commands import meant
from ganzoo.feeds import Classes, Drawings
from ganzoo.gans.codes import Codes
from ganzoo.layouts import Layout
from ganzoo.sampler import Sampler
from ganzoo.sampler import latents as latents  # part of this module for its users

_BUILDERS = {
    builder.__name__: builder
    for builder in (
        networks.cifar10_dcgan_generator,
        networks.cifar10_mlp_generator,
        networks.cifar10_resnet_generator,
        networks.cifar10_sndcgan_generator,
        networks.layout_generator,
        networks.mnist_generator,
        networks.mnist_infogan_generator,
        networks.mnist_mlp_generator,
        networks.simgan_refiner,
        networks.stacked_generator,
        networks.svhn_generator,
    )
}
# By the key of a card that describes it.
_FEEDS = {"layout": Layout, "classes": Classes, "drawings": Drawings}
MAX_BYTES = 5_000_000


def names() -> tuple[str, ...]:
    """Returns the names of the generators, in alphabetical order."""
    cards = sorted(weights.FOLDER.glob("*.json"))
    return tuple(path.stem for path in cards if "builder" in _read(path))


def card(name: str) -> dict:
    """Returns a generator's card: data, settings, measures, SHA-256 of its weights.

    Raises:
        ValueError: No generator of that name.
    """
    if name not in names():
        raise ValueError(
            f"There is no {name!r} in the zoo; there is {', '.join(names())}."
            f"{meant(name, names())}"
        )
    return _read(weights.FOLDER / f"{name}.json")


def grid(name: str) -> Path:
    """Returns the path of a generator's grid of samples; raises as `card` does."""
    card(name)
    return weights.FOLDER / f"{name}.png"


def load(name: str) -> keras.Model:
    """Builds a generator and gives it its trained weights.

    Returns:
        A Keras model from noise `[n, latent_dim]` to images in [-1, 1]; one that draws
        objects in boxes takes noise, labels and boxes (`layout(name).inputs(...)`).

    Raises:
        ValueError: No generator of that name, or a weights file that is not the one
            whose SHA-256 the card names.
    """
    entry = card(name)
    generator = _BUILDERS[entry["builder"]](**entry["arguments"])
    weights.load(generator, weights.FOLDER / f"{name}.npz", sha256=entry["sha256"])
    return generator


def codes(name: str) -> Codes | None:
    """Returns the codes that a generator is fed after the noise, if any.

    Raises:
        ValueError: No generator of that name.
    """
    described = card(name).get("codes")
    return None if described is None else Codes(**described)


def layout(name: str) -> Layout | Classes | Drawings | None:
    """Returns what a generator is fed, if that is not noise alone.

    One of objects in boxes is fed these, a class-conditional one classes, and a refiner
    drawn images.

    Raises:
        ValueError: No generator of that name.
    """
    entry = card(name)
    found = (kind(**entry[key]) for key, kind in _FEEDS.items() if key in entry)
    return next(found, None)


def middle(name: str) -> float:
    """Returns the grey value that a generator draws as 0; see `data.to_uint8`.

    Raises:
        ValueError: No generator of that name.
    """
    return card(name).get("middle", data.MIDDLE)


def sampler(name: str) -> Sampler:
    """Loads a generator together with all that it is fed; raises as `load` does."""
    return Sampler(load(name), codes(name), layout(name), middle(name))


def sample(
    generator: keras.Model,
    count: int,
    *,
    codes: Codes | None = None,
    layout: Layout | Classes | Drawings | None = None,
    seed: int = 0,
    batch_size: int = 500,
    middle: float = data.MIDDLE,
) -> np.ndarray:
    """Draws images from a generator; image i is a function of (seed, i).

    Args:
        generator: From noise `[n, latent_dim]` to images.
        count: Number of images.
        codes: Those of an InfoGAN, which are drawn, too; see `codes(name)`.
        layout: What a generator is fed in place of noise alone; see `layout(name)`.
        seed: Seed of the noise.
        batch_size: Images at a time.
        middle: The grey value that it draws as 0; see `middle(name)`.

    Returns:
        uint8 `[count, height, width, channels]`.

    Raises:
        ValueError: A count below 1, or a layout left out that the generator needs.
    """
    drawer = Sampler(generator, codes, layout, middle)
    return drawer.sample(count, seed, batch_size)


def draw(
    name: str, labels: Sequence[int], boxes: ArrayLike, count: int = 1, *, seed: int = 0
) -> np.ndarray:
    """Draws objects of chosen labels in chosen boxes.

    A further object changes nothing of those before it but what it covers.

    Example:
        >>> images = zoo.draw("multi_digit_mnist", [7], [[0.1, 0.1, 0.4, 0.4]])

    Args:
        name: A generator of objects in boxes.
        labels: Of the objects, `[objects]`.
        boxes: Of the objects, `[objects, 4]`: (y0, x0, y1, x1), in shares of the
            image's height and width. The later lie over the earlier.
        count: Number of images.
        seed: Seed of the noise.

    Returns:
        uint8 `[count, height, width, channels]`.

    Raises:
        ValueError: No such generator; a label or a box that there cannot be, or too
            many of them.
    """
    described = layout(name)
    if not isinstance(described, Layout):
        able = [other for other in names() if "layout" in card(other)]
        raise ValueError(
            f"{name!r} draws no objects in boxes; of the zoo, "
            f"{', '.join(able) or 'nothing'} does."
        )
    chosen = dataclasses.replace(described, labels=[labels], boxes=boxes)
    generator = load(name)
    return sample(generator, count, layout=chosen, seed=seed, middle=middle(name))


def add(
    name: str,
    generator: keras.Model,
    builder: str,
    arguments: dict,
    entry: dict,
    *,
    columns: Sequence[int] = (8, 8),
) -> None:
    """Puts a trained generator into the zoo: weights, card and grid.

    Args:
        name: What it is called from now on.
        generator: The trained network.
        builder: Name of the function of `ganzoo.networks` that builds it.
        arguments: Arguments of that function.
        entry: What else the card says; `codes`, `layout`, `classes`, `drawings` and
            `middle`, if there, are used for sampling.
        columns: Rows and columns of the grid.

    Raises:
        ValueError: An unknown builder, or weights of over 5 MB.
    """
    if builder not in _BUILDERS:
        raise ValueError(
            f"builder={builder!r} must be one of {', '.join(sorted(_BUILDERS))}."
        )
    size = len(weights.to_bytes(generator))
    if size > MAX_BYTES:
        raise ValueError(
            f"{name} would take {size:,} bytes; the zoo takes {MAX_BYTES:,} at most."
        )
    sha256 = weights.save(generator, weights.FOLDER / f"{name}.npz")
    full = {
        "name": name,
        "builder": builder,
        "arguments": arguments,
        "sha256": sha256,
        "bytes": size,
    }
    path = weights.FOLDER / f"{name}.json"
    path.write_text(json.dumps(full | entry, indent=2) + "\n", encoding="utf-8")
    images = sampler(name).sample(columns[0] * columns[1])
    tiled = plots.tile(images, columns=columns[1])
    plots.save_image(weights.FOLDER / f"{name}.png", tiled, scale=2)


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
