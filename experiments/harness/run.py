"""Runs an experiment: trains in a run folder, resumes what is there, reports."""

import contextlib
import dataclasses
import logging
from pathlib import Path

import keras
import tensorflow as tf

from experiments.harness import precisions
from experiments.harness.config import Config
from experiments.harness.data import Data
from experiments.harness.model import build
from experiments.harness.report import write_report
from ganzoo import callbacks, distribute, runs
from ganzoo.callbacks import health_rollback
from ganzoo.files import atomic, read_json
from ganzoo.zoo import external

# Fields that may change when a run is resumed: they decide where it lies, how long it
# goes, what is shown of it and what it is trained on, and so no number of a step.
MOVABLE = ("output", "data_dir", "epochs", "show_epochs", "show_steps")
MOVABLE += ("strategy", "checkpoint_minutes", "on_nan")


def run(experiment, config: Config) -> runs.Run:
    """Trains, resuming what the run folder holds, and writes the report.

    Returns:
        The run folder.

    Raises:
        ValueError: A configuration, data or a run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; everything is saved.
        ganzoo.callbacks.DivergedError: A loss became NaN or infinite.
    """
    config = prepare(config, experiment.smoke, experiment.default_outputs)
    strategy = distribute.strategy(config.strategy)  # first: some must be
    data = experiment.data(config)
    return train(experiment, config, data, build(experiment, config, strategy, data))


def prepare(config: Config, smoke: dict, outputs: tuple[str, ...] = ()) -> Config:
    """Does as `checked`, and seeds everything."""
    config = checked(config, smoke, outputs)
    start(config)
    return config


def checked(config: Config, smoke: dict, outputs: tuple[str, ...] = ()) -> Config:
    """Returns the configuration, shrunk for --smoke, validated, "auto" settled."""
    config = shrink(config, smoke, outputs)
    config.check()
    return precisions.resolve_in(config)


def shrink(config, smoke: dict, outputs: tuple[str, ...] = ()):
    """Shrinks the configuration for --smoke runs, which get their own folder.

    Args:
        config: The configuration asked for.
        smoke: What makes a run small.
        outputs: Folders that are defaults, in addition to the class's.
    """
    if not config.smoke:
        return config
    if config.output in (type(config).output, *outputs):
        smoke = smoke | {"output": f"{config.output}_smoke"}
    return dataclasses.replace(config, **smoke)


def start(config: Config) -> None:
    """Seeds everything, and makes TensorFlow deterministic if asked."""
    tf.get_logger().addFilter(_no_retracing)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        tf.config.experimental.enable_op_determinism()


def _no_retracing(record: logging.LogRecord) -> bool:
    # Grids and metrics sample in batches of several sizes, each traced once.
    return "triggered tf.function retracing" not in record.getMessage()


def train(experiment, config: Config, data: Data, model: keras.Model) -> runs.Run:
    """Trains up to the last epoch, from where the run folder is, and reports.

    In the end the folder also has the generator as a Keras model: generator.keras.

    Raises:
        ganzoo.runs.RunError: A run folder that cannot be used.
        ganzoo.callbacks.Interrupted: Asked to stop; everything is saved.
        ganzoo.callbacks.DivergedError: A loss became NaN or infinite; with rollbacks, after
            the third.
    """
    if data.steps_per_epoch % config.steps_per_execution:
        raise ValueError(
            f"steps_per_execution={config.steps_per_execution} must divide the "
            f"{data.steps_per_epoch} steps of an epoch."
        )
    folder = open_folder(config, data.fingerprint, MOVABLE)
    with folder.lock():
        steps = data.steps_per_epoch * config.epochs
        step = folder.restore(model, steps=steps, epoch_steps=data.steps_per_epoch)
        health_rollback.resume(folder, model)
        if step:
            print(f"{folder.path} goes on after step {step:,} of {steps:,}.")
        if step < steps:
            _fit(experiment, config, data, model, folder)
        folder.record_command()
        callbacks.write_health(folder, model)
        write_report(experiment.report, folder, config, data, model)
        _keep_generator(model, folder)
    return folder


def open_folder(
    config, fingerprint: str, movable: tuple[str, ...], path: Path | None = None
) -> runs.Run:
    """Creates the run folder, or opens it if it holds the same run.

    A field that is newer than the run folder, at its default, is no change.
    """
    fields = dataclasses.asdict(config)
    path = path or runs.local(config.output)
    before = path / "config.json"
    if before.exists():
        try:
            known = dict(read_json(before))
        except (TypeError, ValueError):  # runs.Run says what is wrong with it
            known = fields
        new = (f for f in dataclasses.fields(config) if f.name not in known)
        movable += tuple(f.name for f in new if fields[f.name] == f.default)
    return runs.Run(path, fields, fingerprint=fingerprint, movable=movable)


def _keep_generator(model: keras.Model, folder: runs.Run) -> None:
    """Saves a generator of noise as a Keras model, with the weights it samples by."""
    generator = getattr(model, "sampling_generator", None)
    if generator is None:
        return
    averaged = model.weight_average is not None
    weights = model.averaged_weights() if averaged else contextlib.nullcontext()
    with weights, atomic(folder.path / external.GENERATOR) as temporary:
        generator.save(temporary)


def _fit(experiment, config, data: Data, model, folder: runs.Run) -> None:
    """Trains, going back to the last good checkpoint where that is asked for."""
    folder.record_start(int(model.step))
    if config.on_nan == "rollback":
        health_rollback.prepare(folder, model)
    board = callbacks.TensorBoard(folder)
    own = experiment.callbacks(folder, config, data)
    called = _callbacks(config, data, folder, board, own)
    while True:
        try:
            runs.fit(
                model,
                data.batches,
                epochs=config.epochs,
                steps_per_epoch=data.steps_per_epoch,
                callbacks=called,
            )
            return
        except (callbacks.DivergedError, FloatingPointError) as error:
            board.text("alarms", str(error))
            if config.on_nan != "rollback":
                raise
            noted = health_rollback.roll_back(folder, model, error)
            print(f"alarm: {health_rollback.in_words(noted)}")


def _callbacks(config, data: Data, folder, board, own: list) -> list:
    steps = data.steps_per_epoch * config.epochs
    return [
        callbacks.Throughput(config.images_per_step),
        callbacks.NanGuard(folder),
        callbacks.GeneratorGradient(),
        *own,
        callbacks.Log(folder),
        callbacks.Health(folder, board),
        board,
        callbacks.Progress(steps, config.epochs),
        callbacks.Checkpoint(folder, config.checkpoint_minutes),
    ]


def finished(config: Config, data: Data) -> bool:
    """Whether a run folder holds all steps of this training, and its report.

    Raises:
        ganzoo.runs.RunError: It holds a run of another configuration or other data.
    """
    path = runs.local(config.output)
    if not (path / "config.json").exists():
        return False
    open_folder(config, data.fingerprint, MOVABLE)
    done = steps_done(path)
    wanted = data.steps_per_epoch * config.epochs
    return done is not None and done >= wanted and (path / "report.md").exists()


def steps_done(folder: Path) -> int | None:
    """Returns the step of a run's newest checkpoint; None if it has none."""
    path = newest_checkpoint(folder)
    return None if path is None else int(path.name.split("_")[1].split(".")[0])


def newest_checkpoint(folder: Path) -> Path | None:
    """Returns a run's newest checkpoint, if it has one."""
    found = sorted((folder / "checkpoints").glob("step_*.weights.h5"))
    return found[-1] if found else None
