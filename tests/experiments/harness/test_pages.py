import pytest

from experiments.harness import pages
from ganzoo.runs import reports


def test_an_excerpt_is_the_first_picture_and_table_and_the_command(tmp_path):
    parts = [
        "# A title",
        reports.table([{"system": "gan", "modes": 3}, {"system": "other", "modes": 8}]),
        "![Modes](figures/modes.png)",
        "![Later](figures/later.png)",
        reports.table([{"": "Command", " ": "`python -m experiments.x --seeds 2`"}]),
    ]
    (tmp_path / "report.md").write_text("\n\n".join(parts))
    assert pages.excerpt(tmp_path, "reports/x").split("\n\n") == [
        "`python -m experiments.x --seeds 2`:",
        "![Modes](reports/x/figures/modes.png)",
        parts[1],
        "More: [reports/x/report.md](reports/x/report.md).",
    ]


def test_an_excerpt_needs_a_table(tmp_path):
    (tmp_path / "report.md").write_text("# A title\n")
    with pytest.raises(ValueError, match="has no table"):
        pages.excerpt(tmp_path, "reports/x")


def test_text_goes_to_the_page_that_has_its_markers(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    empty = "a\n<!-- results: {} -->\n<!-- end -->\n"
    (tmp_path / "README.md").write_text(empty.format("table"))
    (tmp_path / "RESULTS.md").write_text(empty.format("speed"))
    assert pages.fill_in("speed", "fast").name == "RESULTS.md"
    assert "\nfast\n<!-- end" in (tmp_path / "RESULTS.md").read_text()
    assert pages.fill_in("table", "rows").name == "README.md"
    assert (tmp_path / "README.md").read_text().count("rows") == 1
    with pytest.raises(
        ValueError, match=r"Neither README.md nor RESULTS.md has a line"
    ):
        pages.fill_in("other", "text")
