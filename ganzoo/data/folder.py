"""A folder of class sub-folders with image files."""

import dataclasses
import pathlib
from typing import Protocol

import numpy as np

from ganzoo.data import picture_files, picture_stack
from ganzoo.data.images import UNLABELED, DataError, ImageSet, check_split, image_set
from ganzoo.data.picture_files import Found, LeftOut
from ganzoo.data.pictures import WHITE

# Names of split folders, in lower case.
SPLITS = {"train": "train", "training": "train", "test": "test", "testing": "test"}
_VALIDATION = {"val", "valid", "validation", "dev", "eval", "evaluation"}
_NO_CLASS, _NO_SPLIT = "outside the class folders", "in neither train nor test"


class Tree(Protocol):
    """Folders that can be listed: the module `picture_files`, or an archive."""

    def subfolders(self, path: pathlib.Path) -> tuple[str, ...]:
        """Returns the sorted names of the sub-folders that are not hidden."""
        ...

    def find(self, root: pathlib.Path) -> Found:
        """Searches a folder and its sub-folders for pictures."""
        ...


@dataclasses.dataclass(frozen=True)
class _Layout:
    """Folders of "train" and, if present, "test"; class names, if they hold classes."""

    splits: dict[str, pathlib.Path]
    classes: tuple[str, ...]


def read(
    path: pathlib.Path | str, split: str = "train", *, background: int = WHITE
) -> ImageSet:
    """Reads a folder: one sub-folder per class, pictures of one size at any depth.

    The sub-folders' sorted names are the classes; the images come class by class,
    sorted by name. If folders `train` and `test` (`Train`, `training`, ...) hold the
    class folders, they are the splits, and the classes are those of `train`. They are
    also the splits if they hold the images themselves and the only other folder is one
    for validation: then there is one class, "all". Otherwise all images are the split
    "train".

    Every picture is read as a viewer shows it, see `pictures.read_picture`. Skipped
    files are counted, by reason, in the set's `note`.

    Args:
        path: The folder.
        split: "train" or "test".
        background: Gray value behind transparent parts of a picture.

    Raises:
        DataError: No class folders, an empty one, an unreadable image, images of mixed
            sizes, or no such split.
    """
    path = pathlib.Path(path)
    groups, left_out = grouped(path, split)
    labels = np.repeat(
        np.arange(len(groups)), [len(files) for files in groups.values()]
    )
    pixels, remarks = picture_stack.read(
        [f for files in groups.values() for f in files], background
    )
    said = picture_files.in_words(len(pixels), left_out, remarks)
    return image_set(
        pixels,
        labels,
        tuple(groups),
        name=path.resolve().name,
        split=split,
        note=f"The folder {path} ({split}): {said}.",
        ordered=True,
    )


def grouped(
    path: pathlib.Path, split: str, tree: Tree = picture_files
) -> tuple[dict[str, list[pathlib.Path]], list[LeftOut]]:
    """Returns the files of a split by class, sorted, and the files left out of it.

    Args:
        path: The folder.
        split: "train" or "test".
        tree: Where it is: in the file system, or in an archive.

    Raises:
        DataError: As `read`, except for the content of the files.
    """
    layout = _layout(path, tree)
    remedy = "For more, put the class folders into sub-folders train and test."
    check_split(split, tuple(layout.splits), f"The folder {path}", remedy)
    top = layout.splits[split]
    there = tree.subfolders(top)
    unknown = sorted(set(there) - set(layout.classes))
    if layout.classes and unknown:
        raise DataError(
            f"{top / unknown[0]} is not a class of {layout.splits['train']}. Add "
            "images of this class there too, or remove the folder."
        )
    groups, left_out = _divided(tree.find(path), layout, split)
    for name, files in groups.items():
        folder = top / name if layout.classes else top
        _check_some(folder, files, split, layout, name in there)
    return groups, left_out


def grouped_or_flat(
    path: pathlib.Path, split: str, tree: Tree = picture_files
) -> tuple[dict[str, list[pathlib.Path]], list[LeftOut]]:
    """Does as `grouped`, and takes a folder of pictures without classes for one class.

    Raises:
        DataError: As `grouped`; or there are no pictures, or more beside the class
            folders than in them.
    """
    found = tree.find(path)
    if not found.files:
        raise _without_pictures(found)
    flat = [path / file for file in found.files if len(file.parts) == 1]
    within = len(found.files) - len(flat)
    if flat and not within:
        remedy = "For more, put the pictures into sub-folders train and test."
        check_split(split, ("train",), f"The folder {path}", remedy)
        return {UNLABELED[0]: flat}, list(found.left_out)
    if len(flat) > within:
        raise DataError(
            f"The folder {path} holds {len(flat):,} pictures, and its sub-folders "
            f"{within:,}. Move all pictures into class folders, or the sub-folders "
            "elsewhere if there are no classes."
        )
    return grouped(path, split, tree)


def check(path: pathlib.Path | str) -> None:
    """Refuses a folder whose layout `read` would refuse."""
    _layout(pathlib.Path(path))


def has_test(path: pathlib.Path | str, tree: Tree = picture_files) -> bool:
    """Returns whether a folder has a split "test"; see `read`."""
    try:
        return "test" in _layout(pathlib.Path(path), tree).splits
    except DataError:  # `read` says what is wrong
        return False


def flat(path: pathlib.Path | str, *, background: int = WHITE) -> ImageSet:
    """Reads all pictures of a folder and its sub-folders as one class."""
    path = pathlib.Path(path)
    found = picture_files.find(path)
    if not found.files:
        raise _without_pictures(found)
    files = [path / file for file in found.files]
    pixels, remarks = picture_stack.read(files, background)
    said = picture_files.in_words(len(pixels), found.left_out, remarks)
    note = f"The folder {path}: {said}."
    return image_set(pixels, name=path.resolve().name, note=note, ordered=True)


def _without_pictures(found: Found) -> DataError:
    return DataError(
        f"The folder {found.root} holds no images that Pillow reads, nor do its "
        f"sub-folders: {picture_files.in_words(0, found.left_out)}."
    )


# ------------------------------------------------------------------------- the layout


def _layout(path: pathlib.Path, tree: Tree = picture_files) -> _Layout:
    names = tree.subfolders(path)
    if not names:
        raise DataError(
            f"The folder {path} holds no class sub-folders. Put the images into one "
            "sub-folder per class (one will do for images without classes), or "
            "give another name if you did not mean this folder."
        )
    called = {name: SPLITS.get(name.lower()) for name in names}
    splits = {split: path / name for name, split in called.items() if split}
    classes = {split: tree.subfolders(top) for split, top in splits.items()}
    # Folders called train or test that hold class folders are splits. If they hold
    # images, they are splits only if all folders are, or if both are there: a class may
    # be called train, next to car, but nobody has classes train, test and masks.
    only_splits = {"train", "test"} <= set(splits) or all(
        name.lower() in {*SPLITS, *_VALIDATION} for name in names
    )
    if not any(classes.values()) and not (only_splits and "train" in splits):
        _check_classes(path, names, tree)
        return _Layout({"train": path}, names)
    if len(splits) < sum(split is not None for split in called.values()):
        raise DataError(
            f"The folder {path} has {', '.join(n for n in names if called[n])}, of "
            "which two are the same split. Keep one train and one test."
        )
    if only_splits and "train" in splits and not classes["train"]:
        return _Layout(splits, ())
    labeled = {split: top for split, top in splits.items() if classes[split]}
    return _Layout(labeled, classes.get("train") or classes["test"])


def _check_classes(path: pathlib.Path, names: tuple[str, ...], tree: Tree) -> None:
    """Refuses class folders that contain splits, which would all be trained on."""
    for name in names:
        within = tree.subfolders(path / name)
        called = {SPLITS.get(one.lower(), one.lower()) for one in within}
        if "train" in called and called & {"test", *_VALIDATION}:
            raise DataError(
                f"The class folder {path / name} holds folders {', '.join(within)}. "
                f"Give {path / name} if it is the data set, or put train and test into "
                f"{path}, and the class folders into them."
            )


def _divided(
    found: Found, layout: _Layout, split: str
) -> tuple[dict[str, list[pathlib.Path]], list[LeftOut]]:
    """Returns the files of a split by class, and the files left out of it."""
    prefixes = {
        s: top.relative_to(found.root).parts for s, top in layout.splits.items()
    }
    prefix = prefixes.pop(split)
    groups: dict[str, list[pathlib.Path]] = {
        name: [] for name in layout.classes or UNLABELED
    }
    left_out = [
        item for item in found.left_out if item.path.parts[:1] not in prefixes.values()
    ]
    for file in found.files:
        *folders, _ = file.parts
        if tuple(folders[:1]) in prefixes.values():
            continue  # of the other split
        if tuple(folders[: len(prefix)]) != prefix:
            named_so = folders and folders[0].lower() in SPLITS  # but has no classes
            left_out.append(LeftOut(file, _NO_CLASS if named_so else _NO_SPLIT))
        elif not layout.classes:
            groups[UNLABELED[0]].append(found.root / file)
        elif len(folders) == len(prefix):
            left_out.append(LeftOut(file, _NO_CLASS))
        else:
            groups[folders[len(prefix)]].append(found.root / file)
    return groups, left_out


def _check_some(
    folder: pathlib.Path,
    files: list[pathlib.Path],
    split: str,
    layout: _Layout,
    there: bool,
) -> None:
    if files:
        return
    found = "holds no images that Pillow reads, such as .png or .jpg"
    if split == "test" and layout.classes:
        raise DataError(
            f"The class folder {folder} {found if there else 'is missing'}, "
            f"but {layout.splits['train'] / folder.name} exists. Put images of this "
            "class into it, because results are compared over all classes; or remove "
            f"{folder.parent.name}, and one image in ten is held out."
        )
    raise DataError(
        f"The class folder {folder} {found}. Remove it, or put images into it."
    )
