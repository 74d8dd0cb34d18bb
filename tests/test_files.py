import numpy as np
import pytest

from ganzoo import files


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "value.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(KeyboardInterrupt), files.atomic(path) as temporary:
        temporary.write_text("half of")
        raise KeyboardInterrupt
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
    assert not path.exists() and files.read_rows(path) == []
