"""Tensors are read as torch writes them, and nothing else is done."""

import contextlib
import os
import pickle
import zipfile

import numpy as np
import pytest

import tests.benchmarks  # noqa: F401  first: it keeps triton out of torch
from ganzoo import torch_files
from tests.torch_files import writer

ARRAYS = {
    "weight": np.arange(24, dtype="f4").reshape(2, 3, 4),
    "double": np.linspace(0, 1, 5),
    "half": np.array([0.5, -2], "f2"),
    "counter": np.array(7, "i8"),
    "flags": np.array([True, False]),
    "bytes": np.arange(3, dtype="u1"),
    "small": np.array([[-1, 2]], "i1"),
    "short": np.array([300], "i2"),
    "int": np.array([-70000], "i4"),
}


@pytest.mark.parametrize("legacy", [False, True])
def test_what_is_written_is_read(tmp_path, legacy):
    path = writer.write(tmp_path / "a.pth", ARRAYS, legacy=legacy)
    found = torch_files.load(path)
    assert list(found) == list(ARRAYS)
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
        assert not found[name].flags.writeable


def test_big_endian_numbers_are_read(tmp_path):
    array = np.array([1.5, -3], "f4")
    main = writer.program({"a": array}, legacy=False)
    content = {"0": array.astype(">f4").tobytes()}
    (tmp_path / "a.pth").write_bytes(writer.zipped(main, content, b"big"))
    np.testing.assert_array_equal(torch_files.load(tmp_path / "a.pth")["a"], array)


@pytest.mark.parametrize("zipped", [True, False])
def test_files_of_torch_are_read(tmp_path, zipped):
    torch = pytest.importorskip("torch")
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    state = module.state_dict()
    base = torch.arange(20.0).reshape(4, 5)
    state["turned"], state["part"] = base.T, base[1:3, ::2]
    state["parameter"] = torch.nn.Parameter(torch.ones(2, 2))
    state["none"] = torch.zeros(0, 3)
    path = tmp_path / "a.pth"
    torch.save(state, path, _use_new_zipfile_serialization=zipped)
    found = torch_files.load(path)
    assert list(found) == list(state)
    for name, value in state.items():
        np.testing.assert_array_equal(found[name], value.detach().numpy())


# ------------------------------------------------------------------------- refused


class Call:
    """Pickled as a call of a function."""

    def __init__(self, function, *arguments):
        self.said = function, arguments

    def __reduce__(self):
        return self.said


def forms(main: bytes):
    """The same pickle in a ZIP archive, in a row of pickles, alone."""
    yield writer.zipped(main, {})
    yield writer.in_row(main, {})
    yield main


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("form", [0, 1, 2])
def test_a_pickle_that_would_run_code_is_refused_and_nothing_runs(
    tmp_path, form, protocol
):
    mark = tmp_path / "it_ran"
    evil = pickle.dumps({"weight": Call(os.mkdir, str(mark))}, protocol)
    path = tmp_path / "evil.pth"
    path.write_bytes(list(forms(evil))[form])
    with pytest.raises(
        ValueError, match=r"evil\.pth is refused: .*nothing of it was run"
    ):
        torch_files.load(path)
    assert not mark.exists()
    pickle.loads(evil)
    assert mark.exists()  # it would have run


def test_the_refused_function_is_named(tmp_path):
    path = tmp_path / "evil.pth"
    path.write_bytes(writer.zipped(pickle.dumps(Call(eval, "1"), 2), {}))
    with pytest.raises(
        ValueError, match=r"would call (__builtin__|builtins)\.eval, wh"
    ):
        torch_files.load(path)


@pytest.mark.parametrize(
    "program",
    [
        b"(iposix\nsystem\n.",  # INST
        b"(ctorch\nFloatStorage\no.",  # OBJ
        b"ctorch\nFloatStorage\n)\x81.",  # NEWOBJ
        b"\x82\x01.",  # EXT1
        b"ctorch._utils\n_rebuild_tensor\n.",  # another name of an allowed module
        b"ccollections\nOrderedDict.fromkeys\n.",
        b"\x80\x04\x8c\x02os\x8c\x06system\x93.",  # STACK_GLOBAL
        b"P1\n.",  # a persistent name
    ],
)
def test_operations_and_names_that_tensors_do_not_need_are_refused(tmp_path, program):
    for number, content in enumerate(forms(program)):
        path = tmp_path / f"{number}.pth"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"is refused: .*nothing of it was run"):
            torch_files.load(path)


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [
        ([4], [2], 0),  # past the end
        ([2, 2], [2, 1], 1),
        ([1000, 1000], [0, 0], 0),  # a huge view of one number
        ([-1], [1], 0),
        ([2], [-1], 1),
        ([2], [1, 1], 0),
        ([2**30, 2**30], [1, 1], 0),
    ],
)
def test_tensors_that_do_not_lie_in_their_storage_are_refused(
    tmp_path, size, stride, offset
):
    of = writer.storage("Float", "0", 4, legacy=False)
    main = writer.items({"a": writer.tensor(of, offset, size, stride)})
    path = tmp_path / "a.pth"
    path.write_bytes(writer.zipped(main, {"0": bytes(16)}))
    with pytest.raises(ValueError, match=r"a\.pth is damaged: a tensor"):
        torch_files.load(path)


def test_a_storage_of_another_length_is_refused(tmp_path):
    main = writer.program({"a": np.zeros(4, "f4")}, legacy=False)
    for length in (15, 17):
        (tmp_path / "a.pth").write_bytes(writer.zipped(main, {"0": bytes(length)}))
        with pytest.raises(ValueError, match="storage 0 has another length"):
            torch_files.load(tmp_path / "a.pth")
    # One that claims far more than there is needs no memory.
    of = writer.storage("Double", "0", 2**31 - 1, legacy=True)
    main = writer.items({"a": writer.tensor(of, 0, [1], [1])})
    content = writer.in_row(main, {"0": (2**31 - 1, bytes(8))})
    (tmp_path / "a.pth").write_bytes(content)
    with pytest.raises(ValueError, match="storage 0 is cut off"):
        torch_files.load(tmp_path / "a.pth")


def test_what_holds_no_tensors_by_name_is_refused(tmp_path):
    path = tmp_path / "a.pth"
    for value, message in (
        ({"epoch": 3}, "holds a int as 'epoch'; only tensors"),
        ([1], "holds no tensors by name"),
        ({}, "holds no tensors by name"),
    ):
        path.write_bytes(writer.zipped(pickle.dumps(value, 2), {}))
        with pytest.raises(ValueError, match=message):
            torch_files.load(path)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "a.pth"
    path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"is damaged, or not by torch\.save"):
        torch_files.load(path)
    path.write_bytes(pickle.dumps(5))
    with pytest.raises(ValueError, match=r"a\.pth"):
        torch_files.load(path)
    np.savez(tmp_path / "a.npz", a=np.zeros(2))
    with pytest.raises(ValueError, match=r"not one of torch\.save"):
        torch_files.load(tmp_path / "a.npz")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(1000))
    with pytest.raises(ValueError, match="is compressed"):
        torch_files.load(path)
    with pytest.raises(FileNotFoundError):
        torch_files.load(tmp_path / "absent.pth")


@pytest.mark.parametrize("legacy", [False, True])
def test_damage_of_any_kind_is_a_value_error(tmp_path, legacy):
    path = writer.write(tmp_path / "a.pth", ARRAYS, legacy=legacy)
    whole = path.read_bytes()
    for end in range(0, len(whole) - 1, 37):
        path.write_bytes(whole[:end])
        with pytest.raises(ValueError, match=r"a\.pth"):
            torch_files.load(path)
    random = np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        content[random.integers(len(content))] ^= 1 << random.integers(8)
        path.write_bytes(content)
        with contextlib.suppress(ValueError):  # and nothing else
            found = torch_files.load(path)
            assert all(isinstance(one, np.ndarray) for one in found.values())
