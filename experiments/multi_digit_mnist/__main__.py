"""The command line: a comparison, a system by its name, or settings alone."""

import sys

from experiments import comparing, expected, multi_digit_mnist
from experiments.multi_digit_mnist import compare, systems


def main(words: list[str]) -> None:
    """Carries out a command line, which may begin with a word."""
    comparing.main(
        words,
        multi_digit_mnist,
        compare,
        systems.SYSTEMS,
        systems.system,
        expected.MULTI_DIGIT_MNIST,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
