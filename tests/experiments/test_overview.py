"""The README's table of experiments comes out of the committed reports."""

from pathlib import Path

import pytest

from experiments import numbers, overview
from ganzoo import zoo

ROOT = Path(__file__).parents[2]


def result(name="", **found) -> numbers.Result:
    return numbers.Result(name, {"epochs": 7}, 1, found)


def test_the_readmes_table_is_that_of_the_committed_reports():
    table = overview.overview(numbers.published(ROOT / "reports"))
    assert table in (ROOT / "README.md").read_text(encoding="utf-8")


def test_numbers_stand_where_the_words_ask_for_them():
    published = {
        "one": [result(**{"last/share": 0.256})],
        "two": [result("a", modes=8.0), result("b-c", modes=3.0)],
    }
    words = "{one|last/share|.0%} of {two.a|modes|.0f}, not {two.b-c|modes|.1f}"
    assert overview.filled(words, published) == "26% of 8, not 3.0"
    assert overview.filled("after {two.a|epochs|d}", published) == "after 7"
    assert overview.filled("{three|modes|.0f}", published) is None


@pytest.mark.parametrize("words", ["{two.d|modes|.0f}", "{two.a|share|.0f}"])
def test_a_number_that_a_report_lacks_is_told_by_name(words):
    with pytest.raises(ValueError, match=r"reports/two has no '(d|share)'"):
        overview.filled(words, {"two": [result("a", modes=8.0)]})


def test_every_generator_of_the_zoo_is_some_experiments():
    named = [name for row in overview.ROWS for name in row.zoo]
    assert sorted(named) == sorted(zoo.names())
