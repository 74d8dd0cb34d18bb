"""Codes: layout, draws, and the bound of the information against closed forms."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ganzoo.gans.codes import Codes
from ganzoo.random import StepRandom

SEVERAL = Codes((3, 4), 2)


def drawn(codes, count, seed=0):
    return codes.draw(count, StepRandom.root(seed)).numpy()


def test_sizes_are_those_of_the_paper():
    codes = Codes()
    assert (len(codes), codes.size, codes.parameters) == (3, 12, 14)
    fixed = Codes(stddev=1.0)
    assert (fixed.size, fixed.parameters) == (12, 12)


def test_codes_lie_categorical_first_as_ones_and_zeros():
    rows = drawn(SEVERAL, 2000)
    assert (rows.shape, rows.dtype) == ((2000, 9), np.float32)
    for part in (rows[:, :3], rows[:, 3:7]):
        assert set(np.unique(part)) == {0.0, 1.0}
        np.testing.assert_array_equal(part.sum(axis=1), 1.0)
    assert np.abs(rows[:, 7:]).max() <= 1.0


def test_codes_are_uniform_and_independent():
    rows = drawn(SEVERAL, 20_000)
    np.testing.assert_allclose(rows[:, :3].mean(0), 1 / 3, atol=0.015)
    np.testing.assert_allclose(rows[:, 3:7].mean(0), 1 / 4, atol=0.015)
    for column in rows[:, 7:].T:
        assert stats.kstest(column, "uniform", (-1, 2)).pvalue > 1e-3
    correlations = np.corrcoef(rows[:, [0, 3, 7, 8]].T) - np.eye(4)
    assert np.abs(correlations).max() < 0.03


def test_row_i_is_a_function_of_key_and_i():
    root = StepRandom.root(4)
    whole = SEVERAL.draw(8, StepRandom(root.key)).numpy()
    parts = [SEVERAL.draw(4, StepRandom(root.key, shard)).numpy() for shard in (0, 1)]
    np.testing.assert_array_equal(np.concatenate(parts), whole)


# -------------------------------------------------------------------------- information


def parameters_of(generator, codes, count=6):
    return generator.normal(size=(count, codes.parameters)).astype("float32")


@pytest.mark.parametrize("stddev", [None, 0.5])
def test_information_is_the_log_density_plus_the_entropy(stddev):
    codes = Codes((3, 4), 2, stddev)
    rows = drawn(codes, 6)
    parameters = parameters_of(np.random.default_rng(0), codes)
    values = codes.information(tf.constant(parameters), tf.constant(rows))

    categorical = math.log(3) + math.log(4)
    for first, size in ((0, 3), (3, 4)):
        logits = parameters[:, first : first + size].astype(float)
        odds = np.exp(logits)
        probabilities = odds / odds.sum(axis=1, keepdims=True)
        hot = rows[:, first : first + size]
        categorical = categorical + np.log((probabilities * hot).sum(axis=1))
    np.testing.assert_allclose(
        values["categorical_information"], categorical, rtol=1e-5, atol=1e-6
    )

    means = parameters[:, 7:9]
    stddevs = np.exp(parameters[:, 9:11]) if stddev is None else stddev
    density = stats.norm.logpdf(rows[:, 7:9], means, stddevs)
    np.testing.assert_allclose(
        values["continuous_information"],
        (density + math.log(2)).sum(axis=1),
        rtol=1e-5,
        atol=1e-6,
    )


def test_information_of_certain_and_right_classes_is_their_entropy():
    codes = Codes((10,), 0)
    rows = drawn(codes, 50)
    found = codes.information(tf.constant(50.0 * rows), tf.constant(rows))
    np.testing.assert_allclose(
        found["categorical_information"], math.log(10), atol=1e-5
    )
    assert set(found) == {"categorical_information"}


def test_information_of_an_ignorant_network_is_at_most_nothing():
    """Its best answer is the prior: 0 for classes, below 0 for the Gaussian."""
    codes = Codes((10,), 1, stddev=1 / math.sqrt(3))  # a uniform code's own
    rows = drawn(codes, 20_000)
    found = codes.information(tf.zeros([20_000, 11]), tf.constant(rows))
    np.testing.assert_allclose(found["categorical_information"], 0, atol=1e-6)
    # KL of the uniform density to the Gaussian of its moments.
    expected = math.log(2) - 0.5 * math.log(2 * math.pi * math.e / 3)
    mean = found["continuous_information"].numpy().mean()
    np.testing.assert_allclose(mean, expected, atol=0.01)
    assert expected < 0


def test_information_is_float32_whatever_the_network_computes_in():
    parameters = tf.zeros([2, SEVERAL.parameters], tf.bfloat16)
    found = SEVERAL.information(parameters, tf.constant(drawn(SEVERAL, 2)))
    assert {value.dtype for value in found.values()} == {tf.float32}


def test_posterior_reads_the_same_layout():
    parameters = parameters_of(np.random.default_rng(1), SEVERAL)
    posterior = SEVERAL.posterior(parameters)
    assert [p.shape for p in posterior.probabilities] == [(6, 3), (6, 4)]
    for probabilities, first in zip(posterior.probabilities, (0, 3), strict=True):
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)
        size = probabilities.shape[1]
        expected = parameters[:, first : first + size].argmax(axis=1)
        np.testing.assert_array_equal(probabilities.argmax(axis=1), expected)
    np.testing.assert_array_equal(posterior.means, parameters[:, 7:9])
    np.testing.assert_allclose(
        posterior.stddevs, np.exp(parameters[:, 9:11]), rtol=1e-6
    )
    fixed = Codes((), 2, stddev=0.3).posterior(parameters[:, :2])
    assert fixed.probabilities == ()
    np.testing.assert_allclose(fixed.stddevs, 0.3, rtol=1e-6)


# ------------------------------------------------------------------------ chosen values


def test_chosen_codes_replace_the_drawn_ones_and_no_others():
    rows = drawn(SEVERAL, 4)
    fixed = rows.copy()
    SEVERAL.fix(fixed, {1: 2, 3: [-2.0, 0.0, 0.5, 2.0]})
    np.testing.assert_array_equal(fixed[:, 3:7], np.tile([0, 0, 1, 0], (4, 1)))
    np.testing.assert_array_equal(fixed[:, 8], [-2.0, 0.0, 0.5, 2.0])
    others = [0, 1, 2, 7]
    np.testing.assert_array_equal(fixed[:, others], rows[:, others])
    SEVERAL.fix(fixed, {0: np.array([0, 1, 2, 0])})
    np.testing.assert_array_equal(fixed[:, :3].argmax(axis=1), [0, 1, 2, 0])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({4: 0.0}, "no code 4; there are codes 0 to 3, of which the first 2"),
        ({0: 3}, "Code 0 is categorical, with the values 0 to 2; received 3"),
        ({0: 0.5}, "values 0 to 2; received 0.5"),
        ({1: [0, 1, 2, -1]}, "values 0 to 3"),
        ({2: [0.0, 1.0]}, "for each of 4"),
    ],
)
def test_values_that_no_code_has_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        SEVERAL.fix(drawn(SEVERAL, 4), values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((1,),), "holds 1; .* at least 2"),
        (((2.5,),), "holds 2.5"),
        (((), -1), "continuous=-1 must be"),
        (((), 0), "leave no code to learn"),
        (((2,), 1, 0.0), "stddev=0.0 must be above 0"),
    ],
)
def test_impossible_codes_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Codes(*arguments)
