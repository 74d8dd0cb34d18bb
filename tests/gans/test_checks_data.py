"""What `fit()` is given is what the model takes, or it is refused before a step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.gans.checks_data import Images
from ganzoo.gans.checks_labels import Labels
from ganzoo.gans.feeding import look
from ganzoo.gans.output_activations import output_activations

NUMBERS = np.random.default_rng(0)
X = NUMBERS.uniform(-1, 1, (12, 4, 4, 1)).astype("float32")
Y = np.arange(12) % 3


@pytest.fixture(scope="module")
def plain(tiny_gan):
    """A tiny GAN whose generator ends in tanh."""
    return tiny_gan(compiled={"run_eagerly": True})


@pytest.fixture(scope="module")
def conditional(tiny_gan):
    """The same of three classes."""
    return tiny_gan(num_classes=3, compiled={"run_eagerly": True})


def batches(*arrays, size: int = 4) -> tf.data.Dataset:
    data = arrays if len(arrays) > 1 else arrays[0]
    return tf.data.Dataset.from_tensor_slices(data).batch(size)


def refuses(gan, message: str, *args, **kwargs) -> None:
    """Checks that nothing was learned and that one line says why."""
    step = int(gan.step)
    before = [weight.copy() for weight in gan.get_weights()]
    with pytest.raises(ValueError, match=message) as refusal:
        gan.fit(*args, **{"verbose": 0} | kwargs)
    text = str(refusal.value)
    assert "\n" not in text
    assert len(text) < 400
    assert int(gan.step) == step
    for weight, expected in zip(gan.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, expected)


# -------------------------------------------------------------- kinds of data, shapes


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "x=None: there are no data"),
        ("mnist", "x is 'mnist'.*ganzoo.data.training_batches"),
        ([[1.0, 2.0], [3.0, 4.0]], "x is a list.*np.asarray"),
        (np.float32(1.0), r"x=.*1\.0.* is a single number"),
        (list(X), r"are a list of 12; .* one array of them: np\.stack\(images\)"),
        ([X], r"real images are a list of 1.*fit\(images\)"),
        ([X, Y], r"real images are a list of 2.*fit\(images, labels\)"),
        ({"image": X}, r"dictionary of 'image'.*batch\['image'\]"),
        (batches({"image": X, "id": Y}), r"dictionary of 'image', 'id'"),
        (X[0], r"have the shape \(4, 4, 1\).*no batch axis.*batch\(64\)"),
        (tf.data.Dataset.from_tensor_slices(X), "no batch axis"),
        (X[..., 0], r"\(12, 4, 4\), but the generator makes .*\[\.\.\., None\]"),
        (np.zeros((3, 8, 8, 1)), r"\(3, 8, 8, 1\), .* makes \(None, 4, 4, 1\).*Resize"),
        (batches(np.zeros((3, 4, 4, 3))), r"\(None, 4, 4, 3\), but the generator"),
        (X.astype("uint8"), "are uint8.*ganzoo.data.to_float"),
        (batches(X.astype("int32")), "are int32.*ganzoo.data.to_float"),
        (X > 0, "are bool"),
        (X.astype(str), "are string"),
        ((X[:4] for _ in range(3)), "generator must return a tuple"),
        (
            batches(X).map(tf.RaggedTensor.from_tensor),
            "are a RaggedTensor; a dense tensor is needed",
        ),
        (batches(X, Y), "labels, which this GAN would ignore.*num_classes"),
        (batches(X, Y, Y), "third part, sample weights"),
    ],
    ids=lambda value: None if not isinstance(value, str) else value[:12],
)
def test_other_data_are_refused_in_one_line(data, message, plain):
    refuses(plain, message, data)


def test_a_set_of_images_is_no_batches(plain, image_set):
    refuses(plain, r"is a ImageSet.*training_batches", image_set)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (Y + 1, "labels run from 1 to 3.*classes 0 to 2. Count from 0: labels - 1"),
        (Y - 1, "labels run from -1 to 1"),
        (2 * Y, "labels run from 0 to 4.*num_classes=5"),
        (Y + 0.7, r"labels hold 0\.7; they must be whole"),
        (np.where(Y == 1, np.nan, Y), "labels hold nan"),
        (np.eye(3)[Y], r"\(.*, 3\).*one-hot.*argmax"),
        (Y[:, None], r"\(.*, 1\).*labels\[:, 0\]"),
        (np.array(["cat", "dog", "emu"])[Y], r"are strings.*return_inverse"),
        (np.full(12, 9), r"labels are all 9; .* 0 to 2\. Build it with num_classes=10"),
        (np.where(Y == 0, 3, Y), r"from 1 to 3; .* Count from 0: labels - 1"),
        (
            np.where(Y == 2, 3, 2),
            r"from 2 to 3; .* counted from 1, give labels - 1\. Bu",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["arrays", "dataset"])
def test_labels_that_are_no_classes_are_refused(labels, message, kind, conditional):
    data = (X, labels) if kind == "arrays" else (batches(X, labels),)
    refuses(conditional, message, *data)
    with pytest.raises(ValueError, match=message):
        conditional.evaluate(*data, verbose=0)
    with pytest.raises(ValueError, match=message):
        conditional.fit(X, Y, validation_data=data if len(data) > 1 else data[0])
    if kind == "arrays":
        for method in (conditional.train_on_batch, conditional.test_on_batch):
            with pytest.raises(ValueError, match=message):
                method(*data)


@pytest.mark.parametrize("labels", [Y.tolist(), tuple(Y), ["cat"] * 12])
def test_a_list_of_labels_is_told_to_become_an_array(labels, conditional):
    kind = type(labels).__name__
    message = rf"y is a {kind} of 12 single values; .*np\.asarray\(y\)"
    refuses(conditional, message, X, labels, batch_size=4)
    for method in (conditional.train_on_batch, conditional.test_on_batch):
        with pytest.raises(ValueError, match=message):
            method(X, labels)


class Sequence(keras.utils.PyDataset):
    num_batches = 3

    def __getitem__(self, index):
        return LATE[index]


# The last of three batches has a label that there is not.
LATE = [(X[:4], Y[:4]), (X[4:8], Y[4:8]), (X[8:], Y[8:] + [0, 0, 0, 2])]
FEEDS = {
    "dataset": lambda: batches(X, np.concatenate([labels for _, labels in LATE])),
    "generator": lambda: (part for part in LATE),
    "PyDataset": lambda: Sequence(),
}


@pytest.mark.filterwarnings("ignore:.*ran out of data")
@pytest.mark.parametrize("feed", FEEDS)
def test_a_wrong_label_in_a_later_batch_is_refused_there(feed, conditional):
    before = int(conditional.step)
    options = {"shuffle": False} if feed == "PyDataset" else {}
    with pytest.raises(ValueError, match="labels run from 0 to 4; this model"):
        conditional.fit(FEEDS[feed](), verbose=0, **options)
    assert int(conditional.step) == before + 2
    with pytest.raises(ValueError, match="labels run from 0 to 4"):
        conditional.evaluate(FEEDS[feed](), verbose=0)


@pytest.mark.parametrize("shared", [False, True])
def test_a_wrong_label_is_refused_on_replicas_and_in_executions(
    shared, plain, idle_model, mirrored
):
    strategy = mirrored(2)
    with strategy.scope():
        gan = idle_model((plain.batch_parts(), Labels(3)))
        gan.compile(steps_per_execution=2)
    images, labels = (np.stack(part) for part in zip(*LATE, strict=True))
    data = tf.data.Dataset.from_tensor_slices((images, labels))
    if shared:  # no pipeline of ours looks at these
        data = strategy.experimental_distribute_dataset(data)
    with pytest.raises(ValueError, match="labels run from 0 to 4"):
        gan.fit(data, verbose=0)
    assert int(gan.step) == 2


# ------------------------------------------------------------------------------ range


def ending_in(activation: str | None) -> Images:
    network = keras.Sequential(
        [keras.Input((16,)), keras.layers.Activation(activation or "linear")]
    )
    return Images("real images", network, "generator", None)


BRIGHT = (X + 1) / 2
REMEDIES = {
    "minus": r"lie in \[0\.\d+, 0\.99\d+\].*2 \* images - 1",
    "bytes": r"lie in \[.*, 25\d\.?\d*\].*images / 127\.5 - 1.*to_float",
    "clip": r"lie in \[-[23]\.\d+, [23]\.\d+\].*np\.clip",
    "half": r"ends in sigmoid .*\(images \+ 1\) / 2",
    "by 255": r"images / 255",
    "unit clip": r"np\.clip\(images, 0, 1\)",
    None: None,
}


@pytest.mark.parametrize(
    ("activation", "images", "remedy"),
    [
        ("tanh", X, None),
        ("tanh", 1.0005 * X, None),
        ("tanh", BRIGHT, "minus"),
        ("tanh", 255 * BRIGHT, "bytes"),
        ("tanh", 3 * X, "clip"),
        ("sigmoid", X, "half"),
        ("sigmoid", BRIGHT, None),
        ("sigmoid", 255 * BRIGHT, "by 255"),
        (None, X, None),
        (None, 3 * X, None),  # standardised, and nothing says that these are not made
        (None, 255 * BRIGHT, "bytes"),
        (None, 9 * BRIGHT, None),  # of sound, or of depths
        ("relu", 3 * BRIGHT, None),
        ("tanh", 0.2 + 0.7 * BRIGHT, None),  # a batch without dark images
        ("tanh", 1.04 * X, None),  # noise, or a sharp resizing
        ("sigmoid", 1.3 * BRIGHT - 0.15, "unit clip"),
        ("tanh", np.full_like(X, 255), "bytes"),
        ("tanh", np.zeros_like(X), None),  # one value has no range
        ("tanh", np.abs(X[:, :, 0, 0]), None),  # points lie anywhere
        ("tanh", 3 * X[:, :, 0, 0], None),
    ],
)
def test_images_lie_where_the_generators_do(activation, images, remedy):
    part = ending_in(activation)
    if remedy is None:
        look(part, images)
        return
    with pytest.raises(ValueError, match=REMEDIES[remedy]) as refusal:
        look(part, images)
    assert "the generator" in str(refusal.value)


def ending_in_bytes() -> Images:
    layers = [keras.Input((16,)), keras.layers.Activation("tanh")]
    layers.append(keras.layers.Rescaling(127.5, offset=127.5))
    return Images("real images", keras.Sequential(layers), "generator", None)


@pytest.mark.parametrize(
    ("images", "remedy"),
    [
        (X, r"\[0, 255\]\. Let it end in tanh\.$"),
        (BRIGHT, r"Let it end in tanh, and scale the images to .*: 2 \* images - 1\.$"),
        (3 * X, r"tanh, and scale the images to \[-1, 1\]: images / np\.abs"),
        (510 * BRIGHT, r"tanh, and scale the images to \[-1, 1\]: images / 127\.5 - 1"),
    ],
)
def test_a_generator_of_bytes_needs_images_of_bytes(images, remedy):
    with pytest.raises(ValueError, match=remedy):
        look(ending_in_bytes(), images)


def test_a_generator_of_bytes_is_warned_of_where_the_images_are_such():
    with pytest.warns(
        UserWarning, match=r"\[0, 255\], like the real .*images / 127\.5 - 1"
    ):
        look(ending_in_bytes(), 255 * BRIGHT)


def test_where_the_ending_says_nothing_images_of_0_to_1_are_warned_of():
    with pytest.warns(UserWarning, match=REMEDIES["minus"]):
        look(ending_in(None), BRIGHT)


def test_a_part_that_takes_any_value_leaves_no_bounds():
    noise = keras.Input((4,))
    bounded = keras.layers.Dense(4, activation="tanh")(noise)
    for join in (keras.layers.Concatenate, keras.layers.Maximum):
        free = keras.Model(noise, join()([bounded, keras.layers.Dense(4)(noise)]))
        found = output_activations(free, bounded=False)
        assert min(one.low for one in found) == -np.inf
        assert [one.name for one in output_activations(free)] == ["tanh"]
    clipped = keras.Model(noise, keras.ops.clip(keras.ops.sigmoid(noise), 0.1, 0.9))
    assert [one.name for one in output_activations(clipped)] == ["sigmoid"]


@pytest.mark.parametrize("kind", ["float64", "float16", "bfloat16"])
def test_the_range_is_that_of_any_floats(kind):
    images = tf.cast(BRIGHT, kind).numpy()
    with pytest.raises(ValueError, match=r"2 . images - 1"):
        look(ending_in("tanh"), images)


def test_what_is_not_finite_is_refused(plain):
    for value in (np.nan, np.inf):
        spoiled = X.copy()
        spoiled[2, 1, 1, 0] = value
        refuses(plain, "hold NaN or infinity", spoiled, batch_size=12)


def fed(images: np.ndarray):
    yield images, {}
    yield batches(images), {}
    yield batches(images).repeat(), {"steps_per_epoch": 2}
    yield ((images[:4],) for _ in range(2)), {}


@pytest.mark.filterwarnings("ignore:.*ran out of data")
@pytest.mark.parametrize("steps", [1, 2])
def test_the_first_batch_is_looked_at_and_not_taken_away(steps, plain, idle_model):
    gan = idle_model(plain.batch_parts())
    gan.compile(steps_per_execution=steps)
    for data, options in fed(BRIGHT):
        with pytest.raises(ValueError, match=r"2 . images - 1"):
            gan.fit(data, verbose=0, **options)
        gan.step.assign(0)  # the counter runs ahead in a graph
    seen = []

    def drawn():
        for number in range(4):
            seen.append(number)
            yield X[:4]

    spec = tf.TensorSpec([4, 4, 4, 1], tf.float32)
    gan.fit(tf.data.Dataset.from_generator(drawn, output_signature=spec), verbose=0)
    assert seen == [0, 1, 2, 3]
    assert int(gan.step) == 4


def test_only_the_first_batch_of_a_fit_is_looked_at(plain):
    late = np.concatenate([X[:4], BRIGHT[:4]])
    plain.fit(batches(late), verbose=0)
    refuses(plain, "2 . images - 1", batches(late[::-1]))
    with pytest.raises(ValueError, match=r"2 . images - 1"):
        plain.evaluate(BRIGHT, verbose=0)


def test_train_on_batch_looks_at_every_batch(tiny_gan):
    gan = tiny_gan(compiled={"run_eagerly": True})
    for method in (gan.train_on_batch, gan.test_on_batch):
        with pytest.raises(ValueError, match=r"2 . images - 1"):
            method(BRIGHT)
        with pytest.raises(ValueError, match="are uint8"):
            method(X.astype("uint8"))
    with pytest.raises(ValueError, match="one batch is an array"):
        gan.train_on_batch(batches(X))
    gan.train_on_batch(X)
    gan.train_on_batch(BRIGHT[:2])  # by chance
    for later, message in (
        (BRIGHT, r"2 . images - 1"),
        (127.5 * (X[:2] + 1), "to_float"),
        (X * np.nan, "hold NaN"),
    ):
        for method in (gan.train_on_batch, gan.test_on_batch):
            with pytest.raises(ValueError, match=message):
                method(later)
    assert int(gan.step) == 2


# --------------------------------------------------------------------- endless data


class Endless(keras.utils.PyDataset):
    num_batches = None

    def __getitem__(self, index):
        return (X[:4],)


@pytest.mark.parametrize(
    "data", [lambda: batches(X).repeat(), Endless], ids=["dataset", "PyDataset"]
)
def test_endless_data_need_a_number_of_steps(data, plain):
    refuses(plain, "x never ends.*steps_per_epoch=", data())
    refuses(
        plain,
        "validation_data never ends.*validation_steps=",
        X,
        validation_data=data(),
    )
    with pytest.raises(ValueError, match=r"x never ends.* steps=\.\.\."):
        plain.evaluate(data(), verbose=0)
    plain.fit(data(), steps_per_epoch=1, verbose=0)
    plain.evaluate(data(), steps=1, verbose=0)


def test_the_example_of_the_readme_says_how_many_steps(plain, image_set):
    data = ganzoo.data.training_batches(image_set, 8, seed=0)
    refuses(plain, "x never ends", data)
    plain.fit(data, steps_per_epoch=1, verbose=0)
