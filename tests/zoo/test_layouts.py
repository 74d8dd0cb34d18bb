"""Drawing by hand: objects of chosen labels in chosen boxes."""

import numpy as np
import pytest
from skimage import io

from ganzoo import boxes, networks, zoo
from ganzoo.cli import main
from ganzoo.cli.draw import read_box
from ganzoo.zoo import catalog
from ganzoo.zoo.layouts import Layout

pytestmark = pytest.mark.usefixtures("without_graphs")

ARGUMENTS = {"latent_dim": 4, "size": 16, "object_size": 8, "width": 1 / 32}
UPPER, LOWER = (0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 1.0, 1.0)
CARD = {
    "labels": [[1, 9, 8, 6], [3, 2, 5, 8], [5, 2, 7, 4]],
    "boxes": boxes.grid(4, 0.75).tolist(),
    "num_classes": 10,
    "max_objects": 5,
}


@pytest.fixture(scope="module")
def generator():
    """Untrained, but of contrast: labels and noise are to be seen."""
    network = networks.layout_generator(**ARGUMENTS, label_scale=3.0, seed=1)
    for layer in network.layers:
        if "pixels" in layer.name:
            layer.kernel.assign(layer.kernel.value * 30.0)
    return network


@pytest.fixture(scope="module")
def own_zoo(tmp_path_factory, generator):
    """A zoo in a folder of its own: a generator of objects in boxes, and another."""
    folder = tmp_path_factory.mktemp("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalog, "FOLDER", folder)
        arguments = ARGUMENTS | {"label_scale": 3.0}
        entry = {"title": "T", "layout": CARD}
        zoo.add("boxes", generator, "layout_generator", arguments, entry)
        plain = networks.mnist_generator(8)
        zoo.add("plain", plain, "mnist_generator", {"latent_dim": 8}, {"title": "P"})
        yield folder


# --------------------------------------------------------------------------- a function


def test_objects_lie_in_their_boxes_and_nowhere_else(own_zoo):
    one = zoo.draw("boxes", [7], [UPPER])[0]
    other = zoo.draw("boxes", [3], [UPPER])[0]
    assert (one.shape, one.dtype) == ((16, 16, 1), np.uint8)
    changed = one != other
    assert changed[:8, :8].mean() > 0.5
    changed[:8, :8] = False
    assert not changed.any()


def test_a_further_object_leaves_the_others_as_they_are(own_zoo):
    one = zoo.draw("boxes", [7], [UPPER], seed=2)[0]
    two = zoo.draw("boxes", [7, 3], [UPPER, LOWER], seed=2)[0]
    np.testing.assert_array_equal(two[:8], one[:8])
    assert (two[8:, 8:] != one[8:, 8:]).mean() > 0.5
    over = zoo.draw("boxes", [7, 3], [UPPER, UPPER], seed=2)[0]
    assert (over[:8, :8] != one[:8, :8]).mean() > 0.5  # the later over the earlier


def test_images_are_a_function_of_the_seed(own_zoo):
    many = zoo.draw("boxes", [1, 2], [UPPER, LOWER], 3, seed=5)
    again = zoo.draw("boxes", [1, 2], [UPPER, LOWER], 2, seed=5)
    np.testing.assert_array_equal(many[:2], again)
    assert len(np.unique(many, axis=0)) == 3
    assert not np.array_equal(again, zoo.draw("boxes", [1, 2], [UPPER, LOWER], 2))


def test_samples_have_the_layouts_of_the_card_in_turn(own_zoo, generator):
    layout = zoo.conditioning("boxes")
    noise, labels, own = layout.inputs(4, 7, seed=1)
    assert noise.shape == (7, 5, 4)
    np.testing.assert_array_equal(labels, [CARD["labels"][i % 3] for i in range(7)])
    np.testing.assert_allclose(own, [CARD["boxes"]] * 7)
    images = zoo.sample(zoo.load("boxes"), 7, conditioning=layout, seed=1, batch_size=4)
    expected = generator([noise, labels, own], training=False)
    np.testing.assert_allclose(images, (expected + 1) * 127.5, atol=2)  # float16
    grid = io.imread(zoo.grid("boxes"))
    assert grid.shape[0] == grid.shape[1] == 2 * (8 * 16 + 9 * 2)


def test_a_layout_of_each_image_is_kept():
    own = np.stack([boxes.grid(2), boxes.grid(2, 0.3)])
    _, labels, found = Layout([[1, 2], [3, 4]], own).inputs(3, 3)
    np.testing.assert_array_equal(labels, [[1, 2], [3, 4], [1, 2]])
    np.testing.assert_array_equal(found, own[[0, 1, 0]])


def test_a_box_is_read_as_it_is_written():
    assert read_box("7:0.1,0.1,0.4,0.4") == (7, (0.1, 0.1, 0.4, 0.4))
    assert read_box(" 3 : 0, .5 ,1e-1, 1") == (3, (0.0, 0.5, 0.1, 1.0))


# ------------------------------------------------------------------ on a command line


def run_main(monkeypatch, *arguments):
    monkeypatch.setattr("sys.argv", ["ganzoo", *arguments])
    main()


def test_the_command_draws_what_the_function_does(
    own_zoo, tmp_path, monkeypatch, capsys
):
    output = str(tmp_path / "digits.png")
    words = ["--box", "7:0,0,0.5,0.5", "--box", "3:0.5,0.5,1,1"]
    words += ["--seed", "4", "--scale", "1", "--output", output]
    run_main(monkeypatch, "draw", "boxes", *words)
    expected = zoo.draw("boxes", [7, 3], [UPPER, LOWER], seed=4)[0, ..., 0]
    np.testing.assert_array_equal(io.imread(output), expected)
    assert capsys.readouterr().out == f"7, 3 by boxes, seed 4: {output}\n"
    run_main(monkeypatch, "draw", "boxes", *words, "--count", "2")
    assert io.imread(output).shape == (16 + 2 * 2, 2 * 16 + 3 * 2)
    run_main(monkeypatch, "sample", "boxes", "--count", "2", "--output", output)
    assert io.imread(output).shape == (2 * (16 + 2 * 2), 2 * (2 * 16 + 3 * 2))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["boxes"], "No box given; pass --box"),
        (["boxes", "--box", "7"], "box '7' must be LABEL:y0,x0,y1,x1"),
        (["boxes", "--box", "7:0,0,1"], "box '7:0,0,1' must be LABEL:y0,x0,y1,x1"),
        (["boxes", "--box", "x:0,0,1,1"], "box 'x:0,0,1,1' must be"),
        (["boxes", "--box", "7:0,a,1,1"], "box '7:0,a,1,1' must be"),
        (["boxes", "--box", "7:0,0,1.2,1"], "The box (0.0, 0.0, 1.2, 1.0) cannot"),
        (["boxes", "--box", "7:0.5,0,0.5,1"], "a box is (y0, x0, y1, x1) with"),
        (["boxes", "--box", "7:nan,0,0.5,1"], "cannot be drawn in"),
        (["boxes", "--box", "10:0,0,1,1"], "there are the classes 0 to 9"),
        (["boxes", "--box=-1:0,0,1,1"], "labels run from -1 to -1"),
        (["boxes", *["--box", "1:0,0,1,1"] * 6], "at most max_objects=5"),
        (["boxes", "--box", "1:0,0,1,1", "--count", "0"], "count=0 must be at least 1"),
        (
            ["plain", "--box", "1:0,0,1,1"],
            "'plain' does not generate objects in boxes; available",
        ),
        (["nothing", "--box", "1:0,0,1,1"], "There is no 'nothing' in the zoo"),
    ],
)
def test_what_cannot_be_drawn_is_one_line(
    own_zoo, tmp_path, monkeypatch, capsys, words, message
):
    output = tmp_path / "digits.png"
    with pytest.raises(SystemExit) as end:
        run_main(monkeypatch, "draw", *words, "--output", str(output))
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert not output.exists()
    assert said.startswith("error: ")
    assert message in said
    assert said.count("\n") == 1


def test_a_generator_of_objects_is_not_sampled_without_a_layout(own_zoo):
    with pytest.raises(ValueError, match=r"needs its conditioning=, a zoo.Layout"):
        zoo.sample(zoo.load("boxes"), 1)
