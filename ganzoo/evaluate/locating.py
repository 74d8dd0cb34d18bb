"""Finds out what kind of subject is to be evaluated, without starting TensorFlow."""

from pathlib import Path
from typing import Any

import ganzoo
from ganzoo import zoo
from ganzoo.commands import meant
from ganzoo.zoo import catalog

FEWEST = 100  # minimum number of images
# What can be evaluated.
ZOO, GENERATOR, IMAGES = "zoo", "generator", "images"


def check_count(count: int | None) -> None:
    """Checks the number of images."""
    if count is not None and not FEWEST <= count <= catalog.MOST:
        raise ValueError(f"count={count} must be {FEWEST} to {catalog.MOST:,}.")


def locate(what: str, **options: Any) -> tuple[str, Path]:
    """Returns the kind of a subject, ZOO, GENERATOR or IMAGES, and its path, unread."""
    path = Path(what).expanduser()
    given = [name for name, value in options.items() if value is not None]
    if what in zoo.names():
        if path.exists():
            raise ValueError(
                f"{what!r} is a generator of the zoo, and also a file or folder here. "
                f"For the file use ./{what}; for the generator rename the file, or "
                "work in another folder."
            )
        kind = ZOO
    else:
        kind, path = _kind(what, path)
    if given and kind != GENERATOR:
        which = "a generator of the zoo" if kind == ZOO else "images"
        raise ValueError(
            f"{what} is {which}: leave out --{' and --'.join(given)}, which describe a "
            ".keras file."
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
    begin = f"{what!r} is a single file" if path.is_file() else f"There is no {what!r}"
    raise ValueError(
        f"{begin}: give a generator of the zoo "
        f"({', '.join(zoo.names())}), a .keras file, a run folder, a folder of images "
        f"or an .npz file.{meant(what, zoo.names())}"
    )
