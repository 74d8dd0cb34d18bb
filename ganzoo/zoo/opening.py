"""Opens a generator, whatever it is kept in."""

import os
from typing import Any

from ganzoo.zoo import external, generators
from ganzoo.zoo.locating import ZOO, locate
from ganzoo.zoo.sampling import Sampler


def open_generator(what: str | os.PathLike, **options: Any) -> Sampler:
    """Opens a generator of the zoo, of a .keras file, or of a run folder.

    Examples:
        >>> sampler = zoo.open_generator("runs/photos")
        >>> images = sampler.of_classes(["cat"]).sample(16, seed=1)

    Args:
        what: Name of a generator of the zoo, path of a .keras file, or of a run folder,
            whose training may have been stopped or still go on.
        **options: `num_classes`, `black` and `white` of a .keras file; see
            `read_generator`.

    Raises:
        ValueError: There is no such generator, or it cannot be used.
    """
    kind, path = locate(str(what), **options)
    if kind == ZOO:
        return generators.sampler(str(what))
    return external.read_generator(path, **options)
