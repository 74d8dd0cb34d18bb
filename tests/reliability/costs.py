"""What it costs that a checkpoint knows its SHA-256, the logs and the folder."""

import dataclasses
import json
import os
import statistics
import time
import traceback
from pathlib import Path

from ganzoo.runs import Run, checkpoints


@dataclasses.dataclass
class Cost:
    """Medians over several checkpoints of a game.

    Attributes:
        experiment: Whose game.
        megabytes: Of its checkpoint.
        keras_seconds: Keras's own `save_weights`, and fsync.
        seconds: `Run.save`, beside logs of 100,000 steps and 1,000 pictures.
        reading_seconds: `checkpoints.load`.
    """

    experiment: str
    megabytes: float
    keras_seconds: float
    seconds: float
    reading_seconds: float


def campaign(folder: Path, count: int) -> list[Cost]:
    """Measures as many checkpoints of either game, taking turns with Keras's own."""
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
    game = _game(experiment)
    run = Run(folder, {}, fingerprint="f")
    rows = [{"step": n, "epoch": 1, "loss": n / 7} for n in range(1, 100_001)]
    run.append_rows("steps.csv", rows)
    (folder / "samples").mkdir()
    for number in range(1000):
        (folder / "samples" / f"{number}.png").write_bytes(b"picture" * 3000)
    game.step.assign(100_000)
    times = {"keras": [], "ours": [], "read": []}
    for number in range(count + 1):
        game.step.assign_add(1)
        run.hold_row("steps.csv", {"step": int(game.step), "epoch": 1, "loss": 0.5})
        start = time.perf_counter()
        plain = folder / f"plain_{number}.weights.h5"
        game.save_weights(plain)
        with open(plain, "r+b") as file:
            os.fsync(file.fileno())
        times["keras"].append(time.perf_counter() - start)
        start = time.perf_counter()
        path = run.save(game)
        times["ours"].append(time.perf_counter() - start)
        start = time.perf_counter()
        checkpoints.load(game, path)
        times["read"].append(time.perf_counter() - start)
        plain.unlink()
    # The first looks at all the pictures, and is left out.
    medians = [statistics.median(values[1:]) for values in times.values()]
    return Cost(experiment, path.stat().st_size / 1e6, *medians)


def _game(experiment: str):
    from experiments import gan_variants, mnist_gan
    from ganzoo import distribute

    if experiment == "mnist_gan":
        return mnist_gan.EXPERIMENT.build_model(mnist_gan.Config())
    ring = gan_variants.PAPER.commands["ring"]
    return ring.build_model(ring.config(), distribute.strategy("cpu"))
