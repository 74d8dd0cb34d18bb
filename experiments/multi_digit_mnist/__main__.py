"""The command line: a comparison, a system by its name, or settings alone."""

import sys

from experiments import common, multi_digit_mnist
from experiments.multi_digit_mnist import compare, settings, systems


def main(words: list[str]) -> None:
    """Carries out a command line, which may begin with a word."""
    word, rest = words[:1], words[1:]
    run, text = multi_digit_mnist.run, multi_digit_mnist.__doc__
    if word == ["compare"]:
        common.main(compare.run, compare.Compare, compare.__doc__, args=rest)
    elif word and word[0] in systems.SYSTEMS:
        default = systems.system(word[0])
        common.main(run, settings.Config, text, args=rest, default=default)
    else:
        common.main(run, settings.Config, text, args=words)


if __name__ == "__main__":
    main(sys.argv[1:])
