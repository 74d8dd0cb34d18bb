"""The truncation trick: the normal distribution, cut off, from the same noise."""

import dataclasses

import keras
import numpy as np
import pytest
from scipy import stats

from ganzoo.gans.codes import Codes
from ganzoo.zoo.conditionings import Drawings
from ganzoo.zoo.sampling import Sampler
from ganzoo.zoo.truncation import truncated

NOISE = np.random.default_rng(0).normal(size=200_000)


@pytest.mark.parametrize("threshold", [0.1, 0.7, 2.0])
def test_it_is_the_distribution_that_drawing_again_gives(threshold):
    found = truncated(NOISE, threshold)
    assert np.abs(found).max() <= threshold
    drawn = stats.truncnorm(-threshold, threshold)
    assert stats.kstest(found, drawn.cdf).pvalue > 0.01
    # In closed form: 1 - 2 t f(t) / (2 F(t) - 1), with density f, distribution F.
    density, distribution = stats.norm.pdf(threshold), stats.norm.cdf(threshold)
    variance = 1 - 2 * threshold * density / (2 * distribution - 1)
    assert found.var() == pytest.approx(variance, rel=0.01)


def test_each_value_keeps_its_sign_and_its_rank():
    some = NOISE[:1000]
    found = truncated(some, 0.5)
    np.testing.assert_array_equal(np.sign(found), np.sign(some))
    np.testing.assert_array_equal(np.argsort(found), np.argsort(some))


def test_far_out_it_changes_nothing_and_extremes_stay_finite():
    np.testing.assert_allclose(truncated(NOISE, 30.0), NOISE, rtol=1e-6, atol=1e-9)
    extreme = np.array([0.0, 9.0, -40.0, 40.0], np.float32)
    found = truncated(extreme, 0.7)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [0.0, 0.7, -0.7, 0.7], rtol=1e-6)


def test_a_sampler_cuts_the_noise_and_leaves_codes_and_order_alone():
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4, "tanh")])
    model.add(keras.layers.Reshape((2, 2, 1)))
    plain = Sampler(model, Codes((3,), 1))
    before = plain.inputs(50)[0].numpy()
    after = plain.truncated(0.3).inputs(50)[0].numpy()
    np.testing.assert_array_equal(after[:, 2:], before[:, 2:])
    np.testing.assert_allclose(after[:, :2], truncated(before[:, :2], 0.3), rtol=1e-5)
    few = plain.truncated(0.3).inputs(5)[0].numpy()
    np.testing.assert_allclose(few, after[:5], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_a_threshold_that_is_none_is_refused(threshold):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Reshape((1, 2, 1))])
    with pytest.raises(ValueError, match=r"truncation=.* must be above 0"):
        Sampler(model).truncated(threshold)


def test_a_refiner_has_no_noise_to_cut():
    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Rescaling(1.0)])
    with pytest.raises(ValueError, match="no noise to truncate"):
        dataclasses.replace(
            Sampler(model, conditioning=Drawings("source")), truncation=1.0
        )
