"""Adds the zoo's pictures to the pages, which show them as pictures/NAME.png."""

from pathlib import Path

from mkdocs.structure.files import File, Files

WEIGHTS = Path(__file__).parents[1] / "ganzoo" / "zoo" / "weights"


def on_files(files: Files, config) -> Files:
    """Adds a file per generator; called by mkdocs."""
    for path in sorted(WEIGHTS.glob("*.png")):
        place = f"pictures/{path.name}"
        files.append(File.generated(config, place, abs_src_path=str(path)))
    return files
