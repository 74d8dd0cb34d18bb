"""HDF5 files of weights: plain numbers, in this file, as many as it says."""

import math
import os
from collections.abc import Iterator

import h5py

MOST_OBJECTS = 100_000


def check(path: str | os.PathLike) -> int:
    """Refuses an HDF5 file that leads elsewhere, or claims more than it holds.

    HDF5 opens other files by itself: through external and soft links, and where a set
    of numbers is stored outside or is a view of other sets. None is followed here.
    Returns how many numbers the file holds.
    """
    length, numbers, stored = os.path.getsize(path), 0, 0
    try:
        with h5py.File(path, "r") as file:
            for name, found in _objects(file):
                _check_attributes(name, found)
                if isinstance(found, h5py.Dataset):
                    numbers += found.size
                    stored += _stored(name, found)
    except (OSError, RuntimeError, KeyError, TypeError) as error:
        raise ValueError(f"its weights are not readable HDF5: {error}.") from error
    if stored > length:
        raise ValueError(f"its weights claim {stored:,} bytes of a file of {length:,}.")
    return numbers


def _objects(file: h5py.File) -> Iterator[tuple[str, h5py.Group | h5py.Dataset]]:
    """Yields groups and datasets by name, each once."""
    waiting, seen = [("/", file["/"])], set()
    while waiting:
        name, found = waiting.pop()
        place = h5py.h5o.get_info(found.id).addr
        if place in seen:
            continue
        seen.add(place)
        if len(seen) > MOST_OBJECTS:
            raise ValueError(f"its weights are in over {MOST_OBJECTS:,} pieces.")
        yield name, found
        if not isinstance(found, h5py.Group):
            continue
        for key in found:
            link = found.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise ValueError(
                    f"its weights hold a link ({type(link).__name__}) at {name}{key}."
                )
            waiting.append((f"{name}{key}/", found[key]))


def _stored(name: str, found: h5py.Dataset) -> int:
    """Returns the bytes of a dataset, if it holds what it claims, in this file."""
    if found.is_virtual or found.external:
        raise ValueError(f"its weights at {name} lie in another file.")
    if found.id.get_create_plist().get_nfilters():
        raise ValueError(f"its weights at {name} are compressed; save them plainly.")
    kind = found.dtype
    half = kind.kind == "V" and kind.itemsize == 2 and not kind.names  # bfloat16
    if kind.subdtype is not None or not (half or kind.kind in "biuf"):
        raise ValueError(f"its weights at {name} are {kind}, not numbers.")
    claimed = math.prod(found.shape or (0,)) * kind.itemsize
    stored = found.id.get_storage_size()
    if stored < claimed:
        raise ValueError(
            f"its weights at {name} claim {claimed:,} bytes and hold {stored:,}."
        )
    return stored


def _check_attributes(name: str, found: h5py.Group | h5py.Dataset) -> None:
    """Refuses lists of strings that may all be the same long one."""
    for key in found.attrs:
        attribute = h5py.h5a.open(found.id, key.encode())
        if attribute.dtype.kind == "O" and math.prod(attribute.shape) > 1:
            raise ValueError(f"its weights at {name} have an odd attribute {key!r}.")
