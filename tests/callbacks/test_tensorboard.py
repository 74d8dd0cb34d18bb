import numpy as np
import pytest
import tensorflow as tf
from skimage import io

from ganzoo import plots
from ganzoo.callbacks import TensorBoard


def read(run) -> dict[str, dict[int, object]]:
    """Returns tag -> step -> value of a run's event files."""
    found = {}
    for path in sorted((run.path / "tensorboard").iterdir()):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                tensor = tf.make_ndarray(value.tensor)
                found.setdefault(value.tag, {})[event.step] = tensor
    return found


def play(board, model, steps, epoch=None) -> None:
    board.set_model(model)
    board.on_train_begin()
    for batch, step in enumerate(steps):
        model.step = step
        board.on_train_batch_end(batch, {"generator_loss": step / 8})
    if epoch is not None:
        board.on_epoch_end(epoch, {"generator_loss": 0.5, "class_shares": [1, 2]})
    board.on_train_end()


def test_words_stand_under_their_name(run, stub):
    board = TensorBoard(run)
    play(board, stub(), [4])
    board.text("alarms", "Samples repeat.")
    assert read(run)["alarms"][4].tolist() == b"Samples repeat."


def test_scalars_come_by_step_and_by_epoch(run, stub):
    play(TensorBoard(run, every=3), stub(), range(1, 9), epoch=0)
    found = read(run)
    assert found == {
        "step/generator_loss": {1: 1 / 8, 4: 4 / 8, 7: 7 / 8},
        "epoch/generator_loss": {8: 0.5},
    }


@pytest.mark.parametrize("each", [2, 4, 5, 20])
def test_several_steps_an_execution_leave_no_curve_empty(run, stub, each):
    play(TensorBoard(run, every=10), stub(), range(each, 61, each))
    points = list(read(run)["step/generator_loss"])
    assert points[0] == each
    assert len(points) == min(6, 60 // each)


def test_a_resumed_run_goes_on_with_the_same_points(run, stub):
    play(TensorBoard(run, every=3), stub(), range(1, 6))
    play(TensorBoard(run, every=3), stub(step=5), range(6, 12))
    assert list(read(run)["step/generator_loss"]) == [1, 4, 7, 10]


def test_the_sample_grids_are_there_as_images(run, stub):
    grid = np.arange(60, dtype=np.uint8).reshape(6, 10, 1)
    for name in ("epoch_0002", "fresh_0002"):
        plots.save_image(run.path / "samples" / f"{name}.png", grid)
    play(TensorBoard(run), stub(), [8], epoch=1)
    found = read(run)
    for tag in ("samples/epoch", "samples/fresh"):
        width, height, png = found[tag][8]
        assert (int(width), int(height)) == (10, 6)
        (run.path / "read.png").write_bytes(png)
        np.testing.assert_array_equal(io.imread(run.path / "read.png"), grid[..., 0])


def test_a_point_can_be_seen_before_the_epoch_ends(run, stub):
    board = TensorBoard(run, every=1)
    board.set_model(stub())
    board.on_train_begin()
    board.model.step = 1
    board.on_train_batch_end(0, {"generator_loss": 0.5})
    assert read(run) == {"step/generator_loss": {1: 0.5}}


def test_a_moved_run_is_followed(run, stub):
    board = TensorBoard(run)
    board.set_model(stub(step=4))
    board.on_train_begin()
    with run.lock():
        run.path.rename(run.path.with_name("moved"))
        grid = np.zeros((2, 2, 1), np.uint8)
        plots.save_image(run.path / "samples" / "epoch_0001.png", grid)
        board.on_epoch_end(0, {})
        assert list(read(run)["samples/epoch"]) == [4]


def test_a_run_that_never_began_ends_in_peace(run):
    TensorBoard(run).on_train_end()
