"""Images mapped from one domain to the other, and their scores, during training."""

import keras
import numpy as np

from ganzoo import data, metrics, plots
from ganzoo.data import Pairs
from ganzoo.files import write_json
from ganzoo.runs import Run


class Translations(keras.callbacks.Callback):
    """Draws, after every epoch, held-out images, what they become, and their way back.

    samples/epoch_0001.png has, from top to bottom: images of A, mapped to B, and back;
    images of B, mapped to A, and back. samples/reals.png has the true counterparts.
    """

    def __init__(self, run: Run, pairs: Pairs, *, count: int = 12):
        """Sets what to draw: `count` pairs; which ones see `data.some`."""
        super().__init__()
        self.run = run
        self.count = min(count, len(pairs))
        # The labels of both are the same, and so are the rows.
        self.a, self.b = (
            data.some(domain, self.count).images for domain in (pairs.a, pairs.b)
        )

    def on_train_begin(self, logs: dict | None = None) -> None:
        """Draws the true pairs."""
        self._draw("reals", [self.a, self.b])

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Draws both ways and back."""
        rows = []
        for start, there, back in ((self.a, "ab", "ba"), (self.b, "ba", "ab")):
            mapped = self.model.translate(data.to_float(start), there)
            returned = self.model.translate(mapped, back)
            rows += [start, data.to_uint8(mapped), data.to_uint8(returned)]
        self._draw(f"epoch_{epoch + 1:04d}", rows)

    def _draw(self, name: str, rows: list[np.ndarray]) -> None:
        grid = plots.tile(np.concatenate(rows), columns=self.count)
        plots.save_image(self.run.path / "samples" / f"{name}.png", grid, scale=2)


class ScoreTranslation(keras.callbacks.Callback):
    """Adds to the epoch's logs the scores of `ganzoo.metrics.score_translation`.

    The last ones go to measures.json in the run folder, with their card.
    """

    def __init__(self, run: Run, extractor: metrics.Extractor, pairs: Pairs):
        """Sets the classifier that looks at the images, and the held-out pairs."""
        super().__init__()
        self.run = run
        self.extractor = extractor
        self.pairs = pairs

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Scores."""
        scores = metrics.score_translation(self.model, self.extractor, self.pairs)
        card = self.extractor.card | {
            "pairs": f"{self.pairs.a.name} {self.pairs.a.split}",
            "step": int(self.model.step),
        }
        found = scores | {"card": card}
        write_json(self.run.path / "measures.json", found, sealed=True)
        logs |= scores
