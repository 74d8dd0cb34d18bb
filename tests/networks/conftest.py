"""What the tests of several networks ask of them."""

import math
import re

import keras
import pytest


def work(network: keras.Model) -> float:
    """Millions of multiplications and additions of a forward pass, for one image."""
    total = 0
    for layer in network.layers:
        inner = getattr(layer, "layer", layer)  # of a wrapper
        if isinstance(inner, keras.layers.Conv2DTranspose):
            places = math.prod(layer.input.shape[1:3])
        elif isinstance(inner, keras.layers.Conv2D):
            places = math.prod(layer.output.shape[1:3])
        elif isinstance(inner, keras.layers.Dense):
            places = 1
        else:
            continue
        total += 2 * places * math.prod(inner.kernel.shape)
    return total / 1e6


@pytest.fixture
def documented_work():
    """Returns builder -> [(width, MFLOP as its docstring says, MFLOP as counted)]."""

    def rows(build):
        text = re.sub(r"\s+", " ", build.__doc__)
        stated = re.findall(
            r"(\d+)(?:, as in the paper|, the paper's)?: ([\d.]+) MFLOP", text
        )
        return [
            (int(width), figure, work(build(width=int(width))))
            for width, figure in stated
        ]

    return rows
