"""Compares the results of two run folders."""

import hashlib
import io
import json
import re
import zipfile
from pathlib import Path

import h5py
import numpy as np

from ganzoo.files import read_json, read_rows
from ganzoo.runs import checkpoints

# Values that depend on the time, the place and the speed of a run.
TIMES = ("seconds", "images_per_second", "data_wait")
_FIGURES = ("figures/examples_by_time.png",)  # whose axis is the time
_LINES = re.compile(r"images/s|took \d+ s|^\| (Started|Command|Settings|Git commit) ")


def end(folder: Path) -> dict[str, str]:
    """Returns the content of each file of a finished run, without times."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not path.name.startswith((".", "damaged_")):
            found |= _said(name, path)
    return found


def _said(name: str, path: Path) -> dict[str, str]:
    if name.startswith("tensorboard/") or name in ("manifest.json", *_FIGURES):
        return {}  # one event file and one entry a start
    if name.startswith("checkpoints/"):
        newest = path == checkpoints.of(path.parents[1])[-1]
        return {f"{name}, weights": _weights(path)} if newest else {}
    if name == "generator.keras":
        with zipfile.ZipFile(path) as file:
            content = io.BytesIO(file.read("model.weights.h5"))
        return {f"{name}, weights": _weights(content)}
    if name == "history.csv":
        rows = [
            {k: v for k, v in row.items() if k not in TIMES} for row in read_rows(path)
        ]
        return {name: json.dumps(rows)}
    if path.suffix == ".json":
        left_out = ("output", *TIMES)
        kept = {k: v for k, v in read_json(path).items() if k not in left_out}
        return {name: json.dumps(kept)}
    if name == "report.md":
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not _LINES.search(line)]
        if any(line.endswith("| minutes |") for line in kept):
            kept = [re.sub(r"\| [\d.]+ \|$", "", line) for line in kept]
        return {name: "\n".join(kept)}
    return {name: hashlib.sha256(path.read_bytes()).hexdigest()}


def _weights(file) -> str:
    """Returns the SHA-256 of all values, independently of their order in the file."""
    values = {}
    with h5py.File(file) as opened:
        opened.visititems(
            lambda name, node: (
                values.update({name: np.asarray(node)})
                if isinstance(node, h5py.Dataset)
                else None
            )
        )
    digest = hashlib.sha256()
    for name in sorted(values):
        digest.update(name.encode() + values[name].tobytes())
    return digest.hexdigest()


def differences(one: dict[str, str], other: dict[str, str]) -> list[str]:
    """Returns the names of the files in which two runs differ."""
    return sorted(
        name for name in one.keys() | other.keys() if one.get(name) != other.get(name)
    )
