import re

import pytest

from experiments import sample_measures
from ganzoo.reports import Report

CARD = {
    "extractor": "inception_v3",
    "sha256": "a" * 64,
    "reference": "toy train",
    "reference_count": 50,
    "count": 20,
}


def row(epoch: int, distance: float) -> dict[str, float]:
    return {"epoch": epoch, "frechet_distance": distance, "confident_share": 0.5}


def test_an_extractor_of_many_classes_leaves_no_shares(tmp_path):
    report = Report(tmp_path, "T")
    real = row(0, 0.5)
    sample_measures.section(
        report, [row(1, 8.0), row(2, 4.0)], real, CARD, ("a", "b"), "raw"
    )
    text = report.write().read_text(encoding="utf-8")
    assert [path.stem for path in (tmp_path / "figures").iterdir()] == ["frechet"]
    assert "| 2 | 4.00 | 50.0% |" in text
    assert sample_measures.with_extremes(real) == real


@pytest.mark.parametrize(
    ("most", "shown"),
    [(None, [1, 2, 3, 4, 5, 6, 7]), (3, [1, 4, 7]), (9, [1, 2, 3, 4, 5, 6, 7])],
)
def test_of_many_epochs_the_table_has_some(tmp_path, most, shown):
    report = Report(tmp_path, "T")
    rows = [row(epoch, 8.0) for epoch in range(1, 8)]
    real = {"frechet_distance": 0.5}
    sample_measures.section(report, rows, real, CARD, ("a",), "raw", most=most)
    text = report.write().read_text(encoding="utf-8")
    assert [int(n) for n in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == shown
