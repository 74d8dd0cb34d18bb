"""GANs of CIFAR-10 (project report, 2019): MLP-GAN, DC-GAN, and what came after.

    python -m experiments.cifar10_gan --architecture mlp --output runs/cifar10_gan/mlp
    python -m experiments.cifar10_gan --dataset cifar10_jpeg --epochs 20
    python -m experiments.cifar10_gan wgan-gp --precision mixed_bfloat16
    python -m experiments.cifar10_gan compare --systems mlp dcgan --seeds 1 --epochs 20

The first word may be a system, whose settings are then the defaults: mlp, dcgan, wgan,
wgan-gp, wgan-gp-resnet or sn-dcgan. The source: a batch of 1024, 59,392 images of the
training and the test split together, Adam, the modified minimax loss, 1000 epochs.
"""

import keras
import tensorflow as tf

import ganzoo
from experiments import adversarial, common, training
from experiments.cifar10_gan import images, judge, report
from experiments.cifar10_gan.images import Images
from experiments.cifar10_gan.settings import (
    MIDDLE,
    OUTPUTS,
    SHAPE,
    SMOKE,
    SYSTEMS,
    Config,
    arguments,
)
from ganzoo import callbacks, data, distribute, networks, runs

# The command lines whose train steps differ.
STEPS = tuple(arguments(changes) for changes in SYSTEMS.values())


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
    game = build(config, strategy)
    eye = judge.load(config)
    sets = images.load(config)
    steps = config.steps_per_epoch(len(sets.train))
    if steps % config.steps_per_execution:
        raise ValueError(
            f"steps_per_execution={config.steps_per_execution} must divide the {steps} "
            "steps of an epoch."
        )
    plan = adversarial.plan(
        config,
        game,
        sets.train,
        feed={"middle": MIDDLE},
        extra=lambda folder: pictures_and_measures(folder, config, sets, eye, steps),
        report=lambda folder: report.write(folder, config, game, sets, eye),
    )
    return training.carry_out(config, plan)


def build(config: Config, strategy: tf.distribute.Strategy) -> ganzoo.GAN:
    """Builds the players and the game, on the devices asked for."""
    return adversarial.build(
        config,
        strategy,
        lambda: players(config),
        steps_per_execution=config.steps_per_execution,
    )


def step(config: Config) -> training.Step:
    """Returns the train step, to be compiled ahead of time."""
    game = build(config, tf.distribute.get_strategy())
    return training.Step.of_images(game, config.examples_per_step, SHAPE)


def players(config: Config) -> tuple[keras.Model, keras.Model]:
    """Builds generator and discriminator."""
    name, settings = generator(config)
    drawing = getattr(networks, name)(**settings)
    wide = {} if config.width is None else {"width": config.width}
    if config.architecture == "mlp":
        return drawing, networks.cifar10_mlp_discriminator(
            slope=config.slope, dropout=config.dropout, **wide
        )
    if config.architecture == "dcgan":
        return drawing, networks.cifar10_dcgan_discriminator(
            slope=config.slope, normalise=config.normalise, **wide
        )
    if config.architecture == "sndcgan":
        return drawing, networks.cifar10_sndcgan_discriminator(
            slope=config.slope, **wide
        )
    return drawing, networks.cifar10_resnet_critic(**wide)


def generator(config: Config) -> tuple[str, dict]:
    """Returns the generator's builder, by name, and its arguments."""
    settings = {"latent_dim": config.latent_dim}
    if config.width is not None:
        settings["width"] = config.width
    if config.architecture == "mlp":
        settings["slope"] = config.slope
    return f"cifar10_{config.architecture}_generator", settings


def pictures_and_measures(
    folder: runs.Run, config: Config, sets: Images, eye: judge.Judge | None, steps: int
) -> list[keras.callbacks.Callback]:
    """Returns the callbacks that draw and measure after the epochs."""
    average = config.ema_half_life is not None
    found = [
        callbacks.SampleGrids(
            folder,
            sets.train,
            count=config.sample_count,
            average=average,
            middle=MIDDLE,
        ),
        callbacks.WholeSet(
            lambda: data.evaluation_batches(
                sets.train, config.batch_size, middle=MIDDLE
            ),
            epochs={*report.EPOCHS, config.epochs},
        ),
    ]
    if eye is None:
        return found
    return [
        *found,
        callbacks.Measure(
            folder,
            eye.extractor,
            eye.reference(sets),
            count=eye.count(config, sets),
            every_images=config.measure_every_images,
            images_per_epoch=steps * config.examples_per_step,
            epochs=config.epochs,
            average=average,
            also=eye.also(config, sets),
            middle=MIDDLE,
        ),
    ]
