"""The command line: a comparison, a system by its name, or settings alone."""

import sys

from experiments import cifar10_gan, common, expected
from experiments.cifar10_gan import compare, settings


def main(words: list[str]) -> None:
    """Carries out a command line, which may begin with a word."""
    word, rest = words[:1], words[1:]
    run, kind, text = cifar10_gan.run, settings.Config, cifar10_gan.__doc__
    command = {"args": rest, "expected": expected.CIFAR10_GAN}
    if word == ["compare"]:
        run, kind, text = compare.run, compare.Compare, compare.__doc__
    elif word and word[0] in settings.SYSTEMS:
        command["default"] = settings.system(word[0])
    else:
        command["args"] = words
    common.main(run, kind, text, **command)


if __name__ == "__main__":
    main(sys.argv[1:])
