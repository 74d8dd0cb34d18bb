"""A folder that is held on to: locked, and followed where it is moved."""

import subprocess
import sys

import pytest

from ganzoo.runs import Run, RunError, place

pytest.importorskip("fcntl")


@pytest.fixture
def opened(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    held = place.Place(folder)
    yield held
    held.close()


def test_a_folder_that_stays_has_its_name(opened, tmp_path):
    assert opened.path == opened.first == tmp_path / "run"
    assert not opened.moved


def test_a_moved_folder_is_found_as_often_as_it_moves(opened, tmp_path):
    for name in ("second", "third", "run"):
        opened.path.rename(tmp_path / name)
        assert opened.path == tmp_path / name
        assert opened.moved == (name != "run")


def test_another_folder_of_the_name_is_not_taken_for_it(opened, tmp_path):
    opened.first.rename(tmp_path / "moved")
    opened.first.mkdir()
    assert opened.path == tmp_path / "moved"
    assert opened.moved


@pytest.mark.parametrize("again", [False, True], ids=["gone", "another of its name"])
def test_a_deleted_folder_is_told(opened, again):
    opened.first.rmdir()
    if again:
        opened.first.mkdir()
    with pytest.raises(RunError, match="is gone: it was deleted, or moved") as error:
        _ = opened.path
    assert str(opened.first) in str(error.value)
    assert "--output" in str(error.value)


def test_where_no_folder_can_be_opened_the_name_stays(tmp_path, monkeypatch):
    monkeypatch.setattr(place.os, "name", "nt")
    held = place.Place(tmp_path / "run")
    assert held.path == tmp_path / "run"
    assert not held.moved
    held.close()


def test_two_processes_cannot_train_in_one_folder(folder):
    code = (
        "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('locked', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, folder.path / ".lock"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert other.stdout.readline() == b"locked\n"
    with pytest.raises(RunError, match="Another process is training"), folder.lock():
        pass
    other.kill()  # the lock ends with its process
    other.communicate()
    with folder.lock():
        pass
    with folder.lock():
        pass


def test_two_runs_of_one_folder_are_not_both_alone(folder, settings):
    other = Run(folder.path, settings, fingerprint="abc")
    with folder.lock():
        with pytest.raises(RunError, match="Another process"), other.lock():
            pass
        assert other.path == folder.path  # and it holds on to nothing
    with other.lock():
        pass


def test_a_file_system_without_locks_locks_nobody_out(tmp_path, monkeypatch):
    def unsupported(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(place.fcntl, "flock", unsupported)
    with place.locked(tmp_path):
        pass


def test_a_run_knows_where_it_was_moved_from(folder, tmp_path):
    first = folder.path
    with folder.lock():
        assert folder.moved_from is None
        first.rename(tmp_path / "moved")
        assert folder.moved_from == first
        assert folder.path == tmp_path / "moved"
    assert folder.moved_from is None
    assert folder.path == tmp_path / "moved"
