"""Arrays are shuffled by the model's seed and step, and single batches are shared."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganzoo.gans import feeding

pytestmark = pytest.mark.usefixtures("without_graphs")

ROWS, SIZE = 14, 4
X = np.random.default_rng(0).uniform(-1, 1, (16, 4, 4, 1)).astype("float32")
EAGER = {"run_eagerly": True}


def passes(order, count: int = 2, **options) -> list[list[list[int]]]:
    """Returns the numbers of the examples in each batch of some passes."""
    source = feeding.source(
        None, "a model", np.arange(ROWS), batch_size=SIZE, order=order, **options
    )
    data = source.get_tf_dataset()
    return [[batch.numpy().tolist() for batch in data] for _ in range(count)]


def flat(one_pass: list[list[int]]) -> list[int]:
    return [number for batch in one_pass for number in batch]


@pytest.mark.parametrize("shuffle", [None, True, "batch"])
def test_a_pass_has_every_example_once_in_an_order_of_seed_and_step(shuffle):
    tf.random.set_seed(1)
    found = passes((5, 0), shuffle=shuffle)
    tf.random.set_seed(2)
    assert passes((5, 0), shuffle=shuffle) == found
    assert passes((6, 0), shuffle=shuffle) != found
    assert passes((-5, 0), shuffle=shuffle) != found  # of 64 bits
    first, second = map(flat, found)
    assert first != second
    assert sorted(first) == sorted(second) == list(range(ROWS))
    assert [len(batch) for batch in found[0]] == [4, 4, 4, 2]
    # The second pass is that of a run that resumes after the four steps of the first.
    assert passes((5, 4), shuffle=shuffle)[0] == found[1]
    within = [sorted(batch) for batch in found[0]] == [
        list(range(start, min(start + SIZE, ROWS))) for start in range(0, ROWS, SIZE)
    ]
    assert within == (shuffle == "batch")


def test_unshuffled_arrays_stay_in_order():
    assert flat(passes((5, 0), shuffle=False)[0]) == list(range(ROWS))


def test_batches_have_a_static_size_where_all_are_equal():
    for rows, size in ((16, 4), (14, None)):
        source = feeding.source(None, "a model", X[:rows], X[:rows], batch_size=4)
        assert [spec.shape[0] for spec in source.dataset.element_spec] == [size, size]


def weights(gan) -> np.ndarray:
    return np.concatenate([weight.ravel() for weight in gan.get_weights()])


def test_the_same_seed_is_the_same_run_whatever_was_drawn_before(tiny_gan):
    ends = []
    for number, seed in enumerate((5, 5, 6)):
        gan = tiny_gan(seed=seed, compiled=EAGER)
        keras.utils.set_random_seed(number)  # of Keras and of TensorFlow
        gan.fit(X, batch_size=8, epochs=2, verbose=0)
        ends.append(weights(gan))
    np.testing.assert_array_equal(ends[0], ends[1])
    assert not np.array_equal(ends[0], ends[2])


def test_a_run_on_arrays_resumes_to_the_bit(tiny_gan):
    whole, parts = tiny_gan(compiled=EAGER), tiny_gan(compiled=EAGER)
    whole.fit(X, batch_size=8, epochs=2, verbose=0)
    for epoch in range(2):
        parts.fit(X, batch_size=8, initial_epoch=epoch, epochs=epoch + 1, verbose=0)
    np.testing.assert_array_equal(weights(whole), weights(parts))


def test_evaluate_takes_arrays_in_order(tiny_gan):
    gan = tiny_gan(compiled=EAGER)
    results = [gan.evaluate(X, batch_size=8, verbose=0) for _ in range(2)]
    data = tf.data.Dataset.from_tensor_slices(X).batch(8)
    assert results[0] == results[1] == gan.evaluate(data, verbose=0)


# --------------------------------------------------------------------- replicas


def test_replicas_share_a_single_batch(tiny_gan, mirrored):
    labels = np.arange(16) % 3
    ends, logs = [], []
    for strategy in (None, mirrored(2)):
        gan = tiny_gan(strategy, num_classes=3, compiled=EAGER)
        for _ in range(2):
            logs.append(gan.train_on_batch(X, labels))
        logs.append(gan.test_on_batch(X, labels))
        ends.append(weights(gan))
    np.testing.assert_allclose(ends[1], ends[0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(logs[3:], logs[:3], rtol=0, atol=1e-5)


def test_a_single_batch_that_replicas_cannot_share_is_refused(tiny_gan, mirrored):
    gan = tiny_gan(mirrored(2))
    for method in (gan.train_on_batch, gan.test_on_batch):
        with pytest.raises(ValueError, match=r"batch_size=3 \(global\).*take 2 or 4"):
            method(X[:3])
    assert int(gan.step) == 0


def test_shuffled_arrays_are_shared_among_replicas(mirrored):
    strategy = mirrored(2)
    source = feeding.source(None, "a model", X, batch_size=8, order=(5, 0))
    shares = [
        np.concatenate([part.numpy() for part in batch.values])
        for batch in strategy.experimental_distribute_dataset(source.dataset)
    ]
    source = feeding.source(None, "a model", X, batch_size=8, order=(5, 0))
    np.testing.assert_array_equal(shares, list(source.dataset))
