"""Reports in Markdown, with figures."""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo.files import atomic, read_json

if TYPE_CHECKING:
    from ganzoo.runs.folder import Run


class Report:
    """Collects the parts of a report.md and writes it.

    Figures are in the folder `figures` next to it, so that both can be moved together.
    """

    def __init__(self, folder: str | os.PathLike, title: str):
        """Starts a report with a title in a folder."""
        self.folder = Path(folder)
        self._parts = [f"# {title}"]

    def heading(self, text: str) -> None:
        """Adds a section's heading."""
        self._parts.append(f"## {text}")

    def text(self, text: str) -> None:
        """Adds a paragraph."""
        self._parts.append(text)

    def table(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Adds a table; the columns are the keys of the first row."""
        self._parts.append(table(rows))

    def figure(self, name: str, caption: str) -> Path:
        """Adds a figure by name; returns the path to write it to."""
        self._parts.append(f"![{caption}](figures/{name}.png)\n\n*{caption}*")
        return self.folder / "figures" / f"{name}.png"

    def provenance(self, run: "Run") -> None:
        """Adds command, settings and environment of a run."""
        manifest = read_json(run.path / "manifest.json")
        last = manifest["starts"][-1]
        command = manifest.get("command", last["command"])
        versions = ", ".join(f"{k} {v}" for k, v in last["versions"].items() if v)
        defaults = ("output", "data_dir")
        settings = ", ".join(
            f"{key} = {value}"
            for key, value in run.config.items()
            if key not in defaults and value is not None
        )
        self.heading("What was run")
        self.table(
            [
                {"": "Command", " ": f"`{shown_command(command)}`"},
                {"": "Settings", " ": settings},
                {"": "Data (SHA-256)", " ": f"`{manifest['data']}`"},
                {"": "Started", " ": _starts(manifest["starts"])},
                {
                    "": "Machine",
                    " ": f"{last['system']}, {last['devices']}, "
                    f"{last['cpu_cores']} cores",
                },
                {"": "Versions", " ": f"Python {last['python']}, {versions}"},
                {"": "Git commit", " ": last["git_commit"] or "unknown"},
            ]
        )

    def write(self) -> Path:
        """Writes report.md; returns its path."""
        path = self.folder / "report.md"
        with atomic(path) as temporary:
            temporary.write_text("\n\n".join(self._parts) + "\n", encoding="utf-8")
        return path


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Returns a Markdown table; the columns are the keys of the first row."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns)]
    lines += [[str(row.get(column, "")) for column in columns] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown_command(command: str) -> str:
    """Returns a command without the absolute paths of this machine."""
    place = r"(--data-dir|--output)([= ])[/~]\S*/(?=\S)"
    command = re.sub(place, r"\1\2", re.sub(r"/(?= |$)", "", command))
    return re.sub(r"^python \S*/", "python ", command)


def _starts(starts: list[dict]) -> str:
    """Says when a run started and resumed, and on which backends, if on several."""
    backends = [start.get("backend", "tensorflow") for start in starts]
    several = len(set(backends)) > 1
    first, *others = [f" on {name}" if several else "" for name in backends]
    steps = [
        f"{start.get('step', 0):,}{where}"
        for start, where in zip(starts[1:], others, strict=True)
    ]
    resumed = f", resumed after step {', '.join(steps)}" if steps else ""
    return f"{starts[0]['time'][:10]}{first}{resumed}"
