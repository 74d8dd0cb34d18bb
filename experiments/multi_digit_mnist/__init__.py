"""Several labelled digits in boxes (paper), also in label orders never seen.

    python -m experiments.multi_digit_mnist ours --precision mixed_bfloat16
    python -m experiments.multi_digit_mnist source --seed 1 --output runs/source_1
    python -m experiments.multi_digit_mnist compare --systems source ours --seeds 1
    python -m experiments.multi_digit_mnist

The first word may be a system, whose settings are then the defaults: source, the
source's architecture at a size and width for CPUs; ours, what makes unseen orders come
out right, and ours-128, the same at the source's size of images; and source or ours
with one option changed, such as ours-joint (see systems.py). Without a word it is the
source at its full size: 128x128, 15,000 images of four 32x32 digits in three label
orders, batches of 32, about 25,000 steps. There the discriminator has 281.5 million
weights; its dense layer after the flattened image alone has 268,435,456.
"""

import keras
import tensorflow as tf

import ganzoo
from experiments import adversarial, common, training
from experiments.multi_digit_mnist import report, scenes
from experiments.multi_digit_mnist.judge import Judge
from experiments.multi_digit_mnist.settings import CLASSES, SMOKE, Config
from experiments.multi_digit_mnist.systems import OUTPUTS, words
from ganzoo import callbacks, data, distribute, networks, runs

# The command lines whose train steps differ most.
STEPS = tuple(
    words(name)
    for name in ("source", "ours", "source-mismatch", "ours-classifier", "ours-merged")
)


def run(config: Config) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: Settings, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite.
    """
    config = common.begin(config, SMOKE, tuple(OUTPUTS.values()))
    strategy = distribute.strategy(config.strategy)
    digits = scenes.load(config)
    source = scenes.training(config, digits.train)
    judge = Judge(config, digits)
    game = build(config, strategy)
    plan = adversarial.plan(
        config,
        game,
        source,
        steps_per_epoch=config.steps_per_epoch(config.images),
        feed={"with_labels": True},
        extra=lambda folder: pictures_and_measures(folder, config, source, judge),
        report=lambda folder: report.write(folder, config, game, digits, judge),
    )
    return training.carry_out(config, plan)


def build(config: Config, strategy: tf.distribute.Strategy) -> ganzoo.LayoutGAN:
    """Builds the players and the game, on the devices asked for."""
    return adversarial.build(
        config,
        strategy,
        lambda: players(config),
        ganzoo.LayoutGAN,
        num_classes=CLASSES,
        max_objects=config.max_objects,
        draw_labels=config.draw_labels,
        classification_weight=config.classification_weight,
        mismatch_weight=config.mismatch_weight,
    )


def step(config: Config) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    rows, objects = config.examples_per_step, config.objects
    images = tf.TensorSpec([rows, config.size, config.size, 1], tf.float32)
    labels = tf.TensorSpec([rows, objects], tf.int32)
    boxes = tf.TensorSpec([rows, objects, 4], tf.float32)
    return training.Step(game, (images, (labels, boxes)), rows)


def players(config: Config) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator."""
    name, settings = generator(config)
    drawing = getattr(networks, name)(**settings)
    return drawing, networks.layout_discriminator(
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


def generator(config: Config) -> tuple[str, dict]:
    """Returns the generator's builder, by name, and its arguments."""
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


def pictures_and_measures(
    folder: runs.Run, config: Config, source: data.MultiDigits, judge: Judge
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    reals, _ = source.sample(config.sample_count)
    _, labels, boxes = judge.real(judge.main, config.sample_count)
    return [
        callbacks.SampleGrids(
            folder,
            reals,
            count=config.sample_count,
            average=config.ema_half_life is not None,
            drawn={"labels": labels, "boxes": boxes},
        ),
        callbacks.Examination(
            judge.epoch, every=config.measure_epochs, epochs=config.epochs
        ),
    ]
