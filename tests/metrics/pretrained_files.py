"""Random weights in the layout of the published files, without torch."""

from pathlib import Path

import keras
import numpy as np

from ganzoo.metrics import torch_weights
from tests.torch_files import writer


def random_tensors(
    network: keras.Model, names: torch_weights.Names, seed: int = 0
) -> dict[str, np.ndarray]:
    """Returns tensors under PyTorch's names that keep a network's outputs alive."""
    random = np.random.default_rng(seed)
    found: dict[str, np.ndarray] = {}
    for layer in network.layers:
        if not layer.weights:
            continue
        for name, shape in torch_weights.shapes(layer, names).items():
            if name.endswith("running_var"):
                value = random.uniform(0.5, 1.5, shape)
            elif len(shape) == 1:  # gammas about 1, the rest about 0
                center = float(name.endswith(".weight"))
                value = random.normal(center, 0.1, shape)
            else:
                value = random.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape)
            found[name] = value.astype("f4")
            if name.endswith("running_var"):
                counter = name.replace("running_var", "num_batches_tracked")
                found[counter] = np.array(3, "i8")
    return found


def write(path: Path, tensors: dict[str, np.ndarray], *, legacy: bool = True) -> Path:
    """Writes them in the format of torch before 1.6, as the published files are."""
    return writer.write(path, tensors, legacy=legacy)
