"""The explorer's page: controls and pictures, without any computation."""

import base64
import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from ganzoo import plots
from ganzoo.explorer import pictures
from ganzoo.explorer.pictures import LIMIT, PATHS, STEPS, Choice, Controls
from ganzoo.zoo.sampling import Sampler

LOOK: dict[str, Any] = {"theme": gr.themes.Base(), "footer_links": []}
# Gradio makes components that are also outputs read-only by default.
_MOVABLE: dict[str, Any] = {"interactive": True}

_log = logging.getLogger(__name__)
_WRONG = "The image cannot be drawn; reload the page."
# Embedded in the page: no file is written or requested.
_PICTURE = '<img src="${value}" alt="">'
_PICTURE_STYLE = "img { max-width: 100%; image-rendering: pixelated; }"
_BOARD = """<div class="board">${value.map(({label, box: [y0, x0, y1, x1]}) => `
<div class="box" style="top: ${100 * y0}%; left: ${100 * x0}%;
height: ${100 * (y1 - y0)}%; width: ${100 * (x1 - x0)}%">${label}</div>`).join("")}
</div>"""
_BOARD_STYLE = """
.board { position: relative; width: 320px; aspect-ratio: ${ratio}; cursor: crosshair;
  background: #222; touch-action: none; user-select: none; }
.box { position: absolute; border: 2px solid #f5a623; color: #f5a623;
  box-sizing: border-box; padding-left: 3px; }
"""


class _Page(gr.Blocks):
    """A page that survives invalid calls."""

    async def process_api(self, *args: Any, **kwargs: Any) -> Any:
        """Handles a call; errors are shown on the page, not printed."""
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error as error:
            error.print_exception = False
            raise
        except Exception as error:
            _log.warning("an invalid call: %.200r", error)
            raise gr.Error(_WRONG, print_exception=False) from error


def build(samplers: Mapping[str, Callable[[], Sampler]]) -> gr.Blocks:
    """Builds the page for generators, by name; see `ganzoo.explorer.samplers`."""
    with _Page(title="ganzoo", analytics_enabled=False) as page:
        gr.Markdown("# Generators to play with")
        name = gr.Dropdown(
            list(samplers), value=next(iter(samplers)), label="Generator"
        )

        @gr.render(inputs=name, triggers=[page.load, name.change])
        def render(chosen: str) -> None:
            _controls(samplers[chosen]())

    return page


def _controls(sampler: Sampler) -> None:
    """Adds the controls and pictures of one generator, and the controls' actions."""
    wanted = Controls.of(sampler)
    start = Choice(boxes=pictures.boxes_of(sampler))
    with gr.Row():
        with gr.Column():
            fixed = _fixed(wanted)
            board, undo, clear = _board(sampler, list(start.boxes), wanted.boxes)
        with gr.Column():
            sliders = _sliders(sampler, wanted, start)
        seen = _pictures(*_shown(sampler, start))
    settings = [*fixed.values(), board, *sliders]

    def choice(*values: Any) -> Choice:
        named = dict(zip([*fixed, "boxes"], values, strict=False))
        numbers = values[len(named) :]
        return Choice(
            **named, numbers=numbers[: wanted.sliders], codes=numbers[wanted.sliders :]
        )

    def draw(*values: Any) -> list[str]:
        with _errors_shown():
            return _shown(sampler, choice(*values))

    def draw_anew(*values: Any) -> tuple[Any, ...]:
        """Draws, and moves the sliders to the values of a new seed or last box."""
        anew = dataclasses.replace(choice(*values), numbers=(), codes=())
        with _errors_shown():
            numbers = pictures.numbers(sampler, anew) + pictures.codes(sampler, anew)
            return *_shown(sampler, anew), *numbers

    def add(event: gr.EventData, boxes: list[dict], label: int) -> list[dict]:
        with _errors_shown():
            return pictures.with_box(sampler, boxes, label, event.box)

    quiet: dict[str, Any] = {"show_progress": "hidden", "trigger_mode": "always_last"}
    anew: dict[str, Any] = {
        "fn": draw_anew,
        "inputs": settings,
        "outputs": [*seen, *sliders],
        **quiet,
    }
    moved = [fixed[key] for key in ("last_seed", "position", "path")]
    if not wanted.boxes:  # with boxes it is the class of the next box
        moved.append(fixed["label"])
    gr.on([one.input for one in (*moved, *sliders)], draw, settings, seen, **quiet)
    fixed["seed"].input(**anew)
    board.submit(add, [board, fixed["label"]], board, **quiet).success(**anew)
    undo.click(lambda boxes: boxes[:-1], board, board, **quiet).success(**anew)
    clear.click(list, None, board, **quiet)


@contextlib.contextmanager
def _errors_shown() -> Iterator[None]:
    """Shows errors on the page."""
    try:
        yield
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _fixed(wanted: Controls) -> dict[str, Any]:
    """Adds the controls that all generators have; returns them by setting."""
    with gr.Row():
        whole: dict[str, Any] = {"precision": 0, "minimum": 0, **_MOVABLE}
        seed = gr.Number(0, label="Seed", **whole)
        last = gr.Number(1, label="Seed at the path's end", **whole)
    position = gr.Slider(0, STEPS - 1, 0, step=1, label="Place on the path", **_MOVABLE)
    path = gr.Radio(list(PATHS), value="arc", label="Path", **_MOVABLE)
    labels = list(range(max(1, wanted.labels)))
    label = gr.Radio(
        labels, value=0, label="Class", visible=wanted.labels > 0, **_MOVABLE
    )
    return {
        "seed": seed,
        "last_seed": last,
        "position": position,
        "path": path,
        "label": label,
    }


def _pictures(*pictures: str) -> list[gr.HTML]:
    """Adds the image, and all images of the path."""
    plain: dict[str, Any] = {"html_template": _PICTURE, "css_template": _PICTURE_STYLE}
    with gr.Column():
        return [
            gr.HTML(picture, elem_id=name, **plain)
            for picture, name in zip(pictures, ("picture", "strip"), strict=True)
        ]


def _shown(sampler: Sampler, choice: Choice) -> list[str]:
    """Returns the pictures as data URLs."""
    found = []
    for picture in pictures.shown(sampler, choice):
        content = base64.b64encode(plots.png(picture)).decode()
        found.append(f"data:image/png;base64,{content}")
    return found


def _sliders(sampler: Sampler, wanted: Controls, start: Choice) -> list[gr.Slider]:
    """Adds a slider for each noise component that is shown, and for each code."""
    numbers, codes = (f(sampler, start) for f in (pictures.numbers, pictures.codes))
    with gr.Row(visible=bool(numbers)):
        found = [
            gr.Slider(
                -LIMIT, LIMIT, value, step=0.01, label=f"Noise {place}", **_MOVABLE
            )
            for place, value in enumerate(numbers)
        ]
    with gr.Row(visible=bool(codes)):
        for place, (size, value) in enumerate(zip(wanted.codes, codes, strict=True)):
            low, high, step = (0, size - 1, 1) if size else (-2, 2, 0.01)
            slider = gr.Slider(
                low, high, value, step=step, label=f"Code {place}", **_MOVABLE
            )
            found.append(slider)
    return found


def _board(
    sampler: Sampler, boxes: list[dict], visible: bool
) -> tuple[Any, gr.Button, gr.Button]:
    """Adds the board for drawing boxes with the mouse, and buttons that remove them."""
    height, width, _ = sampler.image_shape
    with gr.Column(visible=visible):
        gr.Markdown("Draw boxes with the mouse; each gets the class chosen above.")
        board = gr.HTML(
            boxes,
            html_template=_BOARD,
            css_template=_BOARD_STYLE,
            js_on_load=(Path(__file__).parent / "board.js").read_text("utf-8"),
            elem_id="board",
            ratio=f"{width} / {height}",
        )
        with gr.Row():
            undo = gr.Button("Remove the last box")
            clear = gr.Button("Remove all boxes")
    return board, undo, clear
