"""Saves the generator of a run, with a description, for sampling without the run."""

import contextlib
import time
from typing import TYPE_CHECKING

import keras

from experiments.harness.config import Config
from experiments.harness.data import Data
from ganzoo import data, runs
from ganzoo.files import atomic
from ganzoo.zoo import catalog, sidecar

if TYPE_CHECKING:
    from experiments.harness.experiment import Experiment


class SaveGenerator(keras.callbacks.Callback):
    """Saves the generator after the first epoch, and every few minutes after an epoch.

    So a run can be sampled while it is training, and after it was killed.
    """

    def __init__(
        self, folder: runs.Run, experiment: "Experiment", config: Config, loaded: Data
    ):
        """Takes the arguments of `save` other than the model."""
        super().__init__()
        self._arguments = folder, experiment, config, loaded
        self._seconds = 60 * config.checkpoint_minutes
        self._saved_at = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves when it is time."""
        folder = self._arguments[0]
        due = time.monotonic() - self._saved_at > self._seconds
        if due or not (folder.path / catalog.GENERATOR).exists():
            save(self.model, *self._arguments)
            self._saved_at = time.monotonic()


def save(
    model: keras.Model,
    folder: runs.Run,
    experiment: "Experiment",
    config: Config,
    loaded: Data,
) -> None:
    """Saves the generator, if there is one, with the weights it samples with.

    Writes generator.keras, and beside it generator.json, which describes its inputs and
    images; see `ganzoo.zoo.sidecar`.
    """
    generator = getattr(model, "sampling_generator", None)
    if generator is None:
        return
    averaged = model.weight_average is not None
    weights = model.averaged_weights() if averaged else contextlib.nullcontext()
    path = folder.path / catalog.GENERATOR
    with weights, atomic(path) as temporary:
        generator.save(temporary)
    if len(generator.outputs[0].shape) == 4:  # images, not points
        sidecar.write(path, described(model, experiment, config, loaded))


def described(
    model: keras.Model, experiment: "Experiment", config: Config, loaded: Data
) -> dict:
    """Returns the entries of generator.json."""
    train = loaded.train
    found = {
        "image_shape": list(model.sampling_generator.outputs[0].shape[1:]),
        "pixel_offset": loaded.batch_arguments.get("pixel_offset", data.PIXEL_OFFSET),
        "step": int(model.step),
        "data": {"fingerprint": loaded.fingerprint},
    }
    if isinstance(train, data.ImageSet):
        about = {"name": train.name, "split": train.split, "images": len(train)}
        found["data"] = about | found["data"]
    for entry in experiment.zoo.values():
        if "layout" in (card := entry.card(config)):
            return found | {"layout": card["layout"]}
    if (codes := getattr(model, "codes", None)) is not None:
        found["codes"] = {
            "categorical": list(codes.categorical),
            "continuous": codes.continuous,
        }
    return found | classes(model, loaded)


def classes(model: keras.Model, loaded: Data) -> dict:
    """Returns the entry of a conditional generator's classes; {} for others."""
    count = getattr(model, "num_classes", None)
    if count is None:
        return {}
    names = getattr(loaded.train, "class_names", ())
    known = list(names) if len(names) == count else []
    return {"classes": {"num_classes": count, "names": known}}
