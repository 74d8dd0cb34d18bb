"""Mixed precision: bfloat16 trains like float32, float16 is refused."""

import keras
import numpy as np
import pytest

import ganzoo
from ganzoo import layers


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_mixed_bfloat16_trains_close_to_float32(update, tiny_gan, tiny_batches):
    case = {
        "update": update,
        "networks": {"norm": layers.BatchNormalization, "dropout": layers.Dropout},
        "compiled": {"penalty": ganzoo.penalties.R1(1.0)},
        "ema_half_life": 30.0,
    }
    expected = tiny_gan(**case).fit(tiny_batches(), verbose=0).history
    keras.config.set_dtype_policy("mixed_bfloat16")
    gan = tiny_gan(**case)
    dense = gan.discriminator.layers[-1]
    assert (dense.compute_dtype, dense.variable_dtype) == ("bfloat16", "float32")
    logs = gan.fit(tiny_batches(), verbose=0).history
    for name, values in expected.items():
        np.testing.assert_allclose(logs[name], values, rtol=0.05, atol=0.05)
    assert gan.generate(2).dtype == np.float32


def test_mixed_float16_is_refused_at_construction(tiny_gan):
    keras.config.set_dtype_policy("mixed_float16")
    with pytest.raises(ValueError, match=r"float16.*Use 'mixed_bfloat16'"):
        tiny_gan()
