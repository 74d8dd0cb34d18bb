import keras
import numpy as np
import pytest

from ganzoo.networks.conditional import label_inputs, logit_of


@pytest.mark.parametrize("num_classes", [None, 3])
def test_the_logit_is_that_of_the_features_plus_their_projection_on_the_class(
    num_classes,
):
    """Miyato & Koyama 2018, equation 4."""
    features = keras.Input((5,))
    labels, chosen = label_inputs(num_classes)
    model = keras.Model([features, *labels], logit_of(features, chosen))
    rng = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(rng.normal(size=weight.shape))
    f, y = rng.normal(size=(4, 5)).astype("float32"), np.array([0, 2, 1, 2])
    logit = model.get_layer("logit")
    expected = f @ logit.kernel.numpy() + logit.bias.numpy()
    if num_classes is not None:
        vectors = model.get_layer("projections").kernel.numpy()[:, y]
        expected += np.sum(f * vectors.T, axis=1, keepdims=True)
    found = model([f, y] if num_classes is not None else [f])
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
