"""Runs an experiment: trains in a run folder, resumes what is there, reports."""

import dataclasses
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import keras

from experiments.harness import generators, precisions, results
from experiments.harness.config import Config
from experiments.harness.data import Data
from experiments.harness.report import write_report
from ganzoo import backend, callbacks, distribute, runs
from ganzoo.callbacks import health_rollback
from ganzoo.files import read_json
from ganzoo.runs import checkpoints

if TYPE_CHECKING:
    from experiments.harness.experiment import Experiment

ConfigT = TypeVar("ConfigT", bound=Any)

# Fields that may change when a run is resumed: paths, length, display and devices.
# They do not affect the numbers of a train step.
MOVABLE = ("output", "data_dir", "epochs", "show_epochs", "show_steps")
MOVABLE += ("strategy", "checkpoint_minutes", "on_nan", "hours")


def run(experiment: "Experiment", config: Config) -> runs.Run:
    """Trains or resumes a run, and writes the report.

    Raises:
        ValueError: The configuration, the data or the run folder cannot be used.
        ganzoo.callbacks.Interrupted: The run was stopped; everything is saved.
        ganzoo.callbacks.DivergedError: A loss became NaN or infinite.
    """
    config = prepare(config, experiment.smoke, experiment.default_outputs)
    # Some strategies must be created before TensorFlow runs any operation.
    strategy = distribute.strategy(config.strategy)
    data = experiment.data(config)
    model = experiment.build_model(config, strategy, data)
    return train(experiment, config, data, model)


def prepare(config: Config, smoke: dict, outputs: tuple[str, ...] = ()) -> Config:
    """Returns the validated configuration (see `validated`), and seeds everything."""
    config = validated(config, smoke, outputs)
    seed_everything(config)
    return config


def validated(config: ConfigT, smoke: dict, outputs: tuple[str, ...] = ()) -> ConfigT:
    """Returns the configuration, shrunk for --smoke, checked, with its precision."""
    config = shrink(config, smoke, outputs)
    config.check()
    return precisions.resolve_in(config)


def shrink(config: ConfigT, smoke: dict, outputs: tuple[str, ...] = ()) -> ConfigT:
    """Shrinks the configuration for --smoke runs, which get their own folder."""
    if not config.smoke:
        return config
    if config.output in (type(config).output, *outputs):
        smoke = smoke | {"output": f"{config.output}_smoke"}
    return dataclasses.replace(config, **smoke)


def seed_everything(config: Any) -> None:
    """Seeds Python, NumPy and Keras, and makes all results repeatable if asked."""
    logging.getLogger("tensorflow").addFilter(_no_retracing)
    keras.utils.set_random_seed(config.seed)
    if config.deterministic:
        backend.enable_determinism()


def _no_retracing(record: logging.LogRecord) -> bool:
    # Grids and metrics sample batches of different sizes, each of which is traced once.
    return "triggered tf.function retracing" not in record.getMessage()


def train(
    experiment: "Experiment", config: Config, data: Data, model: keras.Model
) -> runs.Run:
    """Trains to the last epoch, resuming what the run folder has, and reports.

    Saves the generator as a Keras model, generator.keras, after the first epoch, every
    few minutes, and at the end, also when it is stopped.

    Raises:
        ganzoo.runs.RunError: The run folder cannot be used.
        ganzoo.callbacks.Interrupted: The run was stopped; everything is saved.
        ganzoo.callbacks.DivergedError: A loss became NaN or infinite; with rollbacks,
            for the fourth time.
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
            print(f"{folder.path} resumes after step {step:,} of {steps:,}.")
        if step < steps and not results.time_is_up(folder.path, config.hours):
            try:
                _fit(experiment, config, data, model, folder)
            except callbacks.Interrupted:
                generators.save(model, folder, experiment, config, data)
                raise
        folder.record_command()
        callbacks.write_health(folder, model)
        write_report(experiment.report, folder, config, data, model)
        generators.save(model, folder, experiment, config, data)
    return folder


def open_folder(
    config: Any, fingerprint: str, movable: tuple[str, ...], path: Path | None = None
) -> runs.Run:
    """Creates the run folder, or opens it if it has the same run.

    A field that was added after the run began may be missing in its config.json, as
    long as it has its default value.

    Args:
        config: The configuration.
        fingerprint: SHA-256 of the training data.
        movable: Fields that may change when the run is resumed.
        path: The run folder. Defaults to `config.output`.

    Raises:
        ganzoo.runs.RunError: The folder has another run, or is damaged.
    """
    fields = dataclasses.asdict(config)
    path = path or runs.local(config.output)
    before = path / "config.json"
    if before.exists():
        try:
            known = dict(read_json(before))
        except (TypeError, ValueError):  # damaged; runs.Run reports it
            known = fields
        new = (f for f in dataclasses.fields(config) if f.name not in known)
        movable += tuple(f.name for f in new if fields[f.name] == f.default)
    return runs.Run(path, fields, fingerprint=fingerprint, movable=movable)


def _fit(
    experiment: "Experiment",
    config: Config,
    data: Data,
    model: keras.Model,
    folder: runs.Run,
) -> None:
    """Trains; with on_nan="rollback", returns to the last good checkpoint on NaN."""
    folder.record_start(int(model.step))
    if config.on_nan == "rollback":
        health_rollback.prepare(folder, model)
    board = callbacks.TensorBoard(folder)
    own = experiment.callbacks(folder, config, data)
    saving = generators.SaveGenerator(folder, experiment, config, data)
    called = _callbacks(config, data, folder, board, [*own, saving])
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


def _callbacks(
    config: Config,
    data: Data,
    folder: runs.Run,
    board: callbacks.TensorBoard,
    own: list,
) -> list:
    steps = data.steps_per_epoch * config.epochs
    limit = callbacks.TimeLimit(folder, config.hours) if config.hours else None
    return [
        callbacks.QuietStart(),
        callbacks.Throughput(config.images_per_step),
        *([limit] if limit else ()),
        callbacks.NanGuard(folder),
        callbacks.GeneratorGradient(),
        *own,
        callbacks.Log(folder),
        callbacks.Health(folder, board),
        board,
        callbacks.Progress(steps, config.epochs, limit),
        callbacks.Checkpoint(folder, config.checkpoint_minutes),
    ]


def finished(config: Config, data: Data) -> bool:
    """Returns whether the run folder has all train steps and the report.

    Raises:
        ganzoo.runs.RunError: The folder has a run of another configuration or of other
            data.
    """
    path = runs.local(config.output)
    if not (path / "config.json").exists():
        return False
    open_folder(config, data.fingerprint, MOVABLE)
    done = max(map(checkpoints.step, checkpoints.of(path)), default=0)
    wanted = data.steps_per_epoch * config.epochs
    return done >= wanted and (path / "report.md").exists()
