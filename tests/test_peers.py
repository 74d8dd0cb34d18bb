"""The contestants of tests/benchmarks/peers train what ours trains."""

import importlib.util
import itertools
import multiprocessing
import threading

import numpy as np
import pytest
import tensorflow as tf

from ganzoo import losses
from tests.benchmarks.peers import keras_io, ours, stock, tables, tutorial
from tests.benchmarks.peers.apart import serve
from tests.benchmarks.peers.contest import Course, Result
from tests.benchmarks.peers.settings import SMOKE, Config
from tests.benchmarks.peers.systems import CONTESTANTS, SYSTEMS, Task

BATCH = 4
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is not installed"
)
systems = pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)


@pytest.fixture
def task(tmp_path):
    """Returns system -> a task on images of noise."""

    def make(system):
        pixels = np.random.default_rng(0).integers(
            0, 256, (BATCH, *system.shape), np.uint8
        )
        np.save(tmp_path / "images.npy", pixels)
        return Task(system, "float32", BATCH, 0, str(tmp_path / "images.npy"))

    return make


def our_gan(task, update):
    """Returns our GAN without dropout, whose masks differ between libraries."""
    return ours.Ours(task, update, dropout=0.0).gan


def noises(system, count=2):
    """Returns so many batches of noise."""
    draws = np.random.default_rng(1).standard_normal(
        (count, BATCH, system.latent_dim), np.float32
    )
    return [tf.constant(draw) for draw in draws]


def real(task):
    return (np.load(task.images).astype(np.float32) - 127.5) / 127.5


def feed(monkeypatch, our_game, draws):
    """Makes our GAN and TensorFlow sample the same noise, batch by batch."""
    for owner, name in ((our_game, "generator_inputs"), (tf.random, "normal")):
        fed = itertools.cycle(draws)
        monkeypatch.setattr(owner, name, lambda *_, fed=fed, **__: next(fed))


def copy(our_game, generator, discriminator):
    generator.set_weights(our_game.generator.get_weights())
    discriminator.set_weights(our_game.discriminator.get_weights())


@pytest.fixture
def eagerly():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@systems
def test_stock_networks_have_our_weights_by_number_and_shape(system):
    for mine, theirs in zip(ours.networks(system), stock.networks(system), strict=True):
        assert mine.count_params() == theirs.count_params()
        assert [w.shape for w in mine.weights] == [w.shape for w in theirs.weights]
        stock_classes = {type(layer).__module__ for layer in theirs.layers}
        assert all(name.startswith("keras.") for name in stock_classes)


@systems
def test_the_tutorials_losses_are_ours(system, task, monkeypatch, eagerly):
    one = task(system)
    mine = our_gan(one, "simultaneous")
    peer = tutorial.Tutorial(one, dropout=0.0)
    copy(mine, peer.generator, peer.discriminator)
    feed(monkeypatch, mine, noises(system, 1))
    first, second = (mine.train_step(real(one)) for _ in range(2))
    generator_loss, discriminator_loss = peer.train_step(tf.constant(real(one)))
    np.testing.assert_allclose(generator_loss, first["generator_loss"], rtol=1e-5)
    np.testing.assert_allclose(
        discriminator_loss, first["discriminator_loss"], rtol=1e-5
    )
    # On the same images and noise again: both have learned the same from them.
    learned = peer.train_step(tf.constant(real(one)))
    np.testing.assert_allclose(learned[0], second["generator_loss"], rtol=1e-3)
    np.testing.assert_allclose(learned[1], second["discriminator_loss"], rtol=1e-3)
    assert abs(learned[1] - discriminator_loss) > 1e-2


def joined_loss(our_game, images, noise):
    """Returns the discriminator's loss where it sees fakes and reals in one batch."""
    fake = our_game.generator(noise, training=True)
    logits = our_game.discriminator(tf.concat([fake, images], 0), training=True)
    fake_logits, real_logits = tf.split(logits, 2)
    loss = losses.non_saturating().discriminator(real_logits, fake_logits)
    return tf.reduce_mean(loss) / 2


@systems
def test_the_overridden_train_steps_losses_are_ours(system, task, monkeypatch, eagerly):
    one = task(system)
    mine = our_gan(one, "alternating")
    peer = keras_io.KerasIO(one, dropout=0.0).gan
    copy(mine, peer.generator, peer.discriminator)
    draws = noises(system)
    joined = joined_loss(mine, real(one), draws[0])
    # Nobody learns, or the generators would meet discriminators that moved a little
    # differently: Adam divides by a moment plus a constant, and halves do not cancel.
    mine.discriminator_optimizer.learning_rate = 0.0
    peer.d_optimizer.learning_rate = 0.0
    feed(monkeypatch, mine, draws)
    expected = mine.train_step(real(one))
    logs = peer.train_step(tf.constant(real(one)))
    np.testing.assert_allclose(logs["d_loss"], joined, rtol=1e-5)
    np.testing.assert_allclose(logs["g_loss"], expected["generator_loss"], rtol=1e-5)
    if system.name == "mnist":  # no batch normalisation, which joins examples
        np.testing.assert_allclose(
            2 * joined, expected["discriminator_loss"], rtol=1e-5
        )


def test_both_alternating_updates_learn_the_same(task, monkeypatch, eagerly):
    one = task(SYSTEMS["mnist"])
    mine = our_gan(one, "alternating")
    peer = keras_io.KerasIO(one, dropout=0.0).gan
    copy(mine, peer.generator, peer.discriminator)
    feed(monkeypatch, mine, noises(one.system))
    before, after = (mine.train_step(real(one)) for _ in range(2))
    peer.train_step(tf.constant(real(one)))
    peer.reset_metrics()
    logs = peer.train_step(tf.constant(real(one)))
    expected = after["discriminator_loss"]
    np.testing.assert_allclose(2 * logs["d_loss"], expected, rtol=1e-3)
    np.testing.assert_allclose(logs["g_loss"], after["generator_loss"], rtol=1e-3)
    assert abs(expected - before["discriminator_loss"]) > 3e-3


def mirrored(layer, module):
    """Returns a kernel of Keras as PyTorch has it, turned over in both directions."""
    kernel = layer.kernel.numpy()
    if kernel.ndim == 4:  # [height, width, in, out], transposed ones [.., out, in]
        return kernel[::-1, ::-1].transpose(3, 2, 0, 1)
    side = {12544: 7, 6272: 7, 4096: 4}[max(kernel.shape)]
    if module.out_features == 1:
        cells = kernel.reshape(side, side, -1, 1)[::-1, ::-1]
        return cells.transpose(3, 2, 0, 1).reshape(1, -1)
    cells = kernel.reshape(len(kernel), side, side, -1)[:, ::-1, ::-1]
    return cells.transpose(3, 1, 2, 0).reshape(-1, len(kernel))


def copy_mirrored(network, player):
    """Gives a network of PyTorch our weights; norms start alike, biases at 0."""
    import torch

    kinds = (torch.nn.Linear, torch.nn.Conv2d, torch.nn.ConvTranspose2d)
    modules = [module for module in player if isinstance(module, kinds)]
    layers = [layer for layer in network.layers if hasattr(layer, "kernel")]
    for layer, module in zip(layers, modules, strict=True):
        weight = torch.from_numpy(mirrored(layer, module).copy())
        assert weight.shape == module.weight.shape
        module.weight.data.copy_(weight)


@needs_torch
@systems
def test_pytorchs_losses_are_ours_on_mirrored_images(system, task, monkeypatch):
    import torch

    from tests.benchmarks.peers import pytorch

    one = task(system)
    mine = our_gan(one, "simultaneous")
    peer = pytorch.build(one).gan
    for network, player in (
        (mine.generator, peer.generator),
        (mine.discriminator, peer.discriminator),
    ):
        copy_mirrored(network, player)
        learned = sum(parameter.numel() for parameter in player.parameters())
        assert learned == sum(w.numpy().size for w in network.trainable_weights)
    for module in peer.discriminator:
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    noise = noises(system, 1)
    feed(monkeypatch, mine, noise)
    monkeypatch.setattr(torch, "randn", lambda *_: torch.from_numpy(noise[0].numpy()))
    images = real(one)[:, ::-1, ::-1].transpose(0, 3, 1, 2)
    found = peer.forward(torch.from_numpy(images.copy()))
    expected = mine.train_step(real(one))
    discriminator_loss, generator_loss = (loss.item() for loss in found)
    np.testing.assert_allclose(
        discriminator_loss, expected["discriminator_loss"], rtol=1e-5
    )
    np.testing.assert_allclose(generator_loss, expected["generator_loss"], rtol=1e-5)


def check_training(task, name):
    """Checks that a contestant stops when told to, and then draws images."""
    contestant = CONTESTANTS[name].build(task)
    answers = iter([True, False])
    contestant.train(lambda: next(answers))
    assert next(answers, None) is None
    images = contestant.generate(3)
    assert images.shape == (3, *task.system.shape)
    assert images.dtype == np.uint8


@pytest.mark.parametrize("name", ["ganzoo", "TF tutorial", "keras-io"])
def test_a_contestant_trains_as_long_as_it_goes_on(name, task, eagerly):
    check_training(task(SYSTEMS["mnist"]), name)


@needs_torch
@systems
def test_pytorch_trains_as_long_as_it_goes_on(system, task):
    check_training(task(system), "PyTorch eager")


class Counting:
    """A contestant that counts its steps."""

    def __init__(self):
        self.steps = 0

    def build(self, task):
        return self

    def train(self, goes_on):
        while True:
            self.steps += 1
            if not goes_on():
                return

    def generate(self, count):
        return [self.steps] * count


def test_a_contestant_apart_does_as_it_is_told():
    line, other = multiprocessing.Pipe()
    thread = threading.Thread(target=serve, args=(other, Counting(), None))
    thread.start()
    answers = [line.recv()]
    for order in (
        ("train", 3),
        ("images", 2),
        ("peak", 0),
        ("train", 1),
        ("images", 1),
    ):
        line.send(order)
        answers.append(line.recv())
    line.close()
    thread.join(10)
    assert not thread.is_alive()
    peak = answers.pop(3)
    assert answers == [None, None, [3, 3], None, [4]]
    assert 0.01 < peak < 100


def result(name, rate=100.0, peak=1.0, course=None, kind="float32"):
    return Result("mnist", kind, name, rate, peak, course, 30.0)


def test_a_peer_is_set_against_ours_of_the_same_update_and_type():
    results = [
        result("ganzoo", 300.0),
        result("ganzoo alternating", 200.0),
        result("keras-io", 100.0, peak=2.0),
        result("PyTorch eager", 200.0),
        result("ganzoo", 1200.0, kind="bfloat16"),
        result("PyTorch eager", 300.0, kind="bfloat16"),
    ]
    rows = tables.rows(results)
    assert [row["ours / peer"] for row in rows] == ["", "", "2.00", "1.50", "", "4.00"]
    assert rows[2]["memory, peer / ours"] == "2.00"
    assert not any("distance" in column for column in rows[0])


def test_the_distance_is_reached_at_the_first_measurement_below_it():
    steps, seconds = [0, 10, 20, 30], [0.0, 1.0, 2.0, 3.0]
    fast = Course(steps, seconds, [np.inf, 50.0, 29.0, 31.0])
    slow = Course(steps, [0.0, 2.0, 4.0, 6.0], [np.inf, 50.0, 40.0, 30.0])
    never = Course(steps, [0.0, 3.0, 6.0, 9.0], [np.inf, 50.0, 35.0, 40.0])
    rows = tables.rows(
        [
            result("ganzoo", course=fast),
            result("TF tutorial", course=slow),
            result("PyTorch eager", course=never),
        ]
    )
    found = [
        (row["s to distance 30"], row["steps to it"], row["s, peer / ours"])
        for row in rows
    ]
    assert found == [
        ("2", "20", ""),
        ("6", "30", "3.00"),
        ("> 9 (at best 35.0)", "", "> 4.50"),
    ]


def test_figures_are_drawn_of_what_there_is(tmp_path):
    alone = [result("ganzoo")]
    assert not tables.draw_ratios(tmp_path / "ratios.png", alone)
    assert not tables.draw_courses(tmp_path / "courses.png", alone)
    course = Course([0, 10, 20], [0.0, 1.0, 2.0], [np.inf, 50.0, 29.0])
    both = [result("ganzoo", course=course), result("PyTorch eager", course=course)]
    assert tables.draw_ratios(tmp_path / "ratios.png", both)
    assert tables.draw_courses(tmp_path / "courses.png", both)
    assert {path.name for path in tmp_path.iterdir()} == {"ratios.png", "courses.png"}


def test_settings_that_do_not_fit_are_refused():
    Config().check()
    Config(**SMOKE, smoke=True).check()
    with pytest.raises(ValueError, match="'PyTorch eager'"):
        Config(contestants=("torch",)).check()
    with pytest.raises(ValueError, match="one number for each of the 2 systems"):
        Config(distance=(30.0,)).check()
