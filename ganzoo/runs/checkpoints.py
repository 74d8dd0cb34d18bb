"""Checkpoints: a model's weights in one file, which knows whether it is as written.

The file is Keras's `.weights.h5`, which `load_weights()` reads, with two lines after
it, which HDF5 does not look at: what else belongs to the checkpoint, as JSON, and the
SHA-256 of all before. They are in the same file because two files cannot be replaced in
one step: whoever is killed between them would lose a good checkpoint.
"""

import errno
import hashlib
import io
import json
import os
import re
from pathlib import Path

from ganzoo.files import DamagedError, atomic
from ganzoo.keras_files import weights

_LAST = "ganzoo checkpoint, facts {length:08d}, sha256 {sha256}\n"
_LINE = re.compile(rb"ganzoo checkpoint, facts (\d{8}), sha256 ([0-9a-f]{64})\n")
_LENGTH = len(_LAST.format(length=0, sha256="0" * 64))


def save(model, path: str | os.PathLike, facts: dict | None = None) -> None:
    """Writes a checkpoint, atomically.

    Args:
        model: A built Keras model; its optimizers' state belongs to its weights.
        path: The file, whose name ends in .weights.h5.
        facts: What else `read_facts` is to return, of JSON types.

    Raises:
        ganzoo.files.DiskFullError: There is no room; an old file is still there.
    """
    with atomic(path) as temporary, open(temporary, "w+b", buffering=0) as file:
        _write_weights(model, file)
        line = b"\n" + json.dumps(facts or {}).encode() + b"\n"
        file.seek(0, os.SEEK_END)
        _write_all(file, line)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        _write_all(file, _LAST.format(length=len(line), sha256=digest).encode())


def load(model, path: str | os.PathLike) -> dict | None:
    """Loads a checkpoint that is as it was written.

    Args:
        model: A built Keras model of the same form.
        path: The file.

    Returns:
        Its facts; None of a checkpoint that an earlier version wrote.

    Raises:
        ganzoo.files.DamagedError: It is not as it was written.
        Exception: Nearly any, where one of an earlier version is damaged, or where it
            is of another model; part of the weights may be loaded.
    """
    facts = read_facts(path)
    weights.check(path)  # a stranger's may lead to other files
    model.load_weights(path)
    return facts


def read_facts(path: str | os.PathLike) -> dict | None:
    """Returns a checkpoint's facts, if it is as it was written; see `load`."""
    path = Path(path)
    with open(path, "rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LENGTH))
        match = _LINE.fullmatch(file.read())
        if match is None:
            if _hdf5_size(file) not in (None, size):
                raise DamagedError(
                    f"{path} is damaged: its end is not as it was written."
                )
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
        raise DamagedError(f"{path} is damaged: its SHA-256 is that of something else.")
    return json.loads(line)


def path(folder: Path, step: int) -> Path:
    """Returns where a run's checkpoint of a step lies."""
    return folder / "checkpoints" / f"step_{step:08d}.weights.h5"


def of(folder: Path) -> list[Path]:
    """Returns the checkpoints of a run folder, the oldest first."""
    return sorted((folder / "checkpoints").glob("step_*.weights.h5"))


def step(path: Path) -> int:
    """Returns the step that a run's checkpoint is of, by its name."""
    return int(path.name.split("_")[1].split(".")[0])


def _hdf5_size(file: io.BufferedIOBase) -> int | None:
    """Returns how long an HDF5 file says that it is; None where it does not say.

    Without it a checkpoint whose end was lost would be taken for one of an earlier
    version, which has no SHA-256, and what else was lost with it would be loaded.
    """
    file.seek(0)
    head = file.read(48)
    # A superblock of version 0, as Keras has them written, with addresses of 8 bytes.
    if head[:9] != b"\x89HDF\r\n\x1a\n\0" or head[13:14] != b"\x08":
        return None
    return int.from_bytes(head[40:48], "little")


def _write_weights(model, file: io.RawIOBase) -> None:
    stream = _Stream(file)
    try:
        model.save_weights(stream)
    finally:
        if stream.error is not None:
            raise stream.error


def _write_all(file: io.RawIOBase, content) -> None:
    content = memoryview(content).cast("B")
    while content:
        written = file.write(content)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        content = content[written:]


class _Stream(io.BytesIO):
    """A file as Keras and HDF5 take it, whose failed writes are told of afterwards.

    HDF5 ends the whole process where a file of its own cannot be written to the end.
    Keras takes a `BytesIO` in the place of a path, if it is called like one; this one
    keeps nothing in memory.
    """

    def __init__(self, file: io.RawIOBase):
        super().__init__()
        self.file = file
        self.error = None

    def __str__(self) -> str:
        return "checkpoint.weights.h5"

    def write(self, content) -> int:
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

    def readinto(self, buffer) -> int:
        return self.file.readinto(buffer)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def flush(self) -> None:
        """Nothing waits: the file has no buffer."""
