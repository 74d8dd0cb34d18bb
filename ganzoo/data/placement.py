"""Random places for square objects in a square image, on whole pixels."""

import dataclasses

import numpy as np
from keras import KerasTensor, ops

from ganzoo.boxes import cells_along
from ganzoo.data.drawn import Key, at_least, integers, keys_of, uniform
from ganzoo.data.images import DataError

PLACEMENTS = ("grid", "cells", "anywhere")
# Number of places tried for an object before its image falls back to cells.
_TRIES = 60


@dataclasses.dataclass(frozen=True)
class Placement:
    """Positions and sizes of objects.

    Attributes:
        kind: "grid", centered in the cells of the smallest square grid that holds the
            objects, in reading order; "cells", anywhere in these cells; or "anywhere"
            in the image.
        objects: Number of objects per image.
        size: Height and width of the image, in pixels.
        smallest: Smallest height and width of an object, in pixels.
        largest: Largest height and width, all sizes in between being equally likely;
            None for `smallest`.
        overlap: Whether objects may overlap; with "anywhere" only.

    Raises:
        DataError: An unknown kind, or sizes that do not fit.
    """

    kind: str = "grid"
    objects: int = 4
    size: int = 128
    smallest: int = 32
    largest: int | None = None
    overlap: bool = False

    def __post_init__(self) -> None:
        if self.kind not in PLACEMENTS:
            raise DataError(
                f"placement={self.kind!r} must be one of {', '.join(PLACEMENTS)}."
            )
        if self.overlap and self.kind != "anywhere":
            raise DataError(
                f"overlap=True needs placement='anywhere', not {self.kind!r}, where "
                "each object has its own cell."
            )
        at_least("objects", self.objects, 1)
        at_least("size", self.size, 1)
        room = self.size if self.overlap else self.size // cells_along(self.objects)
        if not 1 <= self.smallest <= self._largest <= room:
            raise DataError(
                f"smallest={self.smallest}, largest={self.largest}: {self.objects} "
                f"objects in an image of {self.size} pixels can have 1 to {room}."
            )

    @property
    def _largest(self) -> int:
        return self.smallest if self.largest is None else self.largest

    def draw(self, count: int, key: Key) -> KerasTensor:
        """Draws boxes, float32 [count, objects, 4], as a pure function of the key."""
        for_sizes, for_cells, for_tries = keys_of(key, 3)
        shape = [count, self.objects]
        sizes = integers(shape, self._largest + 1, for_sizes, minimum=self.smallest)
        sizes = ops.cast(sizes, "float32")[..., None]
        corners = self._in_cells(sizes, uniform([*shape, 2], for_cells))
        if self.kind == "anywhere":
            tried = uniform([*shape, 1 if self.overlap else _TRIES, 2], for_tries)
            corners = self._anywhere(sizes, tried, corners)
        return ops.concatenate([corners, corners + sizes], axis=-1) / float(self.size)

    def _in_cells(self, sizes: KerasTensor, drawn: KerasTensor) -> KerasTensor:
        """Returns corners [count, objects, 2] in the cells: random, or centered."""
        cells = cells_along(self.objects)
        length = self.size // cells
        number = np.arange(self.objects)
        cell = np.stack([number // cells, number % cells], axis=1) * length
        room = length - sizes
        # 0 to `room`, every whole number equally likely.
        within = room / 2 if self.kind == "grid" else drawn * (room + 1.0)
        return cell.astype(np.float32) + ops.floor(within)

    def _anywhere(
        self, sizes: KerasTensor, tried: KerasTensor, otherwise: KerasTensor
    ) -> KerasTensor:
        """Returns the corners of the first free places, or all of `otherwise`.

        Args:
            sizes: Edges of the objects in pixels, [count, objects, 1].
            tried: Random numbers in [0, 1), [count, objects, tries, 2].
            otherwise: Corners for images in which an object finds no place.
        """
        places = ops.floor(tried * (self.size - sizes[:, :, None] + 1.0))
        if self.overlap:
            return places[:, :, 0]
        found: KerasTensor = True
        corners: list[KerasTensor] = []
        for number in range(self.objects):
            place = places[:, number]
            free = ops.ones(place.shape[:2], "bool")
            for other, corner in enumerate(corners):
                apart = (place >= (corner + sizes[:, other])[:, None]) | (
                    place + sizes[:, number, None] <= corner[:, None]
                )
                free = free & ops.any(apart, axis=-1)
            found = ops.any(free, axis=1) & found
            first = ops.argmax(ops.cast(free, "int32"), axis=1)
            taken = ops.take_along_axis(place, first[:, None, None], axis=1)
            corners.append(taken[:, 0])
        return ops.where(found[:, None, None], ops.stack(corners, axis=1), otherwise)
