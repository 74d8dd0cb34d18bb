import pytest

from experiments.sections import spread


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (1, [1]),
        (2, [1, 2]),
        (4, [1, 2, 3, 4]),
        (5, [1, 2, 3, 4, 5]),
        (50, [1, 13, 26, 38, 50]),
    ],
)
def test_epochs_are_spread_from_the_first_to_the_last(last, expected):
    assert spread(last) == expected
