"""The zoo's generators and their cards, without starting TensorFlow.

A generator is three files of the folder `weights`: its weights in float16 (`.npz`), its
card (`.json`: data, settings, metrics, the weights' SHA-256) and a grid of samples
(`.png`).
"""

import json
from pathlib import Path

from ganzoo.commands import meant

MOST = 1_000_000  # images per call; of 32x32 pixels, they take 3 GB
GENERATOR = "generator.keras"  # file of a run folder whose training has ended
FOLDER = Path(__file__).parent / "weights"


def names() -> tuple[str, ...]:
    """Returns the names of the generators, in alphabetical order."""
    cards = sorted(FOLDER.glob("*.json"))
    return tuple(path.stem for path in cards if "builder" in _read(path))


def card(name: str) -> dict:
    """Returns a generator's card: data, settings, metrics, SHA-256 of its weights.

    Raises:
        ValueError: The zoo has no generator of that name.
    """
    if name not in names():
        raise ValueError(
            f"There is no {name!r} in the zoo; available: {', '.join(names())}."
            f"{meant(name, names())}"
        )
    return _read(FOLDER / f"{name}.json")


def grid(name: str) -> Path:
    """Returns the path of a generator's grid of samples; raises as `card` does."""
    card(name)
    return FOLDER / f"{name}.png"


def image_shape(name: str) -> tuple[int, int, int]:
    """Returns height, width and channels of a generator's images."""
    return tuple(card(name)["image_shape"])


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))
