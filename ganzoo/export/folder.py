"""Writes a generator to a folder, in several formats, each compared with Keras."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from ganzoo.console import quiet
from ganzoo.export import page
from ganzoo.export.formats import FORMATS, chosen, names, takes_one_image
from ganzoo.export.stock_layers import foreign, stock
from ganzoo.files import check_new_folder
from ganzoo.zoo import catalog, sidecar
from ganzoo.zoo.conditionings import Classes
from ganzoo.zoo.layouts import Layout
from ganzoo.zoo.sampling import Sampler

TOLERANCE = 1e-4  # of an image's values, which are in [-1, 1]
COMPARED = 16  # images that are compared


@dataclasses.dataclass(frozen=True)
class Exported:
    """A format of an exported generator.

    Attributes:
        name: Name of the format.
        bytes: Size of its files; 0 if the format failed.
        difference: Largest difference of a value to Keras's image, in [-1, 1]; None if
            the format failed.
        reason: Why it failed.
        one_by_one: Whether it generates one image at a time.
    """

    name: str
    bytes: int = 0
    difference: float | None = None
    reason: str = ""
    one_by_one: bool = False


def to_folder(
    sampler: Sampler,
    path: str | os.PathLike,
    formats: Sequence[str] | None = None,
    *,
    title: str = "A generator of images",
    told: Callable[[Exported], None] = lambda done: None,
) -> list[Exported]:
    """Exports a generator to a new folder, with a page that says how to load it.

    Each file is run, and must give Keras's images to 1e-4; one that does not, or that
    the format cannot hold, is not kept. A generator of objects in boxes is exported for
    the number of boxes of its layout.

    Args:
        sampler: The generator.
        path: A new or empty folder.
        formats: Names of formats in `FORMATS`; by default all that are installed.
        title: Title of the page.
        told: Called after each format.

    Returns:
        The formats, in order, also those that failed.

    Raises:
        ValueError: The folder has files, or there is no such format.
        ImportError: A format that was asked for is not installed.
    """
    wanted = chosen(formats)
    check_new_folder(path)
    path = Path(path)
    inputs = [np.asarray(rows) for rows in sampler.inputs(COMPARED)]
    model = stock(sampler.generator, _named(inputs))
    model(inputs if len(inputs) > 1 else inputs[0])  # Keras wants it called for ONNX
    expected = _expected(sampler, model, inputs)
    path.mkdir(parents=True, exist_ok=True)
    done = []
    for name in wanted:
        done.append(_exported(name, model, path, inputs, expected))
        told(done[-1])
    if done[0].name == "keras" and not done[0].reason:
        sidecar.write(path / catalog.GENERATOR, _described(sampler))
    text = page.text(title, sampler, inputs, done, foreign(model))
    (path / "readme.md").write_text(text, encoding="utf-8")
    return done


def _named(inputs: Sequence[np.ndarray]) -> list[keras.KerasTensor]:
    """Returns inputs of a model with clear names, of any batch size."""
    return [
        keras.Input(array.shape[1:], dtype=array.dtype.name, name=name)
        for name, array in zip(names(inputs), inputs, strict=True)
    ]


def _expected(
    sampler: Sampler, model: keras.Model, inputs: list[np.ndarray]
) -> np.ndarray:
    """Returns Keras's images; those of a generator in half precision, in float32."""
    halves = ("float16", "bfloat16")
    layers = sampler.generator._flatten_layers(include_self=False)
    if any(layer.compute_dtype in halves for layer in layers):
        return Sampler.floats(dataclasses.replace(sampler, generator=model), inputs)
    return sampler.floats(inputs)


def _exported(
    name: str,
    model: keras.Model,
    folder: Path,
    inputs: list[np.ndarray],
    expected: np.ndarray,
) -> Exported:
    """Writes one format, runs it, and removes it if it is not right."""
    kind = FORMATS[name]
    path = folder / kind.file
    try:
        with quiet(everything=True):
            kind.write(model, path)
            found = kind.run(path, inputs)
            one_by_one = name == "tflite" and takes_one_image(path)
        difference = float(np.abs(found - expected).max())
        if difference <= TOLERANCE:
            return Exported(name, _size(path), difference, one_by_one=one_by_one)
        reason = f"its images differ from Keras's by up to {difference:.1e}"
    except Exception as error:  # converters raise nearly anything
        first = next(iter(str(error).strip().splitlines()), "")
        reason = f"{type(error).__name__}: {first[:200]}"
    _remove(path)
    return Exported(name, reason=reason)


def _described(sampler: Sampler) -> dict:
    """Returns generator.json; see `ganzoo.zoo.sidecar`."""
    described: dict = {
        "image_shape": list(sampler.image_shape),
        "pixel_offset": float(sampler.pixel_offset),
    }
    conditioning = sampler.conditioning
    if sampler.codes is not None:
        codes = sampler.codes
        described["codes"] = {
            "categorical": [int(size) for size in codes.categorical],
            "continuous": int(codes.continuous),
        }
    if isinstance(conditioning, Classes):
        described["classes"] = {
            "num_classes": conditioning.num_classes,
            "names": list(conditioning.names),
        }
    if isinstance(conditioning, Layout):
        described["layout"] = {
            "labels": conditioning.labels.tolist(),
            "boxes": conditioning.boxes.tolist(),
            "num_classes": conditioning.num_classes,
            "max_objects": conditioning.labels.shape[1],
        }
    return json.loads(json.dumps(described))


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
