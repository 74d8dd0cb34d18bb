"""An experiment as one object, declared in the folder of its paper."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras

from experiments.harness import model as models
from experiments.harness import pages
from experiments.harness import run as running
from experiments.harness.config import Config
from experiments.harness.data import Data
from experiments.harness.reference import ReferenceValue, Tolerance
from experiments.harness.report import Sections
from experiments.harness.results import Reader
from ganzoo import data, distribute, runs


@dataclasses.dataclass(frozen=True)
class ZooEntry:
    """How the generator of an experiment is stored in the zoo.

    Attributes:
        title: Start of the card's title.
        network: Configuration -> name of the generator's builder in ganzoo.networks,
            and its arguments; as `build`, with the data's `model_arguments`.
        discriminator: The same of a discriminator that the zoo keeps, too, to train on.
        card: Configuration -> further entries of the card.
        images: Data -> training images, and reference images for the metrics; by
            default the same.
        extractor: Name of the classifier that computes features and classes.
        zero_level: Pixel value (0 to 255) that the networks see as 0.
        measure: (name in the zoo, configuration) -> metrics. Replaces the usual ones.
    """

    title: str
    network: Callable[..., tuple[str, dict]]
    card: Callable[[Config], dict] = lambda config: {}
    images: Callable[[Data], tuple[data.ImageSet, data.ImageSet]] = lambda loaded: (
        loaded.train,
        loaded.train,
    )
    extractor: str = "mnist"
    zero_level: float = data.PIXEL_OFFSET
    measure: Callable[[str, Config], dict] | None = None
    discriminator: Callable[..., tuple[str, dict]] | None = None


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the README's table of experiments; see `readme_table`.

    Attributes:
        command: Words after `python -m experiments.`.
        document: The document that is reproduced.
        source: Result of the document.
        ours: Our result, with placeholders for numbers.
        zoo: Names of the resulting generators in the zoo.
    """

    command: str
    document: str
    source: str
    ours: str
    zoo: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """A command of a paper: what it runs, and how its results are checked and shown.

    Attributes:
        config: Dataclass of the configuration; its fields are the flags.
        function: Configuration -> run folder.
        description: Beginning of `--help`, if it differs from the paper's.
        smoke: Fields that --smoke changes.
        reference_values: The source's claims; see `check`.
        tolerances: Name of a further number -> tolerance; see `check`.
        ignored_fields: Further fields in which a published result may differ.
        results: Reads the results in a run folder. By default they come from
            history.csv and final.json.
        readme: Row of the table of experiments.
        zoo: Kind of generator -> how it is stored.
        summary: (run folder, report folder) -> Markdown for RESULTS.md.
    """

    config: type
    function: Callable[[Config], runs.Run | Path] | None = None
    description: str = ""
    smoke: Mapping = dataclasses.field(default_factory=dict)
    reference_values: tuple[ReferenceValue, ...] = ()
    tolerances: Mapping[str, Tolerance] = dataclasses.field(default_factory=dict)
    ignored_fields: tuple[str, ...] = ()
    results: Reader | None = None
    readme: Row | None = None
    zoo: Mapping[str, ZooEntry] = dataclasses.field(default_factory=dict)
    summary: Callable[[Path, Path], str] = pages.excerpt

    def load(self) -> "Command":
        """Returns itself; `LazyCommand.load` imports the command."""
        return self

    def run(self, config: Config) -> runs.Run | Path:
        """Runs the command; returns the run folder."""
        return self.function(config)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment(Command):
    """A command that trains a model.

    Attributes:
        data: Configuration -> data.
        build: Configuration -> compiled model; called in the strategy's scope and under
            the dtype policy.
        inputs: Configuration -> `KerasTensor`s of the inputs of a train step.
        report: Title and sections of the report.
        callbacks: (run folder, configuration, data) -> Keras callbacks that sample and
            measure. Not called if there is nothing left to train.
        default_outputs: Default run folders, in addition to the configuration's.
    """

    data: Callable[[Config], Data]
    build: Callable[..., keras.Model]
    inputs: Callable[[Config], object]
    report: Sections
    callbacks: Callable[[runs.Run, Config, Data], list] = lambda *_: []
    default_outputs: tuple[str, ...] = ()

    def run(self, config: Config) -> runs.Run:
        """Trains, resumes and reports; see `run.run`."""
        return running.run(self, config)

    def build_model(
        self,
        config: Config,
        strategy: Any = None,
        data: Data | None = None,
    ) -> keras.Model:
        """Builds and compiles the model on the devices and in the precision.

        Args:
            config: The configuration.
            strategy: Distribution strategy. Defaults to the configured one.
            data: The data, if they have arguments for `build`.

        Raises:
            ValueError: The batch cannot be divided equally among the replicas, or the
                model does not accept a value.
        """
        strategy = strategy or distribute.strategy(config.strategy)
        distribute.per_replica_batch(config.batch_size, _devices(strategy))
        arguments = {} if data is None else data.model_arguments
        with models.precision(config.precision), strategy.scope():
            return self.build(config, **arguments)

    def train_step(self, config: Config) -> models.Step:
        """Returns the train step without data, for ahead-of-time compilation."""
        model = self.build_model(config, _none())
        return models.Step(model, self.inputs(config), config.images_per_step)


def _devices(strategy: Any) -> int:
    """Returns the number of devices that share a batch, on either backend."""
    replicas = getattr(strategy, "num_replicas_in_sync", None)
    return replicas or strategy.device_mesh.devices.size


def _none() -> Any:
    """Returns the strategy of a model that is built outside of any scope."""
    if keras.backend.backend() != "tensorflow":
        return distribute.strategy("cpu")
    import tensorflow as tf

    return tf.distribute.get_strategy()
