import contextlib
import errno
import os
import resource
import subprocess
import sys

import numpy as np
import pytest

from ganzoo import files


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "value.json"
    files.write_json(path, {"a": 1})

    def fail() -> None:
        with files.atomic(path) as temporary:
            temporary.write_text("half of")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert files.read_json(path) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_the_suffixes_and_the_folder(tmp_path):
    with files.atomic(tmp_path / "new" / "a.weights.h5") as temporary:
        temporary.write_bytes(b"x")
        assert temporary.parent == tmp_path / "new"
        assert temporary.name.startswith(".writing-")
        assert temporary.name.endswith("-a.weights.h5")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["a.weights.h5"]


def test_leftovers_of_a_killed_process_are_removed_in_all_folders(tmp_path):
    (tmp_path / "samples").mkdir()
    kept = tmp_path / "samples" / "epoch_0001.png"
    leftovers = [
        tmp_path / ".writing-7-history.csv",
        tmp_path / "samples" / ".epoch_0002.png.7.tmp",
    ]
    for path in (kept, *leftovers):
        path.touch()
    files.clear_leftovers(tmp_path)
    assert kept.exists()
    assert not any(path.exists() for path in leftovers)


def test_what_is_still_being_written_is_left_alone(tmp_path):
    path = tmp_path / "value.json"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    with files.atomic(path) as own:
        own.touch()
        here = own.name.removeprefix(f".writing-{os.getpid()}-")
        here = here.removesuffix(f"-{path.name}")
    elsewhere = f"{int(here, 16) ^ 1:08x}"
    kept = [f".writing-{os.getppid()}-{here}-a.csv", f".writing-1-{elsewhere}-b.csv"]
    gone = [f".writing-{dead.pid}-{here}-a.csv", f".writing-1-{elsewhere}-c.csv"]
    for name in (*kept, *gone):
        (tmp_path / name).touch()
    os.utime(tmp_path / gone[1], (0, 0))  # of another machine, hours ago
    files.clear_leftovers(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, path.name])


@pytest.fixture
def room():
    """Limits the size of files, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


WRITES = {
    "json": lambda path: files.write_json(path, {"a": "b" * 9000}),
    "rows": lambda path: files.write_rows(path, [{"a": n} for n in range(3000)]),
    "more rows": lambda path: files.append_rows(path, [{"a": n} for n in range(3000)]),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_full_disk_is_named_and_leaves_the_file_as_it_was(tmp_path, room, name):
    path = tmp_path / "old.csv"
    path.write_text("a\n1\n")
    room(4000)
    with pytest.raises(files.DiskFullError) as caught:
        WRITES[name](path)
    room(resource.RLIM_INFINITY)
    assert caught.value.errno == errno.EFBIG
    assert caught.value.filename == str(path)
    assert f": {path} could not be written. " in str(caught.value)
    assert "the same command resumes" in str(caught.value)
    assert path.read_text() == "a\n1\n"
    assert list(tmp_path.iterdir()) == [path]


def test_other_errors_of_the_system_are_left_as_they_are(tmp_path):
    (tmp_path / "a.txt").touch()
    with pytest.raises(OSError, match=r"a\.txt") as caught:
        files.write_json(tmp_path / "a.txt" / "b.json", {})
    assert not isinstance(caught.value, files.DiskFullError)


def test_no_flipped_bit_of_a_sealed_file_is_another_value(tmp_path):
    path, value = tmp_path / "a.json", {"rate": 0.125, "é": [1, None], "name": "x"}
    files.write_json(path, value, sealed=True)
    whole = path.read_bytes()
    assert files.read_json(path) == value
    for bit in range(8 * len(whole)):
        content = bytearray(whole)
        content[bit // 8] ^= 1 << bit % 8
        path.write_bytes(content)
        with contextlib.suppress(ValueError):
            assert files.read_json(path) == value, bit  # in a blank


def test_a_sealed_file_may_be_changed_by_hand_without_its_seal(tmp_path):
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1}, sealed=True)
    path.write_text(path.read_text().replace('"a": 1', '"a": 2'))
    with pytest.raises(
        files.DamagedError, match=f'{path} is damaged.*delete its "checksum"'
    ):
        files.read_json(path)
    path.write_text('{"a": 2}')
    assert files.read_json(path) == {"a": 2}


def test_what_can_be_had_anew_is_set_aside_if_it_is_damaged(tmp_path, capsys):
    path = tmp_path / "a.json"
    assert files.kept_json(path) == {}
    files.write_json(path, {"a": 1}, sealed=True)
    assert files.kept_json(path) == {"a": 1}
    path.write_text("{")
    assert files.kept_json(path) == {}
    assert capsys.readouterr().err == (
        f"{path} is damaged; renamed it to damaged_a.json.\n"
    )
    assert [p.name for p in tmp_path.iterdir()] == ["damaged_a.json"]


def test_json_takes_numpy_numbers_and_tuples(tmp_path):
    path = tmp_path / "value.json"
    files.write_json(path, {"n": np.float64(0.5), "pair": (1, 2), "é": np.int64(3)})
    assert files.read_json(path) == {"n": 0.5, "pair": [1, 2], "é": 3}


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_numbers_come_back_from_a_table_to_the_bit(tmp_path, kind):
    values = np.random.default_rng(0).normal(size=100).astype(kind)
    values = np.concatenate([values, kind([1e-30, 2.0, -0.0, 1e25])])
    path = tmp_path / "a.csv"
    files.append_rows(path, [{"x": value} for value in values])
    read = np.array([row["x"] for row in files.read_rows(path)], kind)
    np.testing.assert_array_equal(read, values)


def test_reading_and_writing_a_table_changes_no_byte(tmp_path):
    path = tmp_path / "a.csv"
    rows = [{"step": n, "loss": np.float32(1 / n), "seconds": 2.0} for n in (1, 2, 3)]
    files.append_rows(path, rows)
    before = path.read_bytes()
    files.write_rows(path, files.read_rows(path))
    assert path.read_bytes() == before
    assert before.startswith(b"step,loss,seconds\n1,1,2.0\n")


def test_a_torn_last_line_is_ignored_wherever_it_is_torn(tmp_path):
    path = tmp_path / "a.csv"
    files.append_rows(path, [{"step": 1, "loss": 0.25}, {"step": 2, "loss": 0.125}])
    whole = path.read_bytes()
    second = whole.index(b"2,")
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        rows = [{"step": 1, "loss": 0.25}] if length >= second else []
        assert files.read_rows(path) == rows
    path.write_bytes(whole.replace(b"\n", b"\r\n"))
    assert len(files.read_rows(path)) == 2


def test_rows_of_different_columns_leave_the_others_empty(tmp_path):
    path = tmp_path / "a.csv"
    rows = [{"epoch": 1, "fid": 9.5}, {"epoch": 2}, {"epoch": 3, "fid": 7.5, "new": 1}]
    files.write_rows(path, rows)
    assert files.read_rows(path) == rows
    files.write_rows(path, [])
    assert not path.exists()
    assert files.read_rows(path) == []


@pytest.mark.parametrize(
    "line", ["x,1", "1", "1,2,3", "1,,2", "nul\0,1", "1;2", "1,0x3", "--1,2", "²,1"]
)
def test_a_line_that_is_no_row_is_named(tmp_path, line):
    path = tmp_path / "a.csv"
    path.write_text(f"a,b\n1,2\n{line}\n3,4\n")
    with pytest.raises(files.DamagedError) as caught:
        files.read_rows(path)
    assert f"line 3 of {path} is not a row of 2 numbers" in str(caught.value)


def test_rows_with_further_columns_can_be_appended(tmp_path):
    path = tmp_path / "a.csv"
    files.append_rows(path, [{"step": 1, "loss": 0.5}])
    files.append_rows(path, [{"step": 2, "loss": 0.25, "score": 1.5}])
    assert files.read_rows(path) == [
        {"step": 1, "loss": 0.5},
        {"step": 2, "loss": 0.25, "score": 1.5},
    ]


def test_a_row_may_lack_columns_and_nothing_is_rewritten_for_it(tmp_path):
    path = tmp_path / "a.csv"
    files.append_rows(path, [{"step": 1, "loss": 0.5, "score": 1.5}])
    before = path.stat().st_ino, path.read_bytes()
    row = {"score": np.float32(0.5), "step": 2}
    written = files.append_rows(path, [row])
    assert (path.stat().st_ino, path.read_bytes()[: len(before[1])]) == before
    assert [list(one) for one in written] == [["step", "score"]]
    assert files.read_rows(path)[1] == files.read_back(row) == {"step": 2, "score": 0.5}
