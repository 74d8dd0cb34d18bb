"""Several workers resume at the step that all of them have."""

import numpy as np
import pytest

from ganzoo.runs import RunError, checkpoints, workers


class Model:
    """As far as a checkpoint looks at one."""

    def save_weights(self, file):
        file.write(b"weights")


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Checkpoints of this worker, and how the others stand."""

    def make(own, *others):
        def gathered(strategy, numbers):
            rows = [[*steps, *[-1] * (len(numbers) - len(steps))] for steps in others]
            return np.array([numbers, *rows])

        monkeypatch.setattr(workers, "num_workers", lambda _: 1 + len(others))
        monkeypatch.setattr(workers, "over_workers", gathered)
        for step in own:
            checkpoints.save(Model(), checkpoints.path(tmp_path, step))
        return checkpoints.of(tmp_path)

    return make


def steps(paths) -> list[int]:
    return [checkpoints.step(path) for path in paths]


@pytest.mark.parametrize(
    ("own", "others", "found", "left"),
    [
        ([10, 20], [[10, 20]], [20], [10, 20]),
        ([10, 20], [[0, 10]], [10], [10]),  # the other was killed while it saved
        ([0, 10], [[10, 20]], [10], [0, 10]),
        ([10, 20], [[10, 20], [0, 10]], [10], [10]),
        ([], [[]], [], []),
        ([0], [[]], [], []),  # killed at the very start
    ],
)
def test_the_newest_that_all_have_is_taken(saved, tmp_path, own, others, found, left):
    assert steps(workers.in_common(None, saved(own, *others))) == found
    assert steps(checkpoints.of(tmp_path)) == left


@pytest.mark.parametrize(
    ("own", "others", "told"),
    [
        ([10, 20], [[30, 40]], "worker 0 has steps 10, 20; worker 1 has steps 30, 40"),
        ([10, 20], [[]], "worker 0 has steps 10, 20; worker 1 has none"),
        ([], [[10], [10]], "worker 0 has none; worker 1 has steps 10; worker 2 has"),
    ],
)
def test_without_one_in_common_the_steps_are_named(saved, tmp_path, own, others, told):
    with pytest.raises(RunError, match=told) as caught:
        workers.in_common(None, saved(own, *others))
    assert "Copy the folder of one worker to the others" in str(caught.value)
    assert steps(checkpoints.of(tmp_path)) == own


def test_a_damaged_one_is_not_counted(saved):
    paths = saved([10, 20], [10, 20])
    content = bytearray(paths[1].read_bytes())
    content[0] ^= 1
    paths[1].write_bytes(content)
    assert steps(workers.in_common(None, paths)) == [10]


def test_one_worker_asks_nobody(saved):
    paths = saved([10, 20])
    assert workers.in_common(None, paths) == paths[::-1]
