import numpy as np
import pytest
from skimage import measure

from ganzoo.data.house_numbers import fonts, pens


@pytest.fixture(scope="module")
def pen_faces():
    return pens.pen_faces()


def test_pens_draw_digits_with_the_holes_that_these_have(pen_faces):
    holes = [1, 0, 0, 0, (0, 1), 0, 1, 0, 2, 1]
    for number, face in enumerate(pen_faces.fields):
        for digit, field in enumerate(face):
            parts = measure.label(field > 0, connectivity=1).max()
            found = measure.label(field <= 0, connectivity=2).max() - 1
            assert parts == 1, (number, digit)
            assert found in np.atleast_1d(holes[digit]), (number, digit)


def test_pens_are_different_and_of_a_digits_size(pen_faces):
    assert len(pen_faces) == pen_faces.pens == pens.PENS
    assert len({field.tobytes() for field in pen_faces.fields[:, 3]}) == pens.PENS
    for face, widths in zip(pen_faces.fields, pen_faces.widths, strict=True):
        rows, columns = np.nonzero(face[0] > 0)
        assert np.ptp(rows) + 1 == pytest.approx(fonts.HEIGHT, abs=4)
        assert np.ptp(columns) + 1 == pytest.approx(widths[0] * fonts.HEIGHT, abs=4)
