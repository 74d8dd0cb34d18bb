"""Published figures are WebP."""

import numpy as np
import pytest
from PIL import Image

from experiments.harness import webp


def save(path, pixels):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)


def test_a_small_figure_is_kept_to_the_bit(tmp_path):
    pixels = np.arange(30 * 40 * 3, dtype=np.uint8).reshape(30, 40, 3)
    save(tmp_path / "run" / "a.png", pixels)
    webp.copy_figures(tmp_path / "run", tmp_path / "published")
    (path,) = (tmp_path / "published").iterdir()
    assert path.name == "a.webp"
    np.testing.assert_array_equal(np.asarray(Image.open(path)), pixels)


def test_a_large_figure_is_made_smaller_and_looks_the_same(tmp_path):
    numbers = np.random.default_rng(0)
    blurred = numbers.normal(128, 40, (40, 40, 3)).clip(0, 255).astype(np.uint8)
    pixels = np.asarray(Image.fromarray(blurred).resize((700, 700)))
    save(tmp_path / "run" / "a.png", pixels)
    webp.copy_figures(tmp_path / "run", tmp_path / "published")
    path = tmp_path / "published" / "a.webp"
    assert (
        path.stat().st_size <= webp.MOST < (tmp_path / "run" / "a.png").stat().st_size
    )
    shown = np.asarray(Image.open(path), float)
    assert shown.shape == pixels.shape
    assert np.abs(shown - pixels).mean() < 4


def test_pages_refer_to_the_published_figures_only():
    text = "![a](figures/a_1.png) ![b](reports/x/figures/b.png) [c](samples/c.png)"
    assert webp.refer(text) == (
        "![a](figures/a_1.webp) ![b](reports/x/figures/b.webp) [c](samples/c.png)"
    )


def test_a_figure_of_noise_is_made_smaller_until_it_fits(tmp_path, monkeypatch):
    monkeypatch.setattr(webp, "LOSSLESS", 1_000)
    monkeypatch.setattr(webp, "MOST", 4_000)
    pixels = np.random.default_rng(0).integers(0, 256, (120, 200, 3), dtype=np.uint8)
    (tmp_path / "run").mkdir()
    Image.fromarray(pixels).save(tmp_path / "run" / "a.png")
    webp.copy_figures(tmp_path / "run", tmp_path / "published")
    path = tmp_path / "published" / "a.webp"
    assert path.stat().st_size <= 4_000
    with Image.open(path) as figure:
        width, height = figure.size
    assert width < 200
    assert width / height == pytest.approx(200 / 120, rel=0.05)
