import keras
import numpy as np
import pytest

from ganzoo.networks.classifiers import (
    cifar10_classifier,
    feature_extractor,
    mnist_classifier,
    svhn_classifier,
)


@pytest.fixture(scope="module")
def classifier():
    return mnist_classifier(features=8)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).uniform(-1, 1, (5, 28, 28, 1)).astype("float32")


def test_classifier_gives_one_logit_a_class(classifier, images):
    assert classifier(images).shape == (5, 10)
    assert mnist_classifier(features=4, num_classes=3).output_shape == (None, 3)


def test_half_precision_weights_of_the_default_fit_in_a_megabyte():
    assert mnist_classifier().count_params() * 2 < 1_000_000


def test_dropout_is_silent_outside_training(classifier, images):
    first, second = classifier(images).numpy(), classifier(images).numpy()
    np.testing.assert_array_equal(first, second)
    assert not np.allclose(classifier(images, training=True), first)


def test_probabilities_are_the_softmax_of_the_logits(classifier, images):
    _, probabilities = feature_extractor(classifier)(images)
    odds = np.exp(classifier(images).numpy())
    expected = odds / odds.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-5)


def test_logits_are_an_affine_function_of_the_features(classifier, images):
    features, _ = feature_extractor(classifier)(images)
    kernel, bias = classifier.get_layer("logits").get_weights()
    assert features.shape == (5, 8)
    np.testing.assert_allclose(
        classifier(images), features.numpy() @ kernel + bias, rtol=1e-4, atol=1e-5
    )


def test_extractor_shares_the_weights(classifier):
    shared = {id(v) for v in feature_extractor(classifier).weights}
    assert shared >= {id(v) for v in classifier.get_layer("dense").weights}


@pytest.mark.parametrize(
    "wrong", [{"features": 0}, {"num_classes": 0}, {"dropout": 1.0}, {"dropout": -0.1}]
)
def test_wrong_width_or_rate_is_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        mnist_classifier(**wrong)


def test_network_without_a_layer_of_features_is_refused():
    net = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="features"):
        feature_extractor(net)


def test_classifier_gives_the_same_numbers_under_any_policy(classifier, images):
    expected = feature_extractor(classifier)(images)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        under_policy = mnist_classifier(features=8)
        under_policy.set_weights(classifier.get_weights())
        found = feature_extractor(under_policy)(images)
    finally:
        keras.config.set_dtype_policy("float32")
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture(scope="module")
def color_classifier():
    return cifar10_classifier(features=8, num_classes=3)


def test_classifier_of_colors_sees_means_of_what_the_last_stage_sums(
    color_classifier,
):
    images = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype("float32")
    features, probabilities = feature_extractor(color_classifier)(images)
    last = color_classifier.get_layer("stage_3").output
    maps = keras.Model(color_classifier.inputs[0], last)(images)
    assert maps.shape == (2, 4, 4, 8)
    assert probabilities.shape == (2, 3)
    np.testing.assert_allclose(features, np.mean(maps, (1, 2)), rtol=1e-5)


def test_in_a_mixed_training_only_features_and_logits_are_float32():
    layers = cifar10_classifier(features=8, dtype="mixed_bfloat16").layers
    wide = {layer.name for layer in layers if layer.compute_dtype == "float32"}
    assert {"features", "logits"} <= wide
    assert not any("norm" in name or "relu" in name for name in wide)


@pytest.mark.parametrize("wrong", [{"features": 12}, {"features": 0}])
def test_a_width_that_the_stages_cannot_share_is_refused(wrong):
    with pytest.raises(ValueError, match="must be a multiple of 8"):
        cifar10_classifier(**wrong)


def test_classifier_of_house_numbers_has_six_convolutions_and_three_poolings():
    network = svhn_classifier()
    kinds = keras.layers.Conv2D, keras.layers.MaxPooling2D, keras.layers.Dense
    found = [x.output.shape[1:] for x in network.layers if isinstance(x, kinds)]
    assert found == [
        (32, 32, 32),
        (32, 32, 32),
        (16, 16, 32),
        (16, 16, 64),
        (16, 16, 64),
        (8, 8, 64),
        (8, 8, 128),
        (8, 8, 128),
        (4, 4, 128),
        (10,),
    ]
    assert network.count_params() == 307_498
    features, probabilities = feature_extractor(network)(np.zeros((2, 32, 32, 3)))
    assert features.shape == (2, 2048)
    assert probabilities.shape == (2, 10)


def test_a_seed_decides_the_weights_and_the_dropout_of_a_classifier():
    images = np.random.default_rng(0).uniform(-1, 1, (4, 32, 32, 3)).astype("float32")
    keras.utils.set_random_seed(1)
    first = svhn_classifier(2, seed=3)
    keras.utils.set_random_seed(2)
    again, other = svhn_classifier(2, seed=3), svhn_classifier(2, seed=4)
    for one, same in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, same)
    assert not np.array_equal(first.get_weights()[0], other.get_weights()[0])
    dropped = first(images, training=True)
    np.testing.assert_array_equal(again(images, training=True), dropped)
    assert not np.allclose(first(images, training=True), dropped)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"num_classes": 0}, {"dropout": 1.0}])
def test_wrong_sizes_of_a_classifier_are_refused(wrong):
    with pytest.raises(ValueError, match="must be"):
        svhn_classifier(**wrong)
