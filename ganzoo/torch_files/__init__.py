"""Tensors in the files of torch.save, read without torch and without running code.

A pickle is a program: `pickle.load` calls whatever function a file names. This module
carries out the few operations that a dict of tensors needs by itself, and calls
nothing; a file with any other operation or name is refused. It reads both formats of
torch.save: the ZIP archive since torch 1.6, and the row of pickles before it.
"""

import io
import math
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.torch_files.machine import Machine, RefusedError, Storage, Tensor

_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # of the format before 1.6


def load(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """Reads a dict of tensors, such as `model.state_dict()`, as read-only arrays.

    Args:
        path: Path of a file that torch.save wrote, in either format.

    Raises:
        ValueError: The file is damaged, holds anything but a dict of tensors by name,
            or would run code, in which case nothing was run.
        OSError: The file cannot be read.
    """
    path = Path(path)
    try:
        read = _read_zip if zipfile.is_zipfile(path) else _read_pickles
        found, values = read(path)
        if not (isinstance(found, dict) and found):
            raise RefusedError("holds no tensors by name, as a state_dict() does")
        for name, tensor in found.items():
            if not isinstance(tensor, Tensor):
                raise RefusedError(
                    f"holds a {type(tensor).__name__} as {name!r}; only tensors by "
                    "name are read, as in a state_dict()"
                )
        return {name: _array(one, values[one.storage]) for name, one in found.items()}
    except OSError:
        raise
    except RefusedError as error:
        raise ValueError(f"{path} {error}.") from None
    except Exception as error:  # a damaged file can break anything
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ValueError(
            f"{path} is damaged, or not by torch.save: {reason}"
        ) from error


def _read_zip(path: Path) -> tuple[Any, dict[Storage, np.ndarray]]:
    with zipfile.ZipFile(path) as archive:
        if any(info.compress_type != zipfile.ZIP_STORED for info in archive.infolist()):
            raise RefusedError("is compressed, as torch.save never does")
        names = set(archive.namelist())
        mains = [name for name in names if name.rpartition("/")[2] == "data.pkl"]
        if len(mains) != 1:
            raise RefusedError("is a ZIP archive, but not one of torch.save")
        root = mains[0].removesuffix("data.pkl")
        order = "<"
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder") == b"big":
            order = ">"
        machine = Machine()
        found = machine.run(io.BytesIO(archive.read(mains[0])))
        # Reading an entry compares its checksum.
        return found, {
            one: _values(archive.read(f"{root}data/{one.key}"), one, order)
            for one in machine.storages.values()
        }


def _read_pickles(path: Path) -> tuple[Any, dict[Storage, np.ndarray]]:
    content = path.read_bytes()
    file = io.BytesIO(content)  # which reads no more than there is, whatever is claimed
    if (Machine().run(file), Machine().run(file)) != (_MAGIC, _PROTOCOL):
        raise RefusedError("is a pickle, but not by torch.save")
    order = "<" if Machine().run(file)["little_endian"] else ">"
    machine = Machine()
    found = machine.run(file)
    values = {}
    for key in Machine().run(file):
        storage = machine.storages[key]
        (count,) = struct.unpack("<q", file.read(8))
        needed = storage.count * np.dtype(storage.dtype).itemsize
        if count != storage.count or needed > len(content) - file.tell():
            raise RefusedError(f"is incomplete: storage {key} is cut off")
        values[storage] = _values(file.read(needed), storage, order)
    return found, values


def _values(content: bytes, storage: Storage, order: str) -> np.ndarray:
    """Returns the numbers of a storage, [count]."""
    dtype = np.dtype(f"{order}{storage.dtype}")
    if len(content) != storage.count * dtype.itemsize:
        raise RefusedError(f"is damaged: storage {storage.key} has another length")
    return np.frombuffer(content, dtype)


def _array(tensor: Tensor, values: np.ndarray) -> np.ndarray:
    """Returns a tensor as a view of its storage, which must hold all of it."""
    size, stride = tensor.size, tensor.stride
    numbers = (tensor.offset, *size, *stride)
    if len(size) != len(stride) or not all(
        isinstance(number, int) and number >= 0 for number in numbers
    ):
        raise RefusedError("is damaged: a tensor has no shape")
    if 0 in size:
        return np.zeros(size, values.dtype)
    last = tensor.offset + sum(
        (length - 1) * step for length, step in zip(size, stride, strict=True)
    )
    # A step of 0 could claim any size.
    if last >= len(values) or math.prod(size) > len(values):
        raise RefusedError("is damaged: a tensor is larger than its storage")
    steps = [step * values.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(
        values[tensor.offset :], size, steps, writeable=False
    )
