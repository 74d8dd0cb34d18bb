"""The cost of a checkpoint's SHA-256 and records of the logs and the folder.

Processor time is measured, because wall time includes other programs.
"""

import dataclasses
import functools
import json
import os
import statistics
import time
import traceback
from pathlib import Path

from ganzoo.runs import Run, checkpoints


@dataclasses.dataclass
class Cost:
    """Seconds of processor time for several checkpoints of a model.

    Attributes:
        experiment: Experiment of the model.
        megabytes: Size of a checkpoint.
        keras_seconds: Time of Keras's `save_weights`.
        seconds: Time of `Run.save` with logs of 100,000 steps and 1,000 pictures.
        reading_seconds: Time of `checkpoints.load`.
        wall_seconds: Wall time of `Run.save`, including waiting for the disk.
        interval: Default time between two checkpoints within an epoch, in seconds.
    """

    experiment: str
    megabytes: float
    keras_seconds: list[float]
    seconds: list[float]
    reading_seconds: list[float]
    wall_seconds: list[float]
    interval: float

    @property
    def fraction(self) -> float:
        """Processor time of a checkpoint as a fraction of the interval."""
        return statistics.median(self.seconds) / self.interval


def campaign(folder: Path, count: int) -> list[Cost]:
    """Measures `count` checkpoints of two models, alternating with Keras's own."""
    found = []
    for experiment in ("ring", "mnist_gan"):
        result = folder / f"{experiment}.json"
        process = os.fork()
        if not process:
            try:
                cost = _measured(folder / experiment, experiment, count)
                result.write_text(json.dumps(dataclasses.asdict(cost)))
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        os.waitpid(process, 0)
        found.append(Cost(**json.loads(result.read_text())))
        print(found[-1])
    return found


def _measured(folder: Path, experiment: str, count: int) -> Cost:
    game, minutes = _game(experiment)
    run = Run(folder, {}, fingerprint="f")
    rows = [{"step": n, "epoch": 1, "loss": n / 7} for n in range(1, 100_001)]
    run.append_rows("steps.csv", rows)
    (folder / "samples").mkdir()
    for number in range(1000):
        (folder / "samples" / f"{number}.png").write_bytes(b"picture" * 3000)
    game.step.assign(100_000)
    times = {"keras": [], "ours": [], "read": [], "wall": []}
    plain = folder / "plain.weights.h5"

    def timed(name: str, call):
        start = time.process_time()
        result = call()
        times[name].append(time.process_time() - start)
        return result

    for _ in range(count + 1):
        game.step.assign_add(1)
        run.buffer_row("steps.csv", {"step": int(game.step), "epoch": 1, "loss": 0.5})
        timed("keras", lambda: game.save_weights(plain))
        start = time.perf_counter()
        path = timed("ours", lambda: run.save(game))
        times["wall"].append(time.perf_counter() - start)
        timed("read", functools.partial(checkpoints.load, game, path))
    # The first checkpoint reads all the pictures, and is not counted.
    kept = [values[1:] for values in times.values()]
    return Cost(experiment, path.stat().st_size / 1e6, *kept, 60 * minutes)


def _game(experiment: str) -> tuple:
    """Returns a model, and the minutes between two of its checkpoints."""
    from experiments import gan_variants, mnist_gan
    from ganzoo import distribute

    if experiment == "mnist_gan":
        config = mnist_gan.Config()
        return mnist_gan.EXPERIMENT.build_model(config), config.checkpoint_minutes
    ring = gan_variants.PAPER.commands["ring"].load()
    config = ring.config()
    model = ring.build_model(config, distribute.strategy("cpu"))
    return model, config.checkpoint_minutes
