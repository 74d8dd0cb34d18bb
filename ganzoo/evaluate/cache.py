"""Features that are kept on disk: nothing is looked at twice.

They are found by their content: the extractor, its weights, its way of resizing, and
the pixels. So an interrupted evaluation resumes, and the same images under another name
cost nothing. The folder may be deleted at any time.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path

import numpy as np

from ganzoo import files, metrics

_VERSION = "1"  # of what is computed: other features need another number
_MOST_BYTES = 4 * 2**30  # of all files; the oldest are removed


class FeatureCache:
    """A folder of features, one file per batch of images."""

    def __init__(
        self, folder: str | os.PathLike | None = None, most_bytes: int = _MOST_BYTES
    ) -> None:
        """Sets the folder, and what it may hold at most.

        Args:
            folder: The cache folder; see `files.cache_folder`.
            most_bytes: Bytes of all files, kept by `prune`.
        """
        self._folder = files.cache_folder(folder) / "features"
        self._most_bytes = most_bytes

    def extract(
        self, extractor: metrics.Extractor, images: np.ndarray, batch_size: int
    ) -> metrics.Features:
        """Returns the features of a batch, from the folder if they are there."""
        path = self._folder / f"{_key(extractor, images)}.npz"
        with contextlib.suppress(Exception):  # absent, or damaged in any way
            # An .npz has checksums.
            with np.load(path, allow_pickle=False) as stored:
                found = metrics.Features(stored["features"], stored["probabilities"])
            if len(found) == len(images):
                os.utime(path)
                return found
        found = extractor.extract(images, batch_size)
        # Do without on a full disk, or in a folder of others.
        with contextlib.suppress(OSError), files.atomic(path) as temporary:
            np.savez(
                temporary, features=found.features, probabilities=found.probabilities
            )
        return found

    def prune(self) -> None:
        """Removes the files that were not used for the longest time, if too many."""
        known: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*.npz"):
            with contextlib.suppress(FileNotFoundError):  # another process prunes, too
                status = path.stat()
                known.append((status.st_mtime, status.st_size, path))
        total = 0
        for _, size, path in sorted(known, reverse=True):
            total += size
            if total > self._most_bytes:
                path.unlink(missing_ok=True)


def _key(extractor: metrics.Extractor, images: np.ndarray) -> str:
    said = json.dumps([_VERSION, extractor.card, images.shape], sort_keys=True)
    digest = hashlib.sha256(said.encode())
    digest.update(np.ascontiguousarray(images).data)
    return digest.hexdigest()
