"""Which kind of thing is to be evaluated; starts no TensorFlow."""

from pathlib import Path

import ganzoo
from ganzoo import zoo
from ganzoo.commands import meant
from ganzoo.zoo import catalog

FEWEST = 100  # images: fewer say nothing
# What can be evaluated.
ZOO, GENERATOR, IMAGES = "zoo", "generator", "images"


def check_count(count: int | None) -> None:
    """Refuses a number of images that is not measured.

    Raises:
        ValueError: Names the number and what is accepted.
    """
    if count is not None and not FEWEST <= count <= catalog.MOST:
        raise ValueError(f"count={count} must be {FEWEST} to {catalog.MOST:,}.")


def locate(what: str, **options) -> tuple[str, Path]:
    """Says what kind of thing a name or path is, without reading it.

    Args:
        what: As in `find`.
        **options: As in `find`.

    Returns:
        ZOO, GENERATOR or IMAGES, and the path.

    Raises:
        ValueError: There is nothing of that name, or two things; or options that it
            does not take.
    """
    path = Path(what).expanduser()
    given = [name for name, value in options.items() if value is not None]
    if what in zoo.names():
        if path.exists():
            raise ValueError(
                f"{what!r} is a generator of the zoo, and a file or folder is called "
                f"so here. For that say ./{what}; for the generator rename it, or work "
                "in another folder."
            )
        kind = ZOO
    else:
        kind, path = _kind(what, path)
    if given and kind != GENERATOR:
        which = "a generator of the zoo" if kind == ZOO else "images"
        raise ValueError(
            f"{what} is {which}: leave out --{' and --'.join(given)}, which say what a "
            ".keras file is."
        )
    return kind, path


def _kind(what: str, path: Path) -> tuple[str, Path]:
    file = path / catalog.GENERATOR if path.is_dir() else path
    if file.suffix == ".keras" and (file == path or file.is_file()):
        if not file.is_file():
            raise ValueError(f"There is no file {file}.")
        return GENERATOR, file
    if path.is_dir() or path.suffix.lower() == ".npz":
        if not path.is_dir():
            ganzoo.data.npz.check(path)
        return IMAGES, path
    raise ValueError(
        f"There is no {what!r}: give a generator of the zoo "
        f"({', '.join(zoo.names())}), a .keras file, a run folder, a folder of images "
        f"or an .npz file.{meant(what, zoo.names())}"
    )
