import itertools

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from ganzoo import distribute
from ganzoo.random import StepRandom

HAS_GPU = bool(tf.config.list_physical_devices("GPU"))
without_gpu = pytest.mark.skipif(HAS_GPU, reason="says what happens without a GPU")


def stream(seed=3, shard=0):
    return StepRandom.root(seed, shard).fold(0).fold(5)


# ------------------------------------------------------------------------ strategies


@without_gpu
@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_a_cpu_that_is_all_there_is_needs_no_strategy(name, monkeypatch):
    monkeypatch.delenv("TPU_NAME", raising=False)
    assert distribute.strategy(name) is tf.distribute.get_strategy()
    assert not tf.distribute.has_strategy()


def test_logical_cpus_are_mirrored_by_name():
    strategy = distribute.strategy("mirrored", devices=["CPU:0", "/cpu:3"])
    assert strategy.num_replicas_in_sync == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "cuda"}, "Unknown strategy 'cuda'; accepted are auto, cpu, gpu,"),
        ({"name": "gpu", "devices": ["GPU:0"]}, "is for 'mirrored', not for 'gpu'"),
        ({"name": "cpu", "tpu": "local"}, "tpu='local' is for the strategy 'tpu'"),
    ],
)
def test_wrong_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        distribute.strategy(**arguments)


@without_gpu
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "gpu"}, r"There is no GPU:0 here \(found: 4 CPUs\)"),
        ({"name": "mirrored"}, r"there is none \(found: 4 CPUs\)"),
        ({"name": "mirrored", "devices": ["GPU:1"]}, "There is no GPU:1 here"),
        ({"name": "mirrored", "devices": ["CPU:0", "CPU:9"]}, "There is no CPU:9 here"),
        ({"name": "mirrored", "devices": []}, "names no device"),
        ({"name": "tpu"}, r"There is no TPU here \(found: 4 CPUs\)"),
    ],
)
def test_devices_that_are_not_there_are_named_with_what_is(
    arguments, message, monkeypatch
):
    monkeypatch.delenv("TPU_NAME", raising=False)
    with pytest.raises((RuntimeError, ValueError), match=message):
        distribute.strategy(**arguments)


@pytest.mark.parametrize("config", [None, "{}", '{"cluster": {"chief": ["a:1"]}}'])
def test_multi_worker_says_how_to_name_the_workers(config, monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(RuntimeError, match="TF_CONFIG, which names no workers"):
        distribute.strategy("multi_worker")


def test_multi_worker_refuses_a_broken_configuration(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "{worker")
    with pytest.raises(ValueError, match="TF_CONFIG is not valid JSON"):
        distribute.strategy("multi_worker")


def test_virtual_cpus_can_be_asked_for_again_but_not_changed():
    assert len(tf.config.list_logical_devices("CPU")) == 4
    distribute.virtual_cpus(4)
    with pytest.raises(RuntimeError, match="before TensorFlow's first operation"):
        distribute.virtual_cpus(2)
    with pytest.raises(ValueError, match="count=0"):
        distribute.virtual_cpus(0)


# --------------------------------------------------------------- the batch, the mean


def test_replicas_share_the_batch_equally():
    assert distribute.per_replica_batch(256, 8) == 32


@pytest.mark.parametrize(
    ("batch", "replicas", "message"),
    [
        (10, 4, "take 8 or 12"),
        (3, 4, "take 4"),
        (0, 1, "batch_size=0 must be at least 1"),
    ],
)
def test_batches_that_cannot_be_shared_name_those_that_can(batch, replicas, message):
    with pytest.raises(ValueError, match=message):
        distribute.per_replica_batch(batch, replicas)


def test_global_means_of_all_replicas_add_up_to_the_mean(mirrored):
    values = tf.constant([1.0, 2.0, 4.0, 9.0])
    assert distribute.global_mean(values) == 4.0
    strategy = mirrored(2)

    def share():
        first = 2 * distribute.replica_id()
        return distribute.global_mean(values[first : first + 2])

    shares = strategy.experimental_local_results(strategy.run(share))
    assert [float(part) for part in shares] == [0.75, 3.25]


def test_replicas_are_numbered_and_counted(mirrored):
    assert (distribute.replica_id(), distribute.num_replicas()) == (0, 1)
    strategy = mirrored(2)
    numbers = strategy.run(lambda: distribute.replica_id() + 0)
    assert [int(n) for n in strategy.experimental_local_results(numbers)] == [0, 1]
    with strategy.scope():
        assert (distribute.replica_id(), distribute.num_replicas()) == (0, 2)


# -------------------------------------------------------------------- random numbers

DRAWS = {
    "bits": lambda random, n: random.bits([n, 3, 5]),
    "half_words": lambda random, n: random.bits([n, 3, 5], tf.uint16),
    "uniform": lambda random, n: random.uniform([n, 3, 5]),
    "normal": lambda random, n: random.normal([n, 7]),
    "integers": lambda random, n: random.integers([n], 10),
    "one_number": lambda random, n: random.uniform([n, 1, 1, 1]),
}


@pytest.mark.parametrize("kind", DRAWS)
@pytest.mark.parametrize("shards", [2, 4])
def test_a_shard_draws_its_slice_of_the_global_numbers(kind, shards):
    whole = DRAWS[kind](stream(), 8).numpy()
    parts = [DRAWS[kind](stream(shard=i), 8 // shards) for i in range(shards)]
    if kind == "normal":  # vectorised logarithms may differ in their last digit
        np.testing.assert_allclose(np.concatenate(parts), whole, rtol=0, atol=1e-6)
    else:
        np.testing.assert_array_equal(np.concatenate(parts), whole)


@pytest.mark.parametrize("kind", DRAWS)
def test_xla_draws_the_same_numbers(kind):
    @tf.function(jit_compile=True, autograph=False)
    def compiled(step, shard):
        random = StepRandom.root(3, shard).fold(0).fold(step)
        return random.key, DRAWS[kind](random, 6)

    expected = StepRandom.root(3, 1).fold(0).fold(5)
    key, drawn = compiled(tf.constant(5, tf.int64), tf.constant(1))
    np.testing.assert_array_equal(key, expected.key)
    values = DRAWS[kind](expected, 6)
    if kind == "normal":
        np.testing.assert_allclose(drawn, values, rtol=0, atol=1e-5)
    else:
        np.testing.assert_array_equal(drawn, values)


def test_streams_are_told_apart_by_seed_fold_and_order():
    root = StepRandom.root(7)
    random = root.fold(1)
    drawn = [
        random.bits([64]),
        random.bits([64]),  # the second draw of the same stream
        root.fold(2).bits([64]),
        root.fold(1).fold(0).bits([64]),
        root.bits([64]),
        StepRandom.root(8).fold(1).bits([64]),
    ]
    for one, other in itertools.combinations(drawn, 2):
        assert not np.intersect1d(one, other).size


def test_the_same_stream_gives_the_same_numbers_again():
    np.testing.assert_array_equal(stream().normal([4, 3]), stream().normal([4, 3]))


def test_seeds_of_64_bits_have_keys_that_differ_and_others_are_refused():
    seeds = (-(2**63), -1, 0, 1, 2**63 - 1)
    keys = {int(StepRandom.root(seed).key[0]) for seed in seeds}
    assert len(keys) == len(seeds)
    for seed in (2**63, -(2**63) - 1, 2**64 - 1, 1.0, "1"):  # -1 has the last one's key
        with pytest.raises(ValueError, match=f"seed={seed!r} must be"):
            StepRandom.root(seed)


def test_all_bits_are_fair():
    for dtype in (tf.uint32, tf.uint16):
        words = stream().bits([1 << 12, 4], dtype).numpy().ravel()
        assert words.dtype == dtype.as_numpy_dtype
        bits = range(8 * dtype.size)
        ones = [(words >> words.dtype.type(bit) & 1).mean() for bit in bits]
        # 16,384 throws of a coin a bit: five standard deviations of the mean
        np.testing.assert_allclose(ones, 0.5, rtol=0, atol=5 * 0.5 / 128)


def test_uniform_numbers_are_uniform():
    drawn = stream().uniform([500, 99]).numpy()
    assert drawn.dtype == np.float32
    assert drawn.min() >= 0.0
    assert drawn.max() < 1.0
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 1e-3


def test_normal_numbers_are_normal_and_independent():
    drawn = stream().normal([5000, 11]).numpy()  # an odd number an example
    assert np.isfinite(drawn).all()
    assert stats.kstest(drawn.ravel(), "norm").pvalue > 1e-3
    assert abs(stats.skew(drawn.ravel())) < 0.05
    assert abs(stats.kurtosis(drawn.ravel())) < 0.1
    # both numbers of a pair come from one radius: correlations would show here
    for power in (1, 2):
        correlation = np.corrcoef(drawn.T**power) - np.eye(11)
        assert np.abs(correlation).max() < 5 / np.sqrt(5000)


def test_noise_of_different_steps_is_uncorrelated():
    steps = [StepRandom.root(0).fold(step).normal([40, 10]) for step in range(30)]
    flat = np.stack([np.ravel(step) for step in steps])
    assert np.abs(np.corrcoef(flat) - np.eye(30)).max() < 5 / np.sqrt(400)


def test_integers_fill_their_range_evenly():
    drawn = stream().integers([7000], 7).numpy()
    assert drawn.dtype == np.int32
    counts = np.bincount(drawn, minlength=7)
    assert counts.size == 7
    assert stats.chisquare(counts).pvalue > 1e-3
    assert stream().integers([100], 1).numpy().max() == 0


def test_shapes_may_be_known_only_in_the_graph():
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def drawn(images):
        return stream().normal([tf.shape(images)[0], 3])

    for count in (0, 5):
        expected = stream().normal([count, 3])
        np.testing.assert_allclose(
            drawn(tf.zeros([count])), expected, rtol=0, atol=1e-6
        )
