"""Experiments are found, and their settings read as on their command lines."""

import keras
import pytest

from experiments import gan_variants, mnist_gan
from experiments.cifar10_gan.config import VARIANTS
from experiments.harness.model import Step
from tpu import steps


def test_every_experiment_is_found_with_each_of_its_steps():
    found = steps.every_experiment()
    assert ["experiments.mnist_gan"] in found
    variants = [words[1] for words in found if words[0] == "experiments.gan_variants"]
    assert set(variants) == set(gan_variants.PAPER.commands) - {"compare"}
    systems = [words for words in found if words[0] == "experiments.cifar10_gan"]
    assert ["experiments.cifar10_gan", "--architecture", "mlp"] in systems
    assert len(systems) == len(VARIANTS)
    modules = {words[0] for words in found}
    assert "experiments.mnist_classifier" not in modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("experiments.nothing", "There is no module 'experiments.nothing'"),
        ("nothing.at.all", "experiments.mnist_gan"),
        ("experiments.mnist_classifier", "declares no PAPER"),
    ],
)
def test_an_experiment_without_a_step_is_one_clear_line(name, message):
    with pytest.raises(ValueError) as refusal:  # noqa: PT011
        steps.experiment(name)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_settings_are_read_as_on_the_experiments_command_line(capsys):
    config = steps.read_config(
        mnist_gan.PAPER, ["--loss", "hinge", "--batch-size", "64"]
    )
    assert (config.loss, config.batch_size) == ("hinge", 64)
    config = steps.read_config(gan_variants.PAPER, ["ring", "--unrolled-steps", "2"])
    assert isinstance(config, gan_variants.Ring)
    assert config.unrolled_steps == 2
    config = steps.read_config(mnist_gan.PAPER, ["--precision", "auto"])
    assert config.precision == "mixed_bfloat16"  # as on a TPU, whatever this machine is
    with pytest.raises(ValueError, match="beta_1=2"):
        steps.read_config(mnist_gan.PAPER, ["--beta-1", "2"])
    with pytest.raises(SystemExit, match="2"):
        steps.read_config(mnist_gan.PAPER, ["--nonsense", "2"])
    said = capsys.readouterr().err
    assert said.startswith("error: Unrecognized options: --nonsense, 2")
    assert said.count("\n") == 1


def test_a_command_that_only_runs_others_has_no_step():
    with pytest.raises(ValueError, match="compare has no train step"):
        gan_variants.PAPER.train_step(gan_variants.Compare())


SMALL = {"batch_size": 4, "discriminator_steps": 2}


@pytest.mark.parametrize(
    ("config", "shapes", "images"),
    [
        (mnist_gan.Config(**SMALL), [(8, 28, 28, 1)], 8),
        (gan_variants.Vanilla(**SMALL), [(8, 28, 28, 1)], 8),
        (gan_variants.Ring(**SMALL), [(8, 2)], 8),
        (gan_variants.Stacked(**SMALL), [(8, 28, 28, 3)], 8),
        (gan_variants.Features(**SMALL), [(8, 28, 28, 1)], 8),
        (gan_variants.Infogan(batch_size=4), [(4, 28, 28, 1)], 4),
        (gan_variants.Discogan(batch_size=4, width=4), [(4, 28, 28, 3)] * 2, 8),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_step_of_an_experiment_is_fed_what_fit_is_fed(config, shapes, images):
    module = mnist_gan if type(config) is mnist_gan.Config else gan_variants
    step = module.PAPER.train_step(config)
    assert isinstance(step, Step)
    assert isinstance(step.model, keras.Model)
    specs = keras.tree.flatten(step.batch)
    assert [tuple(spec.shape) for spec in specs] == shapes
    assert step.images == images
    fed, _ = step.model.unpack(step.batch)
    assert tuple(fed.shape) == shapes[0]
