import dataclasses

import pytest

from ganzoo.data import DataError
from ganzoo.data.house_numbers import RICH, SOURCE, STYLES, Style

PLAIN = Style("plain")


def test_rich_varies_all_that_source_does_and_everything_else():
    still = {field.name for field in dataclasses.fields(Style)}
    for style, kept in ((SOURCE, 1), (RICH, 0)):
        same = {name for name in still if getattr(style, name) == getattr(PLAIN, name)}
        assert bool(same) == kept, same
    assert STYLES == {"source": SOURCE, "rich": RICH}


@pytest.mark.parametrize(
    ("ranges", "message"),
    [
        ({"height": (0.9, 0.5)}, r"height=\(0.9, 0.5\) .* 'plain' .* at least 0.1"),
        ({"height": (0.0, 0.5)}, "height=.* at least 0.1"),
        ({"noise": (-0.1, 0.5)}, "noise=.* at least 0"),
        ({"rotation": (0, float("nan"))}, r"rotation=.* range \(lowest, highest\)\."),
        ({"rotation": 5}, "rotation=5 .* range"),
        ({"rotation": (1, 2, 3)}, "rotation=.* range"),
        ({"plate": 1.1}, "plate=1.1 .* fraction .* 0 to 1"),
        ({"plate": None}, "plate=None .* fraction"),
        ({"digits": (0, 3)}, "digits=.* whole numbers .* 1 to 5"),
        ({"digits": (1, 6)}, "digits=.* whole numbers .* 1 to 5"),
        ({"digits": (1.0, 2.0)}, "digits=.* whole numbers"),
    ],
)
def test_wrong_ranges_and_fractions_are_refused(ranges, message):
    with pytest.raises(DataError, match=message):
        dataclasses.replace(PLAIN, **ranges)
