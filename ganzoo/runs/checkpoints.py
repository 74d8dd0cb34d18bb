"""Checkpoints: a model's weights in one file that can verify itself.

The file is Keras's `.weights.h5`, which `load_weights()` reads, followed by two lines
that HDF5 ignores: further facts as JSON, and the SHA-256 of everything before. They are
in the same file because two files cannot be replaced atomically: a process killed in
between would lose a good checkpoint.
"""

import errno
import hashlib
import io
import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganzoo.files import DamagedError, atomic
from ganzoo.keras_files import weights

if TYPE_CHECKING:
    import keras

_LAST = "ganzoo checkpoint, facts {length:08d}, sha256 {sha256}\n"
_LINE = re.compile(rb"ganzoo checkpoint, facts (\d{8}), sha256 ([0-9a-f]{64})\n")
_LENGTH = len(_LAST.format(length=0, sha256="0" * 64))


def save(
    model: "keras.Model", path: str | os.PathLike, facts: dict | None = None
) -> None:
    """Writes a checkpoint of a model and its optimizers, atomically.

    The file's name ends in .weights.h5. `facts` are of JSON types; `read_facts` returns
    them.
    """
    with atomic(path) as temporary, open(temporary, "w+b", buffering=0) as file:
        _write_weights(model, file)
        line = b"\n" + json.dumps(facts or {}).encode() + b"\n"
        file.seek(0, os.SEEK_END)
        _write_all(file, line)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        _write_all(file, _LAST.format(length=len(line), sha256=digest).encode())


def load(model: "keras.Model", path: str | os.PathLike) -> dict | None:
    """Loads an undamaged checkpoint into a model of the same architecture.

    Returns:
        Its facts; None for a checkpoint of an earlier version.

    Raises:
        ganzoo.files.DamagedError: The file has changed since it was written.
        Exception: Of almost any kind, if a file of an earlier version is damaged or
            belongs to another model; part of the weights may be loaded.
    """
    facts = read_facts(path)
    weights.check(path)  # an untrusted file may link to other files
    model.load_weights(path)
    return facts


def read_facts(path: str | os.PathLike) -> dict | None:
    """Returns the facts of an undamaged checkpoint; see `load`."""
    path = Path(path)
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LENGTH))
        match = _LINE.fullmatch(file.read())
        if match is None:
            if _hdf5_size(file) not in (None, size):
                raise DamagedError(f"{path} is damaged: its length does not match.")
            return None
        digest, left = hashlib.sha256(), size - _LENGTH
        file.seek(0)
        while chunk := file.read(min(left, 1 << 20)):
            digest.update(chunk)
            left -= len(chunk)
        length = int(match[1])
        file.seek(max(0, size - _LENGTH - length))
        line = file.read(length)
    if digest.hexdigest() != match[2].decode() or not line.startswith(b"\n{"):
        raise DamagedError(f"{path} is damaged: its SHA-256 does not match.")
    return json.loads(line)


def path(folder: Path, step: int) -> Path:
    """Returns the path of a run's checkpoint of a step."""
    return folder / "checkpoints" / f"step_{step:08d}.weights.h5"


def of(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run folder, oldest first."""
    return sorted((folder / "checkpoints").glob("step_*.weights.h5"))


def step(path: Path) -> int:
    """Returns the step of a run's checkpoint, from its name."""
    return int(path.name.split("_")[1].split(".")[0])


def _hdf5_size(file: io.BufferedIOBase) -> int | None:
    """Returns the length that an HDF5 file declares; None if it does not.

    Otherwise a truncated checkpoint would be mistaken for one of an earlier version,
    which has no SHA-256, and the rest of its weights would be loaded.
    """
    file.seek(0)
    head = file.read(48)
    # A superblock of version 0, as Keras writes it, with addresses of 8 bytes.
    if head[:9] != b"\x89HDF\r\n\x1a\n\0" or head[13:14] != b"\x08":
        return None
    return int.from_bytes(head[40:48], "little")


def _write_weights(model: "keras.Model", file: io.RawIOBase) -> None:
    stream = _Stream(file)
    _remember_skipped_attributes()
    try:
        model.save_weights(stream)
    finally:
        if stream.error is not None:
            raise stream.error


def _remember_skipped_attributes() -> None:
    """Keeps what Keras works out for every save, and loses.

    Keras 3.15 looks up the attributes that it skips as "skiplist", and stores them as
    "skipset". So every save makes new layers and an optimizer to read them from, whose
    TensorFlow variables leave 70 kB behind for good.
    """
    from keras.src.backend.common import global_state
    from keras.src.saving import saving_lib

    for kind in (
        "Functional",
        "Layer",
        "Metric",
        "Operation",
        "Optimizer",
        "Sequential",
    ):
        name = f"saving_attr_skiplist_{kind}"
        if global_state.get_global_attribute(name) is None:
            skipped = saving_lib.get_attr_skipset(kind)
            global_state.set_global_attribute(name, skipped)


def _write_all(file: io.RawIOBase, content: Any) -> None:
    left = memoryview(content).cast("B")
    while left:
        written = file.write(left)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left = left[written:]


class _Stream(io.BytesIO):
    """A file object for Keras and HDF5 that reports failed writes afterwards.

    HDF5 aborts the whole process if it cannot finish writing its own file. Keras
    accepts a `BytesIO` in place of a path, if its name looks like one; this one keeps
    nothing in memory.
    """

    def __init__(self, file: io.RawIOBase) -> None:
        super().__init__()
        self.file = file
        self.error: OSError | None = None

    def __str__(self) -> str:
        return "checkpoint.weights.h5"

    def write(self, content: Any) -> int:
        try:
            if self.error is None:
                _write_all(self.file, content)
        except OSError as error:
            self.error = error
        return memoryview(content).nbytes

    def truncate(self, size: int | None = None) -> int:
        try:
            return self.file.truncate(size)
        except OSError as error:
            self.error = self.error or error
            return size or 0

    def readinto(self, buffer: Any) -> int:
        return self.file.readinto(buffer)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def flush(self) -> None:
        """Does nothing: the file has no buffer."""
