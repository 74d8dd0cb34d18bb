"""Films, read back."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from ganzoo import plots
from ganzoo.plots import films


def frames(channels: int, count: int = 7) -> list[np.ndarray]:
    """Frames of a bright square that wanders over a dark gradient."""
    found = []
    for number in range(count):
        frame = np.add.outer(np.arange(6), np.arange(9))[..., None] * 5
        frame = frame.repeat(channels, axis=-1).astype(np.uint8)
        frame[2:4, number : number + 2, number % channels] = 250
        found.append(frame)
    return found


def read(path) -> tuple[list[np.ndarray], list[int], dict]:
    with Image.open(path) as film:
        shown = [np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(film)]
        times = []
        for number in range(film.n_frames):
            film.seek(number)
            film.load()
            times.append(film.info["duration"])
        return shown, times, dict(film.info)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_film_has_its_frames_and_plays_forever(tmp_path, suffix, channels):
    given = frames(channels)
    path = tmp_path / f"film{suffix}"
    plots.write_film(path, given, fps=20, scale=3)
    shown, times, info = read(path)
    assert len(shown) == 7
    assert times == 7 * [50]
    assert info["loop"] == 0
    for frame, found in zip(given, shown, strict=True):
        large = frame.repeat(3, axis=0).repeat(3, axis=1)
        difference = np.abs(found.astype(int) - large)
        # A GIF has 256 colors, which are fitted; all others are exact.
        assert difference.max() <= (10 if (suffix, channels) == (".gif", 3) else 0)


def test_times_in_a_gif_are_right_on_average(tmp_path):
    plots.write_film(tmp_path / "film.gif", frames(1), fps=30)
    _, times, _ = read(tmp_path / "film.gif")
    assert set(times) == {30, 40}
    assert sum(times) == 230  # 7 / 30 s


def test_a_gif_of_many_colors_is_close(tmp_path):
    random = np.random.default_rng(0)
    given = [random.integers(0, 256, (16, 16, 3)).astype(np.uint8) for _ in range(4)]
    plots.write_film(tmp_path / "film.gif", given)
    shown, _, _ = read(tmp_path / "film.gif")
    error = np.abs(np.stack(shown).astype(int) - np.stack(given))
    assert error.mean() < 20  # of uniform noise, the worst case


@pytest.mark.parametrize("channels", [1, 3])
def test_an_mp4_has_its_frames_at_even_sides(tmp_path, channels):
    ffmpeg = pytest.importorskip("imageio_ffmpeg", reason="needs the extra `film`")
    given = [np.full((5, 7, channels), 20 + 30 * n, np.uint8) for n in range(6)]
    path = tmp_path / "film.mp4"
    plots.write_film(path, given, fps=10, scale=3)
    reader = ffmpeg.read_frames(str(path))
    info = next(reader)
    assert info["size"] == (22, 16)
    assert info["fps"] == 10
    assert info["codec"] == "h264"
    shown = [np.frombuffer(one, np.uint8).reshape(16, 22, 3) for one in reader]
    assert len(shown) == 6
    for frame, found in zip(given, shown, strict=True):
        assert abs(found.mean() - frame.mean()) < 4


def test_without_imageio_an_mp4_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(films.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'install -e "\.\[film\]", or write a \.gif'):
        plots.write_film(tmp_path / "film.mp4", frames(1))


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("film.avi", {}, r"film.avi must end in .gif, .webp, .mp4"),
        ("film.gif", {"fps": 60.0}, "fps=60.0 must be above 0 and at most 50"),
        ("film.webp", {"fps": 0.0}, "fps=0.0 must be above 0 and at most 120"),
        ("film.gif", {"scale": 0}, "scale=0 must be a whole number"),
        ("film.gif", {"frames": frames(1, 1)}, "at least 2 frames, not 1"),
        ("film.gif", {"scale": 1300}, "too large a film"),
    ],
)
def test_films_that_cannot_be_are_refused(tmp_path, name, changes, message):
    arguments = {"frames": frames(1)} | changes
    if changes.get("scale") == 1300:
        arguments["frames"] = 40 * frames(1)
    with pytest.raises(ValueError, match=message):
        plots.write_film(tmp_path / name, **arguments)
    assert not list(tmp_path.iterdir())


def test_a_scale_fits_a_frame_to_about_500_pixels():
    assert films.fitting_scale(32, 100) == 5
    assert films.fitting_scale(600, 10) == 1


def test_a_caption_stands_below_and_is_read(tmp_path):
    frame = np.zeros((10, 80, 3), np.uint8)
    one, two = (plots.captioned(frame, text) for text in ("epoch 1", "epoch 2"))
    assert one.shape == (32, 80, 3)
    np.testing.assert_array_equal(one[:10], frame)
    assert one[10:].min() < 150 < one[10:].max()
    assert (one != two).any()
