"""Films that play in a loop: GIF, WebP, MP4."""

import importlib.util
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ganzoo.files import atomic
from ganzoo.plots.images import check_scale

FORMATS = (".gif", ".webp", ".mp4")
MOST_PIXELS = 2_000_000_000  # in all frames together; 500 of 2,000 x 2,000
_SIDE = 512  # pixels of a frame's longer side that `fitting_scale` aims at
_SAMPLED = 60_000  # pixels whose colors make the palette of a GIF
_FASTEST = 50  # frames per second of a GIF; viewers slow down faster ones
_QUALITY = 16  # x264's constant rate factor: 0 is lossless, 23 the default
_STRIP, _FONT, _INK = 22, 14, 96  # caption: height, font size in pixels, gray value


def check_film(path: str | os.PathLike, frames: int, fps: float) -> None:
    """Refuses a film before any of its frames is made.

    Args:
        path: Path of the file, ending in .gif, .webp or .mp4.
        frames: Number of frames.
        fps: Frames per second.

    Raises:
        ValueError: Another format, fewer than two frames, or a rate out of range.
        ImportError: MP4 needs the extra `film`, which is not installed.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"output={path} must end in {', '.join(FORMATS)}.")
    most = _FASTEST if suffix == ".gif" else 120
    if not 0 < fps <= most:
        raise ValueError(
            f"fps={fps} must be above 0 and at most {most} in a {suffix} file."
        )
    if frames < 2:
        raise ValueError(f"A film needs at least 2 frames, not {frames}.")
    if suffix == ".mp4" and importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ImportError(
            "MP4 needs imageio-ffmpeg: in the project's folder, run python -m pip "
            'install -e ".[film]", or write a .gif or .webp.'
        )


def fitting_scale(height: int, width: int) -> int:
    """Returns the largest whole scale at which a frame has at most 512 pixels a side.

    It is at least 1.
    """
    return max(1, _SIDE // max(height, width))


def write_film(
    path: str | os.PathLike,
    frames: Sequence[np.ndarray],
    *,
    fps: float = 25.0,
    scale: int = 1,
) -> None:
    """Writes frames as a film that plays in a loop.

    A WebP has exactly the pixels of the frames, as has a GIF of gray ones; a GIF of
    colors has the 256 that fit best to all frames, without dithering, which would
    flicker. An MP4 is H.264 of high quality, for players and slides.

    Args:
        path: Path of the file, ending in .gif, .webp or .mp4.
        frames: Frames, each uint8 `[height, width, 1 or 3]`.
        fps: Frames per second; in a GIF, whose times are hundredths of a second, on
            average.
        scale: Size of a pixel.

    Raises:
        ValueError: As `check_film`, or the film would be too large.
        ImportError: As `check_film`.
    """
    path = Path(path)
    check_film(path, len(frames), fps)
    height, width = frames[0].shape[:2]
    check_scale(height, width, scale)
    if len(frames) * height * width * scale**2 > MOST_PIXELS:
        raise ValueError(
            f"{len(frames):,} frames of {scale * height:,} x {scale * width:,} pixels "
            "are too large a film; give a smaller --scale, fewer --seconds, --fps, "
            "--rows or --columns."
        )
    with atomic(path) as temporary:
        if path.suffix.lower() == ".mp4":
            _write_mp4(temporary, frames, fps, scale)
        else:
            kind = "GIF" if path.suffix.lower() == ".gif" else "WEBP"
            _write_pictures(temporary, kind, frames, fps, scale)


def webp(frames: Sequence[np.ndarray], *, fps: float = 25.0, scale: int = 1) -> bytes:
    """Returns the content of a WebP; arguments as in `write_film`."""
    buffer = io.BytesIO()
    _write_pictures(buffer, "WEBP", frames, fps, scale)
    return buffer.getvalue()


def captioned(frame: np.ndarray, text: str) -> np.ndarray:
    """Returns a frame with a strip of text below it; no pixel is covered."""
    channels = frame.shape[2]
    strip = Image.new("L", (frame.shape[1], _STRIP), 255)
    font = ImageFont.load_default(_FONT)
    place = strip.width // 2, strip.height // 2
    ImageDraw.Draw(strip).text(place, text, _INK, font, anchor="mm")
    below = np.asarray(strip)[:, :, None].repeat(channels, axis=2)
    return np.concatenate([frame, below])


def _write_pictures(
    file: Path | io.BytesIO,
    kind: str,
    frames: Sequence[np.ndarray],
    fps: float,
    scale: int,
) -> None:
    """Writes a GIF or WebP with Pillow."""
    gif = kind == "GIF"
    # Times are rounded each from the start, so that errors do not add up.
    unit = 10 if gif else 1
    ends = np.rint(np.arange(len(frames) + 1) * 1000 / (fps * unit)) * unit
    exact: dict[str, Any] = {"lossless": True, "method": 4, "quality": 50}
    palette = _palette(frames) if gif and frames[0].shape[2] == 3 else None
    pictures = (_picture(frame, scale, palette) for frame in frames)
    next(pictures).save(
        file,
        format=kind,
        save_all=True,
        append_images=pictures,
        duration=np.diff(ends).astype(int).tolist(),
        loop=0,  # forever
        **({} if gif else exact),
    )


def _picture(frame: np.ndarray, scale: int, palette: Image.Image | None) -> Image.Image:
    if frame.shape[2] == 1:
        picture = Image.fromarray(frame[:, :, 0])
    else:
        picture = Image.fromarray(frame)
    if palette is not None:
        picture = picture.quantize(palette=palette, dither=Image.Dither.NONE)
    size = scale * frame.shape[1], scale * frame.shape[0]
    return picture.resize(size, Image.Resampling.NEAREST)


def _palette(frames: Sequence[np.ndarray]) -> Image.Image:
    """Returns a picture whose palette has the 256 colors that fit best to all."""
    # An odd step meets all columns of a grid in turn.
    step = max(1, sum(frame[..., 0].size for frame in frames) // _SAMPLED) | 1
    pixels = [frame.reshape(-1, 3)[n % step :: step] for n, frame in enumerate(frames)]
    together = Image.fromarray(np.concatenate(pixels)[None])
    return together.quantize(256, Image.Quantize.MEDIANCUT, kmeans=1)


def _write_mp4(
    path: Path, frames: Sequence[np.ndarray], fps: float, scale: int
) -> None:
    import imageio_ffmpeg

    height, width = frames[0].shape[:2]
    # H.264 with colors at half the resolution, which all players know, has even sides.
    down, right = (height * scale) % 2, (width * scale) % 2
    writer = imageio_ffmpeg.write_frames(
        str(path),
        (width * scale + right, height * scale + down),
        fps=fps,
        codec="libx264",
        pix_fmt_out="yuv420p",
        quality=None,
        macro_block_size=1,
        output_params=["-crf", str(_QUALITY), "-movflags", "+faststart"],
        ffmpeg_log_level="error",
    )
    writer.send(None)
    try:
        for frame in frames:
            large = frame.repeat(scale, axis=0).repeat(scale, axis=1)
            large = np.pad(large, ((0, down), (0, right), (0, 0)), mode="edge")
            colors = np.broadcast_to(large, (*large.shape[:2], 3))
            writer.send(np.ascontiguousarray(colors))
    finally:
        writer.close()
