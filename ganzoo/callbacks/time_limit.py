"""Ends a training after some hours."""

import keras

from ganzoo.runs import Run


def seconds_trained(rows: list[dict[str, float]]) -> float:
    """Returns the seconds of training in rows of history.csv, without measuring."""
    return sum(row.get("seconds", 0.0) for row in rows)


class TimeLimit(keras.callbacks.Callback):
    """Ends the training with the first epoch after some hours.

    The hours of a resumed run count together, without sampling and metrics. Put it
    after `Throughput`, which times the epochs, and before `Log`.
    """

    def __init__(self, run: Run, hours: float):
        """Sets the run folder, and the hours of training of the whole run."""
        super().__init__()
        self.run = run
        self.seconds = hours * 3600

    @property
    def seconds_left(self) -> float:
        """Seconds of training left, by history.csv."""
        return self.seconds - seconds_trained(self.run.rows("history.csv"))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Looks at the clock."""
        if logs["seconds"] >= self.seconds_left:
            self.model.stop_training = True
