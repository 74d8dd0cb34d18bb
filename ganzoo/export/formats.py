"""The formats of exported generators: how each is written, run and loaded."""

import dataclasses
import importlib.util
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ganzoo import commands

if TYPE_CHECKING:
    import keras

Inputs = Sequence[np.ndarray]


@dataclasses.dataclass(frozen=True)
class Format:
    """A format.

    Attributes:
        title: Name for people.
        file: Name of the file or folder.
        write: (model, path) -> None.
        run: (path, inputs) -> images, by the format's own runtime.
        loading: Three lines of Python that load the file and generate images; the
            inputs as an argument, keywords or a dictionary are filled in.
        needs: Modules that are not installed with ganzoo. Keras converts by TensorFlow
            on every backend.
    """

    title: str
    file: str
    write: Callable[..., None]
    run: Callable[[Path, Inputs], np.ndarray]
    loading: str
    needs: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """Needed modules that are not installed."""
        return tuple(
            name for name in self.needs if importlib.util.find_spec(name) is None
        )


def _write_keras(model: "keras.Model", path: Path) -> None:
    model.save(path)


def _run_keras(path: Path, inputs: Inputs) -> np.ndarray:
    import keras

    model = keras.saving.load_model(path, compile=False)
    return np.asarray(model(_alone(inputs), training=False))


def _write_saved_model(model: "keras.Model", path: Path, **options: Any) -> None:
    model.export(str(path), format="tf_saved_model", verbose=False, **options)


def _run_saved_model(path: Path, inputs: Inputs) -> np.ndarray:
    import tensorflow as tf

    model = tf.saved_model.load(str(path))  # kept: it owns the weights
    return model.serve(_alone(inputs)).numpy()


def _write_tflite(model: "keras.Model", path: Path) -> None:
    try:
        path.write_bytes(_tflite(model, None))
    except Exception:  # upsampling hides the height from the converter, if n is unknown
        path.write_bytes(_tflite(model, 1))


def _tflite(model: "keras.Model", count: int | None) -> bytes:
    """Converts a model for any number of images at once, or for a fixed one."""
    import tensorflow as tf

    specs = [
        tf.TensorSpec((count, *one.shape[1:]), one.dtype, one.name)
        for one in model.inputs
    ]
    signature = specs if len(specs) == 1 else [specs]
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as folder:
        _write_saved_model(model, Path(folder), input_signature=signature)
        # Built-in operations only: others need a larger runtime than phones have.
        return tf.lite.TFLiteConverter.from_saved_model(folder).convert()


def _run_tflite(path: Path, inputs: Inputs) -> np.ndarray:
    interpreter = _interpreter()(str(path))
    fixed = takes_one_image(path)
    runner = interpreter.get_signature_runner()
    images = []
    for part in zip(*inputs, strict=True) if fixed else [inputs]:
        rows = [one[None] for one in part] if fixed else part
        (found,) = runner(**dict(zip(names(inputs), rows, strict=True))).values()
        images.append(found)
    return np.concatenate(images)


def takes_one_image(path: Path) -> bool:
    """Returns whether a TFLite file generates one image at a time."""
    details = _interpreter()(str(path)).get_input_details()
    return bool(details[0]["shape_signature"][0] == 1)


def _interpreter() -> Callable:
    """Returns the class of TFLite's runtime: TensorFlow's, or LiteRT's without it."""
    import tensorflow as tf

    if hasattr(tf.lite, "Interpreter"):
        return tf.lite.Interpreter
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter


def _write_onnx(model: "keras.Model", path: Path) -> None:
    model.export(str(path), format="onnx", verbose=False)


def _run_onnx(path: Path, inputs: Inputs) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(
        str(path), providers=["CPUExecutionProvider"]
    )
    fed = dict(zip(names(inputs), inputs, strict=True))
    return session.run(None, fed)[0]


def _alone(inputs: Inputs) -> np.ndarray | list[np.ndarray]:
    return inputs[0] if len(inputs) == 1 else list(inputs)


def names(inputs: Inputs) -> tuple[str, ...]:
    """Returns the names of a generator's inputs, in all formats that have names."""
    first = "images" if np.ndim(inputs[0]) == 4 else "noise"
    return (first, "labels", "boxes")[: len(inputs)]


FORMATS = {
    "keras": Format(
        "Keras",
        "generator.keras",
        _write_keras,
        _run_keras,
        """import keras
model = keras.saving.load_model("generator.keras", compile=False)
images = model.predict({inputs})""",
    ),
    "savedmodel": Format(
        "TensorFlow SavedModel",
        "saved_model",
        _write_saved_model,
        _run_saved_model,
        """import tensorflow as tf
model = tf.saved_model.load("saved_model")
images = model.serve({inputs}).numpy()""",
        ("tensorflow",),
    ),
    "tflite": Format(
        "TFLite (LiteRT)",
        "generator.tflite",
        _write_tflite,
        _run_tflite,
        """from ai_edge_litert.interpreter import Interpreter
model = Interpreter("generator.tflite").get_signature_runner()
images = model({keywords})["output_0"]""",
        ("tensorflow",),
    ),
    "onnx": Format(
        "ONNX",
        "generator.onnx",
        _write_onnx,
        _run_onnx,
        """import onnxruntime
model = onnxruntime.InferenceSession("generator.onnx")
images = model.run(None, {dictionary})[0]""",
        ("tensorflow", "tf2onnx", "onnx", "onnxruntime"),
    ),
}


def chosen(formats: Sequence[str] | None = None) -> list[str]:
    """Returns the names of formats to write, in order; by default all installed ones.

    Raises:
        ValueError: There is no such format.
        ImportError: One is not installed.
    """
    if not formats:
        return [name for name, one in FORMATS.items() if not one.missing]
    for name in formats:
        if name not in FORMATS:
            raise ValueError(
                f"There is no format {name!r}; available: {', '.join(FORMATS)}."
                f"{commands.meant(name, FORMATS)}"
            )
        if missing := FORMATS[name].missing:
            raise ImportError(f"{name} needs {remedy(missing)}")
    return [name for name in FORMATS if name in formats]


def remedy(missing: Sequence[str]) -> str:
    """Returns how to install what a format needs."""
    extras = ["cpu"] if "tensorflow" in missing else []
    extras += ["export"] if set(missing) - {"tensorflow"} else []
    return (
        f"{', '.join(missing)}: in the project's folder, run python -m pip install -e "
        f'".[{",".join(extras)}]".'
    )
