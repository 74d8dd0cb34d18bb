import numpy as np
import pytest

from experiments.harness import Benchmark
from experiments.harness.report import comparison
from ganzoo import plots
from ganzoo.runs.reports import Report

BENCHMARK = Benchmark("T", None, {}, {"distance": ("distance", "{:.1f}")})


def history(steps_per_epoch: int, *distances) -> list[dict]:
    """Rows of history.csv; None is an epoch that was not measured."""
    return [
        {"step": steps_per_epoch * (n + 1), "epoch": n + 1}
        | ({} if value is None else {"distance": value})
        for n, value in enumerate(distances)
    ]


@pytest.fixture
def drawn(tmp_path, monkeypatch):
    """Draws the curves of histories; returns what was drawn."""
    found = {}
    monkeypatch.setattr(
        plots,
        "curves",
        lambda path, x, series, **texts: found.update(x=list(x), **series, **texts),
    )

    def draw(histories) -> dict:
        comparison.training_curves(Report(tmp_path, "T"), BENCHMARK, histories)
        return found

    return draw


def test_curves_are_means_over_the_seeds_by_step(drawn):
    runs = {
        "a": [history(3, 1.0, None, 5.0), history(3, 3.0, None, 7.0)],
        "b": [history(3, 8.0, None, 4.0)],
    }
    found = drawn(runs)
    assert found["x"] == [3, 9]
    assert found["xlabel"] == "step"
    np.testing.assert_array_equal(found["a"], [2, 6])
    np.testing.assert_array_equal(found["b"], [8, 4])


def test_where_steps_are_of_different_sizes_curves_go_by_epoch(drawn):
    found = drawn({"a": [history(3, 1.0, 2.0)], "b": [history(5, 8.0, 4.0)]})
    assert found["x"] == [1, 2]
    assert found["xlabel"] == "epoch"


def test_a_curve_that_ends_before_the_others_has_nothing_after_its_end(drawn):
    found = drawn({"a": [history(3, 1.0)], "b": [history(3, 8.0, 4.0)]})
    assert found["x"] == [3, 6]
    np.testing.assert_array_equal(found["a"], [1, np.nan])
    np.testing.assert_array_equal(found["b"], [8, 4])


@pytest.mark.parametrize("other", [(None, None), (None, 1.0)])
def test_what_was_measured_at_other_epochs_has_no_curve(drawn, other):
    assert drawn({"a": [history(3, 1.0, 2.0)], "b": [history(3, *other)]}) == {}


def test_what_was_not_measured_has_an_empty_place_in_the_table():
    last = [rows[-1] for rows in ([*history(3, None)], [*history(3, None)])]
    row = comparison.table_row("a", last, BENCHMARK)
    assert row == {"variant": "a", "seeds": "2", "epochs": "1", "steps": "3"} | {
        "distance": ""
    }
    measured = comparison.table_row(
        "a", [*history(3, 4.0), *history(3, 6.0)], BENCHMARK
    )
    assert measured["distance"] == "5.0 ± 1.4"
