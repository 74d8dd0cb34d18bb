"""Finds a generator by its name or path, without starting TensorFlow."""

from pathlib import Path
from typing import Any

from ganzoo.commands import meant
from ganzoo.zoo import catalog, sidecar

# Kinds of generators: of the zoo, and in a .keras file.
ZOO, GENERATOR = "zoo", "generator"
CHOICES = "a .keras file or a run folder"


def locate(what: str, choices: str = CHOICES, **options: Any) -> tuple[str, Path]:
    """Returns the kind of a generator, ZOO or GENERATOR, and the path of its file.

    Args:
        what: Name of a generator of the zoo, path of a .keras file, or of a run folder.
        choices: What can be given besides a name of the zoo, for messages.
        **options: Arguments of `read_generator`, refused for a generator of the zoo.

    Raises:
        ValueError: There is no such generator, or an option does not apply to it.
    """
    path = Path(what).expanduser()
    if what in catalog.names():
        if path.exists():
            raise ValueError(
                f"{what!r} is a generator of the zoo, and also a file or folder here. "
                f"For the file use ./{what}; for the generator rename the file, or "
                "work in another folder."
            )
        refuse_options(f"{what} is a generator of the zoo", options)
        return ZOO, catalog.FOLDER / f"{what}.npz"
    if path.is_dir():
        return GENERATOR, _in_folder(path)
    if path.suffix == ".keras":
        if not path.is_file():
            raise ValueError(f"There is no file {path}.")
        return GENERATOR, path
    names = catalog.names()
    begin = f"{what!r} is a single file" if path.is_file() else f"There is no {what!r}"
    raise ValueError(
        f"{begin}: give a generator of the zoo ({', '.join(names)}), {choices}."
        f"{meant(what, names)}"
    )


def image_shape(what: str) -> tuple[int, ...] | None:
    """Returns height, width and channels of a generator's images, if they are noted.

    A .keras file alone does not have them, and must be read.
    """
    kind, path = locate(what)
    if kind == ZOO:
        return catalog.image_shape(what)
    noted = sidecar.read(path).get("image_shape")
    return None if noted is None else tuple(noted)


def is_run(path: Path) -> bool:
    """Returns whether a folder is the run folder of an experiment."""
    return (path / "manifest.json").exists() and (path / "config.json").exists()


def check_images(path: Path) -> None:
    """Refuses a run folder without a generator, whose pictures are grids of many."""
    if is_run(path):
        raise ValueError(
            f"{path} is a run folder without a {catalog.GENERATOR}, which is written "
            "after the first epoch of a GAN and when the run stops; its pictures are "
            "grids of many images. Run its command again to train on."
        )


def refuse_options(what: str, options: dict[str, Any]) -> None:
    """Refuses options of .keras files, those that are not None, for something else."""
    given = [
        name.replace("_", "-") for name, value in options.items() if value is not None
    ]
    if given:
        raise ValueError(
            f"{what}: leave out --{' and --'.join(given)}, which describe a .keras "
            "file."
        )


def _in_folder(path: Path) -> Path:
    file = path / catalog.GENERATOR
    if file.is_file():
        return file
    check_images(path)
    raise ValueError(
        f"The folder {path} has no {catalog.GENERATOR}; give {CHOICES}, or a name of "
        "the zoo."
    )
