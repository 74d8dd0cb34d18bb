"""ganzoo: generative adversarial networks in Keras 3 and TensorFlow.

Everything public is imported when it is first used: `import ganzoo` starts neither
TensorFlow nor Keras.
"""

import importlib.util
import os
import sys
from typing import TYPE_CHECKING

from ganzoo import console, lazy

if TYPE_CHECKING:
    from ganzoo import (
        backend,
        boxes,
        callbacks,
        data,
        distribute,
        evaluate,
        explorer,
        gans,
        layers,
        losses,
        metrics,
        networks,
        penalties,
        plots,
        random,
        runs,
        zoo,
    )
    from ganzoo.gans import GAN, DiscoGAN, InfoGAN, LayoutGAN, SimGAN, UnrolledGAN
    from ganzoo.zoo import interpolation

if (_backend := console.keras_backend()) not in ("tensorflow", "jax"):
    raise ImportError(
        "ganzoo runs on Keras's backends TensorFlow and JAX, but the backend is "
        f"{_backend!r}: set KERAS_BACKEND=tensorflow."
    )
if importlib.util.find_spec(_backend) is None:
    raise ImportError(
        "ganzoo needs a build of TensorFlow: in the project's folder, run python -m "
        'pip install -e ".[cpu]" (or [gpu], [tpu]); or JAX, with KERAS_BACKEND=jax.'
        if _backend == "tensorflow"
        else "KERAS_BACKEND=jax needs JAX: in the project's folder, run python -m "
        'pip install -e ".[jax]" (or [jax-gpu], [jax-tpu]).'
    )
# Read by TensorFlow when it is imported. By default it does without oneDNN's kernels on
# processors without AVX-512; with them a DCGAN trains a fifth faster or more.
if "tensorflow" not in sys.modules:
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
console.start_tensorflow_quietly()

__version__ = "0.2.0"

__all__ = [
    "GAN",
    "DiscoGAN",
    "InfoGAN",
    "LayoutGAN",
    "SimGAN",
    "UnrolledGAN",
    "backend",
    "boxes",
    "callbacks",
    "data",
    "distribute",
    "evaluate",
    "explorer",
    "gans",
    "interpolation",
    "layers",
    "losses",
    "metrics",
    "networks",
    "penalties",
    "plots",
    "random",
    "runs",
    "zoo",
]

_MODULES = {
    "gans": ("GAN", "DiscoGAN", "InfoGAN", "LayoutGAN", "SimGAN", "UnrolledGAN"),
    "zoo": ("interpolation",),
}
_MEMBERS = {name for names in _MODULES.values() for name in names}
_ROOMS = [name for name in __all__ if name not in _MEMBERS]
__getattr__, __dir__ = lazy.attach(__name__, _MODULES, _ROOMS)
