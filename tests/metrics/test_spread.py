"""Intervals by leaving out parts cover as often, and are as wide, as they should."""

import numpy as np
import pytest

from ganzoo import metrics
from ganzoo.metrics import coverage, frechet
from ganzoo.metrics.kernel_distance import discrepancy_without
from ganzoo.metrics.spread import divided, half_width


def test_parts_are_disjoint_and_of_the_same_size():
    parts = divided(103, 10, 3)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(103))
    assert {len(part) for part in parts} == {10, 11}
    again = divided(103, 10, 3)
    assert all(np.array_equal(*pair) for pair in zip(parts, again, strict=True))
    assert not np.array_equal(divided(103, 10, 4)[0], parts[0])


def test_of_a_mean_it_is_the_textbooks_by_the_means_of_the_parts():
    values = np.random.default_rng(0).normal(size=60)
    parts = divided(60)
    means = [values[part].mean() for part in parts]
    expected = 2.262 * np.std(means, ddof=1) / np.sqrt(10)
    found = half_width([np.delete(values, part).mean() for part in parts])
    assert found == pytest.approx(expected, rel=1e-3)


def test_the_interval_of_a_mean_covers_it_in_95_of_100_cases():
    random = np.random.default_rng(0)
    covered = 0
    for seed in range(1000):
        values = random.exponential(2.0, 200)
        left_out = [np.delete(values, part).mean() for part in divided(200, seed=seed)]
        covered += abs(values.mean() - 2.0) < half_width(left_out)
    assert 920 < covered < 975


def without(measure, features, parts) -> list[float]:
    return [measure(np.delete(features, part, axis=0)) for part in parts]


def test_it_is_as_wide_as_the_measures_of_other_samples_differ():
    """Of distances, and of what grows with the number of samples, as coverage does."""
    random = np.random.default_rng(1)
    real = random.normal(size=(600, 4))
    gaussian = metrics.statistics(real)
    distance = frechet.frechet_to(gaussian)
    radii = coverage.squared_radii(real)
    found: dict[str, list[float]] = {}
    widths: dict[str, list[float]] = {}
    for seed in range(40):
        features = 1.1 * random.normal(size=(200, 4)) + 0.5
        parts = divided(200, seed=seed)
        values = {
            "frechet": distance(features),
            "kernel": metrics.squared_discrepancy(features, real),
            "mind": metrics.mind(features, real, directions=50).mind,
            **metrics.prdc(features, real, reference_radii=radii).scalars(),
        }
        left_out = {
            "frechet": frechet.frechet_without(features, gaussian, parts)[1],
            "kernel": discrepancy_without(features, real, parts)[1],
            "mind": without(
                lambda rest: metrics.mind(rest, real, directions=50).mind,
                features,
                parts,
            ),
            **coverage.prdc_without(features, real, parts, reference_radii=radii)[1],
        }
        for name, value in values.items():
            found.setdefault(name, []).append(value)
            widths.setdefault(name, []).append(half_width(left_out[name]))
    for name, values in found.items():
        # 2.262 standard errors; 40 samples give their spread to a tenth.
        ratio = np.median(widths[name]) / (2.262 * np.std(values))
        assert 0.6 < ratio < 1.7, (name, ratio)


def test_parts_left_out_at_once_are_those_left_out_one_by_one():
    random = np.random.default_rng(2)
    features, real = random.normal(size=(60, 3)), random.normal(size=(50, 3)) + 0.4
    parts = divided(60, 6)
    kernel = without(lambda f: metrics.squared_discrepancy(f, real), features, parts)
    everything, found = discrepancy_without(features, real, parts)
    assert found == pytest.approx(kernel)
    assert everything == pytest.approx(metrics.squared_discrepancy(features, real))
    for dimensions in (3, 55):  # fewer and more than the features that are left
        gaussian = metrics.Gaussian(np.zeros(dimensions), np.eye(dimensions), 9)
        samples = random.normal(size=(60, dimensions))
        distance = frechet.frechet_to(gaussian)
        everything, found = frechet.frechet_without(samples, gaussian, parts)
        assert found == pytest.approx(without(distance, samples, parts), rel=1e-6)
        assert everything == pytest.approx(distance(samples), rel=1e-6)
    everything, found = coverage.prdc_without(features, real, parts)
    assert everything == pytest.approx(metrics.prdc(features, real).scalars())
    one_by_one = [metrics.prdc(np.delete(features, p, axis=0), real) for p in parts]
    for name in ("precision", "density", "coverage"):
        expected = [getattr(one, name) for one in one_by_one]
        assert found[name] == pytest.approx(expected)
    # Neighborhoods grow where features are left out: by little.
    recalls = [one.recall for one in one_by_one]
    np.testing.assert_allclose(found["recall"], recalls, atol=0.1)


def test_too_few_images_or_parts_are_refused():
    for count, parts in ((19, 10), (100, 1)):
        with pytest.raises(ValueError, match=f"parts={parts} of at least 2"):
            divided(count, parts)
    with pytest.raises(ValueError, match="1 values have no spread"):
        half_width([3.0])
