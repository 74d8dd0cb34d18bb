"""Each argument of Keras's methods does what Keras says, or is refused in words."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.gans import checks_arguments, feeding

IMAGES = np.random.default_rng(0).uniform(-1, 1, (12, 4, 4, 1)).astype("float32")

# Every argument of every method: the test that shows it to work (in this file, or in
# another of this folder), or a value that is refused and words of what is said then.
DECIDED = {
    "compile": {
        "optimizer": ("adam", "Pass generator_optimizer and discriminator_"),
        "loss": "test_gan.py::test_every_loss_trains",
        "loss_weights": ([2.0], "ganzoo.losses.Loss"),
        "metrics": (["mse"], "Use ganzoo.callbacks"),
        "weighted_metrics": (["mse"], "Use ganzoo.callbacks"),
        "run_eagerly": "test_base.py::test_eager_steps_equal_compiled_ones",
        "steps_per_execution": "test_base.py::test_two_steps_per_execution_equal_one",
        "jit_compile": "test_base.py::test_xla_changes_nothing_but_rounding",
        "auto_scale_loss": (True, "'mixed_bfloat16' needs no scaling"),
    },
    "fit": {
        "x": "test_base.py::test_fit_takes_arrays_too",
        "y": "::test_labels_of_arrays_are_learned_by",
        "batch_size": "::test_arguments_of_fit_do_what_keras_says",
        "epochs": "::test_arguments_of_fit_do_what_keras_says",
        "verbose": "::test_arguments_of_fit_do_what_keras_says",
        "callbacks": "::test_arguments_of_fit_do_what_keras_says",
        "validation_split": "::test_arguments_of_fit_do_what_keras_says",
        "validation_data": (
            "test_base.py::test_validation_between_epochs_changes_nothing_in_training"
        ),
        "shuffle": "::test_arguments_of_fit_do_what_keras_says",
        "class_weight": ({0: 1.0, 1: 2.0}, "sample_from_datasets"),
        "sample_weight": (np.ones(12), "sample_from_datasets"),
        "initial_epoch": "::test_arguments_of_fit_do_what_keras_says",
        "steps_per_epoch": "::test_arguments_of_fit_do_what_keras_says",
        "validation_steps": "::test_arguments_of_validation_do_what_keras_says",
        "validation_batch_size": "::test_arguments_of_validation_do_what_keras_says",
        "validation_freq": "::test_arguments_of_validation_do_what_keras_says",
    },
    "evaluate": {
        "x": "::test_arguments_of_evaluate_do_what_keras_says",
        "y": "::test_labels_of_arrays_are_learned_by",
        "batch_size": "::test_arguments_of_evaluate_do_what_keras_says",
        "verbose": "::test_arguments_of_evaluate_do_what_keras_says",
        "sample_weight": (np.ones(12), "sample_from_datasets"),
        "steps": "::test_arguments_of_evaluate_do_what_keras_says",
        "callbacks": "::test_arguments_of_evaluate_do_what_keras_says",
        "return_dict": "::test_arguments_of_evaluate_do_what_keras_says",
        "kwargs": "::test_an_unknown_argument_is_refused",
    },
    "train_on_batch": {
        "x": "test_base.py::test_train_on_batch_is_one_step_of_fit",
        "y": "::test_labels_of_arrays_are_learned_by",
        "sample_weight": (np.ones(12), "sample_from_datasets"),
        "class_weight": ({0: 1.0}, "sample_from_datasets"),
        "return_dict": "test_base.py::test_train_on_batch_is_one_step_of_fit",
    },
    "test_on_batch": {
        "x": "::test_test_on_batch_is_one_step_of_evaluate",
        "y": "::test_labels_of_arrays_are_learned_by",
        "sample_weight": (np.ones(12), "sample_from_datasets"),
        "return_dict": "::test_test_on_batch_is_one_step_of_evaluate",
    },
    **{
        method: dict.fromkeys(arguments, (IMAGES, "call one of its networks"))
        for method, arguments in {
            "predict": ("x", "batch_size", "verbose", "steps", "callbacks"),
            "predict_on_batch": ("x",),
        }.items()
    },
}


def parameters(method: str) -> list[str]:
    return list(inspect.signature(getattr(keras.Model, method)).parameters)[1:]


@pytest.fixture(scope="module")
def idle(idle_model):
    gan = idle_model()
    gan.compile()
    return gan


class Seen(keras.callbacks.Callback):
    """Counts batches and keeps the names in the logs of epochs."""

    def __init__(self):
        super().__init__()
        self.batches, self.tested, self.logs = 0, 0, []

    def on_train_batch_end(self, batch, logs=None):
        self.batches += 1

    def on_test_batch_end(self, batch, logs=None):
        self.tested += 1

    def on_epoch_end(self, epoch, logs=None):
        self.logs.append(set(logs))


@pytest.mark.parametrize("method", DECIDED)
def test_every_argument_of_the_installed_keras_is_decided_upon(method):
    assert set(DECIDED[method]) == set(parameters(method))
    refused = {n for n, fate in DECIDED[method].items() if isinstance(fate, tuple)}
    if not method.startswith("predict"):
        assert refused == set(checks_arguments.REFUSED.get(method, ()))


def test_every_test_named_above_exists(request):
    for fate in (fate for fates in DECIDED.values() for fate in fates.values()):
        if isinstance(fate, str):
            file, name = fate.split("::")
            path = request.path.parent / (file or request.path.name)
            assert f"def {name}(" in path.read_text(encoding="utf-8"), fate


def refusals() -> list[tuple[str, str]]:
    return [
        (method, name)
        for method, fates in DECIDED.items()
        for name, fate in fates.items()
        if not isinstance(fate, str)
    ]


@pytest.mark.parametrize(("method", "name"), refusals())
def test_what_would_be_ignored_is_refused(method, name, idle, tiny_networks):
    value, remedy = DECIDED[method][name]
    call, given = getattr(idle, method), {"x": IMAGES}
    if method == "compile":
        call = ganzoo.GAN(*tiny_networks()).compile
        given = {"generator_optimizer": "sgd", "discriminator_optimizer": "sgd"}
        call(**given, **{name: None})  # which asks for nothing
    with pytest.raises(ValueError, match=remedy) as refusal:
        call(**given | {name: value})
    text = str(refusal.value)
    assert method in text
    assert f"{name}=" in text or method.startswith("predict")
    assert "\n" not in text
    assert len(text) < 300  # no arrays in it


def test_asking_for_no_loss_scaling_is_what_happens_anyway(tiny_networks):
    ganzoo.GAN(*tiny_networks()).compile("sgd", "sgd", auto_scale_loss=False)


@pytest.mark.parametrize("use", ["__call__", "export"])
def test_what_a_model_without_call_cannot_do_names_what_it_can(use, idle):
    with pytest.raises(ValueError, match=r"call one of its networks.*network\.export"):
        getattr(idle, use)(IMAGES)


class Callable(ganzoo.GAN):
    def call(self, noise):
        return self.generator(noise)


def test_a_subclass_with_a_call_can_be_called_and_predicts(tiny_networks):
    gan = Callable(*tiny_networks())
    noise = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(gan(noise), gan.generator(noise))
    np.testing.assert_allclose(gan.predict(noise, verbose=0), gan(noise), rtol=1e-6)


def test_an_unknown_argument_is_refused(idle):
    with pytest.raises(TypeError, match="steps_an_epoch"):
        idle.fit(IMAGES, steps_an_epoch=3)
    with pytest.raises(ValueError, match="steps_an_epoch"):
        idle.evaluate(IMAGES, steps_an_epoch=3)


# -------------------------------------------------------------------------- optimizers


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, "generator_optimizer=None is not a Keras optimizer"),
        (("sgd",), {}, "discriminator_optimizer=None is not a Keras optimizer"),
        (("sgd", "mse"), {}, "discriminator_optimizer='mse' is not a Keras optimizer"),
        ((3, "sgd"), {}, "generator_optimizer=3 is not a Keras optimizer"),
        (("sgd",), {"optimizer": "sgd"}, "optimizer='sgd'.*Pass generator_optimizer"),
        (("sgd", "sgd"), {"loss": "mse"}, "Unknown loss 'mse'"),
        (("sgd", "sgd"), {"jit_compile": "yes"}, "jit_compile='yes' must be True"),
        (("sgd", "sgd"), {"steps_per_execution": 0}, "steps_per_execution=0 must be"),
        (
            ("sgd", "sgd"),
            {"seed": 1},
            r"seed=1 is an argument of \w*GAN\(",
        ),
        (("sgd", "sgd"), {"penlty": "r1"}, r"no argument 'penlty'.*you mean penalty\?"),
        (("sgd", "sgd"), {"penalty": max}, "a subclass of penalties.Penalty"),
        (
            ("sgd", "sgd"),
            {"loss": (max, lambda fake: fake)},
            "The generator's loss",
        ),
    ],
)
@pytest.mark.parametrize("kind", [ganzoo.GAN, ganzoo.UnrolledGAN])
def test_compile_says_what_it_takes(args, kwargs, message, kind, tiny_networks):
    with pytest.raises(ValueError, match=message):
        kind(*tiny_networks()).compile(*args, **kwargs)


# ------------------------------------------------------- what works as Keras says


def test_arguments_of_fit_do_what_keras_says(idle, capsys):
    def fit(**arguments):
        seen = Seen()
        history = idle.fit(IMAGES, callbacks=[seen], **{"verbose": 0} | arguments)
        return seen, history

    assert fit(batch_size=4)[0].batches == 3
    assert fit(epochs=2)[0].batches == 2  # of 32 images at most
    assert fit(epochs=3, initial_epoch=1)[1].epoch == [1, 2]
    assert fit(batch_size=4, steps_per_epoch=2)[0].batches == 2
    seen, _ = fit(batch_size=3, validation_split=0.25)
    assert (seen.batches, seen.tested) == (3, 1)  # 9 images, and 3
    assert "val_mean" in seen.logs[0]
    assert capsys.readouterr().out == ""
    fit(verbose=2)
    assert "mean" in capsys.readouterr().out


def test_shuffle_is_about_arrays():
    rows = [
        next(iter(feeding.source(None, "it", IMAGES, shuffle=shuffle).get_tf_dataset()))
        for shuffle in (False, True)
    ]
    np.testing.assert_array_equal(rows[0], IMAGES)
    assert not np.array_equal(rows[1], IMAGES)
    with pytest.raises(ValueError, match="shuffle=True would be ignored"):
        feeding.source(None, "it", batches(), shuffle=True)


def batches(size: int = 4) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices(IMAGES).batch(size)


def test_arguments_of_validation_do_what_keras_says(idle):
    def tested(**arguments):
        seen = Seen()
        idle.fit(IMAGES, verbose=0, callbacks=[seen], **arguments)
        return seen.tested

    assert tested(validation_data=batches()) == 3
    assert tested(validation_data=batches(), validation_steps=2) == 2
    assert tested(validation_data=batches().repeat(), validation_steps=2) == 2
    assert tested(validation_data=(IMAGES, None), batch_size=6) == 2
    assert tested(validation_data=IMAGES, validation_batch_size=2) == 6
    assert tested(validation_data=batches(), validation_freq=2, epochs=3) == 3
    assert tested(validation_data=batches(), validation_freq=[1, 3], epochs=3) == 6


def test_arguments_of_evaluate_do_what_keras_says(idle, capsys):
    seen = Seen()
    options = {"verbose": 0, "callbacks": [seen]}
    whole = idle.evaluate(IMAGES, batch_size=4, return_dict=True, **options)
    assert seen.tested == 3
    assert whole == idle.evaluate(batches(), verbose=0, return_dict=True)
    names = [tracker.name for tracker in idle.metrics]
    assert [whole[n] for n in names] == idle.evaluate(batches(), verbose=0)
    assert capsys.readouterr().out == ""
    idle.evaluate(batches().repeat(), steps=2, verbose=2, callbacks=[seen])
    assert seen.tested == 5
    assert "mean" in capsys.readouterr().out


def test_test_on_batch_is_one_step_of_evaluate(idle):
    expected = idle.evaluate(IMAGES, verbose=0, return_dict=True)
    idle.evaluation_step.assign(0)
    assert idle.test_on_batch(IMAGES, return_dict=True) == expected
    idle.evaluation_step.assign(0)
    names = [tracker.name for tracker in idle.metrics]
    assert idle.test_on_batch(IMAGES) == [expected[name] for name in names]


def test_labels_of_arrays_are_learned_by(tiny_gan):
    gan = tiny_gan(num_classes=3, compiled={"run_eagerly": True})

    def moved(labels, method, **options) -> list[bool]:
        before = gan.generator.get_weights()[0]  # the rows of an embedding
        getattr(gan, method)(IMAGES[:4], np.full(4, *labels), **options)
        change = np.abs(gan.generator.get_weights()[0] - before)
        return change.max(axis=1).astype(bool).tolist()

    assert moved([2], "train_on_batch") == [False, False, True]
    assert moved([1.0, "float64"], "fit", verbose=0) == [False, True, False]
    for method in ("test_on_batch", "evaluate"):
        assert not any(moved([0, "uint8"], method))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"steps_per_epoch": 0}, "steps_per_epoch=0 must be a whole number"),
        ({"steps_per_epoch": -1}, "steps_per_epoch=-1 must be"),
        ({"steps_per_epoch": 2.5}, "steps_per_epoch=2.5 must be"),
        ({"batch_size": 0}, "batch_size=0 must be"),
        ({"validation_steps": 2}, "validation_steps=2 would be ignored"),
        ({"validation_freq": 2}, "validation_freq=2 would be ignored"),
        ({"validation_batch_size": 2}, "validation_batch_size=2 would be ignored"),
        ({"validation_split": 1.5}, "validation_split=1.5 must be in"),
        (
            {"validation_split": 0.5, "validation_data": IMAGES},
            "validation_split=0.5 would be ignored: validation_data is given",
        ),
        (
            {"validation_data": (IMAGES, None, np.ones(12))},
            "sample_weight=<ndarray of shape .12,.>.*sample_from_datasets",
        ),
        ({"x": batches(), "batch_size": 4}, "batch_size=4 would be ignored"),
        (
            {"validation_data": batches(), "validation_batch_size": 4},
            "validation_batch_size=4 would be ignored: validation_data is a",
        ),
    ],
)
def test_numbers_out_of_range_and_idle_arguments_are_refused(arguments, message, idle):
    with pytest.raises(ValueError, match=message):
        idle.fit(**{"x": IMAGES, "verbose": 0} | arguments)
