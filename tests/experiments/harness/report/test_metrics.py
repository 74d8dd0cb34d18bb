import re

import pytest

from experiments import harness
from experiments.harness.report import metrics
from ganzoo.runs import Run

CARD = {
    "extractor": "inception_v3",
    "sha256": "a" * 64,
    "reference": "toy train",
    "reference_count": 50,
    "count": 20,
}


@pytest.fixture
def report(tmp_path):
    config = harness.GanConfig(output=str(tmp_path), dataset="toy")
    run = Run(tmp_path, {}, fingerprint="f")
    return lambda rows: (
        run.write_rows("history.csv", rows)
        or harness.RunReport(run, "T", config, None, None)
    )


def row(epoch: int, distance: float) -> dict[str, float]:
    return {"epoch": epoch, "frechet_distance": distance, "confident_share": 0.5}


def test_an_extractor_of_many_classes_leaves_no_fractions(report, tmp_path):
    page = report([row(1, 8.0), row(2, 4.0)])
    real = row(0, 0.5)
    metrics.metrics_by_epoch(page, real, CARD, ("a", "b"))
    text = page.write().read_text(encoding="utf-8")
    assert [path.stem for path in (tmp_path / "figures").iterdir()] == ["frechet"]
    assert "| 2 | 4.00 | 50.0% |" in text
    assert metrics.with_extremes(real) == real


@pytest.mark.parametrize(
    ("most", "shown"),
    [(None, [1, 2, 3, 4, 5, 6, 7]), (3, [1, 4, 7]), (9, [1, 2, 3, 4, 5, 6, 7])],
)
def test_of_many_epochs_the_table_has_some(report, most, shown):
    rows = [row(epoch, 8.0) for epoch in range(1, 8)]
    real = {"frechet_distance": 0.5}
    page = report(rows)
    metrics.metrics_by_epoch(page, real, CARD, ("a",), most=most)
    text = page.write().read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == shown
