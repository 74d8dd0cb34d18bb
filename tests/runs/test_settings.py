"""A run folder is of a run, and of the same settings."""

import pytest

from ganzoo.runs import RunError, settings

# What is in a folder, and the words of the refusal; none where it is taken.
FOLDERS = {
    "nothing": ([], None),
    "hidden files": ([".lock", ".writing-7-config.json"], None),
    "a run": (["config.json", "manifest.json", "anything.txt"], None),
    "only settings": (["config.json"], None),
    "a picture": (["holiday.jpg"], "is not a run folder"),
    "a picture beside hidden files": ([".lock", "a.png"], "is not a run folder"),
    "a run without settings": (["manifest.json"], r"config\.json, .* is missing"),
    "checkpoints alone": (
        ["checkpoints/step_00000008.weights.h5"],
        r"config\.json, .* is missing",
    ),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_what_may_be_a_run_folder(tmp_path, name):
    files, refusal = FOLDERS[name]
    for file in files:
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).touch()
    if refusal is None:
        settings.refuse_strangers(tmp_path)
    else:
        with pytest.raises(RunError, match=refusal) as error:
            settings.refuse_strangers(tmp_path)
        assert "--output" in str(error.value)


def test_a_file_is_no_folder_and_a_new_place_is_free(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError, match="is not a run folder"):
        settings.refuse_strangers(tmp_path / "file")
    settings.refuse_strangers(tmp_path / "new")


# Settings before and now, the movable ones, and the lines of what differs.
CHANGES = {
    "the same": ({"a": 1}, {"a": 1}, set(), []),
    "a value": ({"a": 1, "b": 2}, {"a": 1, "b": 3}, set(), ["  b: 2 -> 3"]),
    "a movable value": ({"a": 1}, {"a": 2}, {"a"}, []),
    "another beside it": ({"a": 1, "b": 2}, {"a": 2, "b": 3}, {"a"}, ["  b: 2 -> 3"]),
    "a new name": ({}, {"a": "x"}, set(), ["  a: (absent) -> 'x'"]),
    "an old name": ({"a": None}, {}, set(), ["  a: None -> (absent)"]),
    "a kind of number": ({"a": 1}, {"a": 1.0}, set(), ["  a: 1 -> 1.0"]),
    "truth": ({"a": 1}, {"a": True}, set(), ["  a: 1 -> True"]),
    "by name": (
        {"b": 1, "a": 1},
        {"b": 2, "a": 2},
        set(),
        ["  a: 1 -> 2", "  b: 1 -> 2"],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_setting_is_refused_with_both_values(tmp_path, name):
    before, now, movable, lines = CHANGES[name]
    if not lines:
        settings.refuse_changes(tmp_path, before, now, frozenset(movable))
        return
    with pytest.raises(RunError) as error:
        settings.refuse_changes(tmp_path, before, now, frozenset(movable))
    first, *told, last = str(error.value).splitlines()
    assert str(tmp_path) in first
    assert told == lines
    assert "--output" in last
