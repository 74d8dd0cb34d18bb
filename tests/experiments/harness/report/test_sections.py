import pytest

from experiments.harness.report.run_report import spread
from experiments.harness.report.sections import images_and_hours, mean_and_spread


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


def test_images_add_up_by_steps_and_hours_by_epochs():
    epochs = [{"step": 58, "seconds": 1800.0}, {"step": 116, "seconds": 5400.0}]
    images, hours = images_and_hours(epochs, 1024)
    assert images == [59_392, 118_784]
    assert hours == [0.5, 2.0]


def test_the_spread_is_the_sample_standard_deviation():
    assert mean_and_spread([4.0, 6.0, 8.0], "{:.1f}") == "6.0 ± 2.0"
    assert mean_and_spread([4.0], "{:.1f}") == "4.0"
