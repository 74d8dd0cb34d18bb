"""What configurations accept, written down without TensorFlow, is what there is."""

import pytest

from experiments.gan_variants.compare_config import VARIANTS
from experiments.gan_variants.config import GENERATORS
from experiments.multi_digit_mnist import config as multi_digit
from experiments.svhn_training_images.config import STYLES
from ganzoo import networks
from ganzoo.data import backgrounds, house_numbers, placement
from ganzoo.networks import layout


@pytest.mark.parametrize(
    ("written", "there"),
    [
        (multi_digit.BACKGROUNDS, backgrounds.BACKGROUNDS),
        (multi_digit.PLACEMENTS, placement.PLACEMENTS),
        (multi_digit.CONDITIONINGS, layout.CONDITIONINGS),
        (STYLES, tuple(house_numbers.STYLES)),
    ],
)
def test_the_words_are_those_of_the_code(written, there):
    assert tuple(written) == tuple(there)


def test_generators_and_benchmarks_are_there():
    from experiments.gan_variants.benchmarks import BENCHMARKS
    from experiments.gan_variants.ring import MIXTURES

    assert set(GENERATORS.values()) <= set(networks.__all__)
    assert {name: one.variants for name, one in BENCHMARKS.items()} == VARIANTS
    assert tuple(MIXTURES) == ("ring", "grid")
