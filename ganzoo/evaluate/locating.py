"""Finds out what kind of subject is to be evaluated, without starting TensorFlow."""

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ganzoo
from ganzoo import zoo
from ganzoo.commands import meant
from ganzoo.zoo import catalog, locating
from ganzoo.zoo.locating import GENERATOR, ZOO

__all__ = [
    "EXTRACTORS",
    "FEWEST",
    "GENERATOR",
    "IMAGES",
    "SUFFIXES",
    "ZOO",
    "check_count",
    "check_extractors",
    "check_output",
    "check_subjects",
    "holds_statistics",
    "locate",
    "weights_of",
]

FEWEST = 100  # minimum number of images
IMAGES = "images"  # a folder or a file of images, besides the kinds of generators
_CHOICES = "a .keras file, a run folder, a folder of images or an .npz file"
# `metrics.EXTRACTORS`, known here before TensorFlow starts.
_FID = ("fid", "fid-pytorch", "fid-clean")
_PICTURES = ("lite0", "vgg")
_WITH_WEIGHTS = (*_FID, *_PICTURES)
EXTRACTORS = ("mnist", "cifar10", "pixels", *_PICTURES, *_FID)
SUFFIXES = (".json", ".csv", ".png", ".txt")  # of the files of a comparison


def check_output(output: str | None) -> None:
    """Checks the name of a comparison's file, or of a folder for all of them."""
    if output is None:
        return
    path = Path(output)
    if path.suffix and (path.suffix.lower() not in SUFFIXES or path.is_dir()):
        raise ValueError(
            f"output={output} must end in {', '.join(SUFFIXES)}, or be a folder for "
            "all four."
        )


def check_count(count: int | None, name: str = "count") -> None:
    """Checks the number of images."""
    if count is not None and not FEWEST <= count <= catalog.MOST:
        raise ValueError(f"{name}={count} must be {FEWEST} to {catalog.MOST:,}.")


def check_extractors(names: Sequence[str], weights: str | None = None) -> None:
    """Checks the names of extractors, or paths of weights of Keras's Inception-v3."""
    for name in names:
        if name not in EXTRACTORS and not Path(name).is_file():
            raise ValueError(
                f"There is no file {name}, and no extractor of that name: give "
                f"{', '.join(EXTRACTORS)}, or the path of a weights file of Keras's "
                f"Inception-v3.{meant(name, EXTRACTORS)}"
            )
    if len(set(names)) < len(names):
        raise ValueError(f"extractor={' '.join(names)}: give each of them once.")
    if weights is None:
        return
    if not Path(weights).is_file():
        raise ValueError(f"There is no file {weights}, given as weights.")
    if not set(names) & set(_WITH_WEIGHTS):
        raise ValueError(
            f"weights={weights} are for the extractors {', '.join(_WITH_WEIGHTS)}, of "
            "which none is given."
        )


def weights_of(name: str, names: Sequence[str], weights: str | None) -> str | None:
    """Returns the weights for one of several extractors: those of fid, if it is one."""
    of_fid = not set(_FID).isdisjoint(names)
    of_lite0 = not of_fid and "lite0" in names
    mine = name in _FID if of_fid else name == ("lite0" if of_lite0 else "vgg")
    return weights if mine else None


def holds_statistics(against: str) -> bool:
    """Returns whether a file has moments of features, as pytorch-fid writes them.

    `metrics.read_statistics` reads them.
    """
    path = Path(against).expanduser()
    if path.suffix.lower() != ".npz" or not path.is_file():
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return {"mu.npy", "sigma.npy"} <= set(archive.namelist())
    except (OSError, zipfile.BadZipFile):  # `data.load` says what is wrong
        return False


def check_subjects(whats: Sequence[str], **options: Any) -> None:
    """Checks that there is something to evaluate, and that all of it is there."""
    if not whats or len(set(whats)) < len(whats):
        raise ValueError(
            f"{' '.join(whats) or 'nothing'}: give one or more things to evaluate, "
            "each of them once."
        )
    for what in whats:
        locate(what, **options)


def locate(what: str, **options: Any) -> tuple[str, Path]:
    """Returns the kind of a subject, ZOO, GENERATOR or IMAGES, and its path, unread."""
    path = Path(what).expanduser()
    if what in zoo.names() or not _holds_images(path):
        return locating.locate(what, _CHOICES, **options)
    if not path.is_dir():
        ganzoo.data.npz.check(path)
    locating.refuse_options(f"{what} is images", options)
    return IMAGES, path


def _holds_images(path: Path) -> bool:
    if path.is_dir():
        return not (path / catalog.GENERATOR).is_file() and not locating.is_run(path)
    return path.suffix.lower() == ".npz"
