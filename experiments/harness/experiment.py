"""An experiment as one object, declared in the folder of the paper it reproduces."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import tensorflow as tf

from experiments.harness import model as models
from experiments.harness import pages
from experiments.harness import run as running
from experiments.harness.config import Config
from experiments.harness.data import Data
from experiments.harness.reference import ReferenceValue, Tolerance
from experiments.harness.report import Sections
from experiments.harness.results import Reader
from ganzoo import data, runs


def no_callbacks(folder: runs.Run, config: Config, data: Data) -> list:
    """Returns no callbacks."""
    return []


def _trained_on(loaded: Data) -> tuple[data.ImageSet, data.ImageSet]:
    """Returns the training images twice: what is trained on is measured against."""
    return loaded.train, loaded.train


@dataclasses.dataclass(frozen=True)
class ZooEntry:
    """How the generator of an experiment is stored in the zoo.

    Attributes:
        title: Start of the card's title.
        network: Configuration -> the generator's builder in ganzoo.networks, by name,
            and its arguments.
        card: Configuration -> further lines of the card.
        images: Data -> the images trained on, and those that samples are measured
            against.
        extractor: Classifier whose features and classes are used.
        zero_level: Gray value that is 0 to the networks.
        measure: (name in the zoo, configuration) -> metrics, if others than usual.
    """

    title: str
    network: Callable[[Config], tuple[str, dict]]
    card: Callable[[Config], dict] = lambda config: {}
    images: Callable[[Data], tuple[data.ImageSet, data.ImageSet]] = _trained_on
    extractor: str = "mnist"
    zero_level: float = data.MIDDLE
    measure: Callable[[str, Config], dict] | None = None


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the README's table of experiments; see `readme_table`.

    Attributes:
        command: Words after `python -m experiments.`.
        document: What it reproduces.
        source: What the document found.
        ours: What ours found, with places that numbers are filled into.
        zoo: The generators that came out of it.
    """

    command: str
    document: str
    source: str
    ours: str
    zoo: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    """What a command line carries out, and what is known of its results.

    Attributes:
        config: The configuration's dataclass; its fields are the flags.
        carry_out: Configuration -> the run folder.
        description: What `--help` begins with, if not with the paper's.
        smoke: Fields that --smoke changes.
        reference_values: What the source says of the numbers.
        tolerances: For further numbers how far they may be off; see `check`.
        free: Further fields that do not make a published result another one's.
        results: Reads the results of its folders, if history.csv does not tell them.
        readme: Its rows of the table of experiments.
        zoo: For each kind of generator how it is stored.
        summary: (run folder, report folder) -> what RESULTS.md shows.
    """

    config: type
    carry_out: Callable[[Config], runs.Run | Path] | None = None
    description: str = ""
    smoke: Mapping = dataclasses.field(default_factory=dict)
    reference_values: tuple[ReferenceValue, ...] = ()
    tolerances: Mapping[str, Tolerance] = dataclasses.field(default_factory=dict)
    free: tuple[str, ...] = ()
    results: Reader | None = None
    readme: tuple[Row, ...] = ()
    zoo: Mapping[str, ZooEntry] = dataclasses.field(default_factory=dict)
    summary: Callable[[Path, Path], str] = pages.excerpt

    def load(self) -> "Command":
        """Returns itself; see `Later`."""
        return self

    def run(self, config: Config) -> runs.Run | Path:
        """Carries it out; returns the run folder."""
        return self.carry_out(config)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment(Command):
    """A training: everything that sets it apart from the others.

    Attributes:
        data: Loads the data.
        build: Builds and compiles the model; called in the strategy's scope and under
            the precision policy.
        inputs: Configuration -> `tf.TensorSpec`s of a train step's inputs.
        report: Title and sections of the report.
        callbacks: (run folder, configuration, data) -> Keras callbacks that sample and
            measure; called only if there is something to train.
        default_outputs: Default run folders, in addition to the configuration's.
    """

    data: Callable[[Config], Data]
    build: Callable[..., keras.Model]
    inputs: Callable[[Config], object]
    report: Sections
    callbacks: Callable[[runs.Run, Config, Data], list] = no_callbacks
    default_outputs: tuple[str, ...] = ()

    def run(self, config: Config) -> runs.Run:
        """Trains, resumes and reports; see `run.run`."""
        return running.run(self, config)

    def build_model(
        self,
        config: Config,
        strategy: tf.distribute.Strategy | None = None,
        data: Data | None = None,
    ) -> keras.Model:
        """Builds the model on devices; see `model.build`."""
        return models.build(self, config, strategy, data)

    def train_step(self, config: Config) -> models.Step:
        """Returns the train step without data; see `model.train_step`."""
        return models.train_step(self, config)
