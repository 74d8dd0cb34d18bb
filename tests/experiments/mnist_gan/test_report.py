import re

import numpy as np
import pytest

from experiments import harness, mnist_gan
from experiments.harness.report import metrics, write_report
from experiments.harness.report.metrics import FLOOR
from experiments.mnist_gan import report
from experiments.mnist_gan.report import trend
from ganzoo import data, plots
from ganzoo.files import read_json
from ganzoo.runs import Run

CARD = {
    "extractor": "mnist",
    "sha256": "a" * 64,
    "reference": "toy train",
    "reference_count": 60_000,
    "count": 10_000,
}


def toy(split: str) -> data.ImageSet:
    labels = np.arange(10, dtype=np.int32)
    images = np.zeros((10, 28, 28, 1), np.uint8)
    return data.ImageSet(images, labels, tuple("0123456789"), "toy", split)


def measures(distance: float) -> dict[str, float]:
    shares = {f"class_{k}": 0.1 for k in range(10)} | {"class_3": 0.06, "class_7": 0.14}
    return {
        "frechet_distance": distance,
        "confident_share": 0.75,
        "classifier_score": 8.5,
        "class_divergence": 0.01,
        **shares,
    }


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Writes the report of a made-up run; returns its text."""
    floor = metrics.with_extremes(measures(0.5))
    monkeypatch.setattr(metrics, "real_images", lambda *a: (floor, CARD))

    def write(epochs=3, reported="probability", drop=(), **settings) -> str:
        settings = {"ema_half_life": None} | settings
        folder = Run(tmp_path, settings, fingerprint="f" * 64)
        folder.record_start(0)
        config = mnist_gan.Config(**settings)
        values = {f"real_{reported}": 0.75, f"fake_{reported}": 0.25}
        steps = [
            {"step": n + 1, "epoch": n // 4 + 1, **values}
            | {"discriminator_loss": 1 + n / 8, "generator_loss": 1 - n / 64}
            for n in range(4 * epochs)
        ]
        history = [
            steps[4 * n + 3]
            | {"seconds": 1800, "images_per_second": 400 + n, "data_wait": 0.01}
            | (measures(40 / (n + 1)) if config.measure_samples else {})
            | ({"raw_frechet_distance": 77.0} if config.ema_half_life else {})
            for n in range(epochs)
        ]
        for row in history:
            for name in drop:
                del row[name]
        folder.write_rows("steps.csv", steps)
        folder.write_rows("history.csv", history)
        grid = np.zeros((8, 8, 1), np.uint8)
        names = [f"{k}_{n + 1:04d}" for k in ("epoch", "fresh") for n in range(epochs)]
        for name in ("reals", *names):
            plots.save_image(tmp_path / "samples" / f"{name}.png", grid)
        test = toy("test") if config.measure_samples else None
        data = harness.Data(config, toy("train"), test)
        write_report(report.REPORT, folder, config, data, None)
        return (tmp_path / "report.md").read_text(encoding="utf-8")

    return write


def check_figures(folder, text: str) -> set[str]:
    names = re.findall(r"!\[[^\]]+\]\(figures/(\w+)\.png\)", text)
    for name in names:
        assert (folder / "figures" / f"{name}.png").stat().st_size > 1000 or (
            name == "fresh"  # a copy of a tiny made-up grid
        )
    drawn = {path.stem for path in (folder / "figures").iterdir()}
    assert drawn == set(names)
    assert not re.search(r"\bnan\b|\binf\b|None", text, re.IGNORECASE)
    return drawn


def test_a_report_has_all_figures_tables_and_claims(tmp_path, written, capsys):
    text = written(epochs=3)
    assert check_figures(tmp_path, text) == {
        "samples", "fresh", "losses_by_epoch", "losses_by_step", "discriminator",
        "frechet", "classes",
    }  # fmt: skip
    assert "Fréchet distance 40.00 -> 13.33, a ratio of 0.333" in text
    assert f"({FLOOR}: 0.50)" in text
    assert f"75.0% after epoch 3 ({FLOOR}: 75.0%); of one digit alone: 14.0%" in text
    assert "classes 6.0% to 14.0%" in text
    assert "| 3 | 13.33 | 75.0% | 8.50 | 6.0% | 14.0% |" in text
    assert f"| {FLOOR} | 0.50 | 75.0% | 8.50 | 6.0% | 14.0% |" in text
    assert "the generator's raw weights" in text
    assert "10,000 images, extractor `mnist`" in text
    assert "401 images/s" in text
    assert "1.50 hours" in text
    assert "1.00% of" in text
    assert "D(real) 0.750, D(fake) 0.250 in the last epoch" in text
    assert capsys.readouterr().out == f"report: {tmp_path / 'report.md'}\n"
    assert read_json(tmp_path / "floor.json")["smallest_class"] == 0.06


def test_without_measures_the_rest_is_there(tmp_path, written):
    text = written(measure_samples=0)
    assert check_figures(tmp_path, text) == {
        "samples", "fresh", "losses_by_epoch", "losses_by_step", "discriminator",
    }  # fmt: skip
    assert "the generator's loss falls | falls: first epoch" in text
    assert "Fréchet" not in text


def test_one_epoch_has_a_report_without_trends(tmp_path, written):
    text = written(epochs=1, drop=("images_per_second", "data_wait"))
    check_figures(tmp_path, text)
    assert "1.375 in the only epoch: no trend" in text
    assert "images/s" not in text


def test_a_critic_has_scores(tmp_path, written):
    text = written(reported="score", loss="wasserstein", drop=("data_wait",))
    check_figures(tmp_path, text)
    assert "The discriminator's mean score" in text
    assert "D(real)" not in text
    assert "1/2" not in text
    assert "401 images/s" in text
    assert "waiting" not in text


def test_a_report_says_that_an_average_was_drawn(written):
    text = written(ema_half_life=1000.0)
    assert "the generator's averaged weights" in text
    assert "the generator's raw weights" not in text
    assert "by the raw weights 77.00 -> 77.00, a ratio of 1.000" in text
    assert "| epoch | Fréchet distance | of the raw weights | confident |" in text
    assert "| 3 | 13.33 | 77.00 | 75.0% |" in text
    assert f"| {FLOOR} | 0.50 |  | 75.0% |" in text


def test_an_old_report_is_replaced(tmp_path, written):
    written(epochs=2)
    assert "| 2 | 20.00 |" in written(epochs=2)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0, 2.0], "rises: first epoch 1.000, last epoch 2.000"),
        ([2.0, 9.0, 1.5], "falls: first epoch 2.000, last epoch 1.500"),
        ([2.0, 3.0, 2.0], "stays: first epoch 2.000, last epoch 2.000"),
        ([1.0, 2.0] * 5, "stays: first 2 epochs (mean) 1.500, last 2 epochs (mean) 1"),
        ([0.5], "0.500 in the only epoch: no trend"),
    ],
)
def test_a_trend_compares_the_first_fifth_with_the_last(values, expected):
    assert trend([{"x": value} for value in values], "x").startswith(expected)
