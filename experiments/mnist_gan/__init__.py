"""A GAN for MNIST digits: the seminar paper's experiment.

    python -m experiments.mnist_gan --data-dir ~/tensorflow_datasets
    python -m experiments.mnist_gan --dataset digits --batch-size 32 --epochs 30

The paper: two Keras Sequential networks of the TensorFlow DCGAN recipe, binary cross
entropy, one Adam each, one forward pass for both, 50 epochs over the 60,000 training
images, 16 images from the same noise after each.
"""

from experiments import harness
from experiments.mnist_gan.config import Config
from experiments.mnist_gan.train import EXPERIMENT

PAPER = harness.Paper(name="mnist_gan", description=__doc__, commands={"": EXPERIMENT})
run = PAPER.run

__all__ = ["EXPERIMENT", "PAPER", "Config", "run"]
