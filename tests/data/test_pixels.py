"""Every dtype of NumPy and every shape: taken, or refused with what helps."""

import numpy as np
import pytest

from ganzoo.data import DataError, image_set, to_uint8

LEVELS = np.arange(48).reshape(3, 4, 4)  # 0 to 47


def integers(dtype):
    return LEVELS.astype(dtype)


def floats(dtype):
    return (LEVELS / 47).astype(dtype)


# dtype -> images, and what is said of them; None takes them.
DTYPES = {
    np.bool_: (LEVELS > 20, None),
    np.uint8: (integers(np.uint8), None),
    **dict.fromkeys(
        (np.int8, np.int16, np.int32, np.int64, np.longlong),
        (integers, r"from 0 to 47, but uint8.*0 to 255: images\.astype\(np\.uint8\)\."),
    ),
    **dict.fromkeys(
        (np.uint16, np.uint32, np.uint64, np.ulonglong),
        (integers, r"from 0 to 47, but uint8.*0 to 255: images\.astype\(np\.uint8\)\."),
    ),
    **dict.fromkeys(
        (np.float16, np.float32, np.float64, np.longdouble),
        (floats, r"from 0 to 1.*np\.round\(255 \* images\)\.astype\(np\.uint8\)\."),
    ),
    **dict.fromkeys(
        (np.complex64, np.complex128, np.clongdouble), (integers, "not gray values")
    ),
    np.object_: (integers, "not gray values"),
    np.bytes_: (integers, "not gray values"),
    np.str_: (integers, "not gray values"),
    np.void: (np.zeros((2, 4, 4), "V3"), "not gray values"),
    np.datetime64: (LEVELS.astype("M8[s]"), "not gray values"),
    np.timedelta64: (LEVELS.astype("m8[s]"), "not gray values"),
}


def test_the_table_has_every_dtype_that_numpy_has():
    assert set(DTYPES) >= {np.dtype(code).type for code in np.typecodes["All"]}


@pytest.mark.parametrize("dtype", DTYPES, ids=lambda dtype: dtype.__name__)
def test_every_dtype_is_taken_or_refused_with_its_remedy(dtype):
    images, said = DTYPES[dtype]
    images = images(dtype) if callable(images) else images
    if said is None:
        found = image_set(images, name="x")
        assert found.images.dtype == np.uint8
        assert found.images.max() in (47, 255)
        return
    with pytest.raises(DataError, match=rf"images are .*{said}"):
        image_set(images, name="x")


@pytest.mark.parametrize(
    ("images", "said", "remedy"),
    [
        (
            np.array([0, 1], np.uint8),
            "all values are 0 or 1, black or nearly so",
            lambda images: images * np.uint8(255),
        ),
        (
            np.array([0, 1]),
            r"\(255 \* images\)\.astype",
            lambda images: (255 * images).astype(np.uint8),
        ),
        (
            np.array([0, 65_535], np.uint16),
            r"For 16 bits, white 65535: np\.round\(images / 257\)",
            lambda images: np.round(images / 257).astype(np.uint8),
        ),
        (np.array([-1.0, 1.0]), r"ganzoo\.data\.to_uint8\(images\)", to_uint8),
        (
            np.array([0.0, 255.0]),
            r"For values of 0 to 255: np\.round\(images\)",
            lambda images: np.round(images).astype(np.uint8),
        ),
        (
            np.array([-1000, 3000], np.int16),  # X-rays
            r"np\.rint\(255\.0 \* \(images - black\) / \(white - black\)\)",
            lambda images: np.rint(255.0 * (images + 1000) / 4000.0).astype(np.uint8),
        ),
    ],
)
def test_the_remedy_gives_black_and_white(images, said, remedy):
    images = images.reshape(2, 1, 1, 1)
    with pytest.raises(DataError, match=said):
        image_set(images, name="x")
    assert image_set(remedy(images), name="x").images.ravel().tolist() == [0, 255]


def test_dark_and_black_images_are_images():
    for high in (0, 2):
        image_set(np.full((2, 4, 4), high, np.uint8), name="x")


def test_values_that_are_not_finite_are_counted():
    images = np.full((2, 4, 4, 1), np.nan)
    images[0] = np.inf
    with pytest.raises(
        DataError, match=r"float64.*and 32 of their values are NaN or inf"
    ):
        image_set(images, name="x")


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((), r"shape \(\), but \[N, H, W, C\]"),
        ((5,), r"\(5,\)"),
        ((6, 784), r"\(6, 784\).*images\.reshape\(len\(images\), height, width\)"),
        ((32, 32, 3), r"\(32, 32, 3\).*If this is one image: images\[None\]"),
        ((32, 32, 1), "one image"),
        ((6, 4, 5, 2), r"C = 1 \(gray\), 3 \(RGB\) or 4 \(RGBA\)"),
        ((6, 3, 5, 5), r"channels come first: np\.moveaxis\(images, 1, -1\)"),
        ((1, 6, 4, 5, 1), r"\(1, 6, 4, 5, 1\)"),
        ((0, 4, 5, 1), "there are no images"),
        ((6, 0, 5, 1), "there are no images"),
    ],
)
def test_other_shapes_are_refused_with_what_helps(shape, message):
    with pytest.raises(DataError, match=rf"x \(train\): .*{message}"):
        image_set(np.full(shape, 100, np.uint8), name="x")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"labels have the shape \(2,\), but \(6,\) is needed"),
        (3, r"labels have the shape \(\)"),
        (np.zeros((6, 1), int), r"\(6, 1\).*Give labels\[:, 0\]"),
        (np.eye(6, dtype=int), r"\(6, 6\).*Give labels\.argmax\(axis=1\)"),
        (np.zeros(6), r"labels are float64, but must be integers.*astype\(np\.int64\)"),
        (np.ones(6, bool), r"labels are bool, .*astype\(np\.int64\)"),
        (np.full(6, 2.7), r"labels are float64, but must be integers\.$"),
        (
            list("abcdef"),
            r"must be integers.*np\.unique\(labels, return_inverse=True\)",
        ),
        (np.array(list("abcdef"), "S1"), r"must be integers.*np\.unique"),
        (np.array([None] * 6), "labels are object, but must be integers"),
        ([0, 1, 2, 3, 2, 2**40], r"label 1099511627776 of image 5 is out of range"),
        (
            [0, 1, 2, 8, -1, -1],
            r"label -1 of image 4 is out of range \(2 such labels\): classes are "
            r"counted from 0, and labels here go from -1 to 8\. If -1 stands for no",
        ),
    ],
)
def test_wrong_labels_are_refused_with_what_helps(labels, message):
    images = np.full((6, 4, 5), 100, np.uint8)
    with pytest.raises(DataError, match=message):
        image_set(images, np.array(labels), name="x")
