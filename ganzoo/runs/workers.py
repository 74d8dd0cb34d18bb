"""Makes several workers resume at the same step, each from its own folder."""

from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.distribute.workers import num_workers, over_workers
from ganzoo.files import DamagedError
from ganzoo.runs import checkpoints
from ganzoo.runs.errors import RunError

if TYPE_CHECKING:
    import tensorflow as tf

_KEPT = 8  # newest checkpoints of a worker that are considered; a run keeps two


def in_common(strategy: "tf.distribute.Strategy", found: list[Path]) -> list[Path]:
    """Returns the checkpoints to try, in order, of those found, oldest first.

    For several workers it is the newest one that all have. A worker that was killed
    while the others saved lacks the newest; the others remove it, because its steps are
    trained again.
    """
    if num_workers(strategy) == 1:
        return found[::-1]
    intact = [path for path in found if _intact(path)][-_KEPT:]
    steps = [checkpoints.step(path) for path in intact]
    padded = steps + [-1] * (_KEPT - len(steps))
    table = over_workers(strategy, padded)
    each = [sorted({int(step) for step in row} - {-1}) for row in table]
    common = set(each[0]).intersection(*each)
    if not common and any(max(one, default=0) > 0 for one in each):
        steps_found = "; ".join(
            f"worker {number} has "
            + (f"steps {', '.join(map(str, one))}" if one else "none")
            for number, one in enumerate(each)
        )
        raise RunError(
            f"The workers' folders have no checkpoint of the same step: {steps_found}. "
            "Copy the folder of one worker to the others (they are equal except for "
            "times), or give all of them another --output to train again."
        )
    last = max(common, default=-1)
    for path, step in zip(intact, steps, strict=True):
        if step > last:
            print(f"{path} is removed: the other workers are at step {max(last, 0)}.")
            path.unlink()
    return [path for path, step in zip(intact, steps, strict=True) if step == last]


def _intact(path: Path) -> bool:
    try:
        checkpoints.read_facts(path)
    except (OSError, DamagedError):
        return False
    return True
