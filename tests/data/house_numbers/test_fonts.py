import shutil

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError
from ganzoo.data.house_numbers import fonts


@pytest.mark.parametrize("name", ["DejaVuSans", "DejaVuSerif-Bold", "cmss10"])
def test_a_field_is_the_distance_to_the_outline_of_the_font(
    name, matplotlib_fonts, tmp_path
):
    shutil.copy(matplotlib_fonts / f"{name}.ttf", tmp_path)
    faces = fonts.font_faces(tmp_path)
    assert faces.names == (name,)
    assert faces.fields.shape == (1, 10, fonts.SIDE, fonts.SIDE)
    for field in faces.fields[0]:
        slope = np.hypot(*np.gradient(field)) * fonts.HEIGHT
        assert np.median(slope) == pytest.approx(1, abs=0.02)
    # The eight: as high as the unit of length, as wide as is said, in the middle.
    rows, columns = np.nonzero(faces.fields[0, 8] > 0)
    assert np.ptp(rows) + 1 == pytest.approx(fonts.HEIGHT, abs=1.5)
    wide = faces.widths[0, 8] * fonts.HEIGHT
    assert np.ptp(columns) + 1 == pytest.approx(wide, abs=1.5)
    assert rows.min() + rows.max() == pytest.approx(fonts.SIDE - 1, abs=1.5)
    assert columns.min() + columns.max() == pytest.approx(fonts.SIDE - 1, abs=1.5)


def test_matplotlib_brings_twenty_fonts_of_text():
    names = [path.name for path in fonts.font_files("matplotlib")]
    assert len(names) >= 20
    assert all(name.startswith(("DejaVu", "STIXGeneral", "cm")) for name in names)
    assert not any("Display" in name or name.startswith("cmsy") for name in names)


def test_the_systems_fonts_come_on_top_of_matplotlibs():
    assert set(fonts.font_files("matplotlib")) <= set(fonts.font_files("system"))


def test_fonts_without_digits_and_broken_ones_are_left_out(matplotlib_fonts, tmp_path):
    for name in ("cmr10", "cmex10", "STIXSizFourSymReg"):
        (tmp_path / name).mkdir()  # sub-folders are searched
        shutil.copy(matplotlib_fonts / f"{name}.ttf", tmp_path / name)
    (tmp_path / "broken.TTF").write_bytes(b"no font")
    assert len(fonts.font_files(tmp_path)) == 4
    assert fonts.font_faces(tmp_path).names == ("cmr10",)


def test_folders_without_usable_fonts_are_refused(tmp_path):
    def drawn(folder):
        data.draw_house_numbers(10, seed=0, fonts=folder)

    with pytest.raises(DataError, match=r"not a folder.*'matplotlib', 'system'"):
        drawn(tmp_path / "none")
    with pytest.raises(DataError, match=r"There are no fonts .*fonts='matplotlib'"):
        drawn(tmp_path)
    (tmp_path / "broken.ttf").write_bytes(b"no font")
    with pytest.raises(DataError, match=r"None of the 1 fonts .*broken\.ttf"):
        drawn(tmp_path)
