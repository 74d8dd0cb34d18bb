"""Publishes a finished run: its report, its summary, its generator.

    python -m experiments.publish --run runs/mnist_gan --zoo mnist_dcgan
    python -m experiments.publish --kind infogan --run runs/gan_variants/infogan
    python -m experiments.publish --kind cifar10_dcgan --run runs/cifar10_gan/dcgan
    python -m experiments.publish --kind multi_digit --run runs/multi_digit_mnist/ours

The report, its figures and its numbers (with which `--check` compares) go to
reports/NAME, a summary between the markers `<!-- results: NAME -->` and `<!-- end -->`
of RESULTS.md, and the generator, rounded to float16 and measured again, into the zoo.

The zoo takes 5 MB per generator. Of those of CIFAR-10 the DC-GAN of width 64 (3.1 MB)
and the residual one of width 128 (2.4 MB) fit as they are, and so do WGAN-GP's, which
are one or the other; MLP-GAN's fits up to a width of 170, SN-DCGAN's up to 48.
"""

from experiments.harness import Later, command
from experiments.harness.publish_config import Config

if __name__ == "__main__":
    command.run_tool(Later(Config, "experiments.harness.publish", "publish", __doc__))
