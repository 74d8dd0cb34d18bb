"""Rolls a run back to the last good checkpoint, with half the learning rates."""

from typing import Any

import keras
from keras import KerasTensor, ops

from ganzoo.files import read_json, write_json
from ganzoo.gans.optimizers import parts
from ganzoo.runs import Run

MOST = 3  # rollbacks of a run
# As in rollbacks.json: a number, {"scale": ...} for a schedule, or a list of these.
Rate = float | dict[str, float] | list
_NETWORKS = ("generator", "discriminator")


def rollbacks(run: Run) -> list[dict]:
    """Returns the rollbacks in rollbacks.json, in order.

    Each has the failed step and the step rolled back to, the error, and both learning
    rates from then on: a number; for a schedule `{"scale": ...}`, the factor by which
    it is multiplied; for a `MultiOptimizer` a list of these.
    """
    path = run.path / "rollbacks.json"
    return read_json(path)["rollbacks"] if path.exists() else []


def prepare(run: Run, model: keras.Model) -> None:
    """Saves a model without checkpoints, so that there is one to roll back to."""
    if not run.checkpoints():
        run.save(model)


def resume(run: Run, model: keras.Model) -> None:
    """Sets a restored model's learning rates to those of the last rollback, if any.

    A checkpoint written before the rollback still has the old rates.
    """
    if done := rollbacks(run):
        _set_rates(model, done[-1])


def roll_back(run: Run, model: keras.Model, error: ArithmeticError) -> dict:
    """Restores the last good checkpoint and halves both learning rates.

    The batches and the noise that follow are the same as before, because they are
    functions of the step; only the learning rates differ. The logs are cut back to the
    checkpoint, and rollbacks.json records the rollback. After `MOST` rollbacks, or
    without a checkpoint, `error` is raised again.
    """
    done = rollbacks(run)
    if len(done) >= MOST or not run.checkpoints():
        raise error
    failed = int(model.step)
    rates = {f"{name}_learning_rate": _halved(_rate(model, name)) for name in _NETWORKS}
    noted: dict[str, Any] = {"failed_at": failed, "back_to": run.restore(model)}
    noted |= {"error": str(error).partition(";")[0]} | rates
    # Record first: if the process is killed afterwards, it resumes with the new rates.
    write_json(run.path / "rollbacks.json", {"rollbacks": [*done, noted]}, sealed=True)
    _set_rates(model, noted)
    return noted


def in_words(noted: dict) -> str:
    """Describes a rollback in one line."""
    rates = " and ".join(
        _in_words(noted[f"{name}_learning_rate"]) for name in _NETWORKS
    )
    return (
        f"{noted['error']}. Back to step {noted['back_to']}, with half the learning "
        f"rates: now {rates} ({' and '.join(_NETWORKS)})."
    )


@keras.saving.register_keras_serializable("ganzoo")
class ScaledSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate schedule multiplied by a constant."""

    def __init__(
        self, schedule: keras.optimizers.schedules.LearningRateSchedule, scale: float
    ) -> None:
        """Sets the schedule, and the factor to multiply it by."""
        super().__init__()
        self.schedule, self.scale = schedule, scale

    def __call__(self, step: int | KerasTensor) -> KerasTensor:
        """Returns the learning rate of a step."""
        return self.schedule(step) * self.scale

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        schedule = keras.optimizers.schedules.serialize(self.schedule)
        return {"schedule": schedule, "scale": self.scale}

    @classmethod
    def from_config(cls, config: dict) -> "ScaledSchedule":
        """Builds a schedule from the result of `get_config()`."""
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["scale"])


def _in_words(rate: Rate) -> str:
    if isinstance(rate, list):
        return ", ".join(map(_in_words, rate))
    if isinstance(rate, dict):
        return f"{rate['scale']:.3g} of its schedule"
    return f"{rate:.3g}"


def _halved(rate: Rate) -> Rate:
    if isinstance(rate, list):
        return [_halved(one) for one in rate]
    return {"scale": rate["scale"] / 2} if isinstance(rate, dict) else rate / 2


def _rate(model: keras.Model, network: str) -> Rate:
    """Returns a learning rate in the form of rollbacks.json, see `rollbacks`."""
    held = parts(getattr(model, f"{network}_optimizer"))
    rates = [
        {"scale": _scale(optimizer._learning_rate)}
        if _scheduled(optimizer)
        else float(ops.convert_to_numpy(optimizer.learning_rate))
        for optimizer in held
    ]
    return rates[0] if len(rates) == 1 else rates


def _scale(schedule: keras.optimizers.schedules.LearningRateSchedule) -> float:
    return schedule.scale if isinstance(schedule, ScaledSchedule) else 1.0


def _scheduled(optimizer: keras.optimizers.Optimizer) -> bool:
    schedules = keras.optimizers.schedules.LearningRateSchedule
    return isinstance(optimizer._learning_rate, schedules)


def _set_rates(model: keras.Model, noted: dict) -> None:
    for name in _NETWORKS:
        held = parts(getattr(model, f"{name}_optimizer"))
        rates = noted[f"{name}_learning_rate"]
        rates = rates if isinstance(rates, list) else [rates]
        for optimizer, rate in zip(held, rates, strict=True):
            if not _scheduled(optimizer):
                optimizer.learning_rate = rate
                continue
            schedule = optimizer._learning_rate
            if isinstance(schedule, ScaledSchedule):
                schedule = schedule.schedule
            # Keras has no setter, because the schedule is part of the traced step.
            optimizer._learning_rate = ScaledSchedule(schedule, rate["scale"])
            model.train_function = None
