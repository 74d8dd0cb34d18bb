"""How far an extractor is with its images."""

import numpy as np
from tqdm.auto import tqdm

from ganzoo import metrics


class Watched:
    """An extractor that shows how far it is."""

    def __init__(self, extractor: metrics.Extractor, progress: bool | None):
        """Sets the extractor, and whether to show bars; None does on a terminal."""
        self._extractor = extractor
        self._hidden = None if progress is None else not progress

    def __getattr__(self, name: str):
        """All else is the extractor's."""
        return getattr(self._extractor, name)

    def extract(self, images: np.ndarray, batch_size: int = 500) -> metrics.Features:
        """Does as the extractor, a batch at a time."""
        parts = []
        with tqdm(
            total=len(images),
            desc=f"looking through {self.name}",
            unit="image",
            leave=False,
            disable=self._hidden,
        ) as bar:
            for start in range(0, len(images), batch_size):
                batch = images[start : start + batch_size]
                parts.append(self._extractor.extract(batch, batch_size))
                bar.update(len(batch))
        return metrics.Features(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
        )
