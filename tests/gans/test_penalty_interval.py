"""A penalty in every k-th update of the discriminator: lazy regularization."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo import layers, losses, penalties

pytestmark = pytest.mark.usefixtures("without_graphs")  # a few tiny steps

R1_R2 = penalties.R1(0.5) + penalties.R2(0.5)


def sgd():
    return keras.optimizers.SGD(0.1)


def frozen():
    return keras.optimizers.SGD(0.0)


def lazily(k, penalty=R1_R2):
    return {"loss": "relativistic", "penalty": penalty, "penalty_interval": k}


def penalties_of(gan, batches, batch_logs, epochs=1):
    """Trains, and returns the penalty of each step."""
    gan.fit(batches, epochs=epochs, verbose=0, callbacks=[batch_logs])
    return np.array([logs["penalty"] for logs in batch_logs.logs])


# ------------------------------------------------------------------------ the algorithm


@pytest.mark.parametrize("update", ["alternating", "simultaneous"])
def test_weights_equal_those_of_a_loop_written_by_hand(
    update, tiny_gan, tiny_batches, learned
):
    gan = tiny_gan(update=update, compiled=lazily(2), optimizer=sgd)
    gan.fit(tiny_batches(3), verbose=0)
    expected = tiny_gan(update=update, compiled=lazily(2), optimizer=sgd)
    for step, real in enumerate(tiny_batches(3)):
        expected.step.assign(step)
        step_by_hand(expected, real, 2.0 if step % 2 == 0 else 0.0, update)
    np.testing.assert_allclose(learned(gan), learned(expected), rtol=0, atol=1e-6)


def step_by_hand(gan, real, scale, update):
    """One update of both networks, with `scale` times the penalty in the loss."""
    loss, random = losses.relativistic(), gan.random()
    fake = gan.generator(random.normal([len(real), 4]))
    with tf.GradientTape() as tape:
        logits = gan.discriminator(real), gan.discriminator(fake)
        values = loss.discriminator(*logits)
        values += scale * R1_R2(gan.discriminator, real, fake, None)
        total = tf.reduce_mean(values)
    variables = gan.discriminator.trainable_variables
    slopes = tape.gradient(total, variables)
    after = [v - 0.1 * slope for v, slope in zip(variables, slopes, strict=True)]
    if update == "alternating":
        random.split()  # the stream that a penalty may draw from
        for variable, value in zip(variables, after, strict=True):
            variable.assign(value)
        noise = random.normal([len(real), 4])
    else:
        noise = gan.random().normal([len(real), 4])
    with tf.GradientTape() as tape:
        fake = gan.generator(noise)
        logits = gan.discriminator(real), gan.discriminator(fake)
        total = tf.reduce_mean(loss.generator(*logits))
    slopes = tape.gradient(total, gan.generator.trainable_variables)
    for variable, slope in zip(gan.generator.trainable_variables, slopes, strict=True):
        variable.assign(variable - 0.1 * slope)
    for variable, value in zip(variables, after, strict=True):
        variable.assign(value)


def test_updates_between_have_none_and_the_mean_is_that_of_every_update(
    tiny_gan, tiny_batches, batch_logs
):
    """With learning rates of 0 and without noise a step's penalty is its batch's."""
    kept = {"optimizer": frozen}
    batches = tiny_batches(1).repeat(4)
    penalty = penalties.R1(0.5)
    often = tiny_gan(compiled=lazily(1, penalty), **kept).fit(batches, verbose=0)
    lazy = tiny_gan(compiled=lazily(2, penalty), **kept)
    found = penalties_of(lazy, batches, batch_logs)
    expected = often.history["penalty"][0]
    assert expected > 0
    np.testing.assert_allclose(found, [2 * expected, 0, 2 * expected, 0], rtol=1e-6)
    np.testing.assert_allclose(lazy.history.history["penalty"][0], expected, rtol=1e-6)


def test_an_interval_of_one_changes_no_bit(tiny_gan, tiny_batches, learned):
    without = {"loss": "relativistic", "penalty": "gradient_penalty"}
    models = [tiny_gan(compiled=without | one) for one in ({}, {"penalty_interval": 1})]
    for gan in models:
        gan.fit(tiny_batches(2), verbose=0)
    np.testing.assert_array_equal(*map(learned, models))


def test_updates_of_the_discriminator_are_counted_not_steps(
    tiny_gan, tiny_batches, batch_logs
):
    gan = tiny_gan(discriminator_steps=2, compiled=lazily(4))
    # Logs are those of a step's last update: number 1, 3, 5, 7.
    assert not penalties_of(gan, tiny_batches(4, 16), batch_logs).any()
    assert int(gan.discriminator_optimizer.iterations) == 8
    gan.discriminator_optimizer.iterations.assign(3)
    logs = gan.train_on_batch(next(iter(tiny_batches(1, 16))), return_dict=True)
    assert logs["penalty"] > 0


@keras.saving.register_keras_serializable("tests")
class Counted(penalties.R1):
    """Counts its calls, which are computations where there are no graphs."""

    calls = 0

    def __call__(self, *args):
        Counted.calls += 1
        return super().__call__(*args)


def test_updates_between_do_not_compute_it(tiny_gan, tiny_batches):
    Counted.calls = 0
    tiny_gan(compiled=lazily(3, Counted())).fit(tiny_batches(7), verbose=0)
    assert Counted.calls == 2 * 3  # and once more for each gradient


def test_constraints_are_applied_after_every_update(tiny_gan, tiny_batches):
    penalty = penalties.R1(1.0) + penalties.WeightClipping(0.05)
    gan = tiny_gan(compiled=lazily(4, penalty))
    for batch in tiny_batches(3):
        gan.train_on_batch(batch)
        largest = max(np.abs(w.numpy()).max() for w in gan.discriminator.weights)
        assert largest == np.float32(0.05)


def test_evaluation_reports_the_penalty_of_every_batch(tiny_gan, tiny_batches):
    penalty = penalties.R1(1.0)
    values = []
    for interval in (1, 4):
        gan = tiny_gan(compiled=lazily(interval, penalty), optimizer=frozen)
        gan.fit(tiny_batches(1), verbose=0)  # the next update has none
        values.append(gan.evaluate(tiny_batches(3), verbose=0, return_dict=True))
    assert values[0]["penalty"] > 0
    assert values[0] == values[1]


def test_steps_draw_the_same_with_graphs_and_without(
    graphs, tiny_gan, tiny_batches, learned
):
    """A branch that is not run must not shift the draws of what follows."""
    case = {
        "networks": {"dropout": layers.Dropout},
        "compiled": lazily(2, penalties.GradientPenalty(1.0)),
    }
    with_graphs, without = tiny_gan(**case), tiny_gan(**case)
    without.run_eagerly = True
    for gan in (with_graphs, without):
        gan.fit(tiny_batches(3), verbose=0)
    np.testing.assert_allclose(
        learned(with_graphs), learned(without), rtol=0, atol=1e-6
    )


def test_xla_compiles_a_penalty_of_layers_that_transpose(graphs, tiny_batches):
    """A gradient through the branch itself would lose the order of the axes."""
    results = []
    for jit_compile in (False, True):
        keras.utils.set_random_seed(1)
        generator = keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(16), keras.layers.Reshape((4, 4, 1))]
        )
        attention = layers.SelfAttention()
        network = keras.Sequential(
            [keras.Input((4, 4, 1)), attention, keras.layers.Flatten()]
            + [keras.layers.Dense(4, "softplus"), keras.layers.Dense(1)]
        )
        attention.gamma.assign(0.5)
        gan = ganzoo.GAN(generator, network)
        gan.compile(sgd(), sgd(), **lazily(2), jit_compile=jit_compile)
        gan.fit(tiny_batches(2), verbose=0)
        results.append(np.concatenate([w.numpy().ravel() for w in network.weights]))
    np.testing.assert_allclose(*results, rtol=0, atol=1e-5)


def test_a_layers_state_is_not_changed_by_a_penalty(tiny_batches):
    """The next update of the spectral norm must find the kernel of the last one."""
    keras.utils.set_random_seed(1)
    generator = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(16), keras.layers.Reshape((4, 4, 1))]
    )
    dense = layers.SpectralNormalization(keras.layers.Dense(1))
    network = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), dense])
    gan = ganzoo.GAN(generator, network)
    gan.compile(sgd(), sgd(), **lazily(2))
    batch = next(iter(tiny_batches(1)))
    kernel = dense.layer.kernel.numpy()
    gan.train_on_batch(batch)
    # Linear: both gradients are the normalized kernel, of norm 1 after convergence.
    assert not np.array_equal(dense.layer.kernel, kernel)
    logs = gan.train_on_batch(batch, return_dict=True)
    assert logs["penalty"] == 0


# ----------------------------------------------------------------------- all the models


def test_every_model_has_it(tiny, batch_logs):
    models = {
        "gan": (tiny["gan"](compiled=lazily(2)), tiny["batches"](3)),
        "unrolled": (
            tiny["gan"](kind=ganzoo.UnrolledGAN, unrolled_steps=2, compiled=lazily(2)),
            tiny["batches"](3),
        ),
        "infogan": (tiny["infogan"](compiled=lazily(2)), tiny["batches"](3)),
        "discogan": (tiny["discogan"](compiled=lazily(2)), tiny["unpaired"](3)),
        "simgan": (tiny["simgan"](compiled=lazily(2)), tiny["refinements"](3)),
        "layout": (tiny["layout"](compiled=lazily(2)), tiny["layouts"](3)),
    }
    for name, (model, batches) in models.items():
        batch_logs.logs.clear()
        found = penalties_of(model, batches, batch_logs)
        assert (found > 0).tolist() == [True, False, True], name
        assert np.isfinite(list(model.history.history.values())).all(), name


def test_unrolled_steps_have_it_when_the_discriminators_own_would(
    tiny_gan, tiny_batches
):
    gan = tiny_gan(kind=ganzoo.UnrolledGAN, unrolled_steps=3, compiled=lazily(2))
    gan.discriminator_optimizer.iterations.assign(5)  # due in the second of three
    images = next(iter(tiny_batches(1)))
    random = gan.random()
    fake = gan.generate_batch(images, None, random)
    with layers.random_scope(random):
        ahead = gan._look_ahead(images, fake, None, random)
        variables, due = gan._state_variables(), []
        for step in range(3):
            terms, gradients = gan._discriminator_gradients(
                images, fake, None, random.fold(step)
            )
            due.append(bool(np.any(terms["penalty"] > 0)))
            gan.apply_discriminator_gradients(gradients)
    assert due == [False, True, False]
    for variable, value in zip(variables, ahead, strict=True):
        np.testing.assert_allclose(value, variable, atol=1e-6, err_msg=variable.path)


# --------------------------------------------------------------------- files and errors


def test_it_is_saved_with_the_model(tiny_gan, tmp_path):
    tiny_gan(compiled=lazily(8)).save(tmp_path / "model.keras")
    assert keras.saving.load_model(tmp_path / "model.keras").penalty_interval == 8


@pytest.mark.parametrize("wrong", [0, -1, 1.5, True, "8", None])
def test_an_interval_is_a_whole_number(wrong, tiny_gan):
    with pytest.raises(ValueError, match="must be a whole number of at least 1"):
        tiny_gan(compiled=lazily(wrong))


@pytest.mark.parametrize("penalty", [None, "weight_clipping"])
def test_an_interval_that_would_be_ignored_is_refused(penalty, tiny_gan):
    with pytest.raises(ValueError, match="penalty_interval=8 would be ignored"):
        tiny_gan(compiled={"penalty": penalty, "penalty_interval": 8})
