"""MIND: closed forms, invariances, and the published formula."""

import numpy as np
import pytest

import tests.benchmarks  # noqa: F401  first: it keeps triton out of torch
from ganzoo import metrics
from ganzoo.metrics.sliced import sliced_wasserstein


def normal(count: int, size: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, size)).astype("f4")


def by_formula(first, second, directions) -> float:
    """3 d / (n M) sum of squared differences of sorted projections, in float64."""
    total = 0.0
    for direction in directions:
        along = [sorted(float(row @ direction) for row in s) for s in (first, second)]
        total += sum((a - b) ** 2 for a, b in zip(*along, strict=True))
    return 3 * first.shape[1] * total / (len(first) * len(directions))


def test_it_is_the_formula(record_property):
    directions = normal(7, 4, 0).astype("f8")
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    first, second = normal(30, 4, 1), 2 * normal(30, 4, 2) + 1
    expected = by_formula(first.astype("f8"), second.astype("f8"), directions)
    found = sliced_wasserstein(first, second, directions)
    values = expected, found, abs(found - expected)
    record_property("equality", ("its formula, in float64", "MIND", *values))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("count", [(300, 300), (300, 200)])
def test_it_is_torch_fidelitys(count):
    reference = pytest.importorskip("torch_fidelity.metric_mind")
    torch = pytest.importorskip("torch")
    first, second = normal(count[0], 12, 3), 1.5 * normal(count[1], 12, 4) + 0.5
    found = reference.mind_features_to_metric(
        torch.tensor(first),
        torch.tensor(second),
        mind_num_projections=64,
        rng_seed=5,
        cuda=False,
        verbose=False,
    )
    random = torch.Generator().manual_seed(5)
    if count[0] != count[1]:
        first = first[torch.randperm(count[0], generator=random)[: count[1]].numpy()]
    directions = torch.randn(64, 12, generator=random).numpy()
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    ours = sliced_wasserstein(first, second, directions)
    assert ours == pytest.approx(found[reference.KEY_METRIC_MIND], rel=1e-4)


def test_of_a_shift_it_is_three_times_the_squared_distance_of_the_means():
    first = normal(400, 8, 6)
    shift = np.arange(8, dtype="f4")
    # The mean of u u^T over the sphere is I / d.
    found = metrics.mind(first, first + shift, directions=20_000).mind
    assert found == pytest.approx(3 * np.sum(shift**2), rel=0.03)


def test_of_a_scaling_it_is_that_of_normal_distributions():
    # W2 of N(0, 1) and N(0, s^2) is (s - 1)^2, in every direction.
    found = metrics.mind(normal(20_000, 5, 7), 3 * normal(20_000, 5, 8))
    assert found.mind == pytest.approx(3 * 5 * (3 - 1) ** 2, rel=0.03)


def test_it_is_a_distance_of_sets():
    first, second = normal(200, 6, 9), normal(200, 6, 10) + 1
    assert metrics.mind(first, first[::-1]).mind == 0
    there, back = metrics.mind(first, second).mind, metrics.mind(second, first).mind
    assert there == pytest.approx(back, rel=1e-6)
    assert metrics.mind(first, second, seed=1).mind == pytest.approx(there, rel=0.1)


def test_the_card_says_how_it_was_computed():
    found = metrics.mind(
        normal(50, 3, 0), normal(40, 3, 1), directions=9, seed=2, card={"of": "x"}
    )
    assert found.card == {
        "of": "x",
        "directions": 9,
        "directions_seed": 2,
        "count": 50,
        "reference_features": 40,
        "compared": 40,
    }
    assert found.scalars() == {"mind": found.mind}
    assert found.to_dict()["count"] == 50


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(ValueError, match="directions=0 must be at least 1"):
        metrics.mind(normal(5, 3, 0), normal(5, 3, 1), directions=0)
    with pytest.raises(ValueError, match="features of 3 dimensions cannot"):
        metrics.mind(normal(5, 3, 0), normal(5, 4, 1))
    with pytest.raises(ValueError, match="NaN"):
        metrics.mind(np.full((5, 3), np.nan), normal(5, 3, 1))
