import re

import pytest

from ganzoo.runs import Run, provenance, reports
from ganzoo.runs.reports import Report

TWO = [{"epoch": 1, "loss": 0.5}, {"epoch": 2}]


def test_a_table_has_the_columns_of_its_first_row():
    assert reports.table(TWO).splitlines() == [
        "| epoch | loss |",
        "| --- | --- |",
        "| 1 | 0.5 |",
        "| 2 |  |",
    ]


def test_a_report_is_its_parts_in_order_with_figures_beside_it(tmp_path):
    report = Report(tmp_path, "Title")
    report.heading("Images")
    path = report.figure("grid", "Some images")
    report.table(TWO)
    report.text("The end.")
    assert path == tmp_path / "figures" / "grid.png"
    assert report.write() == tmp_path / "report.md"
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.startswith("# Title\n\n## Images\n\n![Some images](figures/grid.png)\n")
    assert text.endswith(f"{reports.table(TWO)}\n\nThe end.\n")


def test_the_provenance_names_command_settings_data_and_machine(tmp_path):
    config = {
        "output": "/home/me/run",
        "data_dir": "/sets",
        "rate": 0.5,
        "ema": None,
    }
    run = Run(tmp_path, config, fingerprint="f" * 64)
    run.record_start(0)
    run.record_start(1234)
    report = Report(tmp_path, "Title")
    report.provenance(run)
    text = report.write().read_text(encoding="utf-8")
    assert "| Settings | rate = 0.5 |" in text
    assert "f" * 64 in text
    assert "/home/me" not in text
    assert "/sets" not in text
    assert re.search(r"Started \| \d{4}-\d\d-\d\d, resumed after step 1,234 \|", text)
    assert "CPU" in text
    assert "tensorflow" in text
    assert "None" not in text


def test_the_command_is_the_one_that_asked_last(tmp_path, monkeypatch):
    run = Run(tmp_path, {}, fingerprint="f")
    for epochs in (20, 8):  # the second one finds nothing left to train
        monkeypatch.setattr(provenance, "command", lambda n=epochs: f"train {n}")
        if epochs == 20:
            run.record_start(0)
        run.record_command()
    report = Report(tmp_path, "Title")
    report.provenance(run)
    assert "| Command | `train 8` |" in report.write().read_text(encoding="utf-8")


def test_a_run_started_once_was_not_resumed(tmp_path):
    run = Run(tmp_path, {}, fingerprint="f")
    run.record_start(0)
    report = Report(tmp_path, "Title")
    report.provenance(run)
    assert "resumed" not in report.write().read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        ("python -m x --epochs 2", "python -m x --epochs 2"),
        ("python -m x --data-dir /a/b/tfds", "python -m x --data-dir tfds"),
        ("python -m x --data-dir=/a/b/tfds", "python -m x --data-dir=tfds"),
        ("python -m x --output ~/runs/y", "python -m x --output y"),
        ("python -m x --output runs/y -s 3", "python -m x --output runs/y -s 3"),
        ("python -m x --output=../a/y/", "python -m x --output=../a/y"),
        ("python /home/me/train.py --seed 3", "python train.py --seed 3"),
    ],
)
def test_a_shown_command_has_no_folders_of_the_machine(command, shown):
    assert reports.shown_command(command) == shown


def test_a_report_says_when_a_run_resumed_and_on_which_backends_if_on_several():
    starts = [{"time": "2026-11-30T12:00:00"}, {"step": 1200}]
    assert reports._starts(starts[:1]) == "2026-11-30"
    assert reports._starts(starts) == "2026-11-30, resumed after step 1,200"
    starts = [*starts, {"step": 2400, "backend": "jax"}]
    assert reports._starts(starts) == (
        "2026-11-30 on tensorflow, resumed after step 1,200 on tensorflow, 2,400 on jax"
    )
