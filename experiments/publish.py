"""Publishes a finished run: its report, its summary, its generator.

    python -m experiments.publish --run runs/mnist_gan --zoo mnist_dcgan
    python -m experiments.publish --kind infogan --run runs/gan_variants/infogan
    python -m experiments.publish --kind cifar10_dcgan --run runs/cifar10_gan/dcgan
    python -m experiments.publish --kind multi_digit --run runs/multi_digit_mnist/ours

The report, its figures and its numbers (which `--check` compares with) are copied to
reports/NAME. A summary goes between the markers `<!-- results: NAME -->` and
`<!-- end -->` of RESULTS.md. The generator is rounded to float16, measured again and
stored in the zoo.

The zoo accepts up to 5 MB per generator. For CIFAR-10 the DC-GAN generator of width 64
(3.1 MB) and the residual one of width 128 (2.4 MB) fit unchanged; WGAN-GP uses one or
the other. The MLP-GAN generator fits up to a width of 170, the SN-DCGAN one up to 48.
"""

from experiments.harness import LazyCommand, command
from experiments.harness.publish_config import Config

if __name__ == "__main__":
    command.run_tool(
        LazyCommand(Config, "experiments.harness.publish", "publish", __doc__)
    )
