"""ganzoo: generative adversarial networks in Keras 3 and TensorFlow."""

import importlib.util
import os

from ganzoo import console

if importlib.util.find_spec("tensorflow") is None:
    raise ImportError(
        "ganzoo needs a build of TensorFlow: pip install 'ganzoo[cpu]' (or [gpu], "
        "[tpu])."
    )

# A backend that is named but not installed makes `import keras` itself fail.
if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
    try:
        with console.quiet():
            import keras
    except ModuleNotFoundError as error:
        raise ImportError(
            f"Keras did not start ({error}). ganzoo runs on its TensorFlow backend: "
            "set KERAS_BACKEND=tensorflow."
        ) from error
    _backend = keras.backend.backend()
else:
    _backend = os.environ["KERAS_BACKEND"]
if _backend != "tensorflow":
    raise ImportError(
        f"ganzoo runs on Keras's TensorFlow backend, but the backend is {_backend!r}: "
        "set KERAS_BACKEND=tensorflow."
    )

from ganzoo import (
    boxes,
    data,
    distribute,
    interpolation,
    layers,
    losses,
    metrics,
    networks,
    penalties,
    plots,
)
from ganzoo.gans import GAN, DiscoGAN, InfoGAN, LayoutGAN, SimGAN, UnrolledGAN

__version__ = "0.1.0"

__all__ = [
    "GAN",
    "DiscoGAN",
    "InfoGAN",
    "LayoutGAN",
    "SimGAN",
    "UnrolledGAN",
    "boxes",
    "data",
    "distribute",
    "interpolation",
    "layers",
    "losses",
    "metrics",
    "networks",
    "penalties",
    "plots",
]
