"""Going back to the last good checkpoint, with half the learning rates."""

import keras

from ganzoo.files import read_json, write_json
from ganzoo.gans.optimizers import parts
from ganzoo.runs import Run

MOST = 3
_NETWORKS = ("generator", "discriminator")


def rollbacks(run: Run) -> list[dict]:
    """Returns what rollbacks.json holds, the first one first.

    Each has the step that went wrong and the one gone back to, the error, and both
    learning rates from then on: a number; for a schedule `{"scale": ...}`, by which it
    is multiplied; for a `MultiOptimizer` a list of these.
    """
    path = run.path / "rollbacks.json"
    return read_json(path)["rollbacks"] if path.exists() else []


def prepare(run: Run, model: keras.Model) -> None:
    """Saves a model that has no checkpoint yet, so that there is one to go back to."""
    if not run.checkpoints():
        run.save(model)


def resume(run: Run, model: keras.Model) -> None:
    """Gives a restored model the learning rates of the last rollback, if there was one.

    A checkpoint has the rates of its time; one that was written before the rollback
    does not know of it.
    """
    if done := rollbacks(run):
        _set_rates(model, done[-1])


def roll_back(run: Run, model: keras.Model, error: ArithmeticError) -> dict:
    """Restores the last good checkpoint and halves both learning rates.

    The batches and the noise that follow are those of before, for they are functions of
    the step; only the learning rates differ. The logs are cut back to the checkpoint.

    Args:
        run: The run folder, which notes it in rollbacks.json.
        model: Whose training failed.
        error: By which it failed.

    Returns:
        What was noted.

    Raises:
        ArithmeticError: That very error, after so many rollbacks, or where there is no
            checkpoint.
    """
    done = rollbacks(run)
    if len(done) >= MOST or not run.checkpoints():
        raise error
    failed = int(model.step)
    rates = {f"{name}_learning_rate": _halved(_rate(model, name)) for name in _NETWORKS}
    noted = {"failed_at": failed, "back_to": run.restore(model)}
    noted |= {"error": str(error).partition(";")[0]} | rates
    # First the note: whoever is killed after it resumes with the new rates.
    done = {"rollbacks": [*done, noted]}
    write_json(run.path / "rollbacks.json", done, sealed=True)
    _set_rates(model, noted)
    return noted


def in_words(noted: dict) -> str:
    """Says what a rollback was."""
    rates = " and ".join(
        _in_words(noted[f"{name}_learning_rate"]) for name in _NETWORKS
    )
    return (
        f"{noted['error']}. Back to step {noted['back_to']}, with half the learning "
        f"rates: now {rates} ({' and '.join(_NETWORKS)})."
    )


@keras.saving.register_keras_serializable("ganzoo")
class ScaledSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """Another schedule of learning rates, multiplied by a number."""

    def __init__(self, schedule, scale: float):
        """Takes the schedule, and what to multiply it by."""
        super().__init__()
        self.schedule, self.scale = schedule, scale

    def __call__(self, step):
        """Returns the learning rate of a step."""
        return self.schedule(step) * self.scale

    def get_config(self) -> dict:
        """Returns the arguments of the constructor."""
        schedule = keras.optimizers.schedules.serialize(self.schedule)
        return {"schedule": schedule, "scale": self.scale}

    @classmethod
    def from_config(cls, config: dict):
        """Returns a schedule by what `get_config()` returned."""
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["scale"])


def _in_words(rate) -> str:
    if isinstance(rate, list):
        return ", ".join(map(_in_words, rate))
    if isinstance(rate, dict):
        return f"{rate['scale']:.3g} of its schedule"
    return f"{rate:.3g}"


def _halved(rate):
    if isinstance(rate, list):
        return [_halved(one) for one in rate]
    return {"scale": rate["scale"] / 2} if isinstance(rate, dict) else rate / 2


def _rate(model: keras.Model, network: str):
    """Returns a learning rate as it is noted, see `rollbacks`."""
    held = parts(getattr(model, f"{network}_optimizer"))
    rates = [
        {"scale": _scale(optimizer._learning_rate)}
        if _scheduled(optimizer)
        else float(optimizer.learning_rate.numpy())
        for optimizer in held
    ]
    return rates[0] if len(rates) == 1 else rates


def _scale(schedule) -> float:
    return schedule.scale if isinstance(schedule, ScaledSchedule) else 1.0


def _scheduled(optimizer) -> bool:
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
            # Keras lets nobody change it, as it is part of the traced train step.
            optimizer._learning_rate = ScaledSchedule(schedule, rate["scale"])
            model.train_function = None
