"""Every optimizer of Keras trains as in Keras's own fit(), or is refused."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

import ganzoo
from ganzoo.gans.inner_updates import check_optimizer as check_unrolled

opt = keras.optimizers
slow = pytest.mark.slow
IMAGE, ROWS, LATENT = (4, 4, 1), 8, 4


def by_bias(**settings):
    return opt.OptimizerMap(opt.SGD(0.1, **settings), {".*bias": opt.Adam(0.01)})


# How to make each with further settings.
TRAINS = {
    "Adadelta": lambda **s: opt.Adadelta(1.0, **s),
    "Adafactor": lambda **s: opt.Adafactor(0.1, **s),
    "Adagrad": lambda **s: opt.Adagrad(0.1, **s),
    "Adam": lambda **s: opt.Adam(0.01, **s),
    "AdamW": lambda **s: opt.AdamW(0.01, **s),
    "Adamax": lambda **s: opt.Adamax(0.01, **s),
    "Ftrl": lambda **s: opt.Ftrl(0.1, **s),
    "Lamb": lambda **s: opt.Lamb(0.01, **s),
    "Lion": lambda **s: opt.Lion(0.01, **s),
    "MultiOptimizer": lambda **s: opt.MultiOptimizer(by_bias(**s)),
    "Muon": lambda **s: opt.Muon(0.01, **s),
    "Nadam": lambda **s: opt.Nadam(0.01, **s),
    "RMSprop": lambda **s: opt.RMSprop(0.01, **s),
    "SGD": lambda **s: opt.SGD(0.1, **s),
}
REFUSED = {
    "LossScaleOptimizer": (
        lambda **s: opt.LossScaleOptimizer(opt.SGD(0.1, **s)),
        r"LossScaleOptimizer expects a scaled loss.*'mixed_bfloat16' needs",
    ),
    "ScheduleFreeAdamW": (
        lambda **s: opt.ScheduleFreeAdamW(0.01, **s),
        r"ScheduleFreeAdamW means other weights .*Use .*AdamW, and .*ema_half_life",
    ),
}
NO_OPTIMIZERS = {"Optimizer", "OptimizerMap"}  # the base, and an argument

# What all optimizers take, with a value that changes something.
COMMON = {
    "learning_rate": opt.schedules.ExponentialDecay(0.2, 1, 0.5),
    "weight_decay": 0.1,
    "clipnorm": 0.1,
    "clipvalue": 0.01,
    "global_clipnorm": 0.1,
    "gradient_accumulation_steps": 2,
    "name": "another",
}
COMMON_REFUSED = {
    "use_ema": (True, r"no model uses its average.*ema_half_life=\.\.\. \(images\)"),
    "ema_overwrite_frequency": (2, r"no model uses its average"),
    "loss_scale_factor": (8.0, r"expects a scaled loss"),
}
WITHOUT_EFFECT = {"ema_momentum"}  # in Keras, too, unless use_ema is set
# What the optimizers have of their own are numbers in their updates, which are Keras's.
OWN = {
    *("amsgrad", "beta", "beta_1", "beta_2", "beta_2_decay", "centered"),
    *("clip_threshold", "epsilon", "epsilon_1", "epsilon_2", "exclude_embeddings"),
    *("exclude_layers", "initial_accumulator_value", "l1_regularization_strength"),
    *("l2_regularization_strength", "l2_shrinkage_regularization_strength"),
    *("learning_rate_power", "momentum", "muon_a", "muon_b", "muon_c", "nesterov"),
    *("adam_beta_1", "adam_beta_2", "adam_lr_ratio", "adam_weight_decay", "ns_steps"),
    *("optimizer_map", "relative_step", "rho", "rms_rate"),
}


def test_no_optimizer_and_no_argument_of_keras_is_left_out():
    kinds = {name: getattr(opt, name) for name in dir(opt)}
    kinds = {name: kind for name, kind in kinds.items() if isinstance(kind, type)}
    assert kinds.keys() - NO_OPTIMIZERS == TRAINS.keys() | REFUSED.keys()
    decided = COMMON.keys() | COMMON_REFUSED.keys() | WITHOUT_EFFECT
    base = inspect.signature(opt.Optimizer.__mro__[-3].__init__).parameters
    assert set(base) - {"self", "kwargs"} == decided
    for name in TRAINS:
        arguments = set(inspect.signature(kinds[name].__init__).parameters)
        assert arguments - {"self", "kwargs"} <= decided | OWN, name


# ------------------------------------------------------------------------ they do train


def build_gan(optimizer, seed=1, kind=ganzoo.GAN, **arguments):
    """A tiny model whose discriminator an optimizer trains, eagerly; G stands still."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    generator = keras.Sequential(
        [keras.Input((LATENT,)), layers.Dense(16), layers.Reshape(IMAGE)]
    )
    discriminator = keras.Sequential(
        [keras.Input(IMAGE), layers.Flatten(), layers.Dense(8), layers.Dense(1)]
    )
    gan = kind(generator, discriminator, seed=5, **arguments)
    gan.compile(opt.SGD(0.0), optimizer, run_eagerly=True)
    return gan


def batches(steps=2):
    numbers = np.random.default_rng(0)
    return numbers.uniform(-1, 1, (steps, ROWS, *IMAGE)).astype("float32")


def train(gan, steps):
    for images in steps:
        gan.train_step(tf.constant(images))
    return gan


class Judge(keras.Model):
    """The discriminator as a model of Keras: real images, then generated ones."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def call(self, images):
        return self.network(images)

    def compute_loss(self, x=None, y=None, y_pred=None, *_):
        real, fake = y_pred[:ROWS], y_pred[ROWS:]
        loss = tf.nn.softplus(-real) + tf.nn.softplus(fake)
        return tf.reduce_mean(loss)


def distance(weights, others):
    return max(np.abs(a - b).max() for a, b in zip(weights, others, strict=True))


@pytest.fixture(scope="module")
def discriminator():
    """The discriminator in a model of Keras; what it sees; its weights at first."""
    gan = build_gan(opt.SGD(0.0))
    shown = []
    for images in batches():
        fake = gan.generate_batch(images, None, gan.random())
        shown.append(np.concatenate([images, fake]))
        gan.step.assign_add(1)
    model = Judge(gan.discriminator)
    return model, np.concatenate(shown), model.get_weights()


@pytest.fixture
def check_training(discriminator):
    """The discriminator moves as in Keras's fit(), and by a sensible amount."""

    def check(make):
        model, shown, start = discriminator
        model.set_weights(start)
        model.compile(make(), run_eagerly=True)
        model.fit(shown, batch_size=2 * ROWS, shuffle=False, verbose=0)
        found = train(build_gan(make()), batches()).discriminator.get_weights()
        assert distance(found, model.get_weights()) < 1e-5
        assert 1e-3 < distance(found, start) < 1.0
        return found

    return check


@pytest.mark.parametrize("name", TRAINS)
def test_it_trains_as_in_keras(name, check_training):
    check_training(TRAINS[name])


def test_it_trains_as_in_keras_with_every_argument(check_training):
    plain = check_training(lambda: opt.SGD(0.1))
    for argument, value in COMMON.items():
        settings = {"learning_rate": 0.1} | {argument: value}
        other = check_training(lambda settings=settings: opt.SGD(**settings))
        assert argument == "name" or distance(other, plain) > 1e-4, argument


def test_weights_left_out_of_the_decay_are_left_out(check_training):
    def made(*names):
        optimizer = opt.SGD(0.1, weight_decay=0.5)
        optimizer.exclude_from_weight_decay(var_names=list(names))
        return optimizer

    kept = check_training(lambda: made("kernel"))
    assert distance(kept, check_training(lambda: made("bias"))) > 1e-3


def slowly(names, *quick):
    """Marks all but some of the cases as slow."""
    return [n if n in quick else pytest.param(n, marks=slow) for n in names]


@pytest.mark.parametrize("name", slowly(TRAINS, "MultiOptimizer"))
def test_it_is_saved_and_goes_on_to_the_bit(name, tmp_path):
    steps = batches()
    whole = train(build_gan(TRAINS[name]()), steps)
    half = train(build_gan(TRAINS[name]()), steps[:1])
    half.save_weights(tmp_path / "model.weights.h5")
    half.save(tmp_path / "model.keras")
    resumed = build_gan(TRAINS[name](), seed=2)
    resumed.load_weights(tmp_path / "model.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for gan in (resumed, loaded):
        train(gan, steps[1:])
        kept = gan.discriminator.weights + gan.discriminator_optimizer.variables
        right = whole.discriminator.weights + whole.discriminator_optimizer.variables
        for value, expected in zip(kept, right, strict=True):
            np.testing.assert_array_equal(value, expected)


SCHEDULES = {
    "CosineDecay": (0.2, 3),
    "CosineDecayRestarts": (0.2, 3),
    "ExponentialDecay": (0.2, 1, 0.5),
    "InverseTimeDecay": (0.2, 1, 0.5),
    "PiecewiseConstantDecay": ([1, 2], [0.2, 0.1, 0.05]),
    "PolynomialDecay": (0.2, 3),
}


def test_no_schedule_is_left_out():
    kinds = {
        n for n in dir(opt.schedules) if isinstance(getattr(opt.schedules, n), type)
    }
    assert kinds - {"LearningRateSchedule"} == SCHEDULES.keys()


@pytest.mark.parametrize("name", slowly(SCHEDULES, "ExponentialDecay"))
def test_schedules_go_on_where_they_stood(name, tmp_path):
    def build(seed):
        schedule = getattr(opt.schedules, name)(*SCHEDULES[name])
        return build_gan(opt.SGD(schedule), seed), schedule

    whole, schedule = build(seed=1)
    train(whole, batches())
    whole.save_weights(tmp_path / "model.weights.h5")
    resumed, _ = build(seed=2)
    resumed.load_weights(tmp_path / "model.weights.h5")
    rate = float(resumed.discriminator_optimizer.learning_rate)
    assert rate == pytest.approx(float(schedule(2)))
    for gan in (whole, resumed):
        train(gan, batches(1))
    for value, expected in zip(resumed.weights, whole.weights, strict=True):
        np.testing.assert_array_equal(value, expected)


# --------------------------------------------------------------------- they are refused


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_the_remedy(name):
    make, message = REFUSED[name]
    with pytest.raises(ValueError, match=f"the discriminator's {message}"):
        build_gan(make())


@pytest.mark.parametrize("name", ["SGD", "MultiOptimizer"])
@pytest.mark.parametrize("argument", COMMON_REFUSED)
def test_the_argument_is_refused_with_the_remedy(name, argument):
    value, message = COMMON_REFUSED[argument]
    if name == "MultiOptimizer" and argument == "loss_scale_factor":
        optimizer = opt.MultiOptimizer(by_bias(), loss_scale_factor=value)
    else:
        optimizer = TRAINS[name](**{argument: value})
    with pytest.raises(ValueError, match=message):
        build_gan(optimizer)


def test_models_without_an_average_do_not_name_one(tiny_discogan):
    with pytest.raises(
        ValueError, match=r"no model uses its average. Leave them out\."
    ):
        tiny_discogan(optimizer=lambda: opt.Adam(use_ema=True))


def test_what_only_a_multi_optimizer_knows_is_found_when_it_is_built():
    def choose(variable):
        return opt.Adam(use_ema=True)

    with pytest.raises(ValueError, match="the discriminator's Adam has use_ema=True"):
        build_gan(opt.MultiOptimizer(choose))


def test_a_function_as_learning_rate_is_refused():
    with pytest.raises(ValueError, match=r"called only once.*LearningRateSchedule"):
        build_gan(opt.SGD(lambda: 0.1))


class Own(opt.SGD):
    """A user's optimizer that counts on the end of Keras's fit()."""

    def finalize_variable_values(self, var_list):
        var_list[0].assign(0 * var_list[0])


def test_a_users_optimizer_that_counts_on_more_is_refused():
    with pytest.raises(ValueError, match="the discriminator's Own means other weights"):
        build_gan(Own(0.1))


def test_parts_of_two_multi_optimizers_are_not_shared(tiny_networks):
    shared = opt.Adam(0.01)
    both = [opt.MultiOptimizer(opt.OptimizerMap(shared)) for _ in range(2)]
    gan = ganzoo.GAN(*tiny_networks())
    with pytest.raises(ValueError, match="discriminator's Adam is the generator's"):
        gan.compile(*both)


def test_a_refused_optimizer_leaves_the_other_one_as_it_was(tiny_networks):
    good, bad = opt.Adam(0.01), opt.Adam(0.01)
    build_gan(bad)
    with pytest.raises(ValueError, match="discriminator's Adam was built for other"):
        ganzoo.GAN(*tiny_networks()).compile(good, bad)
    assert not good.built
    ganzoo.GAN(*tiny_networks()).compile(good, opt.Adam(0.01))


def test_an_optimizer_that_has_trained_other_weights_is_refused():
    optimizer = opt.Adam(0.01)
    gan = build_gan(optimizer)
    gan.compile(opt.SGD(0.0), optimizer)  # once more, for the same weights
    with pytest.raises(ValueError, match="Adam was built for other weights"):
        build_gan(optimizer)


@pytest.mark.parametrize("name", ["AdamW", "Adamax", "MultiOptimizer"])
def test_unrolling_refuses_what_it_does_not_differentiate(name):
    with pytest.raises(ValueError, match="SGD and Adam"):
        build_gan(TRAINS[name](), kind=ganzoo.UnrolledGAN)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_unrolling_knows_or_refuses_every_argument(name):
    known = {
        *("learning_rate", "momentum", "nesterov", "beta_1", "beta_2", "epsilon"),
        *("name", "ema_momentum"),
    }
    refused = (
        COMMON | {"amsgrad": True} | {n: v for n, (v, _) in COMMON_REFUSED.items()}
    )
    arguments = inspect.signature(getattr(opt, name).__init__).parameters
    for argument in arguments.keys() - known - {"self", "kwargs"}:
        settings = {argument: refused[argument]}
        if argument == "ema_overwrite_frequency":
            settings["use_ema"] = True
        with pytest.raises(ValueError, match="cannot be unrolled"):
            check_unrolled(getattr(opt, name)(**settings))


# ----------------------------------------------------------------------------- replicas


def train_on(strategy, make, steps=3):
    """What an optimizer makes of gradients that replicas have unequal parts of."""
    share = {1: (1.0,), 2: (0.25, 0.75)}[strategy.num_replicas_in_sync]
    numbers = np.random.default_rng(1)
    gradients = [numbers.normal(size=shape).astype("float32") for shape in [(3, 4), 4]]
    with strategy.scope():
        keras.utils.set_random_seed(3)
        layer = keras.layers.Dense(4)
        layer.build((None, 3))
        optimizer = make()
        optimizer.build(layer.trainable_variables)

    def step():
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        part = tf.gather(share, replica)
        optimizer.apply([g * part for g in gradients], layer.trainable_variables)

    run = tf.function(lambda: strategy.run(step), autograph=False)
    for _ in range(steps):
        run()
    return [variable.numpy() for variable in layer.variables + optimizer.variables]


@pytest.mark.parametrize("name", slowly(TRAINS, "MultiOptimizer", "Muon", "Nadam"))
def test_replicas_change_nothing(name, mirrored):
    one = train_on(tf.distribute.get_strategy(), TRAINS[name])
    two = train_on(mirrored(2), TRAINS[name])
    for value, expected in zip(two, one, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "argument",
    ["clipnorm", "clipvalue", "global_clipnorm", "gradient_accumulation_steps"],
)
def test_what_depends_on_the_replicas_is_refused_on_several(argument, mirrored):
    with (
        mirrored(2).scope(),
        pytest.raises(ValueError, match=f"{argument}=.* one r"),
    ):
        build_gan(opt.SGD(0.1, **{argument: COMMON[argument]}))


def test_an_optimizer_made_outside_the_strategy_is_refused(mirrored):
    outside = opt.Adam(0.01)
    with mirrored(2).scope(), pytest.raises(ValueError, match=r"with strategy\.scope"):
        build_gan(outside)


def test_an_optimizer_by_name_is_made_inside_of_it(mirrored, tiny_networks):
    with mirrored(2).scope():
        gan = ganzoo.GAN(*tiny_networks())
    gan.compile("adam", "sgd")
    assert gan.generator_optimizer._distribution_strategy is gan.distribute_strategy
