"""GANs of CIFAR-10 (project report, 2019): MLP-GAN, DC-GAN and later variants.

    python -m experiments.cifar10_gan --architecture mlp --output runs/cifar10_gan/mlp
    python -m experiments.cifar10_gan --dataset cifar10_jpeg --epochs 20
    python -m experiments.cifar10_gan wgan-gp --precision mixed_bfloat16
    python -m experiments.cifar10_gan compare --systems mlp dcgan --seeds 1 --epochs 20

The first word may be a variant, which then sets the defaults: mlp, dcgan, wgan,
wgan-gp, wgan-gp-resnet, sn-dcgan, or quick, which follows no paper. The report trains
on 59,392 images of the joined training and test splits, with batches of 1024, Adam and
the modified minimax loss, for 1000 epochs.
"""

from typing import TYPE_CHECKING

from experiments import harness
from experiments.cifar10_gan.config import VARIANTS, Compare, Config, variant
from ganzoo import lazy

if TYPE_CHECKING:
    from experiments.cifar10_gan.train import EXPERIMENT

PAPER = harness.Paper(
    name="cifar10_gan",
    description=__doc__,
    commands={
        "": harness.LazyCommand(Config, f"{__name__}.train"),
        "compare": harness.LazyCommand(
            Compare, f"{__name__}.benchmark", "COMPARE", Compare.__doc__
        ),
    },
    variants={name: variant(name) for name in VARIANTS},
    steps=tuple(map(harness.as_arguments, VARIANTS.values())),
)
run = PAPER.run

__all__ = ["EXPERIMENT", "PAPER", "Config", "run"]
__getattr__, __dir__ = lazy.attach(__name__, {"train": ("EXPERIMENT",)})
