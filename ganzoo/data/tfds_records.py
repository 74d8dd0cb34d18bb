"""Reads the record files of prepared TFDS sets without TensorFlow.

A file is a sequence of records, and a record a `tf.train.Example`, a protocol buffer
with the encoded image and its label. Of the checksums, only those in the images are
verified. PNGs have the pixels that TensorFlow reads. JPEGs are decoded accurately, and
TensorFlow takes a short cut, so that gray values differ by up to about 4.
"""

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ganzoo.data.images import DataError

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_LENGTH, _CHECKSUM = struct.Struct("<Q"), 4  # bytes of a checksum
_NUMBER, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5  # kinds of fields of a protocol buffer


def examples(
    path: Path, rows: slice, channels: int, *, labeled: bool
) -> Iterator[dict[str, np.ndarray]]:
    """Yields examples of a file, each as a batch of one.

    Args:
        path: The file.
        rows: Which of its examples, from `start` to below `stop`.
        channels: Channels of an image.
        labeled: Whether to read labels.

    Raises:
        DataError: The file is missing, truncated or corrupt.
    """
    number = -1
    try:
        for number, record in enumerate(_records(path)):
            if number >= rows.stop:
                return
            if number >= rows.start:
                found = _features(record)
                with Image.open(io.BytesIO(found["image"])) as image:
                    pixels = np.asarray(image.convert(_MODES[channels]))
                batch = {"image": pixels.reshape(1, *pixels.shape[:2], channels)}
                label = {"label": np.array([_label(found)])} if labeled else {}
                yield batch | label
        if number + 1 < rows.stop:
            raise ValueError(f"it has {number + 1} records, not {rows.stop}")
    except (OSError, ValueError, KeyError, IndexError, SyntaxError) as error:
        raise DataError(
            f"{path} is missing, truncated or corrupt. Delete {path.parent} and "
            f"prepare the set again. (Record {number}: {error})"
        ) from error


def _records(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while head := file.read(_LENGTH.size + _CHECKSUM):
            if len(head) < _LENGTH.size + _CHECKSUM:
                raise ValueError("the last record is cut off")
            (length,) = _LENGTH.unpack(head[: _LENGTH.size])
            record = file.read(length + _CHECKSUM)
            if len(record) < length + _CHECKSUM:
                raise ValueError("the last record is cut off")
            yield record[:length]


def _features(example: bytes) -> dict[str, Any]:
    """Returns the first value of each feature of an Example."""
    found: dict[str, Any] = {}
    for _, features in _fields(example):
        for _, entry in _fields(features):
            named = dict(_fields(entry))
            lists = [values for _, values in _fields(named[2])]
            found[named[1].decode()] = next(v for _, v in _fields(lists[0]))
    return found


def _label(features: dict[str, Any]) -> int:
    value = features["label"]
    # A list of numbers is packed into bytes, or has one field per number.
    return _number(value, 0)[0] if isinstance(value, bytes) else value


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Yields number and value of each field of a protocol buffer."""
    place = 0
    while place < len(message):
        key, place = _number(message, place)
        value: bytes | int
        if key & 7 == _NUMBER:
            value, place = _number(message, place)
        else:
            size = {_EIGHT: 8, _FOUR: 4}.get(key & 7)
            if key & 7 == _BYTES:
                size, place = _number(message, place)
            if size is None or place + size > len(message):
                raise ValueError("a field is not of a protocol buffer")
            value, place = message[place : place + size], place + size
        yield key >> 3, value


def _number(message: bytes, place: int) -> tuple[int, int]:
    """Returns the number that starts at a place, 7 bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 127) << shift
        place, shift = place + 1, shift + 7
        if byte < 128:
            return value, place
