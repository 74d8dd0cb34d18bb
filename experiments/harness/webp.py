"""Published figures as WebP, which takes a third of the space of PNG."""

import re
from pathlib import Path

from PIL import Image

LOSSLESS = 100_000  # bytes up to which a figure is kept as it is, to the bit
MOST = 300_000  # bytes of any figure
QUALITIES = (88, 75, 60, 45)
SMALLER = 0.8  # factor of the size of a figure that no quality makes small enough


def copy_figures(source: Path, target: Path) -> None:
    """Writes the PNG figures of a folder into another one, as WebP."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.glob("*.png")):
        published = (target / path.name).with_suffix(".webp")
        with Image.open(path) as figure:
            figure = figure if figure.mode in ("RGB", "RGBA") else figure.convert("RGB")
            figure.save(published, lossless=True, quality=50, method=4)
            if published.stat().st_size <= LOSSLESS:
                continue
            while not _saved(figure, published):
                size = [round(SMALLER * edge) for edge in figure.size]
                figure = figure.resize(size, Image.Resampling.LANCZOS)


def _saved(figure: Image.Image, path: Path) -> bool:
    """Saves a figure in the best quality that is small enough, if there is one."""
    for quality in QUALITIES:
        figure.save(path, quality=quality, method=6)
        if path.stat().st_size <= MOST:
            return True
    return False


def refer(text: str) -> str:
    """Returns a page whose figures are WebP where they were PNG."""
    return re.sub(r"(figures/[\w-]+)\.png", r"\1.webp", text)
