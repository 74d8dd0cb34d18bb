"""Trained weights as small, verifiable files: one float16 `.npz` per network.

Rounding to float16 halves the file and changes an accuracy by a few images in ten
thousand; metrics of a network must be measured after the rounding. The same weights
always give the same bytes, so that a file is identified by its SHA-256.
"""

import hashlib
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ganzoo.files import atomic

if TYPE_CHECKING:
    import keras


class WeightsError(ValueError):
    """A weights file is absent, was altered, or belongs to another network."""


def _named(model: "keras.Model") -> dict:
    """Returns the variables of `model` by `layer/variable`, in order."""
    named = {}
    for layer in model.layers:
        for variable in layer.weights:
            key = f"{layer.name}/{variable.name}"
            if "seed_generator" in key:  # a Dropout's state does not change outputs
                continue
            if key in named:
                raise WeightsError(
                    f"two variables of {model.name!r} are called {key!r}; give its "
                    f"layers distinct names"
                )
            named[key] = variable
    return named


def to_bytes(model: "keras.Model") -> bytes:
    """Returns the float16 `.npz` of a network's weights, byte by byte reproducible.

    The network is a built Sequential or functional model without nested models. A
    weight that is not finite in float16 (above 65,504, or NaN) raises a WeightsError.
    """
    arrays = {}
    for key, variable in _named(model).items():
        value = np.asarray(variable)
        with np.errstate(over="ignore"):
            arrays[key] = value.astype(np.float16)
        if not np.isfinite(arrays[key]).all():
            raise WeightsError(
                f"{key} of {model.name!r} is not finite in float16 (largest absolute "
                f"value {np.abs(value).max()}, float16 ends at 65504)"
            )
    buffer = io.BytesIO()
    # Entries carry a fixed date, so equal weights give equal bytes.
    # NumPy before 2.2 would save `allow_pickle=` as one more array.
    np.savez(buffer, **arrays)  # type: ignore[arg-type]  # taken for allow_pickle
    return buffer.getvalue()


def save(model: "keras.Model", path: str | os.PathLike) -> str:
    """Writes the weights of `model` as float16, atomically; returns their SHA-256."""
    content = to_bytes(model)
    with atomic(path) as temporary:
        temporary.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def load(
    model: "keras.Model", path: str | os.PathLike, sha256: str | None = None
) -> str:
    """Sets the weights of `model` from a file written by `save`; returns its SHA-256.

    If the file is absent, its SHA-256 (hexadecimal) is not the expected one, or its
    arrays are not the model's variables, a WeightsError is raised and the model
    unchanged.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"no weights file {path}; install the package again")
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise WeightsError(
            f"{path} has SHA-256 {found}, expected {sha256}: the file was altered or "
            f"is incomplete; install the package again"
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in stored.files}
    except Exception as error:
        raise WeightsError(f"{path} is not a readable .npz file: {error}") from error
    variables = _named(model)
    shapes = {key: tuple(variable.shape) for key, variable in variables.items()}
    if shapes != {key: array.shape for key, array in arrays.items()}:
        differ = sorted(
            key
            for key in shapes.keys() | arrays.keys()
            if key not in shapes
            or key not in arrays
            or shapes[key] != arrays[key].shape
        )
        raise WeightsError(
            f"{path} holds the weights of another network than {model.name!r}; they "
            f"differ in {', '.join(differ)}"
        )
    for key, variable in variables.items():
        variable.assign(arrays[key].astype("float32"))
    return found
