"""What the page says about a generator."""

import keras
import pytest

from ganzoo import zoo
from ganzoo.explorer import about
from ganzoo.gans.codes import Codes
from ganzoo.zoo.sampling import Sampler


def dense(size: int) -> keras.Model:
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((size,)), layers.Dense(16), layers.Reshape((4, 4, 1))]
    )


def test_a_users_own_generator_is_told_by_its_inputs():
    said = about.text("own.keras", Sampler(dense(6), Codes((3,), 1))).splitlines()
    assert said == [
        "- **Pictures**: 4 x 4 pixels, in gray",
        "- **What it needs**: 2 random numbers, the noise; codes, which mean something "
        "that training has found by itself",
        "- **Size**: 112 weights (numbers that training has found)",
    ]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "mnist_m_conditional",
            ["one of 10 classes", "pictures of mnist_m"],
        ),
        ("multi_digit_mnist", ["a class and a box for each object", "56 minutes on 2"]),
        ("mnist_m_refiner", ["a drawn picture, which it makes look real"]),
        ("mnist_infogan", ["**Fréchet distance**: 0.37", "**Known faults**: Neater"]),
    ],
)
def test_one_of_the_zoo_is_told_by_its_card(name, words):
    said = about.text(name, zoo.sampler(name))
    for word in words:
        assert word in said
    assert "Known faults" in said
