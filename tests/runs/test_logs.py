"""Logs are whole up to a checkpoint, or what is wrong with them is said."""

import pytest

from ganzoo import files
from ganzoo.runs import logs

STEPS = [
    {"step": n, "epoch": 1 + (n - 1) // 3, "loss": n / 8, "score": 1 / n}
    for n in range(1, 13)
]
EPOCHS = [{"step": 3 * n, "epoch": n, "loss": n / 4} for n in range(1, 5)]
EPOCHS[1]["measured"] = 0.5  # by some epochs only
ROWS = {"steps.csv": STEPS, "history.csv": EPOCHS}
AT = 12  # the checkpoint's step; the logs go on to it


def line(number: int, new: bytes | None):
    """Replaces a line, counted from 0, or takes it out."""

    def damage(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        lines[number] = new or b""
        return b"".join(lines)

    return damage


def twice(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:4], lines[3], *lines[4:]])


def swapped(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([*lines[:2], lines[3], lines[2], *lines[4:]])


# Damage to a log, and what is said of it: in steps.csv, and in history.csv.
DAMAGES = {
    "missing": (None, "is missing", "is missing"),
    "empty": (lambda c: b"", "ends with step 0", "ends with epoch 0"),
    "a header only": (lambda c: c.split(b"2,", 1)[0], "ends with", "ends with"),
    "no header": (line(0, None), "", ""),
    "the first row gone": (line(1, None), "lacks step 1", "lacks epoch 1"),
    "a row gone": (line(3, None), "lacks step 3", "lacks epoch 3"),
    "the last row gone": (line(-1, None), "ends with step 11", "ends with epoch 3"),
    "the last row torn": (lambda c: c[:-3], "ends with step 11", "ends with epoch 3"),
    "a row twice": (twice, "step 3 twice", "epoch 3 twice"),
    "rows swapped": (swapped, "lacks step 2", "lacks epoch 2"),
    "junk": (line(2, b"hello\n"), "line 3 of", "line 3 of"),
    "zeros": (line(2, b"\0" * 40 + b"\n"), "line 3 of", "line 3 of"),
    "no text": (line(2, b"\xff\xfe\n"), "line 3 of", "line 3 of"),
    "a row cut short": (line(2, b"2,1\n"), "line 3 of", "line 3 of"),
    "two rows in one": (line(2, b"2,1,0.25,0.53,1,0.5,1\n"), "line 3 of", "line 3 of"),
}


@pytest.fixture(params=ROWS)
def log(request, tmp_path):
    path = tmp_path / request.param
    files.write_rows(path, ROWS[request.param])
    return path


def facts(log) -> dict:
    return logs.Digest(ROWS[log.name]).facts()


def damaged(log, damage) -> None:
    if damage is None:
        log.unlink()
    else:
        log.write_bytes(damage(log.read_bytes()))


@pytest.mark.parametrize("known", [True, False], ids=["now", "an earlier version's"])
def test_a_whole_log_is_read(log, known):
    rows = ROWS[log.name]
    assert logs.check(log, AT, facts(log) if known else None, 3) == (rows, "")


@pytest.mark.parametrize("known", [True, False], ids=["now", "an earlier version's"])
@pytest.mark.parametrize("name", DAMAGES)
def test_whatever_is_not_whole_is_named(log, name, known):
    damage, *said = DAMAGES[name]
    damaged(log, damage)
    _, found = logs.check(log, AT, facts(log) if known else None, 3)
    assert str(log) in found
    assert said[log.name == "history.csv"] in found


def test_a_changed_number_is_noticed(log):
    content = log.read_bytes()
    place = content.rindex(b"0.") + 2
    log.write_bytes(content[:place] + b"9" + content[place + 1 :])
    _, found = logs.check(log, AT, facts(log), 3)
    assert found == f"{log} was changed after it was written"


@pytest.mark.parametrize("rest", [b"13,5", b"\0" * 100, b"13,5,1,1\n14,x\n", b"\xff\n"])
def test_what_comes_after_the_checkpoint_may_be_anything(log, rest):
    with open(log, "ab") as file:
        file.write(rest)
    assert logs.check(log, AT, facts(log), 3) == (ROWS[log.name], "")


def test_rows_after_the_checkpoint_are_not_looked_at(log):
    step = 6
    known = logs.Digest(logs.up_to(ROWS[log.name], step)).facts()
    for told in (known, None):
        rows, found = logs.check(log, step, told, 3)
        assert (rows, found) == (logs.up_to(ROWS[log.name], step), "")


def test_an_older_log_beside_a_newer_checkpoint_is_named(log):
    known = facts(log)
    files.write_rows(log, logs.up_to(ROWS[log.name], 9))
    for told in (known, None):
        assert "the checkpoint is of" in logs.check(log, AT, told, 3)[1]


def test_several_steps_in_one_execution_are_no_hole(tmp_path):
    path = tmp_path / "steps.csv"
    rows = [{"step": n, "epoch": 1} for n in (4, 8, 10, 14, 18, 20)]
    files.write_rows(path, rows)
    assert logs.check(path, 20, None, 10) == (rows, "")
    files.write_rows(path, rows[1:])
    assert "lacks step 1" in logs.check(path, 20, None, 10)[1]


def test_the_digest_is_of_numbers_and_grows():
    """Not of bytes: another epoch's measure is a further column of all rows."""
    whole, grown = logs.Digest(EPOCHS), logs.Digest(EPOCHS[:1])
    grown.add(EPOCHS[1:])
    empty = [row | {"later": None} for row in EPOCHS]
    assert whole.facts() == grown.facts() == logs.Digest(empty).facts()
    assert whole.facts()["rows"] == 4
    assert whole.last == 12
    assert logs.Digest(EPOCHS[:3]).facts() != whole.facts()


def test_the_digest_tells_columns_apart():
    one, other = {"step": 1, "a": 2, "b": 3}, {"step": 1, "a": 2, "c": 3}
    assert logs.Digest([one]).facts() != logs.Digest([other]).facts()
