import dataclasses
import re
import runpy
from pathlib import Path

import pytest

from experiments import multi_digit_mnist
from experiments.harness import publish
from experiments.harness.report import comparison
from experiments.multi_digit_mnist import benchmark
from ganzoo import boxes, data, zoo
from ganzoo.files import read_json
from ganzoo.runs import RunError
from ganzoo.zoo import catalog


@pytest.fixture(scope="module")
def finished(tiny, without_graphs_at_all):
    """A run of two epochs: its folder and its settings."""
    config = tiny()
    return multi_digit_mnist.run(config), config


def figures_of(folder: Path, text: str) -> set[str]:
    """The figures of a report, each of which is there."""
    names = re.findall(r"!\[[^\]]+\]\(figures/(\w+)\.png\)", text)
    assert {path.stem for path in (folder / "figures").iterdir()} == set(names)
    return set(names)


FIGURES = {
    "unseen", "seen", "numbers", "background", "accuracy", "frechet_distance",
    "duplicate_share", "spread", "samples", "fresh", "losses_by_epoch",
    "losses_by_step", "discriminator",
}  # fmt: skip


def test_a_run_leaves_all_figures_and_measures(finished):
    folder, _ = finished
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    assert figures_of(folder.path, report) == FIGURES
    assert not re.search(r"\bnan\b|\binf\b|None", report.partition("## What was")[0])
    rows = folder.rows("history.csv")
    assert [row["step"] for row in rows] == [3, 6]
    for row in rows:
        shares = [row[f"{name}_accuracy"] for name in ("seen", "unseen", "moved")]
        assert all(0 <= share <= 1 for share in shares)
        assert {key for key, _ in benchmark.COLUMNS.values()} <= row.keys()
    final = read_json(folder.path / "final.json")
    assert final["step"] == 6
    assert final["card"]["count"] == 12 * 4
    for row in (final["generated"], final["real"]):
        assert {f"digits_{n}_accuracy" for n in range(1, 5)} <= row.keys()
        assert row["spread"] > 0
        assert row["frechet_distance"] > 0
    assert final["real"]["unseen_ink_outside"] == 0
    for words in ("new label orders", "4 digits anywhere", "268,435,456"):
        assert words in report
    first = report.index("![Figure 2: new label orders (1-9-8-6")
    assert first < report.index("| label orders from training |")


def test_a_finished_run_is_only_reported_again_and_a_longer_one_goes_on(finished):
    folder, config = finished
    rows, stamp = folder.rows("history.csv"), folder.path / "final.json"
    report = (folder.path / "report.md").read_text(encoding="utf-8")
    before = stamp.stat().st_mtime_ns
    (folder.path / "report.md").unlink()
    again = multi_digit_mnist.run(config)
    assert again.rows("history.csv") == rows
    assert (folder.path / "report.md").read_text(encoding="utf-8") == report
    assert stamp.stat().st_mtime_ns == before
    with pytest.raises(RunError, match=r"label_scale: 10\.0 -> 2\.0"):
        multi_digit_mnist.run(dataclasses.replace(config, label_scale=2.0))


def test_a_benchmark_says_in_what_its_variants_differ(finished, tmp_path):
    folders = {"ours": [finished[0].path], "ours-joint": [finished[0].path]}
    folder = comparison.write(tmp_path, 1, benchmark.BENCHMARK, folders)
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "| ours-joint | joint = True |" in report
    assert "| real test images |" in report
    assert "unseen orders" in report


def test_the_generator_finds_its_way_into_the_zoo_and_draws(
    finished, tmp_path, monkeypatch
):
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("<!-- results: m -->\n<!-- end -->\n")
    publish.publish(
        publish.Config(
            run=str(finished[0].path), name="m", kind="multi_digit", zoo="boxes"
        )
    )
    card = zoo.card("boxes")
    assert card["title"].startswith("Digits in boxes of noise, first 40, 6 steps")
    assert card["weights"] == "averaged"
    assert card["layout"]["max_objects"] == 4
    assert card["measures"]["images"] == 12
    assert "unseen_accuracy" in card["measures"]
    assert "float16" in card["measures"]["card"]["samples"]
    readme = (tmp_path / "README.md").read_text()
    assert "new label orders" in readme
    assert "figures/unseen.webp" in readme
    assert zoo.draw("boxes", [7, 3], boxes.grid(2), 2).shape == (2, 16, 16, 1)
    for order in card["layout"]["labels"]:
        assert tuple(order) not in data.SEEN_ORDERS


@pytest.mark.slow
def test_a_smoke_run_of_a_variant_by_its_name(
    small, noise_digits, tmp_path, monkeypatch
):
    paper = multi_digit_mnist.PAPER
    smoke = dataclasses.replace(paper.commands[""].load(), smoke=small | {"epochs": 1})
    tiny = dataclasses.replace(paper, commands={"": smoke})
    monkeypatch.setattr(multi_digit_mnist, "PAPER", tiny)
    words = ["source", "--smoke", "--dataset", noise_digits, "--no-deterministic"]
    output = str(tmp_path / "run")
    monkeypatch.setattr("sys.argv", ["multi_digit_mnist", *words, "--output", output])
    runpy.run_module("experiments.multi_digit_mnist", run_name="__main__")
    config = read_json(Path(output) / "config.json")
    assert config["joint"]
    assert config["conditioning"] == "input"
    assert config["size"] == 16
    assert (Path(output) / "report.md").exists()
