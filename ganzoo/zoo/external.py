"""A user's own generator or images, made with any library, from files."""

import itertools
import os
import re
from pathlib import Path

import keras
import numpy as np

from ganzoo import keras_files
from ganzoo.data import ImageSet, folder, npz
from ganzoo.data.pixels import CHANNELS
from ganzoo.keras_files import size
from ganzoo.zoo.catalog import GENERATOR
from ganzoo.zoo.conditionings import Classes, noise_first
from ganzoo.zoo.sampling import Sampler

_REMEDY = "Or write its images into a folder, as PNG, and use that."
_MOST_NOISE = 2**14  # noise values per image
_TRIED = 64  # images generated to check a generator
_BATCH, _BATCH_VALUES = 500, 2**28  # images per batch; values of a layer for a batch
# Beginnings of messages whose last line has the reason, and of the lines after that.
_BEFORE = ("Exception encountered when", "Graph execution error", "in user code")
_AFTER = ("Arguments received by", "Call arguments received by", "[[{{")
_SLACK = 0.05  # fraction of the range from black to white that may be exceeded


def read_generator(
    path: str | os.PathLike,
    *,
    classes: int | None = None,
    black: float | None = None,
    white: float | None = None,
) -> Sampler:
    """Reads a generator of normal noise, or that of a ganzoo GAN, from a .keras file.

    Args:
        path: Path of the file. Its content is never executed, see `ganzoo.keras_files`:
            it may hold layers of Keras and ganzoo, but none that run code or read
            files.
        classes: Number of classes of a generator that takes noise and labels.
        black: Output of the generator for black; by default -1.
        white: Output of the generator for white; by default 1.

    Raises:
        ValueError: The file is absent or unreadable, it holds no generator, or its
            outputs are not between black and white.
    """
    path = Path(path)
    model = _load(path)
    codes = getattr(model, "codes", None)
    generator = getattr(model, "generator", model)
    conditioning = None if classes is None else Classes(classes)
    if conditioning is not None and len(getattr(generator, "inputs", None) or ()) == 2:
        generator = noise_first(generator)
    _check_form(path, generator, classes)
    largest, tried = _check_size(path, generator)
    sampler = Sampler(_rescaled(generator), codes, conditioning)
    _check_values(path, sampler, black, white, tried)
    low, high = -1.0 if black is None else black, 1.0 if white is None else white
    batch_size = min(_BATCH, max(1, _BATCH_VALUES // largest))
    rescaled = _rescaled(generator, low, high)
    return Sampler(rescaled, codes, conditioning, batch_size=batch_size)


def read_images(path: str | os.PathLike) -> np.ndarray:
    """Reads the uint8 images of a folder and its sub-folders, or of an .npz file."""
    return read_image_set(path).images


def read_image_set(path: str | os.PathLike) -> ImageSet:
    """Reads images as `read_images` does, with a note on used and skipped files."""
    path = Path(path)
    if path.suffix.lower() == ".npz":
        return npz.read(path)
    if (path / "manifest.json").exists() and (path / "config.json").exists():
        raise ValueError(
            f"{path} is a run folder without a {GENERATOR}, which is written when the "
            "training of a GAN ends; its pictures are grids of many images. Use a "
            "folder of single images."
        )
    return folder.flat(path)


def _load(path: Path) -> keras.Model:
    if path.suffix != ".keras":
        raise ValueError(f"{path} must be a .keras file, from keras.Model.save().")
    if not path.is_file():
        raise ValueError(f"There is no file {path}.")
    try:
        return keras_files.load(path)
    except Exception as error:  # Keras raises nearly anything
        raise ValueError(
            f"{path} cannot be loaded as a Keras model: {_reason(error)} {_REMEDY}"
        ) from error


def _reason(error: Exception) -> str:
    """Returns the line of an error that has the reason, shortened and printable.

    Keras and TensorFlow put other lines before it, and names of nodes after it.
    """
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    before = itertools.takewhile(lambda line: not line.startswith(_AFTER), lines)
    lines = list(before) or [type(error).__name__]
    line = lines[-1] if lines[0].startswith(_BEFORE) else lines[0]
    line = re.sub(r"\x1b\[\d*m", "", line)  # bold
    line = "".join(one if one.isprintable() else "?" for one in line)
    return line if len(line) <= 300 else f"{line[:300]} ..."


def _check_form(path: Path, model: keras.Model, classes: int | None) -> None:
    """Refuses models that do not map noise, or noise and labels, to images."""
    inputs = [tuple(one.shape) for one in getattr(model, "inputs", None) or ()]
    outputs = [tuple(one.shape) for one in getattr(model, "outputs", None) or ()]
    form = f"{' and '.join(map(str, inputs))} to {' and '.join(map(str, outputs))}"
    if not inputs or not outputs:
        form = "unknown shapes"
    noise = bool(inputs) and len(inputs[0]) == 2 and None not in inputs[0][1:]
    noise &= all(None not in one[1:] and one[0] is None for one in inputs)
    images = len(outputs) == 1 and len(outputs[0]) == 4 and None not in outputs[0][1:]
    if not (noise and images and outputs[0][3] in CHANNELS):
        raise ValueError(
            f"{path} holds no generator: it maps {form}, not noise (n, latent_dim) to "
            f"images (n, height, width, 1 or 3). {_REMEDY}"
        )
    if len(inputs) != (1 if classes is None else 2):
        raise ValueError(
            f"The generator in {path} has {len(inputs)} inputs: {form}. Give --classes "
            "for one that takes noise and labels (n,), and for that only."
        )
    if inputs[0][1] > _MOST_NOISE:
        raise ValueError(
            f"The generator in {path} takes {inputs[0][1]:,} noise values; at most "
            f"{_MOST_NOISE:,} are allowed. {_REMEDY}"
        )


def _check_size(path: Path, generator: keras.Model) -> tuple[int, int]:
    """Refuses generators that need too much memory for one image.

    Returns:
        Largest number of values in a layer's outputs, and number of images to try.
    """
    try:
        largest, total = size.drawing(generator)
    except Exception as error:  # of a layer
        raise _cannot_generate(path, error) from error
    if total > size.MOST_DRAWN:
        raise ValueError(
            f"The generator in {path} needs {total:,} values for one image, summed "
            f"over the outputs of its layers; at most {size.MOST_DRAWN:,} are allowed. "
            f"{_REMEDY}"
        )
    return largest, min(_TRIED, size.MOST_DRAWN // total)


def _cannot_generate(path: Path, error: Exception) -> ValueError:
    return ValueError(
        f"The generator in {path} cannot generate images: {_reason(error)} {_REMEDY}"
    )


def _check_values(
    path: Path,
    sampler: Sampler,
    black: float | None,
    white: float | None,
    tried: int = _TRIED,
) -> None:
    """Refuses generators whose outputs do not lie between black and white."""
    low, high = -1.0 if black is None else black, 1.0 if white is None else white
    if not low < high:
        raise ValueError(f"black={low} must be below white={high}.")
    try:
        drawn = sampler.floats(sampler.inputs(tried))
    except Exception as error:  # of TensorFlow
        raise _cannot_generate(path, error) from error
    if not np.isfinite(drawn).all():
        raise ValueError(f"The generator in {path} generates NaN or infinity.")
    found = f"generates values from {drawn.min():.3g} to {drawn.max():.3g}"
    slack = _SLACK * (high - low)
    if drawn.min() < low - slack or drawn.max() > high + slack:
        raise ValueError(
            f"The generator in {path} {found}, but black is {low:g} and white "
            f"{high:g}; set them with --black and --white."
        )
    if black is None and drawn.min() >= 0:
        raise ValueError(
            f"The generator in {path} {found}, none below 0: is its black 0 or -1? "
            "Use --black 0 or --black -1."
        )


def _rescaled(
    generator: keras.Model, black: float = -1.0, white: float = 1.0
) -> keras.Model:
    """Returns a plain model of the generator, with images rescaled to [-1, 1]."""
    inputs, images = generator.inputs, generator.outputs[0]
    if (black, white) != (-1.0, 1.0):
        scale = 2.0 / (white - black)
        images = keras.layers.Rescaling(scale, offset=-1.0 - black * scale)(images)
    return keras.Model(inputs if len(inputs) > 1 else inputs[0], images)
