"""A user's own generator or images, made with any library, from files."""

import itertools
import os
import re
from pathlib import Path

import keras
import numpy as np

from ganzoo import keras_files
from ganzoo.data import PIXEL_OFFSET, ImageSet, folder, npz
from ganzoo.data.pixels import CHANNELS
from ganzoo.gans.codes import Codes
from ganzoo.keras_files import size
from ganzoo.zoo import locating, sidecar
from ganzoo.zoo.conditionings import (
    Classes,
    Conditioning,
    known_classes,
    noise_first,
)
from ganzoo.zoo.layouts import Layout
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
    num_classes: int | None = None,
    black: float | None = None,
    white: float | None = None,
) -> Sampler:
    """Reads a generator of normal noise, or that of a ganzoo GAN, from a .keras file.

    A generator.keras is read together with the generator.json beside it, which names
    its classes; see `ganzoo.zoo.sidecar`.

    Args:
        path: Path of the file. Its content is never executed, see `ganzoo.keras_files`:
            it may hold layers of Keras and ganzoo, but none that run code or read
            files.
        num_classes: Number of classes of a generator that takes noise and labels; by
            default that of its Embedding or one-hot encoding.
        black: Output of the generator for black; by default -1.
        white: Output of the generator for white; by default 1.

    Raises:
        ValueError: The file is absent or unreadable, it holds no generator, or its
            outputs are not between black and white.
    """
    path = Path(path)
    described = sidecar.read(path)
    model = _load(path)
    generator = getattr(model, "generator", model)
    codes = getattr(model, "codes", None)
    if codes is None and "codes" in described:
        codes = Codes(**described["codes"])
    conditioning = _conditioning(path, generator, described, num_classes)
    if isinstance(conditioning, Classes) and len(generator.inputs) == 2:
        generator = noise_first(generator)
    _check_form(path, generator, conditioning)
    largest, tried = _check_size(path, generator, conditioning)
    sampler = Sampler(_rescaled(generator), codes, conditioning)
    _check_values(path, sampler, black, white, tried)
    low, high = -1.0 if black is None else black, 1.0 if white is None else white
    return Sampler(
        _rescaled(generator, low, high),
        codes,
        conditioning,
        described.get("pixel_offset", PIXEL_OFFSET),
        batch_size=min(_BATCH, max(1, _BATCH_VALUES // largest)),
    )


def read_images(path: str | os.PathLike) -> np.ndarray:
    """Reads the uint8 images of a folder and its sub-folders, or of an .npz file."""
    return read_image_set(path).images


def read_image_set(path: str | os.PathLike) -> ImageSet:
    """Reads images as `read_images` does, with a note on used and skipped files."""
    path = Path(path)
    if path.suffix.lower() == ".npz":
        return npz.read(path)
    locating.check_images(path)
    return folder.flat(path)


def _conditioning(
    path: Path, generator: keras.Model, described: dict, num_classes: int | None
) -> Conditioning | None:
    """Returns what a generator takes besides noise: as described, given or known."""
    if "layout" in described:
        if num_classes is not None:
            raise ValueError(f"{path} takes boxes: leave out --num-classes.")
        return Layout(**described["layout"])
    if num_classes is not None:
        named = described.get("classes", {})
        same = named.get("num_classes") == num_classes
        return Classes(num_classes, named.get("names", ()) if same else ())
    if "classes" in described:
        return Classes(**described["classes"])
    found = known_classes(generator) if getattr(generator, "inputs", None) else None
    return None if found is None else Classes(found)


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


def _check_form(
    path: Path, model: keras.Model, conditioning: Conditioning | None
) -> None:
    """Refuses models that do not map noise and what conditions them to images."""
    inputs = [tuple(one.shape) for one in getattr(model, "inputs", None) or ()]
    outputs = [tuple(one.shape) for one in getattr(model, "outputs", None) or ()]
    form = f"{' and '.join(map(str, inputs))} to {' and '.join(map(str, outputs))}"
    if not inputs or not outputs:
        form = "unknown shapes"
    if isinstance(conditioning, Layout):  # noise, labels and boxes of any number
        noise = [len(one) for one in inputs] == [3, 2, 3] and inputs[0][2] is not None
    else:
        noise = bool(inputs) and len(inputs[0]) == 2 and None not in inputs[0][1:]
        noise &= all(None not in one[1:] and one[0] is None for one in inputs)
    images = len(outputs) == 1 and len(outputs[0]) == 4 and None not in outputs[0][1:]
    if not (noise and images and outputs[0][3] in CHANNELS):
        raise ValueError(
            f"{path} holds no generator: it maps {form}, not noise (n, latent_dim) to "
            f"images (n, height, width, 1, 3 or 4). {_REMEDY}"
        )
    expected = 1 if conditioning is None else 2
    if not isinstance(conditioning, Layout) and len(inputs) != expected:
        raise ValueError(
            f"The generator in {path} has {len(inputs)} inputs: {form}. Give "
            "--num-classes for one that takes noise and labels (n,), and for that only."
        )
    if inputs[0][-1] > _MOST_NOISE:
        raise ValueError(
            f"The generator in {path} takes {inputs[0][-1]:,} noise values; at most "
            f"{_MOST_NOISE:,} are allowed. {_REMEDY}"
        )


def _check_size(
    path: Path, generator: keras.Model, conditioning: Conditioning | None
) -> tuple[int, int]:
    """Refuses generators that need too much memory for one image.

    Returns:
        Largest number of values in a layer's outputs, and number of images to try.
    """
    try:
        objects = 1
        if isinstance(conditioning, Layout):
            objects = conditioning.max_objects
        largest, total = size.drawing(generator, objects)
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
