"""How the data of `fit()` are read."""

import numpy as np
import pytest
import tensorflow as tf

from ganzoo.gans import feeding

IMAGES = np.zeros((8, 4, 4, 1), np.float32)


def batches(autotuned=None):
    dataset = tf.data.Dataset.from_tensor_slices(IMAGES).batch(4)
    if autotuned is not None:
        options = tf.data.Options()
        options.autotune.enabled = autotuned
        dataset = dataset.with_options(options)
    return dataset


def pairs():
    yield from [(IMAGES[:4],)] * 2


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (IMAGES, False),
        (batches(), False),
        (batches(False), False),
        (batches(True), True),
        (pairs(), False),
    ],
    ids=["arrays", "dataset", "not tuned", "tuned", "generator"],
)
def test_only_a_dataset_that_asks_for_it_is_autotuned(data, expected):
    source = feeding.source(None, "GAN", data)
    dataset = source.get_tf_dataset()
    assert dataset.options().autotune.enabled is expected
    found = list(dataset)
    assert sum(len(batch[0] if isinstance(batch, tuple) else batch) for batch in found)


def test_other_options_of_a_dataset_stay():
    options = tf.data.Options()
    options.threading.private_threadpool_size = 3
    found = feeding.source(None, "GAN", batches().with_options(options))
    assert found.get_tf_dataset().options().threading.private_threadpool_size == 3
