"""Trained generators by name, shipped with the package: no network is needed.

    >>> from ganzoo import zoo
    >>> zoo.names()
    ('mnist_dcgan',)
    >>> generator = zoo.load("mnist_dcgan")
    >>> images = generator(keras.random.normal((16, 100)))

A generator is three files: its weights in float16 (`.npz`), its card (`.json`: data,
settings, measures, the weights' SHA-256) and a grid of samples (`.png`).
"""

import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ganzoo import data, networks, plots, weights
from ganzoo.distribute import StepRandom
from ganzoo.gans.codes import Codes

_BUILDERS = {
    builder.__name__: builder
    for builder in (
        networks.cifar10_dcgan_generator,
        networks.cifar10_mlp_generator,
        networks.cifar10_resnet_generator,
        networks.cifar10_sndcgan_generator,
        networks.mnist_generator,
        networks.mnist_infogan_generator,
        networks.mnist_mlp_generator,
        networks.stacked_generator,
    )
}
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
        )
    return _read(weights.FOLDER / f"{name}.json")


def grid(name: str) -> Path:
    """Returns the path of a generator's grid of samples; raises as `card` does."""
    card(name)
    return weights.FOLDER / f"{name}.png"


def load(name: str) -> keras.Model:
    """Builds a generator and gives it its trained weights.

    Returns:
        A Keras model from noise `[n, latent_dim]` to images in [-1, 1].

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


def middle(name: str) -> float:
    """Returns the grey value that a generator draws as 0; see `data.to_uint8`.

    Raises:
        ValueError: No generator of that name.
    """
    return card(name).get("middle", data.MIDDLE)


def sample(
    generator: keras.Model,
    count: int,
    *,
    codes: Codes | None = None,
    seed: int = 0,
    batch_size: int = 500,
    middle: float = data.MIDDLE,
) -> np.ndarray:
    """Draws images from a generator; image i is a function of (seed, i).

    Args:
        generator: From noise `[n, latent_dim]` to images.
        count: Number of images.
        codes: Those of an InfoGAN, which are drawn, too; see `codes(name)`.
        seed: Seed of the noise.
        batch_size: Images at a time.
        middle: The grey value that it draws as 0; see `middle(name)`.

    Returns:
        uint8 `[count, height, width, channels]`.

    Raises:
        ValueError: A count below 1.
    """
    fed = latents(generator.input_shape[-1], count, codes=codes, seed=seed)
    draw = tf.function(lambda batch: generator(batch, training=False))
    starts = range(0, count, batch_size)
    images = [draw(fed[start : start + batch_size]).numpy() for start in starts]
    return data.to_uint8(np.concatenate(images), middle)


def latents(
    size: int, count: int, *, codes: Codes | None = None, seed: int = 0
) -> tf.Tensor:
    """Draws what a generator is fed; row i is a function of (seed, i).

    Args:
        size: Numbers of a row: the generator's noise, with the codes if there are any.
        count: Number of rows.
        codes: Those of an InfoGAN.
        seed: Seed of noise and codes.

    Returns:
        float32 `[count, size]`.

    Raises:
        ValueError: A count below 1.
    """
    if count < 1:
        raise ValueError(f"count={count} must be at least 1.")
    random = StepRandom.root(seed)
    if codes is None:
        return random.normal([count, size])
    noise = random.normal([count, size - codes.size])
    return tf.concat([noise, codes.draw(count, random)], axis=1)


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
        entry: What else the card says; `codes` and `middle`, if there, are used for
            sampling.
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
    images = sample(
        load(name), columns[0] * columns[1], codes=codes(name), middle=middle(name)
    )
    tiled = plots.tile(images, columns=columns[1])
    plots.save_image(weights.FOLDER / f"{name}.png", tiled, scale=2)


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
