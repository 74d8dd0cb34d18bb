"""Unpacks a model's zip archive: only the members that Keras writes, of sane sizes."""

import os
import struct
import zipfile
from pathlib import Path

CONFIG, WEIGHTS = "config.json", "model.weights.h5"
MEMBERS = (CONFIG, WEIGHTS, "metadata.json")
MOST_CONFIG = 4 * 2**20  # bytes; a network of 500 layers takes half of one
MOST_EXPANSION = 20  # times what is stored; Keras stores without compressing
_END = struct.Struct("<4s4H2LH")  # the zip's end record, without a comment
_LARGE = b"PK\x06\x07"  # what stands before it in an archive of over 4 GB
_DIRECTORY = 4096  # bytes that the list of three members takes at most


def unpack(path: Path, folder: Path) -> tuple[bytes, Path]:
    """Unpacks the two members that are needed into a folder, and nothing else.

    An archive with other members, or members that expand too far, is refused.

    Returns:
        The content of config.json, and the path of the weights.
    """
    _check_directory(path)
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, path.stat().st_size)
            text = archive.read(CONFIG)
            target = folder / WEIGHTS
            with archive.open(WEIGHTS) as source, open(target, "wb") as sink:
                while chunk := source.read(2**20):
                    sink.write(chunk)
    except (zipfile.BadZipFile, EOFError, NotImplementedError) as error:
        raise ValueError(f"it is a damaged zip archive: {error}.") from error
    return text, target


def _check_directory(path: Path) -> None:
    """Refuses files that are not zips, and zips whose member list fills memory."""
    before = 20  # bytes of the record of large archives
    with open(path, "rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - _END.size - before))
        tail = file.read()
    if len(tail) < _END.size or not tail[-_END.size :].startswith(b"PK\x05\x06"):
        raise ValueError("it is not a zip archive as keras.Model.save() writes it.")
    *_, listed, _, _ = _END.unpack(tail[-_END.size :])
    if tail.startswith(_LARGE):
        raise ValueError("it is a zip archive of over 4 GB, or of many members.")
    if listed > _DIRECTORY:
        raise ValueError(
            f"it is a zip archive of many members; {' and '.join(MEMBERS)} are wanted."
        )


def _check_members(archive: zipfile.ZipFile, length: int) -> None:
    found = archive.infolist()
    names = [one.filename for one in found]
    for name in names:
        if name not in MEMBERS or names.count(name) > 1:
            raise ValueError(
                f"its zip archive holds {name!r}, which no model of plain layers has, "
                "or holds it twice."
            )
    for name in (CONFIG, WEIGHTS):
        if name not in names:
            raise ValueError(f"its zip archive holds no {name}.")
    for one in found:
        plain = one.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
        if not plain or one.flag_bits & 1:
            raise ValueError(f"its {one.filename} is encrypted, or packed oddly.")
        stored = min(one.compress_size, length)
        if one.file_size > max(MOST_CONFIG, MOST_EXPANSION * stored):
            raise ValueError(
                f"its {one.filename} swells from {stored:,} bytes to {one.file_size:,}."
            )
    if (described := archive.getinfo(CONFIG).file_size) > MOST_CONFIG:
        raise ValueError(
            f"its {CONFIG} takes {described:,} bytes; {MOST_CONFIG:,} are the most."
        )
