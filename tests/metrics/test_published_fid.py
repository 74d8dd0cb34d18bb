"""The published FID, KID and Inception score, beside the libraries that compute them.

`python -m pip install -e ".[references]"` brings them; without them this is skipped.
The weights are random, but in the layout of the published file, and the statistics of
batch normalization are those of images, so that the features differ from image to
image. `pytest -s` prints the table of equalities.
"""

import numpy as np
import pytest
from scipy import ndimage

import tests.benchmarks  # first: it keeps triton out of torch
import tests.metrics.torchvision_operators  # noqa: F401  before torchvision
from ganzoo import metrics
from ganzoo.metrics import pretrained, torch_weights
from ganzoo.metrics.frechet import frechet_to
from ganzoo.networks.inception import inception_2015
from tests.metrics import pretrained_files

torch = pytest.importorskip("torch")
fidelity = pytest.importorskip("torch_fidelity.feature_extractor_inceptionv3")
SIZES = [(28, 28), (32, 32), (64, 64), (299, 299), (37, 50), (320, 301)]
TO_FEATURES, TO_SCORES = 1e-4, 1e-3
SCORED = 40  # images


def pictures(height: int, width: int, count: int, seed: int = 0) -> np.ndarray:
    """Smooth colored noise, more colorful from image to image."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(count, height, width, 3))
    smooth = ndimage.gaussian_filter(noise, (0, height / 20, width / 20, 0))
    scaled = smooth / smooth.std() * np.linspace(20, 70, count)[:, None, None, None]
    return np.clip(scaled + 128, 0, 255).astype(np.uint8)


def tensor(images: np.ndarray):
    return torch.tensor(images).permute(0, 3, 1, 2)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The network of torch-fidelity, and the file of its weights."""
    folder = tmp_path_factory.mktemp("fid")
    start = pretrained_files.random_tensors(inception_2015(), torch_weights.INCEPTION)
    first = pretrained_files.write(folder / "start.pth", start)
    names = ["2048", "logits_unbiased"]
    network = fidelity.FeatureExtractorInceptionV3("ours", names, str(first))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 1.0
    network.train()
    with torch.no_grad():
        network(tensor(pictures(64, 64, 8, seed=1)))
    network.eval()
    path = folder / "pt_inception.pth"
    torch.save(network.state_dict(), path, _use_new_zipfile_serialization=False)
    return network, path


def theirs(network, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with torch.no_grad():
        found = [network(tensor(images[n : n + 8])) for n in range(0, len(images), 8)]
    features, logits = (torch.cat(one).numpy() for one in zip(*found, strict=True))
    return features, logits


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("size", SIZES)
def test_features_and_probabilities_are_torch_fidelitys(
    reference, size, record_property
):
    network, path = reference
    images = pictures(*size, 2)
    features, logits = theirs(network, images)
    scale = np.abs(features).max()
    assert features.std(axis=0).max() > 0.01 * scale  # they tell images apart
    seen = metrics.load_fid(images.shape[1:], path).extract(images, 2)
    difference = np.abs(seen.features - features).max()
    what = f"features of {size[0]}x{size[1]}, the largest"
    found = scale, seen.features.max(), difference
    record_property("equality", ("torch-fidelity", what, *map(float, found)))
    assert difference < TO_FEATURES * scale
    np.testing.assert_allclose(
        seen.probabilities, softmax(logits), atol=TO_FEATURES * softmax(logits).max()
    )


@pytest.mark.parametrize("size", [(32, 32), (37, 50), (320, 301)])
def test_features_are_pytorch_fids(reference, size, monkeypatch, record_property):
    module = pytest.importorskip("pytorch_fid.inception")
    _, path = reference
    state = torch.load(path)
    monkeypatch.setattr(module, "load_state_dict_from_url", lambda *_, **__: state)
    network = module.InceptionV3().eval()
    images = pictures(*size, 2)
    with torch.no_grad():
        expected = network(tensor(images).float() / 255)[0][:, :, 0, 0].numpy()
    extractor = metrics.load_fid(images.shape[1:], path, name="fid-pytorch")
    seen = extractor.extract(images, 2).features
    scale = np.abs(expected).max()
    difference = np.abs(seen - expected).max()
    what = f"features of {size[0]}x{size[1]}, the largest"
    found = scale, seen.max(), difference
    record_property("equality", ("pytorch-fid", what, *map(float, found)))
    assert difference < TO_FEATURES * scale
    other = metrics.load_fid(images.shape[1:], path).extract(images, 2).features
    assert np.abs(other - expected).max() / scale > 10 * TO_FEATURES


def test_pictures_are_resized_as_clean_fid_does():
    resize = pytest.importorskip("cleanfid.resize")
    make = resize.make_resizer("PIL", False, "bicubic", (299, 299))
    for size in SIZES:
        images = pictures(*size, 1)
        found = pretrained.Resizing(299, "clean", 0.0, 1.0)(images)
        np.testing.assert_allclose(found[0], make(images[0]), atol=1e-3)


@pytest.mark.slow
def test_fid_kid_and_inception_score_are_the_libraries(
    reference, tmp_path, record_property
):
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    kid = pytest.importorskip("torch_fidelity.metric_kid")
    score = pytest.importorskip("torch_fidelity.metric_isc")
    network, path = reference
    sets = [pictures(32, 32, SCORED, seed=5), pictures(32, 32, SCORED, seed=6) // 2]
    (first, logits), (second, _) = (theirs(network, images) for images in sets)
    double = [torch.tensor(one.astype(np.float64)) for one in (first, second)]
    moments = [fid.fid_features_to_statistics(one) for one in double]
    distance = fid.fid_statistics_to_metric(*moments, verbose=False)
    expected = {
        "FID": distance[fid.KEY_METRIC_FID],
        "KID": kid.kernel_mmd(
            first.astype("f8"),
            second.astype("f8"),
            kid_kernel="poly",
            kid_kernel_poly_degree=3,
            kid_kernel_poly_gamma=None,
            kid_kernel_poly_coef0=1,
        ),
        "IS": score.isc_features_to_metric(
            torch.tensor(logits), splits=1, shuffle=False
        )[score.KEY_METRIC_ISC_MEAN],
    }
    extractor = metrics.load_fid((32, 32, 3), path)
    ours = [extractor.extract(images) for images in sets]
    gaussians = [metrics.statistics(one.features) for one in ours]
    found = {
        "FID": metrics.frechet_distance(*gaussians),
        "KID": metrics.squared_discrepancy(*(one.features for one in ours)),
        "IS": metrics.classifier_score(ours[0].probabilities),
    }
    for name, value in expected.items():
        values = float(value), found[name], abs(found[name] - value)
        record_property("equality", ("torch-fidelity", name, *map(float, values)))
    assert found == pytest.approx(expected, rel=TO_SCORES)

    # And against the moments that pytorch-fid writes.
    stats = tmp_path / "stats.npz"
    np.savez(stats, mu=moments[1]["mu"], sigma=moments[1]["sigma"])
    read = metrics.read_statistics(stats)
    again = frechet_to(read)(ours[0].features)
    assert again == pytest.approx(expected["FID"], rel=TO_SCORES)
