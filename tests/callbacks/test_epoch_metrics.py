import pytest

from ganzoo.callbacks import EpochMetrics


def examined(stub, every, epochs):
    """Epochs, counted from 1, after which a run of so many is examined."""
    found = []
    examination = EpochMetrics(
        lambda gan: {"answer": gan.step + 0.5}, every=every, epochs=epochs
    )
    examination.set_model(stub(41))
    for epoch in range(epochs):
        logs = {"loss": 1.0}
        examination.on_epoch_end(epoch, logs)
        if len(logs) > 1:
            assert logs == {"loss": 1.0, "answer": 41.5}
            found.append(epoch + 1)
    return found


def test_the_first_the_last_and_every_so_many_epochs_are_examined(stub):
    assert examined(stub, 1, 3) == [1, 2, 3]
    assert examined(stub, 3, 8) == [1, 4, 7, 8]


def test_epochs_are_counted_from_one():
    with pytest.raises(ValueError, match="every=0 epochs must be at least 1"):
        EpochMetrics(dict, every=0, epochs=1)
