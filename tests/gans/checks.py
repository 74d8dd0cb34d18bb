"""What every model must be able to do: the checks of tests/gans/test_every_model.py."""

import dataclasses
import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf


@dataclasses.dataclass
class Subject:
    """A model as the checks see it.

    Attributes:
        build: Returns a new compiled model and two or more finite training batches for
            it. Its `seed` decides the initial weights. It is called in the scope of the
            strategy and under the precision to be tested; its batches can be shared by
            two replicas.
        trained: For each optimizer's name the names of the networks that it trains:
            attributes of the model.
        sample: (model, count, seed) -> that many images; None if it makes none.
        tolerance: How far weights may be apart for rounding, absolute.
    """

    build: Callable
    trained: dict[str, tuple[str, ...]]
    sample: Callable | None
    tolerance: float

    def trained_model(self, jit: bool = False, eager: bool = False) -> "Trained":
        """Trains a new model for one epoch."""
        model, batches = self.build(seed=1)
        model.jit_compile, model.run_eagerly = jit, eager
        history = model.fit(batches, verbose=0).history
        return Trained(model, batches, history, lasting(model))

    @functools.cached_property
    def plain(self) -> "Trained":
        """The run that others are compared with: one replica, no XLA, float32."""
        return self.trained_model()


@dataclasses.dataclass
class Trained:
    """A model after an epoch, its batches and logs, and its state at that time."""

    model: keras.Model
    batches: tf.data.Dataset
    history: dict[str, list[float]]
    state: list[np.ndarray]


def lasting(model) -> list[np.ndarray]:
    """The weights of any model and the state of its optimizers."""
    kept = [
        v for v in vars(model).values() if isinstance(v, keras.optimizers.Optimizer)
    ]
    optimizers = [variable for optimizer in kept for variable in optimizer.variables]
    return [variable.numpy() for variable in model.weights + optimizers]


def assert_close(states, expected, tolerance: float) -> None:
    """Compares all that lasts of two models."""
    for value, wanted in zip(states, expected, strict=True):
        np.testing.assert_allclose(value, wanted, rtol=0, atol=tolerance)


def eagerly(model):
    """The same model without a graph, which is cheaper for a few steps."""
    model.run_eagerly, model.train_function = True, None
    return model


def check_logs_and_samples(subject: Subject, tmp_path, mirrored) -> None:
    model, batches = subject.plain.model, subject.plain.batches
    history = subject.plain.history
    assert set(history) == {tracker.name for tracker in model.metrics}
    assert np.isfinite(list(history.values())).all()

    before = [weight.numpy() for weight in model.trainable_weights]
    model.run_eagerly = True  # cheaper than a graph for a few steps
    measured = model.evaluate(batches, verbose=0, return_dict=True)
    assert set(measured) == set(history)
    assert measured == model.evaluate(batches, verbose=0, return_dict=True)
    if subject.sample is not None:
        images = subject.sample(model, 3, 7)
        assert (len(images), images.dtype) == (3, np.float32)
        assert images.ndim == 2 or np.abs(images).max() <= 1.0
        np.testing.assert_array_equal(images, subject.sample(model, 3, 7))
        other, _ = subject.build(seed=2)
        assert not np.array_equal(images, subject.sample(other, 3, 7))
    for weight, expected in zip(model.trainable_weights, before, strict=True):
        np.testing.assert_array_equal(weight, expected)


def check_updates(subject: Subject, tmp_path, mirrored) -> None:
    for optimizer, networks in subject.trained.items():
        model, batches = subject.build(seed=1)
        for other in subject.trained.keys() - {optimizer}:
            getattr(model, other).learning_rate = 0.0
        everything = {
            name: getattr(model, name).trainable_variables
            for names in subject.trained.values()
            for name in names
        }
        before = {name: [v.numpy() for v in vs] for name, vs in everything.items()}
        eagerly(model).fit(batches.take(1), verbose=0)
        for name, variables in everything.items():
            assert len(variables) > 0
            for variable, old in zip(variables, before[name], strict=True):
                moved = not np.array_equal(variable.numpy(), old)
                assert moved == (name in networks), (optimizer, name, variable.path)


def check_xla(subject: Subject, tmp_path, mirrored) -> None:
    expected = subject.plain.state
    compiled = subject.trained_model(jit=True)
    assert compiled.model.jit_compile is True
    assert_close(compiled.state, expected, subject.tolerance)


def check_two_replicas(subject: Subject, tmp_path, mirrored) -> None:
    one = subject.plain
    with mirrored(2).scope():
        two = subject.trained_model()
    assert two.model.distribute_strategy.num_replicas_in_sync == 2
    assert_close(two.state, one.state, subject.tolerance)
    for name, values in one.history.items():
        np.testing.assert_allclose(
            two.history[name], values, rtol=0, atol=subject.tolerance
        )


def check_saving(subject: Subject, tmp_path, mirrored) -> None:
    model, batches = subject.plain.model, subject.plain.batches
    config = model.get_config()
    assert type(model).from_config(config).get_config() == config

    steps = int(batches.cardinality())
    assert int(model.step) % steps == 0 < int(model.step)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "model.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    resumed, _ = subject.build(seed=2)
    resumed.load_weights(tmp_path / "model.weights.h5")
    for other in (loaded, resumed):
        assert_close(lasting(other), lasting(model), 0.0)
    for going_on in (model, loaded, resumed):
        eagerly(going_on).fit(batches, verbose=0)
    for other in (loaded, resumed):
        assert_close(lasting(other), lasting(model), 0.0)


def check_bfloat16(subject: Subject, tmp_path, mirrored) -> None:
    expected = subject.plain.history
    keras.config.set_dtype_policy("mixed_bfloat16")
    rough = subject.trained_model(eager=True)
    assert {value.dtype.kind for value in rough.state} <= set("fiu")
    layers = [layer for layer in rough.model._flatten_layers() if layer.weights]
    assert "bfloat16" in {layer.compute_dtype for layer in layers}
    for name, values in expected.items():
        np.testing.assert_allclose(rough.history[name], values, rtol=0.05, atol=0.05)
    if subject.sample is not None:
        assert subject.sample(rough.model, 2, 7).dtype == np.float32


CHECKS = {
    "logs_and_samples": check_logs_and_samples,
    "each_optimizer_moves_its_own_networks": check_updates,
    "xla_changes_nothing_but_rounding": check_xla,
    "two_replicas_equal_one": check_two_replicas,
    "saved_loaded_and_resumed_to_the_bit": check_saving,
    "mixed_bfloat16": check_bfloat16,
}


def generated(model, count: int, seed: int) -> np.ndarray:
    """Samples of a model with one generator."""
    return model.generate(count, seed=seed)
