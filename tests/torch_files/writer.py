"""Writes dicts of tensors as torch.save does, without torch, operation by operation."""

import io
import pickle
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

KINDS = {
    "f8": "Double",
    "f4": "Float",
    "f2": "Half",
    "i8": "Long",
    "i4": "Int",
    "i2": "Short",
    "i1": "Char",
    "u1": "Byte",
    "b1": "Bool",
}
MAGIC = 0x1950A86A20F9469CFC6C
DICT = b"ccollections\nOrderedDict\n)R"
TENSOR = b"ctorch._utils\n_rebuild_tensor_v2\n"


def word(text: str) -> bytes:
    content = text.encode()
    return b"X" + struct.pack("<I", len(content)) + content


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(values) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(kind: str, key: str, count: int, legacy: bool) -> bytes:
    named = f"ctorch\n{kind}Storage\n".encode()
    last = b"N" if legacy else b""
    inner = word("storage") + named + word(key) + word("cpu") + number(count) + last
    return b"(" + inner + b"tQ"


def tensor(of: bytes, offset: int, size, stride) -> bytes:
    shape = number(offset) + numbers(size) + numbers(stride)
    return TENSOR + b"(" + of + shape + b"\x89" + DICT + b"tR"


def items(named: Mapping[str, bytes]) -> bytes:
    inner = b"".join(word(name) + value for name, value in named.items())
    return b"\x80\x02" + DICT + b"(" + inner + b"u."


def program(arrays: Mapping[str, np.ndarray], legacy: bool) -> bytes:
    """Returns the pickle of the arrays, whose storages are called 0, 1, ..."""
    found = {}
    for key, (name, array) in enumerate(arrays.items()):
        kind = KINDS[array.dtype.str[1:]]
        stride = [step // array.itemsize for step in array.strides]
        of = storage(kind, str(key), array.size, legacy)
        found[name] = tensor(of, 0, array.shape, stride)
    return items(found)


def zipped(main: bytes, contents: Mapping[str, bytes], order: bytes = b"little"):
    """Returns a file of torch 1.6 or later."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", main)
        archive.writestr("archive/byteorder", order)
        for key, content in contents.items():
            archive.writestr(f"archive/data/{key}", content)
        archive.writestr("archive/version", "3\n")
    return file.getvalue()


def in_row(main: bytes, contents: Mapping[str, tuple[int, bytes]]) -> bytes:
    """Returns a file of torch before 1.6; contents are counts and bytes by key."""
    system = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    start = [pickle.dumps(one, protocol=2) for one in (MAGIC, 1001, system)]
    keys = pickle.dumps(sorted(contents), protocol=2)
    raw = [
        struct.pack("<q", contents[key][0]) + contents[key][1]
        for key in sorted(contents)
    ]
    return b"".join([*start, main, keys, *raw])


def write(
    path: Path, arrays: Mapping[str, np.ndarray], *, legacy: bool = False
) -> Path:
    """Writes arrays as tensors."""
    arrays = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    main = program(arrays, legacy)
    contents = {str(key): one.tobytes() for key, one in enumerate(arrays.values())}
    if legacy:
        sizes = [array.size for array in arrays.values()]
        counted = {key: (sizes[int(key)], raw) for key, raw in contents.items()}
        path.write_bytes(in_row(main, counted))
    else:
        path.write_bytes(zipped(main, contents))
    return path
