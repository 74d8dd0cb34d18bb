"""A GAN whose networks are conditioned on labels and boxes."""

import dataclasses

from keras import KerasTensor

import ganzoo
from experiments import harness
from experiments.harness import sampling
from experiments.multi_digit_mnist import evaluator, scenes
from experiments.multi_digit_mnist.config import CLASSES, SMOKE, Config
from experiments.multi_digit_mnist.reference_values import REFERENCE_VALUES
from experiments.multi_digit_mnist.report import REPORT
from experiments.multi_digit_mnist.variants import OUTPUTS
from ganzoo import callbacks, networks, runs


@dataclasses.dataclass(frozen=True)
class Scenes(harness.Data):
    """Images composed of digits on the fly, with their labels and boxes."""

    batch_arguments = {"with_labels": True}

    digits: scenes.Digits | None = None
    evaluator: object | None = None

    @property
    def steps_per_epoch(self) -> int:
        """Train steps per pass over all images."""
        return self.config.steps_per_epoch(self.config.images)


def load(config: Config) -> Scenes:
    """Loads the digits that images are composed of."""
    digits = scenes.load(config)
    return Scenes(
        config,
        scenes.training(config, digits.train),
        digits.test,
        digits=digits,
        evaluator=evaluator.DigitEvaluator(config, digits),
    )


def generator(config: Config) -> tuple[str, dict]:
    """Returns the name of the generator's builder, and its arguments."""
    return "layout_generator", {
        "latent_dim": config.latent_dim,
        "size": config.size,
        "num_classes": CLASSES,
        "width": config.width,
        "scene_width": config.scene_width,
        "object_size": config.object_size,
        "label_scale": config.label_scale,
        "layout_image": config.layout_image,
        "merge_convolutions": config.merge_convolutions,
    }


def build(config: Config) -> ganzoo.LayoutGAN:
    """Builds the networks of the paper's table 1 at any width; compiles the GAN."""
    generating = harness.network(generator(config))
    discriminator = networks.layout_discriminator(
        config.objects if config.joint else None,
        size=config.size,
        num_classes=CLASSES,
        width=config.width,
        scene_width=config.scene_width,
        object_size=config.object_size,
        dropout=config.dropout,
        joint=config.joint,
        blank=config.blank,
        conditioning=config.conditioning,
        context=config.context,
    )
    return harness.gan(
        config,
        generating,
        discriminator,
        ganzoo.LayoutGAN,
        num_classes=CLASSES,
        max_objects=config.max_objects,
        draw_labels=config.draw_labels,
        classification_weight=config.classification_weight,
        mismatch_weight=config.mismatch_weight,
    )


def inputs(config: Config) -> tuple:
    """Returns the inputs of a train step: images, with their labels and boxes."""
    rows, objects = config.images_per_step, config.objects
    images = KerasTensor([rows, config.size, config.size, 1])
    labels = KerasTensor([rows, objects], "int32")
    boxes = KerasTensor([rows, objects, 4])
    return images, (labels, boxes)


def sample_and_measure(folder: runs.Run, config: Config, loaded: Scenes) -> list:
    """Returns the callbacks that sample and measure after epochs."""
    reals, _ = loaded.train.sample(config.sample_count)
    own = loaded.evaluator
    _, labels, boxes = own.real(own.main, config.sample_count)
    return [
        sampling.grids(folder, config, reals, drawn={"labels": labels, "boxes": boxes}),
        callbacks.EpochMetrics(
            own.epoch, every=config.measure_epochs, epochs=config.epochs
        ),
    ]


ACCURACY = harness.Tolerance(1, 0.0, 0.02)
EXPERIMENT = harness.Experiment(
    config=Config,
    data=load,
    build=build,
    inputs=inputs,
    callbacks=sample_and_measure,
    report=REPORT,
    smoke=SMOKE,
    default_outputs=OUTPUTS,
    reference_values=REFERENCE_VALUES,
    tolerances={
        **{f"{name}_accuracy": ACCURACY for name in scenes.MEASURED},
        "spread": harness.Tolerance(1, 0.2),
    },
    ignored_fields=("measure_epochs",),
    zoo={
        "multi_digit": harness.ZooEntry(
            "Digits in boxes",
            generator,
            lambda config: {"layout": scenes.zoo_layout(config)},
            images=lambda loaded: (loaded.digits.train, loaded.digits.train),
            measure=evaluator.measure_stored,
        )
    },
    readme=harness.Row(
        "multi_digit_mnist ours",
        "several labeled digits in boxes (paper)",
        "the paper, in pictures: label orders not trained on are often wrong",
        "MNIST, 64x64: {multi_digit|final/unseen_accuracy|.1%} of their digits right, "
        "with the labels as frequent as in training "
        "{multi_digit|final/unseen_same_mix_accuracy|.1%}, in orders trained on "
        "{multi_digit|final/seen_accuracy|.1%}; the source's network, a quarter as "
        "wide, at other learning rates: "
        "{multi_digit_source|final/unseen_accuracy|.1%}, "
        "{multi_digit_source|final/unseen_same_mix_accuracy|.1%} and "
        "{multi_digit_source|final/seen_accuracy|.1%}, so without the failure",
        ("multi_digit_mnist",),
    ),
)
