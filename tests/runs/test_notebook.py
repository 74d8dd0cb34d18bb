import numpy as np
import pytest

from ganzoo.runs import notebook
from ganzoo.runs.reports import Report


@pytest.fixture
def folder(tmp_path):
    report = Report(tmp_path, "A run")
    report.text("Before.")
    report.figure("losses", "Losses (by step)").parent.mkdir()
    report.table([{"epoch": 1, "picture": "![x](figures/no.png)"}])
    report.figure("samples", "Samples")
    report.write()
    return tmp_path


def test_a_report_is_cut_at_its_figures_and_nothing_is_lost(folder):
    first, losses, between, samples, last = notebook.parts(folder)
    assert first == "# A run\n\nBefore."
    assert losses == folder / "figures" / "losses.png"
    assert between.startswith("*Losses (by step)*\n\n| epoch | picture |")
    assert "![x](figures/no.png)" in between  # no paragraph of its own: no figure
    assert samples == folder / "figures" / "samples.png"
    assert last == "*Samples*"


def test_a_run_without_a_report_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="the run has not ended"):
        notebook.parts(tmp_path)


@pytest.mark.parametrize("channels", [1, 3])
def test_enlarged_pixels_are_squares(channels):
    picture = np.arange(6 * channels, dtype=np.uint8).reshape(2, 3, channels)
    found = np.asarray(notebook.enlarged(picture, 3)).reshape(6, 9, channels)
    np.testing.assert_array_equal(found, picture.repeat(3, 0).repeat(3, 1))


def test_a_notebook_is_shown_every_part_and_the_images_as_one_grid(folder, monkeypatch):
    display = pytest.importorskip("IPython.display", reason="needs IPython")
    shown = []
    monkeypatch.setattr(display, "display", shown.append)
    monkeypatch.setattr(display, "Image", lambda filename: filename)
    notebook.show_report(folder)
    assert [type(part).__name__ for part in shown] == [
        *("Markdown", "str") * 2,
        "Markdown",
    ]
    assert shown[1] == str(folder / "figures" / "losses.png")
    notebook.show_images(np.zeros((4, 5, 5, 1), np.uint8), columns=4, scale=2)
    assert shown[-1].size == (2 * (4 * 7 + 2), 2 * (5 + 4))
