"""The command line of the variants."""

from typing import Annotated

import tyro

from experiments import common, gan_variants

if __name__ == "__main__":
    commands = tuple(
        Annotated[config, tyro.conf.subcommand(name, description=config.__doc__)]
        for name, config in gan_variants.COMMANDS.items()
    )
    union = commands[0]
    for command in commands[1:]:
        union = union | command
    common.main(gan_variants.run, union, gan_variants.__doc__)
