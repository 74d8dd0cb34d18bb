"""An extractor with a progress bar, and a memory for what it has seen."""

import numpy as np
from tqdm.auto import tqdm

from ganzoo import metrics
from ganzoo.evaluate.cache import FeatureCache


class Watched(metrics.Extractor):
    """An extractor that shows a progress bar, and may look things up in a cache."""

    def __init__(
        self,
        extractor: metrics.Extractor,
        progress: bool | None,
        cache: FeatureCache | None = None,
    ) -> None:
        """Sets the extractor, and where to look up what it has seen.

        Args:
            extractor: The extractor.
            progress: Whether to show bars; None does on a terminal.
            cache: The cache; None for none.
        """
        # Without super().__init__(), which would trace the network a second time.
        self._extractor, self._cache = extractor, cache
        self._hidden = None if progress is None else not progress
        self.name, self.file = extractor.name, extractor.file
        self.sha256 = extractor.sha256

    @property
    def card(self) -> dict[str, str]:
        """The card of the extractor."""
        return self._extractor.card

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of the input images."""
        return self._extractor.image_shape

    def extract(self, images: np.ndarray, batch_size: int = 500) -> metrics.Features:
        """Extracts features as the extractor does, one batch at a time."""
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
                parts.append(self._seen(batch, batch_size))
                bar.update(len(batch))
        return metrics.Features(
            np.concatenate([part.features for part in parts]),
            np.concatenate([part.probabilities for part in parts]),
        )

    def _seen(self, batch: np.ndarray, batch_size: int) -> metrics.Features:
        if self._cache is None:
            return self._extractor.extract(batch, batch_size)
        return self._cache.extract(self._extractor, batch, batch_size)
