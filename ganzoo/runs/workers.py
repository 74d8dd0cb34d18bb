"""Several workers resume at the same step, each from its own folder."""

from pathlib import Path

import tensorflow as tf

from ganzoo.distribute.workers import num_workers, over_workers
from ganzoo.files import DamagedError
from ganzoo.runs import checkpoints
from ganzoo.runs.errors import RunError

_KEPT = 8  # checkpoints of a worker that are looked at; a run keeps two


def in_common(strategy: tf.distribute.Strategy, found: list[Path]) -> list[Path]:
    """Returns the checkpoints that may be loaded, the one to be tried first in front.

    Of several workers it is the newest that all have. A worker that was killed while
    the others saved has one less; what these are ahead is removed, for it comes again.

    Args:
        strategy: The model's.
        found: The checkpoints of this worker's folder, the oldest first.

    Raises:
        RunError: The workers have no step in common.
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
        told = "; ".join(
            f"worker {number} has "
            + (f"steps {', '.join(map(str, one))}" if one else "none")
            for number, one in enumerate(each)
        )
        raise RunError(
            f"The workers' folders have no checkpoint of the same step: {told}. Copy "
            "the folder of one worker to the others (it is the same but for the "
            "times), or give all of them another --output to train anew."
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
