import importlib
import json

import numpy as np
import pytest
from sklearn.metrics.pairwise import polynomial_kernel

from ganzoo.metrics import kernel_distance, squared_discrepancy

# The package's attribute of this name is the function.
module = importlib.import_module("ganzoo.metrics.kernel_distance")


def samples(count, dimensions=6, seed=0, shift=0.0):
    random = np.random.default_rng(seed)
    return random.normal(shift, 1, (count, dimensions)).astype("float32")


def by_scikit_learn(first, second):
    """The textbook estimate, of sets that have no sample in common."""
    first, second = first.astype(float), second.astype(float)
    kernel = {"degree": 3, "gamma": None, "coef0": 1}
    within = [polynomial_kernel(one, one, **kernel) for one in (first, second)]
    means = [k[~np.eye(len(k), dtype=bool)].mean() for k in within]
    return sum(means) - 2 * polynomial_kernel(first, second, **kernel).mean()


@pytest.mark.parametrize("shift", [0.0, 0.3, 3.0])
def test_discrepancy_is_that_of_scikit_learns_kernel(shift):
    first, second = samples(40), samples(55, seed=1, shift=shift)
    expected = by_scikit_learn(first, second)
    assert squared_discrepancy(first, second) == pytest.approx(expected, rel=1e-9)


def test_discrepancy_of_two_points_each_is_worked_out_by_hand():
    first, second = np.array([[1.0, 1], [3, 1]]), np.array([[0.0, 0], [2, 0]])
    # (x.y / 2 + 1)^3: within 3^3 and 1^3; across 1, 2^3, 1, 4^3
    expected = 27 + 1 - 2 * (1 + 8 + 1 + 64) / 4
    assert squared_discrepancy(first, second) == pytest.approx(expected, rel=1e-15)


def test_blocks_change_nothing(monkeypatch):
    first, second = samples(40), samples(55, seed=1)
    whole = squared_discrepancy(first, second)
    monkeypatch.setattr(module, "_ROWS", 7)
    assert squared_discrepancy(first, second) == pytest.approx(whole, rel=1e-11)


def test_discrepancy_of_one_distribution_is_zero_on_average():
    estimates = [
        squared_discrepancy(samples(20, 3, seed), samples(30, 3, seed + 1000))
        for seed in range(400)
    ]
    error = np.std(estimates) / 20
    assert abs(np.mean(estimates)) < 3 * error
    biased = 2 * np.mean((np.sum(samples(1000, 3) ** 2, axis=1) / 3 + 1) ** 3) / 30
    assert error < biased / 10  # the mean over all pairs would be seen


def test_discrepancy_of_normal_distributions_is_that_of_their_moments():
    """In one dimension k is made of the products of the moments 1 to 3."""
    draw = np.random.default_rng(0).normal
    estimates = [
        squared_discrepancy(draw(0, 1, (500, 1)), draw(0.5, 1, (500, 1)))
        for _ in range(40)
    ]
    # E k(x, y) = 1 + 3 m1 m1' + 3 m2 m2' + m3 m3', and the squared discrepancy is the
    # sum of the squared differences, with m1 = 0.5, m2 = 1.25, m3 = 0.5^3 + 3 * 0.5.
    expected = 3 * 0.5**2 + 3 * 0.25**2 + 1.625**2
    error = np.std(estimates) / np.sqrt(40)
    assert np.mean(estimates) == pytest.approx(expected, abs=3 * error)
    assert error < expected / 10


@pytest.mark.parametrize("copies", [False, True])
def test_a_set_is_at_no_distance_from_itself_in_any_order(copies):
    one = samples(60, seed=3) + 5
    if copies:
        one[10:30] = one[0]
    shuffled = one[np.random.default_rng(0).permutation(60)]
    scale = np.mean((np.sum(one**2, axis=1) / 6 + 1) ** 3)
    assert abs(squared_discrepancy(one, shuffled)) < 1e-12 * scale
    found = kernel_distance(one, shuffled, subsets=5, subset_size=20)
    assert abs(found.kernel_distance) < 1e-12 * scale
    assert found.kernel_distance_spread < 1e-12 * scale


@pytest.mark.parametrize("swapped", [False, True])
def test_a_common_sample_is_not_compared_with_itself(swapped):
    first, second = samples(5).astype(float), samples(4, seed=1).astype(float)
    second[2] = second[3] = first[3]  # of two copies, one pair counts
    kernel = (first @ second.T / 6 + 1) ** 3
    across = (kernel.sum() - kernel[3, 2]) / 19
    within = []
    for one in (first, second):
        own = (one @ one.T / 6 + 1) ** 3
        within.append(own[~np.eye(len(own), dtype=bool)].mean())
    pair = (second, first) if swapped else (first, second)
    assert squared_discrepancy(*pair) == pytest.approx(
        sum(within) - 2 * across, rel=1e-9
    )


def test_halves_that_share_samples_have_no_bias():
    """Drawn of one pool, with a third in common."""
    estimates = []
    for seed in range(300):
        pool = samples(50, 3, seed)
        estimates.append(squared_discrepancy(pool[:30], pool[20:]))
    assert abs(np.mean(estimates)) < 3 * np.std(estimates) / np.sqrt(300)


def test_order_changes_nothing():
    first, second = samples(60), samples(50, seed=1, shift=0.2)
    second[:10] = first[:10]
    second[20] = second[21]
    found = kernel_distance(first, second, subsets=6, subset_size=20)
    random = np.random.default_rng(5)
    again = kernel_distance(
        random.permutation(first), random.permutation(second), subsets=6, subset_size=20
    )
    assert again.scalars() == pytest.approx(found.scalars(), rel=1e-9)


def test_rounding_of_the_features_changes_no_more_than_rounding():
    """As another batch size in the extractor may."""
    first, second = samples(60), samples(50, seed=1, shift=0.2)
    found = kernel_distance(first, second, subsets=6, subset_size=20)
    nudged = first * (1 + 1e-7 * samples(60, seed=9))
    assert not np.array_equal(nudged, first)
    again = kernel_distance(nudged, second, subsets=6, subset_size=20)
    assert again.scalars() == pytest.approx(found.scalars(), rel=1e-4)


@pytest.mark.parametrize("copies", [1, 3])
def test_mean_and_spread_are_those_of_subsets_drawn_without_replacement(copies):
    first, second = (
        np.repeat(samples(30 // copies, seed=seed, shift=seed / 2), copies, axis=0)
        for seed in (0, 1)
    )
    found = kernel_distance(first, second, subsets=400, subset_size=10)
    random = np.random.default_rng(0)
    drawn = [
        by_scikit_learn(
            first[random.permutation(30)[:10]], second[random.permutation(30)[:10]]
        )
        for _ in range(400)
    ]
    spread = np.std(drawn)
    assert found.kernel_distance_spread == pytest.approx(spread, rel=0.2)
    # The mean of all subsets is the estimate of the whole sets.
    whole = squared_discrepancy(first, second)
    assert found.kernel_distance == pytest.approx(whole, abs=4 * spread / 20)


def test_subsets_of_the_whole_sets_have_their_value_and_no_spread():
    first, second = samples(20), samples(20, seed=1)
    found = kernel_distance(first, second, subsets=3, subset_size=20)
    whole = squared_discrepancy(first, second)
    assert found.kernel_distance == pytest.approx(whole, rel=1e-9)
    assert found.kernel_distance_spread == pytest.approx(0, abs=1e-12)


def test_seed_sets_the_subsets():
    first, second = samples(60), samples(50, seed=1)
    one, same, other = (
        kernel_distance(first, second, subsets=4, subset_size=9, seed=seed)
        for seed in (-1, -1, 7)
    )
    assert one == same
    assert one.kernel_distance != other.kernel_distance


def test_discrepancy_grows_as_the_distributions_part():
    parted = [
        squared_discrepancy(samples(200), samples(200, seed=1, shift=shift))
        for shift in (0.0, 0.3, 0.6)
    ]
    assert parted == sorted(parted)


def test_card_says_how_it_was_measured():
    found = kernel_distance(
        samples(30),
        samples(20, seed=1),
        subsets=3,
        subset_size=9,
        card={"samples": "x"},
    )
    assert found.card == {
        "samples": "x",
        "subsets": 3,
        "subset_size": 9,
        "subset_seed": 0,
        "count": 30,
        "reference_features": 20,
    }
    assert found.count == 30
    assert set(found.scalars()) == {"kernel_distance", "kernel_distance_spread"}
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


@pytest.mark.parametrize(
    ("features", "options", "message"),
    [
        (samples(1), {}, "features: at least 2 samples are needed, got 1"),
        (samples(30)[0], {}, r"shape \(n, d\), got \(6,\)"),
        (samples(30, 5), {}, "5 dimensions .* reference of 6"),
        (samples(30) * np.inf, {}, "30 of 30 vectors hold NaN or infinity"),
        (samples(15), {}, "subset_size of at most 15"),
        (samples(30), {"subset_size": 1}, "subset_size=1 samples"),
        (samples(30), {"subsets": 1}, "subsets=1 of"),
    ],
)
def test_what_has_no_distance_is_refused(features, options, message):
    options = {"subset_size": 20} | options
    with pytest.raises(ValueError, match=message), np.errstate(invalid="ignore"):
        kernel_distance(features, samples(20, seed=1), **options)
