"""Alarms on a training that goes wrong."""

import dataclasses
import math

import keras
import numpy as np
from keras import ops
from tqdm.auto import tqdm

from ganzoo.callbacks import health_alarms
from ganzoo.callbacks.health_rollback import rollbacks
from ganzoo.callbacks.health_rules import Facts, rules
from ganzoo.callbacks.tensorboard import TensorBoard
from ganzoo.files import read_json, write_json
from ganzoo.runs import Run, broken_weights


class DivergedError(ArithmeticError):
    """A loss or a weight became NaN or infinite."""


class NanGuard(keras.callbacks.Callback):
    """Stops at the first loss that is not finite, and keeps the last good checkpoint.

    At the end of an epoch it checks the weights, too: the update of the last step has
    not affected a loss yet. Put it before the callbacks that generate samples.
    """

    def __init__(self, run: Run | None = None):
        """Sets the run folder whose checkpoints the message names, if there is one."""
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """Checks every logged value of the step."""
        self._refuse([name for name, value in logs.items() if not math.isfinite(value)])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Checks every weight."""
        self._refuse(broken_weights(self.model)[:3])

    def _refuse(self, broken: list[str]) -> None:
        if not broken:
            return
        kept = ""
        if self.run is not None:
            kept = "; no checkpoint had been written yet"
            if checkpoints := self.run.checkpoints():
                kept = f"; the last good checkpoint is {checkpoints[-1]}"
        raise DivergedError(
            f"{', '.join(broken)} became NaN or infinite at step "
            f"{int(self.model.step)}{kept}. A smaller learning rate, a penalty on "
            "the discriminator or another loss may help."
        )


class GeneratorGradient(keras.callbacks.Callback):
    """Adds the norm of the generator's gradient to the epoch's logs, for its alarm.

    It is read from the optimizer's moments, which costs nothing and survives resuming:
    Adam's first moment is the mean gradient of the last 1 / (1 - beta_1) steps, and
    `generator_gradient` is its norm. RMSprop only has the mean of the squares, whose
    root is used. Optimizers with neither add nothing.
    """

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Reads the moments."""
        norm = recent_gradient(self.model.generator_optimizer)
        if norm is not None:
            logs["generator_gradient"] = norm


def recent_gradient(optimizer: keras.optimizers.Optimizer) -> float | None:
    """Returns the norm of an optimizer's recent mean gradient; None if not stored."""
    if moments := getattr(optimizer, "_momentums", None):
        powers = [
            np.square(ops.convert_to_numpy(one).astype(np.float64)) for one in moments
        ]
    elif squares := getattr(optimizer, "_velocities", None):
        powers = [ops.convert_to_numpy(one).astype(np.float64) for one in squares]
    else:
        return None
    return math.sqrt(sum(float(np.sum(power)) for power in powers))


class Health(keras.callbacks.Callback):
    """Reports, after each epoch, new problems of the training, with remedies.

    It prints them and, if a `TensorBoard` is given, adds them to its texts, where
    `epoch/alarms` is the number of active alarms. Put it after `Log`, whose rows it
    reads, and before `TensorBoard`. See `ganzoo.callbacks.health_rules`.
    """

    def __init__(self, run: Run, board: TensorBoard | None = None):
        """Sets the run folder, and an optional TensorBoard to notify."""
        super().__init__()
        self.run = run
        self.board = board

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Compares the alarms of the epoch with those of the epoch before."""
        rows, about = self.run.rows("history.csv"), facts(self.run, self.model)
        before = health_alarms.ringing(rows[:-1], about) if rows[1:] else {}
        now = health_alarms.ringing(rows, about)
        for name, sentence in now.items():
            if name not in before:
                self._tell(f"{sentence} {rules()[name].remedy}", epoch)
        for name in before:
            if name not in now:
                self._tell(f"No longer: {name}.", epoch)
        logs["alarms"] = float(len(now))

    def _tell(self, words: str, epoch: int) -> None:
        tqdm.write(f"alarm after epoch {epoch + 1}: {words}")
        if self.board is not None:
            self.board.text("alarms", words)


def facts(run: Run, model: keras.Model) -> Facts:
    """Returns what the alarms need to know in addition to the recorded rows."""
    scale = health_alarms.indifferent_loss(
        model.adversarial_loss, len(model.discriminators)
    )
    return Facts(scale, _modes(run))


def write_health(run: Run, model: keras.Model) -> dict:
    """Writes health.json: all alarms of the run so far, and its rollbacks.

    Returns:
        The content: lists of `alarms` and `rollbacks`, `looked_at`, the names of the
        alarms that could have been raised, and the number of `epochs`.
    """
    rows, about = run.rows("history.csv"), facts(run, model)
    found = {
        "epochs": len(rows),
        "looked_at": health_alarms.looked_at(rows, about),
        "alarms": [dataclasses.asdict(a) for a in health_alarms.alarms(rows, about)],
        "rollbacks": rollbacks(run),
    }
    write_json(run.path / "health.json", found)
    return found


def _modes(run: Run) -> int | None:
    """Returns the number of modes of the data from the cards of modes.json."""
    path = run.path / "modes.json"
    for measured in read_json(path).values() if path.exists() else ():
        for card in (one["card"] for one in measured):
            if count := card.get("classes", card.get("mixture_modes")):
                return int(count)
    return None
