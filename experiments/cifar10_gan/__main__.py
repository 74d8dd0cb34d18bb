"""The command line: a comparison, a system by its name, or settings alone."""

import sys

from experiments import cifar10_gan, common
from experiments.cifar10_gan import compare, settings


def main(words: list[str]) -> None:
    """Carries out a command line, which may begin with a word."""
    word, rest = words[:1], words[1:]
    if word == ["compare"]:
        run, kind = compare.run, compare.Compare
        common.main(run, kind, compare.__doc__, args=rest)
    elif word and word[0] in settings.SYSTEMS:
        common.main(
            cifar10_gan.run,
            settings.Config,
            cifar10_gan.__doc__,
            args=rest,
            default=settings.system(word[0]),
        )
    else:
        common.main(cifar10_gan.run, settings.Config, cifar10_gan.__doc__, args=words)


if __name__ == "__main__":
    main(sys.argv[1:])
