"""Prepares the pictures, builds the networks of the recipe, samples and measures."""

import sys

import numpy as np

import ganzoo
from experiments import harness
from experiments.harness import data as loading
from experiments.harness import sampling
from experiments.own_images import report
from experiments.own_images.config import FEW, SMOKE, Config
from experiments.own_images.start import StartFrom
from ganzoo import callbacks, data, metrics, networks, runs, zoo
from ganzoo.layers import DiffAugment
from ganzoo.runs import checkpoints
from ganzoo.zoo import locating

COLUMNS = 10  # of a grid, at most
PIXELS = 128  # of an image in a grid, enlarged, at most


class Pictures(harness.EpochStepsData):
    """The user's pictures, of one size."""

    @property
    def num_classes(self) -> int | None:
        """Number of classes; None if there are none, or they are ignored."""
        count = len(self.train.class_names)
        return None if self.config.unconditional or count < 2 else count

    @property
    def model_arguments(self) -> dict:
        """What the networks depend on."""
        return {
            "shape": self.train.shape,
            "num_classes": self.num_classes,
            "augmented": self.augmented,
        }

    @property
    def augmented(self) -> bool:
        """Whether the discriminator sees augmented pictures."""
        few = len(self.train) <= FEW
        return self.config.augment == "diff" or (self.config.augment == "auto" and few)

    @property
    def batch_arguments(self) -> dict:
        """Labels, if the GAN is conditional, and mirrored pictures."""
        mirrored = {"mirror": True} if self.config.mirror else {}
        return {"with_labels": self.num_classes is not None} | mirrored


def load(config: Config) -> Pictures:
    """Prepares the pictures; the second time they are read from the cache."""
    begun = checkpoints.of(runs.local(config.output))
    if config.start_from is not None and not begun:
        locating.locate(config.start_from)
    images = data.prepare(
        config.dataset,
        config.shape[:2],
        fit=config.fit,
        background=config.background,
        channels=4 if config.transparent else None,
        data_dir=config.data_dir,
    )
    if images.note:
        print(images.note, file=sys.stderr)
    if config.train_images is not None:
        images = loading.cut(config, images)
    return Pictures(config, images)


def generator(
    config: Config,
    shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
    augmented: bool = False,
) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    shape = shape or config.shape
    if config.recipe == "dcgan":
        dcgan = _dcgan(config, shape)
        return "dcgan_generator", {"latent_dim": config.latent_dim} | dcgan
    return "picture_generator", {
        "shape": shape,
        "latent_dim": config.latent_dim,
        "width": config.width,
        "num_classes": num_classes,
        "attention": config.attention,
    }


def discriminator(
    config: Config,
    shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
    augmented: bool = False,
) -> tuple[str, dict]:
    """Returns the name of the discriminator's builder, and its arguments."""
    shape = shape or config.shape
    if config.recipe == "dcgan":
        return "dcgan_discriminator", _dcgan(config, shape)
    return "picture_discriminator", {
        "shape": shape,
        "width": config.width,
        "num_classes": num_classes,
        "attention": config.attention,
        "spectral_norm": config.spectral_norm,
        "augmentation": DiffAugment() if augmented else None,
    }


def _dcgan(config: Config, shape: tuple[int, int, int]) -> dict:
    """Returns the arguments that both of DCGAN's networks take."""
    return {"size": shape[0], "channels": shape[2], "filters": config.width}


def build(
    config: Config,
    shape: tuple[int, int, int] | None = None,
    num_classes: int | None = None,
    augmented: bool = False,
) -> ganzoo.GAN:
    """Builds the networks of the recipe, and compiles the GAN."""
    critic = harness.network(discriminator(config, shape, num_classes, augmented))
    networks.freeze_first(critic, config.freeze)
    return harness.gan(
        config,
        harness.network(generator(config, shape, num_classes)),
        critic,
        num_classes=num_classes,
    )


def sample_and_measure(folder: runs.Run, config: Config, loaded: Pictures) -> list:
    """Returns the callbacks that sample and measure, and keep the best generator."""
    train, drawn = loaded.train, {}
    columns = min(COLUMNS, max(1, round(config.sample_count**0.5)))
    if loaded.num_classes is not None:
        columns = min(COLUMNS, loaded.num_classes, config.sample_count)
    count = config.sample_count // columns * columns  # whole rows
    if loaded.num_classes is not None:
        drawn["labels"] = shown_classes(count, loaded.num_classes)
    grids = callbacks.SampleGrids(
        folder,
        train,
        count=count,
        average=config.average,
        drawn=drawn,
        columns=columns,
        scale=max(1, PIXELS // max(train.shape[:2])),
    )
    extractor = metrics.load_extractor(config.extractor, train.shape)
    schedule = sampling.measurement_schedule(config, loaded)
    labels = some_labels(train, schedule["count"]) if loaded.num_classes else None
    measure = callbacks.SampleMetrics(
        folder,
        extractor,
        metrics.Reference.build(extractor, train, features=report.KEPT),
        also=[metrics.prdc],
        labels=labels,
        **schedule,
    )
    start = [StartFrom(config.start_from)] if config.start_from else []
    return [*start, grids, measure, callbacks.KeepBest(folder)]


def shown_classes(count: int, num_classes: int) -> np.ndarray:
    """Returns the labels of a grid, `[count]`: a class per column, evenly chosen."""
    columns = min(COLUMNS, num_classes)
    chosen = np.arange(columns) * num_classes // columns
    return np.resize(chosen, count)


def measure(name: str, config: Config) -> dict:
    """Measures a stored generator, with as many images of each class as pictures."""
    loaded = load(config)
    train, sampler = loaded.train, zoo.sampler(name)
    count = min(config.measure_samples, len(train))
    inputs = sampler.inputs(count)
    if loaded.num_classes is not None:
        inputs[1] = some_labels(train, count)
    extractor = metrics.load_extractor(config.extractor, train.shape)
    reference = metrics.Reference.build(extractor, train, features=report.KEPT)
    which = f"zoo generator {name}, float16 weights, noise seed 0"
    return metrics.measure(
        extractor, sampler.draw(inputs), reference, samples=which, also=[metrics.prdc]
    ).to_dict()


def some_labels(images: data.ImageSet, count: int) -> np.ndarray:
    """Returns labels as frequent as those of the images, `[count]`."""
    return images.labels[np.arange(count) * len(images) // count]


EXPERIMENT = harness.Experiment(
    config=Config,
    data=load,
    build=build,
    inputs=lambda config: harness.images_of(*config.shape)(config),
    callbacks=sample_and_measure,
    report=report.REPORT,
    smoke=SMOKE,
    zoo={
        "own_images": harness.ZooEntry(
            "GAN of pictures",
            generator,
            # An augmentation has no weights, and a card holds no layers.
            discriminator=lambda config, shape, num_classes, augmented: discriminator(
                config, shape, num_classes
            ),
            measure=measure,
        )
    },
)
