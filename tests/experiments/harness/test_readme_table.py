"""The tables of experiments in the READMEs come out of the committed reports."""

from pathlib import Path

import pytest

from experiments.harness import Row, discover, readme_table
from experiments.harness.results import Result
from ganzoo import zoo

ROOT = Path(__file__).parents[3]


def result(name="", **found) -> Result:
    return Result(name, {"epochs": 7}, 1, found)


def test_every_table_is_that_of_the_committed_reports(monkeypatch):
    monkeypatch.chdir(ROOT)
    pages = readme_table.tables()
    with_rows = [one for one in discover.papers() if readme_table.rows_of(one)]
    assert len(pages) == len(with_rows) + 2
    assert len(with_rows) >= len(discover.papers()) - 1
    for page, (marker, table) in pages.items():
        text = page.read_text(encoding="utf-8")
        assert f"<!-- results: {marker} -->\n{table}\n<!-- end -->" in text, page


def test_numbers_stand_where_the_words_ask_for_them():
    published = {
        "one": [result(**{"last/share": 0.256})],
        "two": [result("a", modes=8.0), result("b-c", modes=3.0)],
    }
    words = "{one|last/share|.0%} of {two.a|modes|.0f}, not {two.b-c|modes|.1f}"
    assert readme_table.filled(words, published) == "26% of 8, not 3.0"
    assert readme_table.filled("after {two.a|epochs|d}", published) == "after 7"
    assert readme_table.filled("{three|modes|.0f}", published) is None


def test_the_table_says_how_many_seeds_the_numbers_are_means_over():
    published = {
        "one": [result(modes=1.0)],
        "more": [
            Result("a", {}, 5, {"modes": 8.0}),
            Result("b", {}, 3, {"modes": 3.0}),
        ],
    }
    row = Row("command", "document", "source", "{one|modes|.0f}, not measured")
    assert "| 1, not measured (one seed; [report](" in readme_table.table(
        [row], published
    )
    for words, said in (
        ("{more.a|modes|d}", "5 seeds"),
        ("{more.a|modes|d} {more.b|modes|d}", "3 to 5 seeds"),
        ("{one|modes|d} {more.a|modes|d}", "1 to 5 seeds"),
    ):
        assert readme_table.seeds(words, published) == said
    row = Row("command", "document", "source", "{missing|modes|.0f}")
    assert "| not yet trained |" in readme_table.table([row], published)


@pytest.mark.parametrize("words", ["{two.d|modes|.0f}", "{two.a|share|.0f}"])
def test_a_number_that_a_report_lacks_is_told_by_name(words):
    with pytest.raises(ValueError, match=r"reports/two has no '(d|share)'"):
        readme_table.filled(words, {"two": [result("a", modes=8.0)]})


def test_every_generator_of_the_zoo_is_some_experiments():
    named = [
        name
        for one in discover.papers()
        for row in readme_table.rows_of(one)
        for name in row.zoo
    ]
    assert sorted(named) == sorted(zoo.names())
