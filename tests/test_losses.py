import re

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import losses

LOGITS = np.array(
    [-1000.0, -100.0, -20.0, -5.0, -1.0, -0.1, 0.0, 0.1, 1.0, 5.0, 20.0, 100.0, 1000.0]
)
# Every logit of a real image against every logit of a generated one.
REAL, FAKE = (grid.ravel() for grid in np.meshgrid(LOGITS, LOGITS))


def softplus(x):
    return np.logaddexp(0.0, x)


def sigmoid(x):
    return np.exp(-softplus(-x))


# name -> (discriminator, generator), written from the papers in float64.
FORMULAS = {
    "minimax": (
        lambda r, f: softplus(-r) + softplus(f),
        lambda r, f: -softplus(f),
    ),
    "non_saturating": (
        lambda r, f: softplus(-r) + softplus(f),
        lambda r, f: softplus(-f),
    ),
    "least_squares": (
        lambda r, f: 0.5 * (r - 1) ** 2 + 0.5 * f**2,
        lambda r, f: 0.5 * (f - 1) ** 2,
    ),
    "hinge": (
        lambda r, f: np.maximum(0, 1 - r) + np.maximum(0, 1 + f),
        lambda r, f: -f,
    ),
    "wasserstein": (lambda r, f: f - r, lambda r, f: -f),
    "absolute_error": (
        lambda r, f: np.abs(0 - sigmoid(-r)) + sigmoid(f),
        lambda r, f: 1 - np.abs(1 - sigmoid(-f)),
    ),
    "relativistic": (lambda r, f: softplus(f - r), lambda r, f: softplus(r - f)),
    "zero_sum": (
        lambda r, f: softplus(-r) + softplus(f),
        lambda r, f: -softplus(-r) - softplus(f),
    ),
}


def gradients(loss, real, fake):
    """Per-example gradients (dD/dr, dD/df, dG/df)."""
    real, fake = tf.constant(real, tf.float32), tf.constant(fake, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([real, fake])
        discriminator = loss.discriminator(real, fake)
        generator = loss.generator(real, fake)
    sources = [(discriminator, real), (discriminator, fake), (generator, fake)]
    return [tape.gradient(y, x).numpy() for y, x in sources]


def test_every_loss_has_a_formula_here():
    assert set(losses.names()) == set(FORMULAS)


@pytest.mark.parametrize("name", losses.names())
def test_loss_equals_the_formula_of_its_paper_at_every_pair_of_logits(name):
    loss = losses.get(name)
    discriminator, generator = FORMULAS[name]
    for actual, formula in (
        (loss.discriminator(REAL, FAKE), discriminator),
        (loss.generator(REAL, FAKE), generator),
    ):
        expected = formula(REAL, FAKE)
        assert actual.dtype == tf.float32
        assert actual.shape == REAL.shape
        assert np.isfinite(actual).all()
        np.testing.assert_allclose(actual, expected, rtol=2e-6, atol=1e-30)


@pytest.mark.parametrize("name", losses.names())
def test_gradients_are_finite_for_huge_logits(name):
    for gradient in gradients(losses.get(name), REAL, FAKE):
        assert np.isfinite(gradient).all()


@pytest.mark.parametrize("name", losses.names())
def test_gradient_equals_finite_differences_of_the_formula(name):
    real = np.array([-2.3, -0.4, 0.3, 1.7])
    fake = np.array([0.6, -1.9, 2.2, -0.2])
    discriminator, generator = FORMULAS[name]
    h = 1e-5
    expected = [
        (discriminator(real + h, fake) - discriminator(real - h, fake)) / (2 * h),
        (discriminator(real, fake + h) - discriminator(real, fake - h)) / (2 * h),
        (generator(real, fake + h) - generator(real, fake - h)) / (2 * h),
    ]
    for actual, formula in zip(
        gradients(losses.get(name), real, fake), expected, strict=True
    ):
        np.testing.assert_allclose(actual, formula, atol=1e-5)


@pytest.mark.parametrize("name", losses.names())
def test_column_logits_give_the_same_as_flat_ones(name):
    loss = losses.get(name)
    for function in (loss.discriminator, loss.generator):
        flat = function(REAL, FAKE)
        column = function(REAL[:, None], FAKE[:, None])
        mixed = function(REAL[:, None], FAKE)
        assert column.shape == mixed.shape == flat.shape
        np.testing.assert_array_equal(column, flat)
        np.testing.assert_array_equal(mixed, flat)


@pytest.mark.parametrize("name", losses.names())
def test_patch_logits_give_each_examples_mean_over_its_patches(name):
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 3, 7, 5, 1))
    discriminator, generator = FORMULAS[name]
    loss = losses.get(name)
    for function, formula in (
        (loss.discriminator, discriminator),
        (loss.generator, generator),
    ):
        actual = function(real, fake)
        assert actual.shape == (3,)
        np.testing.assert_allclose(
            actual, formula(real, fake).mean(axis=(1, 2, 3)), rtol=1e-5
        )


@pytest.mark.parametrize("name", losses.names())
def test_bfloat16_logits_are_reckoned_in_float32(name):
    loss = losses.get(name)
    real = tf.constant([0.7, -3.3, 9.1], tf.bfloat16)
    fake = tf.constant([-1.2, 4.7, 0.3], tf.bfloat16)
    for function in (loss.discriminator, loss.generator):
        expected = function(tf.cast(real, tf.float32), tf.cast(fake, tf.float32))
        actual = function(real, fake)
        assert actual.dtype == tf.float32
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("name", losses.names())
def test_losses_are_the_same_compiled_by_xla(name):
    loss = losses.get(name)
    real, fake = tf.constant(REAL, tf.float32), tf.constant(FAKE, tf.float32)
    for function in (loss.discriminator, loss.generator):
        compiled = tf.function(function, jit_compile=True)
        np.testing.assert_allclose(
            compiled(real, fake), function(real, fake), rtol=1e-5, atol=1e-30
        )


@pytest.mark.parametrize("name", losses.names())
def test_generator_needs_real_logits_only_where_the_loss_says_so(name):
    loss = losses.get(name)
    if loss.generator_uses_real:
        with pytest.raises((TypeError, ValueError)):
            loss.generator(None, FAKE)
    else:
        np.testing.assert_array_equal(
            loss.generator(None, FAKE), loss.generator(REAL, FAKE)
        )


@pytest.mark.parametrize("name", losses.names())
def test_networks_pull_the_fake_logit_in_opposite_directions(name):
    """The discriminator raises r and lowers f, the generator raises f.

    For scores between the targets of least squares and within the margins of hinge.
    """
    real, fake = np.array([0.2, 0.7, 0.5]), np.array([0.9, 0.4, 0.1])
    d_real, d_fake, g_fake = gradients(losses.get(name), real, fake)
    assert (d_real < 0).all()
    assert (d_fake > 0).all()
    assert (g_fake < 0).all()


def test_minimax_generator_maximises_what_the_discriminator_minimizes():
    loss = losses.minimax()
    _, d_fake, g_fake = gradients(loss, REAL, FAKE)
    np.testing.assert_allclose(g_fake, -d_fake)


def test_non_saturating_gradient_is_the_minimax_one_times_the_odds():
    """d softplus(-f) / df = -s(-f) and d -softplus(f) / df = -s(f): ratio exp(-f)."""
    fake = np.array([-6.0, -1.0, 0.0, 1.0, 6.0])
    *_, minimax = gradients(losses.minimax(), fake, fake)
    *_, non_saturating = gradients(losses.non_saturating(), fake, fake)
    np.testing.assert_allclose(non_saturating, minimax * np.exp(-fake), rtol=1e-5)
    assert (np.sign(minimax) == np.sign(non_saturating)).all()


def test_value_of_the_model_at_its_equilibrium_is_minus_log_4():
    """Goodfellow et al. 2014, theorem 1: D = 1/2 everywhere, V = -log 4."""
    for name in ("minimax", "non_saturating"):
        loss = losses.get(name)
        np.testing.assert_allclose(
            loss.discriminator([0.0], [0.0]), [2 * np.log(2)], rtol=1e-6
        )
    np.testing.assert_allclose(losses.minimax().generator(None, [0.0]), -np.log(2))
    np.testing.assert_allclose(losses.relativistic().generator([0.3], [0.3]), np.log(2))
    np.testing.assert_allclose(losses.hinge().discriminator([0.0], [0.0]), 2)
    np.testing.assert_allclose(losses.absolute_error().discriminator([0.0], [0.0]), 1)


def test_best_logit_of_the_cross_entropy_is_the_log_ratio_of_the_densities():
    """Goodfellow et al. 2014, proposition 1: D* = p / (p + q), logit log(p / q)."""
    p, q = 0.7, 0.2
    best = np.log(p / q)
    d_real, d_fake, _ = gradients(losses.non_saturating(), [best], [best])
    np.testing.assert_allclose(p * d_real + q * d_fake, 0, atol=1e-7)


def test_best_score_of_least_squares_is_the_weighted_mean_of_the_targets():
    """Mao et al. 2017, eq. 5: D* = (b p + a q) / (p + q)."""
    a, b, c = -1.0, 1.0, 0.0
    loss = losses.least_squares(a, b, c)
    p, q = 0.7, 0.2
    best = (b * p + a * q) / (p + q)
    d_real, d_fake, _ = gradients(loss, [best], [best])
    np.testing.assert_allclose(p * d_real + q * d_fake, 0, atol=1e-7)
    np.testing.assert_allclose(loss.discriminator([b], [a]), 0)
    np.testing.assert_allclose(loss.generator(None, [c]), 0)


def test_least_squares_generator_aims_at_the_real_target_unless_told():
    np.testing.assert_allclose(losses.least_squares(-1, 2).generator(None, [2.0]), 0)


def test_least_squares_refuses_equal_targets():
    with pytest.raises(ValueError, match=r"fake_target and real_target are both 1\.0"):
        losses.least_squares(1.0, 1.0)


def test_hinge_is_flat_beyond_the_margin():
    loss = losses.hinge()
    d_real, d_fake, _ = gradients(loss, [1.5], [-1.5])
    assert loss.discriminator([1.5], [-1.5]) == d_real == d_fake == 0


def test_absolute_error_measures_the_probability_of_being_synthetic():
    """A sure and right discriminator has loss 0, a sure and wrong one 2; G = 1 - D."""
    loss = losses.absolute_error()
    np.testing.assert_allclose(loss.discriminator([1000.0], [-1000.0]), 0)
    np.testing.assert_allclose(loss.discriminator([-1000.0], [1000.0]), 2)
    fake = np.array([-3.0, 0.5, 2.0])
    synthetic = sigmoid(-fake)
    np.testing.assert_allclose(
        loss.generator(None, fake), 1 - np.abs(1 - synthetic), rtol=1e-6
    )


def test_absolute_error_saturates_on_either_side():
    """The sigmoid's slope s (1 - s) is all that is left of every gradient."""
    logits = np.array([-30.0, -8.0, -1.0, 0.0, 2.0, 9.0, 30.0])
    slope = sigmoid(logits) * sigmoid(-logits)
    found = gradients(losses.absolute_error(), logits, logits)
    for gradient, sign in zip(found, (-1, 1, -1), strict=True):
        np.testing.assert_allclose(gradient, sign * slope, rtol=1e-4, atol=1e-7)
    assert slope.max() == 0.25
    # A generator that is found out hardly learns; by the non-saturating loss it does.
    *_, saturated = gradients(losses.absolute_error(), [-8.0], [-8.0])
    *_, steep = gradients(losses.non_saturating(), [-8.0], [-8.0])
    assert abs(saturated[0]) < 4e-4
    assert abs(steep[0]) > 0.99


def test_relativistic_depends_on_differences_of_paired_logits_only():
    loss = losses.relativistic()
    real, fake = np.array([1.0, -2.0]), np.array([0.5, 3.0])
    np.testing.assert_allclose(
        loss.discriminator(real + 7, fake + 7), loss.discriminator(real, fake)
    )
    np.testing.assert_allclose(
        loss.discriminator(real, fake), loss.generator(fake, real)
    )


def test_probability_is_the_sigmoid_of_a_logit_and_absent_for_scores():
    with_probability = {n for n in losses.names() if losses.get(n).probability}
    assert with_probability == {
        "minimax",
        "non_saturating",
        "absolute_error",
        "zero_sum",
    }
    actual = losses.non_saturating().probability(tf.constant(LOGITS[:, None]))
    assert actual.shape == LOGITS.shape
    np.testing.assert_allclose(actual, sigmoid(LOGITS), rtol=1e-6, atol=1e-30)
    assert losses.probability(tf.zeros([4, 1], tf.bfloat16)).dtype == tf.float32


def test_probability_and_score_average_over_patches():
    patches = np.random.default_rng(1).normal(size=(4, 3, 3, 1))
    mean = patches.mean(axis=(1, 2, 3))
    np.testing.assert_allclose(losses.score(patches), mean, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(
        losses.probability(patches), sigmoid(patches).mean(axis=(1, 2, 3)), rtol=1e-5
    )


def test_get_passes_a_loss_through():
    loss = losses.least_squares(-1.0, 1.0, 0.0)
    assert losses.get(loss) is loss


def test_name_of_a_loss_is_the_name_it_is_found_by():
    assert all(losses.get(name).name == name for name in losses.names())


@pytest.mark.parametrize("unknown", ["wgan", "", None, 3])
def test_unknown_loss_is_refused_naming_the_accepted_ones(unknown):
    message = re.escape(f"Unknown loss {unknown!r}.")
    with pytest.raises(ValueError, match=message) as error:
        losses.get(unknown)
    assert all(name in str(error.value) for name in losses.names())


def test_logits_without_a_batch_axis_are_refused():
    with pytest.raises(ValueError, match="no known batch axis"):
        losses.hinge().generator(None, 1.0)


def test_batches_of_different_sizes_are_refused_instead_of_broadcast():
    with pytest.raises(ValueError, match=r"\(4, 1\).*\(1, 1\)"):
        losses.wasserstein().discriminator(np.zeros([4, 1]), np.zeros([1, 1]))


@pytest.mark.parametrize("name", losses.names())
def test_in_a_zero_sum_game_one_network_wins_what_the_other_loses(name):
    loss, plain = losses.zero_sum(name), losses.get(name)
    won, lost = loss.generator(REAL, FAKE), loss.discriminator(REAL, FAKE)
    np.testing.assert_array_equal(won, -np.asarray(lost))
    np.testing.assert_array_equal(lost, plain.discriminator(REAL, FAKE))
    assert loss.generator_uses_real
    assert loss.name.startswith("zero_sum")
