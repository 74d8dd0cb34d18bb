"""Images in a file that is mapped into memory: read when they are used, not before."""

from collections.abc import Sequence
from typing import Any

import numpy as np

# Bytes up to which images are read into memory, as that is simpler and faster.
IN_MEMORY = 2**28


def is_mapped(images: object) -> bool:
    """Returns whether images are read from a file when they are used."""
    return isinstance(images, np.memmap | MappedRows)


def rows(images: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Returns some of the images: of mapped ones as `MappedRows`, unless they are few.

    Args:
        images: [N, H, W, C], an array, a memory map or `MappedRows`.
        chosen: Row numbers, int [n].
    """
    few = len(chosen) * int(np.prod(images.shape[1:])) <= IN_MEMORY
    if few or not is_mapped(images):
        return images[chosen]
    return MappedRows.of([images]).chosen(chosen)  # type: ignore[return-value]


def joined(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns both sets of images, one after the other; mapped ones are not read."""
    if is_mapped(first) or is_mapped(second):
        return MappedRows.of([first, second])  # type: ignore[return-value]
    return np.concatenate([first, second])


def chunks(images: np.ndarray, size: int = 2**24) -> "list[slice]":
    """Returns the slices of images of about `size` bytes that make up all of them."""
    step = max(1, size // max(1, int(np.prod(images.shape[1:]))))
    return [slice(start, start + step) for start in range(0, len(images), step)]


class MappedRows:
    """Rows of arrays on top of each other, in any order, as an array of images.

    Indexing returns NumPy arrays and reads no more than they hold. `np.asarray` reads
    all of it. It has what the package uses of an array, and is read-only.
    """

    dtype, ndim = np.dtype(np.uint8), 4

    def __init__(self, arrays: Sequence[np.ndarray], numbers: np.ndarray):
        """Sets the arrays, and the number of each row, counted through all of them."""
        self._arrays = tuple(arrays)
        self._starts = np.cumsum([0, *(len(array) for array in arrays[:-1])])
        self._numbers = numbers
        self.shape = (len(numbers), *arrays[0].shape[1:])

    @classmethod
    def of(cls, parts: "Sequence[np.ndarray | MappedRows]") -> "MappedRows":
        """Makes one of arrays, or of others of its kind, whose arrays it takes over."""
        arrays: list[np.ndarray] = []
        numbers = []
        for part in parts:
            before = sum(map(len, arrays))
            own = part._numbers if isinstance(part, cls) else np.arange(len(part))
            numbers.append(before + own)
            arrays += part._arrays if isinstance(part, cls) else [np.asarray(part)]
        return cls(arrays, np.concatenate(numbers))

    def chosen(self, numbers: np.ndarray) -> "MappedRows":
        """Returns some of the rows, which are not read."""
        return MappedRows(self._arrays, self._numbers[numbers])

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def nbytes(self) -> int:
        """Bytes of all rows."""
        return int(np.prod(self.shape))

    def __getitem__(self, key: Any) -> np.ndarray:
        first, *rest = key if isinstance(key, tuple) else (key,)
        if first is Ellipsis or first is None:
            return np.asarray(self)[key]
        numbers = self._numbers[first]
        found = self._read(np.atleast_1d(numbers))
        found = found if np.ndim(numbers) else found[0]
        after = (slice(None),) * np.ndim(numbers)
        return found[(*after, *rest)] if rest else found

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        found = self._read(self._numbers)
        return found if dtype is None else found.astype(dtype, copy=False)

    def reshape(self, *shape: Any) -> np.ndarray:
        """Reads all rows and returns them in another shape."""
        return np.asarray(self).reshape(*shape)

    def _read(self, numbers: np.ndarray) -> np.ndarray:
        if len(self._arrays) == 1:
            return self._arrays[0][numbers]
        found = np.empty((len(numbers), *self.shape[1:]), self.dtype)
        place = np.searchsorted(self._starts, numbers, side="right") - 1
        for number, array in enumerate(self._arrays):
            mine = place == number
            found[mine] = array[numbers[mine] - self._starts[number]]
        return found
