"""Starts a training from the weights of another run, a file, or the zoo."""

import dataclasses
from pathlib import Path

import keras
from tqdm.auto import tqdm

from experiments.own_images.config import Config
from ganzoo import keras_files, networks, zoo
from ganzoo.files import read_json
from ganzoo.runs import checkpoints
from ganzoo.zoo import locating, sidecar


class StartFrom(keras.callbacks.Callback):
    """Copies the weights that fit into a new model, before its first step.

    The generator's come from where samples would; those of the discriminator from the
    newest checkpoint of a run of own images, or from the zoo. Without them the
    discriminator is new, and the generator forgets some of what it knows.
    """

    def __init__(self, what: str):
        """Sets the run folder, .keras file or zoo name."""
        super().__init__()
        self.what = what

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Copies the weights; a run that resumes already has its own."""
        if int(self.model.step):
            return
        trained = {"generator": generator(self.what)}
        trained["discriminator"] = discriminator(self.what)
        for name, network in trained.items():
            said = "no weights there, so it is new."
            if network is not None:
                said = networks.take_weights(getattr(self.model, name), network)
            tqdm.write(f"{name} from {self.what}: {said}")
        if (average := self.model.weight_average) is not None:
            average.restart()


def generator(what: str) -> keras.Model:
    """Returns the trained generator of a run folder, a .keras file or the zoo.

    Raises:
        ValueError: There is none.
    """
    kind, path = locating.locate(what)
    return zoo.load(what) if kind == locating.ZOO else keras_files.load(path)


def discriminator(what: str) -> keras.Model | None:
    """Returns the trained discriminator of a run or of the zoo; None without one."""
    if locating.locate(what)[0] == locating.ZOO:
        return zoo.load_discriminator(what)
    folder = Path(what).expanduser()
    found = checkpoints.of(folder) if locating.is_run(folder) else []
    known = {field.name for field in dataclasses.fields(Config)}
    fields = read_json(folder / "config.json") if found else {}
    if not found or not fields.keys() <= known:
        return None
    from experiments.own_images import train

    described = sidecar.read(folder / "generator.keras")
    model = train.build(
        dataclasses.replace(Config(**fields), start_from=None, freeze=0.0),
        shape=tuple(described["image_shape"]),
        num_classes=described.get("classes", {}).get("num_classes"),
    )
    checkpoints.load(model, found[-1])
    return model.discriminator
