import numpy as np
from skimage import io

from ganzoo import data, plots
from ganzoo.callbacks import SampleGrids, Translations


def picture(run, name):
    return io.imread(run.path / "samples" / f"{name}.png")


def enlarged(images) -> np.ndarray:
    return plots.tile(images)[..., 0].repeat(3, axis=0).repeat(3, axis=1)


def test_every_epoch_leaves_a_fixed_and_a_fresh_grid_and_there_are_reals(
    finished, image_set
):
    run, gan = finished
    assert sorted(path.name for path in (run.path / "samples").iterdir()) == [
        "epoch_0001.png",
        "epoch_0002.png",
        "fresh_0001.png",
        "fresh_0002.png",
        "reals.png",
    ]
    np.testing.assert_array_equal(picture(run, "reals"), enlarged(image_set.images[:4]))
    for name, seed in (("epoch_0002", 0), ("fresh_0002", 2)):
        images = data.to_uint8(gan.generate(4, seed=seed))
        np.testing.assert_array_equal(picture(run, name), enlarged(images))


def test_the_fixed_grid_has_the_same_noise_every_epoch_and_the_fresh_one_has_not(
    run, gan, image_set
):
    grids = SampleGrids(run, image_set.images, count=4)
    grids.set_model(gan)
    for epoch in (0, 1):  # no training between
        grids.on_epoch_end(epoch)
    fixed = [picture(run, f"epoch_000{n}") for n in (1, 2)]
    fresh = [picture(run, f"fresh_000{n}") for n in (1, 2)]
    np.testing.assert_array_equal(*fixed)
    assert not np.array_equal(*fresh)
    assert not np.array_equal(fixed[0], fresh[0])


def test_the_weight_average_is_drawn_where_asked(run, gan, image_set):
    for average in gan.weight_average.values:
        average.assign(average.value * 0)
    grids = SampleGrids(run, image_set.images, count=2, average=True)
    grids.set_model(gan)
    grids.on_epoch_end(0)
    drawn = gan.generate(2, average=True)
    np.testing.assert_array_equal(
        picture(run, "epoch_0001"), enlarged(data.to_uint8(drawn))
    )
    assert not np.array_equal(drawn, gan.generate(2))


def test_the_gan_is_asked_for_what_is_handed_in(run, image_set, stub):
    asked = []

    def generate(count, **others):
        asked.append(others)
        return np.zeros((count, 4, 4, 1), np.float32)

    grids = SampleGrids(run, image_set.images, count=2, drawn={"labels": [3, 1]})
    grids.set_model(stub(generate=generate))
    grids.on_epoch_end(4)
    expected = {"labels": [3, 1], "average": False}
    assert asked == [expected | {"seed": 0}, expected | {"seed": 5}]


def test_the_real_images_are_drawn_once(run, image_set):
    SampleGrids(run, image_set.images, count=4).on_train_begin()
    before = picture(run, "reals")
    SampleGrids(run, image_set.images[::-1], count=4).on_train_begin()
    np.testing.assert_array_equal(picture(run, "reals"), before)


def test_the_real_images_of_a_set_in_order_are_of_all_its_classes(run):
    labels = np.arange(30) // 10
    pixels = np.tile((80 * labels + 10).astype(np.uint8)[:, None, None], (1, 4, 4))
    SampleGrids(run, data.image_set(pixels, labels, name="x"), count=3).on_train_begin()
    drawn = picture(run, "reals")
    assert {10, 90, 170} <= set(np.unique(drawn))


def test_pairs_in_order_are_of_all_classes_and_stay_pairs(run):
    labels = np.arange(40) // 20
    pixels = np.random.default_rng(0).integers(20, 256, (40, 4, 4), dtype=np.uint8)
    digits = data.image_set(pixels, labels, name="x")
    drawn = Translations(run, data.held_out_pairs(digits, seed=0), count=4)
    np.testing.assert_array_equal(data.domains.restored(drawn.b), drawn.a[..., :1])
    rows = [np.flatnonzero((pixels == a[..., 0]).all((1, 2)))[0] for a in drawn.a]
    assert np.bincount(labels[rows]).tolist() == [2, 2]
