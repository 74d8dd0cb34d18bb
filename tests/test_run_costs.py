"""The benchmarks of runs read the right numbers off them."""

import os

from tests.benchmarks import epochs, run_time


def test_each_epoch_has_its_costs():
    costs = epochs.measured(epochs.Config(epochs=2, epoch_steps=1))
    assert len(costs.milliseconds) == len(costs.mebibytes) == 3
    assert min(costs.milliseconds) > 0
    assert min(costs.mebibytes) > 100  # TensorFlow alone takes more


def test_the_seconds_of_a_run_are_read_off_its_folder(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,seconds\n1,10.0\n2,8.0\n")
    written = {"reals": 105, "epoch_0001": 118, "epoch_0002": 128}
    (tmp_path / "samples").mkdir()
    for name, seconds in written.items():
        path = tmp_path / "samples" / f"{name}.png"
        path.touch()
        os.utime(path, (seconds, seconds))
    row = run_time.row("mnist_gan", tmp_path, began=100.0, ended=140.0)
    assert row == {
        "command": "`mnist_gan`",
        "seconds": "40",
        "start": "5",
        "first picture": "18",
        "training": "18",
        "rest": "17",
        "rest / all": "42.5%",
        "each epoch": "20.0%",
    }
