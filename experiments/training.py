"""How an experiment runs: train in a run folder, resume what is there, report."""

import contextlib
import dataclasses
from collections.abc import Callable

import keras
import tensorflow as tf

import ganzoo
from experiments import common
from ganzoo import callbacks, runs, user_files
from ganzoo.callbacks import health_rollback
from ganzoo.files import atomic

# Settings of any experiment that change no number of a run, but where it lies, how long
# it goes, what is shown of it, and what it is trained on.
MOVABLE = (
    "output",
    "data_dir",
    "epochs",
    "show_epochs",
    "show_steps",
    "strategy",
    "checkpoint_minutes",
    "on_nan",
)


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a run is made of.

    Attributes:
        game: The compiled game.
        batches: From a step to the training batches from there on.
        fingerprint: Of the training data.
        steps_per_epoch: Train steps of an epoch.
        images_per_step: Real images that a step takes, for the throughput.
        extra: Makes the experiment's own callbacks, which draw and measure; called only
            if there is something to train.
        report: Writes the report of the trained run.
        checkpoint_minutes: Time between checkpoints within an epoch.
        movable: Settings that may change when the run is resumed.
    """

    game: keras.Model
    batches: Callable[[int], tf.data.Dataset]
    fingerprint: str
    steps_per_epoch: int
    images_per_step: int
    extra: Callable[[runs.Run], list[keras.callbacks.Callback]]
    report: Callable[[runs.Run], None]
    checkpoint_minutes: float = 5.0
    movable: tuple[str, ...] = MOVABLE


@dataclasses.dataclass(frozen=True)
class Step:
    """A train step and what it is fed, without data: what a compiler has to know.

    An experiment whose steps can be compiled ahead of time (`tpu.preflight`) defines
    `step(config) -> Step`.

    Attributes:
        game: The compiled game, built outside any strategy's scope.
        batch: `tf.TensorSpec`s of what `fit()` is fed for one step, over all replicas.
        images: Real images that a step takes, over all replicas.
    """

    game: keras.Model
    batch: object
    images: int

    @classmethod
    def of_images(cls, game: keras.Model, images: int, shape: tuple) -> "Step":
        """Returns a step that is fed so many images, or points, of that shape."""
        return cls(game, tf.TensorSpec([images, *shape], tf.float32), images)


def carry_out(config: common.Common, plan: Plan) -> runs.Run:
    """Trains up to the last epoch, from where the run folder is at, and reports.

    In the end the folder has the generator of a `GAN` as a Keras model, too:
    generator.keras.

    Returns:
        The run folder.

    Raises:
        ganzoo.runs.RunError: A run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; all is saved.
        ganzoo.callbacks.Diverged: A loss became NaN or infinite; where rollbacks are
            asked for, after the third.
    """
    folder = runs.Run(
        config.output,
        dataclasses.asdict(config),
        fingerprint=plan.fingerprint,
        movable=plan.movable,
    )
    with folder.alone():
        steps = plan.steps_per_epoch * config.epochs
        step = folder.restore(plan.game, steps=steps, epoch_steps=plan.steps_per_epoch)
        health_rollback.resume(folder, plan.game)
        if step:
            print(f"{folder.path} goes on after step {step:,} of {steps:,}.")
        if step < steps:
            _train(config, plan, folder)
        folder.asked()
        callbacks.write_health(folder, plan.game)
        plan.report(folder)
        _keep_generator(plan.game, folder)
    return folder


def _keep_generator(game: keras.Model, folder: runs.Run) -> None:
    """Saves a generator of noise as a Keras model, by the weights that are judged."""
    if type(game) not in (ganzoo.GAN, ganzoo.UnrolledGAN):
        return  # the others are fed with more than noise and labels
    weights = game.averaged_weights() if game.average else contextlib.nullcontext()
    with weights, atomic(folder.path / user_files.GENERATOR) as temporary:
        game.generator.save(temporary)


def _train(config: common.Common, plan: Plan, folder: runs.Run) -> None:
    """Trains, going back to the last good checkpoint where that is asked for."""
    folder.started(int(plan.game.step))
    if config.on_nan == "rollback":
        health_rollback.prepare(folder, plan.game)
    board = callbacks.TensorBoard(folder)
    called = _callbacks(config, plan, folder, board)
    while True:
        try:
            runs.fit(
                plan.game,
                plan.batches,
                epochs=config.epochs,
                steps_per_epoch=plan.steps_per_epoch,
                callbacks=called,
            )
            return
        except (callbacks.Diverged, FloatingPointError) as error:
            board.text("alarms", str(error))
            if config.on_nan != "rollback":
                raise
            noted = health_rollback.roll_back(folder, plan.game, error)
            print(f"alarm: {health_rollback.in_words(noted)}")


def _callbacks(
    config: common.Common, plan: Plan, folder: runs.Run, board: callbacks.TensorBoard
) -> list[keras.callbacks.Callback]:
    return [
        callbacks.Throughput(plan.images_per_step),
        callbacks.NanGuard(folder),
        callbacks.GeneratorGradient(),
        *plan.extra(folder),
        callbacks.Log(folder),
        callbacks.Health(folder, board),
        board,
        callbacks.Progress(plan.steps_per_epoch * config.epochs, config.epochs),
        callbacks.Checkpoint(folder, plan.checkpoint_minutes),
    ]
