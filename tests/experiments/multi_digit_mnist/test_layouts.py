import dataclasses

import numpy as np
import pytest

from experiments.multi_digit_mnist import evaluator, layouts, protocol, scenes
from ganzoo import boxes, data
from ganzoo.files import read_json

pytestmark = pytest.mark.usefixtures("without_graphs")
COUNT = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The protocol's configuration and its layouts, written to a file."""
    folder = tmp_path_factory.mktemp("protocol")
    config = protocol.Config(
        layouts=folder / "layouts.npz",
        output=folder / "layouts.json",
        dataset="digits",
        count=COUNT,
    )
    layouts.run(config)
    with np.load(config.layouts) as stored:
        return config, dict(stored)


def of_layouts(config: protocol.Config, asked: dict) -> dict[str, np.ndarray]:
    """Draws real digits into the boxes, as anyone would from the file alone."""
    digits = data.load("digits", "test")
    first = np.array([np.flatnonzero(digits.labels == k)[0] for k in range(10)])
    found = {}
    for name in (key[: -len("_labels")] for key in asked if key.endswith("_labels")):
        labels, places = asked[f"{name}_labels"], asked[f"{name}_boxes"]
        objects = digits.images[first[labels]].astype(np.float32)
        canvas = np.zeros((len(labels), config.size, config.size, 1), np.float32)
        pasted = boxes.paste(objects, places.astype(np.float32), canvas)
        found[name] = np.rint(np.asarray(pasted)).astype(np.uint8)
    return found


def test_layouts_are_those_of_the_evaluator_down_to_ten_pixels(written):
    config, asked = written
    settings = layouts.settings_of(config)
    for name, source in scenes.situations(settings, scenes.load(settings).test).items():
        _, (labels, own) = source.sample(COUNT)
        np.testing.assert_array_equal(asked[f"{name}_labels"], labels)
        np.testing.assert_array_equal(asked[f"{name}_boxes"], own)
    sides = asked["size_10_boxes"]
    np.testing.assert_allclose((sides[..., 2:] - sides[..., :2]) * 64, 10, atol=1e-4)
    orders = {"".join(map(str, row)) for row in asked["unseen_labels"]}
    assert not orders & set(config.orders)


def test_anyones_images_are_measured_as_the_evaluator_measures(written, capsys):
    config, asked = written
    images = of_layouts(config, asked)
    path = config.layouts.with_name("mine.npz")
    np.savez(path, **images)
    layouts.run(dataclasses.replace(config, images=path))
    found = read_json(config.output)
    settings = layouts.settings_of(config)
    own = evaluator.DigitEvaluator(settings, scenes.load(settings))
    row, card = own.measure(lambda *_: images["unseen"], ["unseen"], COUNT, "given")
    assert row.items() <= found["generated"].items()
    assert found["card"] == card
    assert found["generated"]["size_10_half_width"] > 0
    assert found["real"]["size_10_accuracy"] < 1
    out = capsys.readouterr().out
    assert "10x10" in out
    assert "labels as often as in training" in out


def test_images_that_are_missing_or_of_another_kind_are_refused(written):
    config, _ = written
    path = config.layouts.with_name("wrong.npz")
    wrong = dataclasses.replace(config, images=path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(ValueError, match=r"no array 'seen'.*uint8 of shape \(12, 64"):
        layouts.run(wrong)
    np.savez(path, seen=np.zeros((COUNT, 64, 64, 1)))
    with pytest.raises(ValueError, match="'seen' is float64"):
        layouts.run(wrong)
    with pytest.raises(ValueError, match="takes no boxes"):
        layouts.run(dataclasses.replace(config, generator="mnist_dcgan"))


def test_two_things_to_measure_or_none_there_are_refused(tmp_path):
    absent = protocol.Config(images=tmp_path / "absent.npz")
    with pytest.raises(ValueError, match="no file"):
        absent.check_values()
    with pytest.raises(ValueError, match="give one of them"):
        dataclasses.replace(absent, generator="multi_digit_mnist").check_values()
