"""What a run resumes from, and what keeps it from doing so."""

import numpy as np
import pytest

from ganzoo.runs import RunError, checkpoints, resuming

EPOCH = 4  # steps
ALL = 12


@pytest.fixture
def whole(folder, toy):
    """A run of twelve steps, with checkpoints after eight and twelve."""
    gan = toy(0, 0.0)
    for step in range(1, ALL + 1):
        folder.append_rows("steps.csv", [{"step": step, "loss": step / 8}])
        if step % EPOCH == 0:
            row = {"epoch": step // EPOCH, "step": step, "loss": step / 8}
            folder.append_rows("history.csv", [row])
            folder.save(gan.set(step, step / 10))
    return folder.path


def rows(path, whole, steps=ALL):
    facts = checkpoints.read_facts(path)
    return resuming.rows_up_to(path, facts, whole, steps=steps, epoch_steps=EPOCH)


def test_the_newest_checkpoint_is_loaded_with_its_facts(whole, toy):
    gan = toy(0, 9.0)
    path, facts = resuming.load_newest(gan, whole)
    assert path == checkpoints.path(whole, 12)
    assert gan.values() == {np.float32(1.2)}
    assert facts["logs"]["steps.csv"]["rows"] == 12


def test_nothing_is_loaded_from_nothing(folder, toy):
    gan = toy(0, 9.0)
    assert resuming.load_newest(gan, folder.path) == (None, None)
    assert gan.values() == {9.0}


def test_an_older_one_takes_the_place_of_a_damaged_one(whole, toy, capsys):
    newest = checkpoints.path(whole, 12)
    newest.write_bytes(newest.read_bytes()[:-200])
    path, _ = resuming.load_newest(toy(0, 9.0), whole)
    assert path == checkpoints.path(whole, 8)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        f"Damaged checkpoint renamed; resuming from an older one: {newest}"
    )
    assert not newest.exists()


def test_where_all_are_damaged_none_is_moved(whole, toy):
    for path in checkpoints.of(whole):
        path.write_bytes(b"junk")
    before = checkpoints.of(whole)
    with pytest.raises(RunError, match="No checkpoint can be read") as error:
        resuming.load_newest(toy(0, 9.0), whole)
    assert all(str(path) in str(error.value) for path in before)
    assert checkpoints.of(whole) == before


@pytest.mark.parametrize(
    ("content", "epochs"),
    [
        (None, 0),
        ("", 0),
        ("epoch,step\n1,4\n", 1),
        ("epoch,step\n1,4\n2,8\n", 2),
        ("epoch,step\n1,4\n2,junk\n3,12\n", 1),
    ],
)
def test_the_history_tells_how_many_epochs_there_were(tmp_path, content, epochs):
    if content is not None:
        (tmp_path / "history.csv").write_text(content)
    assert resuming.epochs(tmp_path) == epochs


@pytest.mark.parametrize("step", [8, 12])
def test_the_rows_up_to_a_checkpoint_are_returned(whole, step):
    found = rows(checkpoints.path(whole, step), whole)
    assert [row["step"] for row in found["steps.csv"]] == list(range(1, step + 1))
    assert [row["epoch"] for row in found["history.csv"]] == list(
        range(1, step // EPOCH + 1)
    )


def test_a_fault_that_an_older_checkpoint_has_not_names_it(whole):
    log = whole / "steps.csv"
    log.write_text(log.read_text().replace("\n10,", "\n11,"))
    newest = checkpoints.path(whole, 12)
    with pytest.raises(RunError) as error:
        rows(newest, whole)
    assert str(log) in str(error.value)
    assert f"or delete {newest}: the steps after 8 are then trained again." in str(
        error.value
    )
    assert rows(checkpoints.path(whole, 8), whole)["steps.csv"][-1]["step"] == 8


def test_a_fault_that_all_have_leaves_a_good_copy_or_a_new_run(whole):
    (whole / "steps.csv").unlink()
    with pytest.raises(RunError) as error:
        rows(checkpoints.path(whole, 12), whole)
    assert str(error.value) == (
        f"{whole / 'steps.csv'} is missing. Put a good copy in place (of step 12), or "
        "choose another --output to train again."
    )


def test_both_logs_are_named_where_both_are_damaged(whole):
    for name in resuming.LOGS:
        (whole / name).unlink()
    with pytest.raises(RunError) as error:
        rows(checkpoints.path(whole, 12), whole)
    assert all(
        f"{whole / name} is missing" in str(error.value) for name in resuming.LOGS
    )


@pytest.mark.parametrize("steps", [None, ALL, 2 * ALL])
def test_measures_are_needed_where_nothing_is_left_to_train(folder, toy, steps):
    measures = folder.path / "modes.json"
    measures.write_text("{}")
    row = {"step": ALL, "epoch": 3, "loss": 1.0}
    folder.append_rows("history.csv", [row | {"epoch": 1}, row | {"epoch": 2}, row])
    folder.append_rows("steps.csv", [{"step": n} for n in range(1, ALL + 1)])
    path = folder.save(toy(ALL, 0.5))
    measures.unlink()
    if steps == ALL:
        with pytest.raises(RunError, match=r"modes\.json is missing"):
            rows(path, folder.path, steps)
    else:
        assert len(rows(path, folder.path, steps)["steps.csv"]) == ALL
