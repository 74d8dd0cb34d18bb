"""The measures beside those of other libraries, on the same features.

`python -m pip install -e ".[references]"` brings them; what is absent is skipped.
"""

import numpy as np
import pytest

import tests.benchmarks  # first: it keeps triton out of torch
import tests.metrics.torchvision_operators  # noqa: F401  before torchvision
from ganzoo import metrics
from ganzoo.metrics.kernel_distance import squared_discrepancy

RELATIVE = 1e-4


def features(count: int, shift: float = 0.0, size: int = 12) -> np.ndarray:
    """Draws correlated features, such as a network's after a ReLU."""
    numbers = np.random.default_rng(int(100 * shift) + count)
    mixed = numbers.normal(size=(count, size)) @ np.random.default_rng(1).normal(
        size=(size, size)
    )
    return np.maximum(mixed + shift, 0).astype(np.float32)


def equal(record_property, library: str, name: str, found: float, expected) -> None:
    """Asserts that a value is a library's, and records both for the table."""
    values = float(expected), float(found), abs(float(found) - float(expected))
    record_property("equality", (library, name, *values))
    assert found == pytest.approx(float(expected), rel=RELATIVE)


PAIRS = [(features(300), features(400, 0.3)), (features(200), features(200, 2.0))]


@pytest.mark.parametrize("pair", PAIRS)
def test_the_frechet_distance_is_torch_fidelitys(pair, record_property):
    reference = pytest.importorskip("torch_fidelity.metric_fid")
    torch = pytest.importorskip("torch")
    moments = [
        reference.fid_features_to_statistics(torch.tensor(each.astype(np.float64)))
        for each in pair
    ]
    expected = reference.fid_statistics_to_metric(*moments, verbose=False)
    found = metrics.frechet_distance(*map(metrics.statistics, pair))
    value = expected[reference.KEY_METRIC_FID]
    equal(record_property, "torch-fidelity", "Fréchet distance", found, value)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_frechet_distance_is_pytorch_fids(pair, record_property):
    reference = pytest.importorskip("pytorch_fid.fid_score")
    moments = [
        moment
        for each in pair
        for moment in (each.mean(0, np.float64), np.cov(each, rowvar=False))
    ]
    expected = reference.calculate_frechet_distance(*moments)
    found = metrics.frechet_distance(*map(metrics.statistics, pair))
    equal(record_property, "pytorch-fid", "Fréchet distance", found, expected)


@pytest.mark.parametrize("pair", PAIRS)
def test_the_kernel_distance_is_torch_fidelitys(pair, record_property):
    reference = pytest.importorskip("torch_fidelity.metric_kid")
    # Its formula is for sets of one size.
    first, second = (each[:200].astype(np.float64) for each in pair)
    expected = reference.kernel_mmd(
        first,
        second,
        kid_kernel="poly",
        kid_kernel_poly_degree=3,
        kid_kernel_poly_gamma=None,
        kid_kernel_poly_coef0=1,
    )
    found = squared_discrepancy(first, second)
    equal(record_property, "torch-fidelity", "kernel distance", found, expected)


@pytest.mark.parametrize("neighbors", [3, 5])
@pytest.mark.parametrize("pair", PAIRS)
def test_precision_recall_density_and_coverage_are_those_of_their_authors(
    pair, neighbors, record_property
):
    reference = pytest.importorskip("prdc")
    real, fake = pair
    expected = reference.compute_prdc(real, fake, neighbors)
    found = metrics.prdc(fake, real, neighbors=neighbors).scalars()
    assert found.keys() == expected.keys()
    for name, value in found.items():
        what = f"{name}, {neighbors} neighbors"
        equal(record_property, "prdc", what, value, expected[name])


def test_the_score_of_a_classifier_is_torch_fidelitys_inception_score(record_property):
    reference = pytest.importorskip("torch_fidelity.metric_isc")
    torch = pytest.importorskip("torch")
    logits = np.random.default_rng(0).normal(size=(500, 10)) * 3
    expected = reference.isc_features_to_metric(
        torch.tensor(logits), splits=1, shuffle=False
    )[reference.KEY_METRIC_ISC_MEAN]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = metrics.classifier_score(probabilities)
    equal(record_property, "torch-fidelity", "Inception score", found, expected)
