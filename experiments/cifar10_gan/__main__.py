"""The command line: a comparison, a system by its name, or settings alone."""

import sys

from experiments import cifar10_gan, comparing, expected
from experiments.cifar10_gan import compare, settings


def main(words: list[str]) -> None:
    """Carries out a command line, which may begin with a word."""
    comparing.main(
        words,
        cifar10_gan,
        compare,
        settings.SYSTEMS,
        settings.system,
        expected.CIFAR10_GAN,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
