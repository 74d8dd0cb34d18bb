"""The command line: a comparison, a system by its name, or settings alone."""

import sys

from experiments import common, expected, multi_digit_mnist
from experiments.multi_digit_mnist import compare, settings, systems


def main(words: list[str]) -> None:
    """Carries out a command line, which may begin with a word."""
    word, rest = words[:1], words[1:]
    run, kind, text = multi_digit_mnist.run, settings.Config, multi_digit_mnist.__doc__
    command = {"args": rest, "expected": expected.MULTI_DIGIT_MNIST}
    if word == ["compare"]:
        run, kind, text = compare.run, compare.Compare, compare.__doc__
    elif word and word[0] in systems.SYSTEMS:
        command["default"] = systems.system(word[0])
    else:
        command["args"] = words
    common.main(run, kind, text, **command)


if __name__ == "__main__":
    main(sys.argv[1:])
