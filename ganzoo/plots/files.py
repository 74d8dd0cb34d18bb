"""Writes figures to disk."""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.files import atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INK = "#333333"
DPI = 120
# Figures are no wider than a page, so that their text has one size in print.
WIDTH = 7.2  # inches
TEXT, TITLE = 9, 12  # points


def save_figure(path: str | os.PathLike, figure: "Figure") -> None:
    """Renders and writes a figure as a .png; equal figures give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    buffer = io.BytesIO()
    # By default, matplotlib writes its version into the file.
    FigureCanvasAgg(figure).print_figure(
        buffer, format="png", dpi=DPI, metadata={"Software": None}
    )
    write(path, buffer.getvalue())


def write(path: str | os.PathLike, content: bytes) -> None:
    """Writes a .png's bytes atomically; missing folders are created."""
    check_path(path)
    with atomic(Path(path)) as temporary:
        temporary.write_bytes(content)


def check_path(path: str | os.PathLike) -> None:
    """Refuses the name of an output file that does not end in .png."""
    if Path(path).suffix.lower() != ".png":
        raise ValueError(f"Figures are written as PNG; {path} must end in .png.")
