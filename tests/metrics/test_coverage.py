import json

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from ganzoo.metrics import distances, prdc


def samples(count, dimensions=4, seed=0, shift=0.0):
    random = np.random.default_rng(seed)
    return random.normal(shift, 1, (count, dimensions)).astype("float32")


def by_scikit_learn(features, reference, k):
    """By trees of neighbors, one ball at a time; no ties."""
    features, reference = features.astype(float), reference.astype(float)

    def radii(points):
        tree = NearestNeighbors(algorithm="kd_tree").fit(points)
        return tree.kneighbors(points, n_neighbors=k + 1)[0][:, k]

    def members(centers, points):
        """For each center the points in its ball."""
        tree = NearestNeighbors(algorithm="kd_tree").fit(points)
        return [
            tree.radius_neighbors(center[None], radius, return_distance=False)[0]
            for center, radius in zip(centers, radii(centers), strict=True)
        ]

    of_real, of_fake = members(reference, features), members(features, reference)
    return {
        "precision": len(set(np.concatenate(of_real))) / len(features),
        "recall": len(set(np.concatenate(of_fake))) / len(reference),
        "density": sum(map(len, of_real)) / (k * len(features)),
        "coverage": np.mean([len(found) > 0 for found in of_real]),
    }


@pytest.mark.parametrize("k", [1, 3, 5])
@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_measures_are_those_of_scikit_learns_neighbors(k, shift):
    features, reference = samples(70, seed=1, shift=shift), samples(90)
    found = prdc(features, reference, neighbors=k).scalars()
    assert found == pytest.approx(by_scikit_learn(features, reference, k), rel=1e-12)
    assert 0 < found["precision"] < 1
    assert 0 < found["recall"] < 1


def test_measures_on_a_line_are_counted_by_hand():
    reference = np.array([[0.0], [1], [3], [10]])  # radii 1, 1, 2, 7 to the nearest
    features = np.array([[0.5], [2.5], [4], [40]])  # radii 2, 1.5, 1.5, 36
    found = prdc(features, reference, neighbors=1)
    # 0.5 in the balls of 0 and 1; 2.5 in that of 3; 4 in those of 3 and 10
    assert found.precision == 3 / 4
    assert found.density == 5 / 4
    assert found.coverage == 1.0
    # 0, 1 are in the ball of 0.5; 3 in that of 2.5; 10 in that of 40
    assert found.recall == 1.0


def test_the_same_set_twice_is_perfect_in_any_order():
    one = samples(50) + 100  # far from the origin: rounding decides nothing
    shuffled = one[np.random.default_rng(0).permutation(50)]
    for k in (1, 5):
        found = prdc(shuffled, one, neighbors=k).scalars()
        assert found == dict.fromkeys(("precision", "recall", "density", "coverage"), 1)


def test_an_edge_is_an_edge_in_spite_of_rounding():
    one = samples(200).astype(float)
    nudged = one * (1 + 1e-15 * samples(200, seed=1).astype(float))
    assert np.mean(nudged != one) > 0.5
    assert prdc(nudged, one).density == prdc(one, nudged).density == 1


def test_the_same_pixels_twice_are_perfect_although_distances_tie():
    grid = np.stack(np.meshgrid(range(5), range(5)), axis=-1).reshape(-1, 2)
    found = prdc(grid, grid, neighbors=4)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    # The fourth neighbor is at 1 inside, at the root of 2 on the rim, at 2 in corners;
    # on the edge of the ball, it is not counted.
    rims = np.sum((grid == 0) | (grid == 4), axis=1)
    squared = np.sum((grid[:, None] - grid) ** 2, axis=2)
    inside = (squared < np.array([1, 2, 4])[rims][:, None]) | (squared == 0)
    assert found.density == inside.sum() / (4 * 25) < 1


def test_copies_are_neighbors_at_no_distance():
    copied = np.repeat(samples(10), 6, axis=0)
    found = prdc(copied, copied, neighbors=5)
    # Radius 0, which the six equal ones are within.
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    assert found.density == 6 / 5
    apart = prdc(copied + 1e-3, copied, neighbors=5)
    assert apart.scalars() == dict.fromkeys(apart.scalars(), 0)


def test_copies_but_for_rounding_are_copies():
    copied = np.repeat(samples(10), 6, axis=0)
    nudged = copied * np.float32(1 + 2e-7)
    assert np.mean(nudged != copied) > 0.5
    assert prdc(nudged, copied, neighbors=5).density == 6 / 5


def test_a_collapsed_generator_has_precision_without_recall_or_coverage():
    reference = samples(200)
    collapsed = reference[:1] + np.float32(1e-3) * samples(200, seed=1)
    found = prdc(collapsed, reference)
    assert found.precision == 1
    assert found.recall < 0.02
    assert found.coverage < 0.1


def test_outliers_of_the_data_raise_precision_but_hardly_density():
    """Naeem et al. 2020, section 3.1: an outlier's ball takes in everything near."""
    reference = samples(100, 2)
    reference[0] = 30
    fake = samples(100, 2, seed=1, shift=4)
    found = prdc(fake, reference, neighbors=3)
    assert found.precision > 0.95
    assert found.density < 0.5
    assert found.coverage < 0.1


def test_two_draws_of_one_distribution_have_the_expected_density_and_coverage():
    k, n, m = 3, 60, 40
    found = [
        prdc(samples(m, 3, seed), samples(n, 3, seed + 1000), neighbors=k)
        for seed in range(150)
    ]
    # A feature is as likely as any other sample to be among the k nearest; a reference
    # is not covered if its k nearest of all are references.
    missed = np.prod([(n - i) / (n + m - i) for i in range(1, k + 1)])
    for name, expected in (("density", 1.0), ("coverage", 1 - missed)):
        values = [getattr(one, name) for one in found]
        error = np.std(values) / np.sqrt(len(values))
        assert np.mean(values) == pytest.approx(expected, abs=3 * error)
        assert error < 0.02


def test_order_and_blocks_change_nothing(monkeypatch):
    features, reference = samples(70, seed=1), samples(90)
    reference[:7] = features[:7]
    reference[20:30] = reference[20]
    found = prdc(features, reference)
    random = np.random.default_rng(0)
    shuffled = random.permutation(features), random.permutation(reference)
    assert prdc(*shuffled) == found
    monkeypatch.setattr(distances, "_PAIRS", 200)
    assert prdc(features, reference) == found


def test_moving_and_scaling_the_space_changes_nothing():
    features, reference = samples(70, seed=1), samples(90)
    turn = np.linalg.qr(samples(4, 4, seed=5))[0]
    moved = (1e3 * one.astype(float) @ turn + 1e9 for one in (features, reference))
    assert prdc(*moved).scalars() == prdc(features, reference).scalars()


def test_blocks_hold_no_more_pairs_than_asked_for():
    sizes = [part.stop - part.start for part in distances.blocks(10_000, 10_000)]
    assert max(sizes) * 10_000 <= 2**21
    assert len(sizes) * sizes[0] >= 10_000


def test_card_says_how_it_was_measured():
    found = prdc(samples(30), samples(20, seed=1), neighbors=3, card={"samples": "x"})
    assert found.card == {
        "samples": "x",
        "neighbours": 3,
        "count": 30,
        "reference_features": 20,
    }
    assert found.count == 30
    assert json.loads(json.dumps(found.to_dict())) == found.to_dict()


@pytest.mark.parametrize(
    ("features", "k", "message"),
    [
        (samples(5), 5, "features: at least 6 samples are needed, got 5"),
        (samples(30), 20, "reference: at least 21 samples are needed, got 20"),
        (samples(30), 0, "neighbors=0 must be at least 1"),
        (samples(30, 3), 5, "3 dimensions .* reference of 4"),
        (samples(30)[0], 5, r"shape \(n, d\)"),
        (samples(30) * np.nan, 5, "30 of 30 vectors hold NaN"),
    ],
)
def test_what_cannot_be_measured_is_refused(features, k, message):
    with pytest.raises(ValueError, match=message):
        prdc(features, samples(20, seed=1), neighbors=k)
