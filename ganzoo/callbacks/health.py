"""Alarms on a training that goes wrong."""

import dataclasses
import math

import keras
import tensorflow as tf
from tqdm.auto import tqdm

from ganzoo.callbacks import health_alarms
from ganzoo.callbacks.health_rollback import rollbacks
from ganzoo.callbacks.health_rules import Facts, rules
from ganzoo.callbacks.tensorboard import TensorBoard
from ganzoo.files import read_json, write_json
from ganzoo.runs import Run, broken_weights


class DivergedError(ArithmeticError):
    """A loss or a weight is no longer a number."""


class NanGuard(keras.callbacks.Callback):
    """Stops at the first loss that is not finite, and keeps the last good checkpoint.

    At the end of an epoch it looks at the weights, too: those of its last step have not
    shown in a loss yet. It stands before the callbacks that draw samples.
    """

    def __init__(self, run: Run | None = None):
        """Sets the run folder whose checkpoints the message names, if there is one."""
        super().__init__()
        self.run = run

    def on_train_batch_end(self, batch, logs=None):
        """Looks at every value that the step reports."""
        self._refuse([name for name, value in logs.items() if not math.isfinite(value)])

    def on_epoch_end(self, epoch, logs=None):
        """Looks at every weight."""
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
    """Adds to the epoch's logs the norm of the generator's gradient, for its alarm.

    It is read off the optimizer's moments, which cost nothing and are saved: Adam's
    first one is the mean gradient of the last 1 / (1 - beta_1) steps, so
    `generator_gradient` is its norm. RMSprop has only the mean of the squares, whose
    root is taken. An optimizer with neither adds nothing.
    """

    def on_epoch_end(self, epoch, logs=None):
        """Reads the moments."""
        norm = recent_gradient(self.model.generator_optimizer)
        if norm is not None:
            logs["generator_gradient"] = norm


def recent_gradient(optimizer: keras.optimizers.Optimizer) -> float | None:
    """Returns the norm of an optimizer's gradient over its last steps, if it has it."""
    if moments := getattr(optimizer, "_momentums", None):
        powers = [tf.square(tf.cast(moment.value, tf.float64)) for moment in moments]
    elif squares := getattr(optimizer, "_velocities", None):
        powers = [tf.cast(square.value, tf.float64) for square in squares]
    else:
        return None
    return math.sqrt(sum(float(tf.reduce_sum(power)) for power in powers))


class Health(keras.callbacks.Callback):
    """Tells, after each epoch, what has begun to go wrong, and what may help.

    On the console and, where a `TensorBoard` is handed in, among its texts; there
    `epoch/alarms` is the number of alarms that are on. It stands behind `Log`, whose
    rows it reads, and before `TensorBoard`. See `ganzoo.callbacks.health_rules`.
    """

    def __init__(self, run: Run, board: TensorBoard | None = None):
        """Sets the run folder, and who else is to be told."""
        super().__init__()
        self.run = run
        self.board = board

    def on_epoch_end(self, epoch, logs=None):
        """Looks at the epoch's row, and at those before."""
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
    """Returns what the alarms have to know besides the recorded rows."""
    scale = health_alarms.indifferent_loss(
        model.adversarial_loss, len(model.discriminators)
    )
    return Facts(scale, _modes(run))


def write_health(run: Run, model: keras.Model) -> dict:
    """Writes health.json: all alarms of the run so far, and its rollbacks.

    Returns:
        What it holds: `alarms` and `rollbacks`, each a list, `looked_at`, the names of
        the alarms that could have gone off, and the number of `epochs`.
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
    """Returns how many modes were there to be counted, off the cards of modes.json."""
    path = run.path / "modes.json"
    for measured in read_json(path).values() if path.exists() else ():
        for card in (one["card"] for one in measured):
            if count := card.get("classes", card.get("mixture_modes")):
                return int(count)
    return None
