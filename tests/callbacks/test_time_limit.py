import types

import pytest

from ganzoo import callbacks


def ended(run, hours: float, seconds: float) -> bool:
    limit = callbacks.TimeLimit(run, hours)
    limit.set_model(types.SimpleNamespace(stop_training=False))
    limit.on_epoch_end(0, {"seconds": seconds})
    return limit.model.stop_training


def test_it_ends_with_the_epoch_that_reaches_the_hours_of_all_sittings(run):
    assert not ended(run, 0.5, 1799.0)
    assert ended(run, 0.5, 1800.0)
    rows = [{"step": n, "epoch": n, "seconds": 700.0} for n in (1, 2)]
    run.append_rows("history.csv", rows)
    assert callbacks.TimeLimit(run, 0.5).seconds_left == pytest.approx(400.0)
    assert not ended(run, 0.5, 399.0)
    assert ended(run, 0.5, 400.0)


def test_a_resumed_run_without_that_column_has_all_its_time(run):
    run.append_rows("history.csv", [{"step": 1, "epoch": 1}])
    assert callbacks.TimeLimit(run, 1.0).seconds_left == 3600.0
