import numpy as np
import pytest

from ganzoo import callbacks, zoo


@pytest.fixture
def epoch(run, gan):
    """Ends an epoch with a distance, as `fit` would."""
    best = callbacks.KeepBest(run)
    best.set_model(gan)

    def end(number: int, **logs):
        best.on_epoch_end(number, logs)
        run.append_rows("history.csv", [{"step": number, "epoch": number + 1} | logs])
        return run.path / "best.keras"

    return end


def test_the_generator_with_the_lowest_distance_is_kept(epoch, gan):
    assert not epoch(0).exists()
    noise = np.random.default_rng(0).normal(size=(2, 3)).astype("float32")
    images = {}
    for number, distance in enumerate((3.0, 1.0, 2.0, 1.0), start=1):
        for average in gan.weight_average.values:
            average.assign(average.value + 0.1 * number)
        with gan.averaged_weights():
            images[number] = gan.generator(noise, training=False)
        path = epoch(number, frechet_distance=distance)
    kept = zoo.read_generator(path).generator(noise, training=False)
    assert [np.array_equal(kept, one) for one in images.values()] == [0, 1, 0, 0]
