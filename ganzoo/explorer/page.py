"""The explorer's page: controls and pictures, without any computation."""

import base64
import contextlib
import dataclasses
import logging
import random
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from ganzoo import plots
from ganzoo.explorer import about, look, pictures
from ganzoo.explorer.pictures import LIMIT, STEPS, Choice, Controls
from ganzoo.zoo.sampling import Sampler

# Gradio makes components that are also outputs read-only by default.
_MOVABLE: dict[str, Any] = {"interactive": True}

_log = logging.getLogger(__name__)
_WRONG = "The image cannot be drawn; reload the page."
_INTRODUCTION = (
    "A **generator** turns random numbers, called the **noise**, into a picture. The "
    "same noise always gives the same picture, and noise that is a little different "
    "gives one that is a little different."
)
_DROPDOWN = 20  # more classes than these are chosen from a list
_MOST_SEED = 2**31  # random seeds, short enough to be noted down


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
        with gr.Row(equal_height=True):
            gr.Markdown(_INTRODUCTION)
            name = gr.Dropdown(
                list(samplers), value=next(iter(samplers)), label="Generator"
            )

        @gr.render(inputs=name, triggers=[page.load, name.change])
        def render(chosen: str) -> None:
            _controls(chosen, samplers[chosen]())

    return page


def _controls(name: str, sampler: Sampler) -> None:
    """Adds the controls and pictures of one generator, and the controls' actions."""
    wanted = Controls.of(sampler)
    start = Choice(boxes=pictures.boxes_of(sampler))
    with gr.Row():
        with gr.Column(scale=5):
            seen, another, play = _pictures(name, *_shown(sampler, start))
        with gr.Column(scale=4):
            values = _rounded(sampler, start)
            label = _label(sampler, wanted)
            board, undo, clear = _board(sampler, list(start.boxes), wanted.boxes)
            codes = _codes(wanted, values[wanted.sliders :])
            fixed = _fixed(sampler) | {"label": label}
            sliders = _noise(values[: wanted.sliders]) + codes
            with gr.Accordion("About this generator", open=False):
                gr.Markdown(about.text(name, sampler))
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
            return *_shown(sampler, anew), *_rounded(sampler, anew)

    def film(*values: Any) -> str:
        with _errors_shown():
            return _address("webp", pictures.film(sampler, choice(*values)))

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
    another.click(_any_seed, None, fixed["seed"], **quiet).success(**anew)
    play.click(film, settings, seen[0], show_progress="minimal")
    board.submit(add, [board, fixed["label"]], board, **quiet).success(**anew)
    undo.click(lambda boxes: boxes[:-1], board, board, **quiet).success(**anew)
    clear.click(list, None, board, **quiet)


def _any_seed() -> int:
    return random.randrange(_MOST_SEED)


@contextlib.contextmanager
def _errors_shown() -> Iterator[None]:
    """Shows errors on the page."""
    try:
        yield
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error


def _label(sampler: Sampler, wanted: Controls) -> gr.Radio | gr.Dropdown:
    """Adds the choice of a class; invisible for a generator without classes."""
    names = getattr(sampler.conditioning, "names", None) or range(max(1, wanted.labels))
    listed = [(str(name), number) for number, name in enumerate(names)]
    kind = gr.Radio if len(listed) <= _DROPDOWN else gr.Dropdown
    return kind(listed, value=0, label="Class", visible=wanted.labels > 0, **_MOVABLE)


def _fixed(sampler: Sampler) -> dict[str, Any]:
    """Adds the controls that all generators have; returns them by setting."""
    moves = sampler.noise_dim > 0
    with gr.Group(visible=moves):
        position = gr.Slider(
            *(0, STEPS - 1, 0),
            step=1,
            label="Place on the path",
            info="The path leads from this picture to another one, in small steps.",
            **_MOVABLE,
        )
        path = gr.Radio(
            [("along an arc", "arc"), ("straight", "straight")],
            value="arc",
            label="Path",
            info="Noise of many numbers lies near a sphere; an arc stays on it.",
            **_MOVABLE,
        )
    with gr.Row():
        whole: dict[str, Any] = {"precision": 0, "minimum": 0, **_MOVABLE}
        seed = gr.Number(
            0, label="Seed", info="Number that the noise is made from.", **whole
        )
        last = gr.Number(
            *(1,),
            label="Seed at the path's end",
            info="Of the other picture.",
            visible=moves,
            **whole,
        )
    return {
        "seed": seed,
        "last_seed": last,
        "position": position,
        "path": path,
    }


def _pictures(
    name: str, picture: str, strip: str
) -> tuple[list[gr.HTML], gr.Button, gr.Button]:
    """Adds the image, buttons for another and a film, and all images of the path."""
    style: dict[str, Any] = {"css_template": look.PICTURE_STYLE}
    plain = re.sub(r"[^\w-]+", "_", name)
    image = gr.HTML(
        picture, html_template=look.PICTURE, elem_id="picture", name=plain, **style
    )
    with gr.Row():
        another = gr.Button("Another picture", variant="primary")
        play = gr.Button("Play the path")
    path = gr.HTML(strip, html_template=look.STRIP, elem_id="strip", **style)
    return [image, path], another, play


def _shown(sampler: Sampler, choice: Choice) -> list[str]:
    """Returns the pictures as data URLs."""
    return [
        _address("png", plots.png(picture))
        for picture in pictures.shown(sampler, choice)
    ]


def _address(kind: str, content: bytes) -> str:
    """Returns a picture's content as a data URL."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def _rounded(sampler: Sampler, choice: Choice) -> list[float]:
    """Returns the values of all sliders, as short as they are shown."""
    values = pictures.numbers(sampler, choice) + pictures.codes(sampler, choice)
    return [round(value, 2) for value in values]


def _codes(wanted: Controls, values: list[float]) -> list[gr.Slider]:
    """Adds a slider for each code."""
    found = []
    with gr.Group(visible=bool(values)):
        for place, (size, value) in enumerate(zip(wanted.codes, values, strict=True)):
            low, high, step = (0, size - 1, 1) if size else (-2, 2, 0.01)
            info = "Training has given it a meaning: find it out." if not place else ""
            slider = gr.Slider(
                *(low, high, value),
                step=step,
                label=f"Code {place}",
                info=info,
                **_MOVABLE,
            )
            found.append(slider)
    return found


def _noise(values: list[float]) -> list[gr.Slider]:
    """Adds a slider for each noise component that is shown."""
    with (
        gr.Accordion("The first numbers of the noise", visible=bool(values)),
        gr.Row(),
    ):
        return [
            gr.Slider(
                *(-LIMIT, LIMIT, value),
                step=0.01,
                label=f"Noise {place}",
                min_width=220,
                **_MOVABLE,
            )
            for place, value in enumerate(values)
        ]


def _board(
    sampler: Sampler, boxes: list[dict], visible: bool
) -> tuple[Any, gr.Button, gr.Button]:
    """Adds the board for drawing boxes with the mouse, and buttons that remove them."""
    height, width, _ = sampler.image_shape
    with gr.Column(visible=visible):
        gr.Markdown("Draw boxes with the mouse; each gets the class chosen above.")
        board = gr.HTML(
            boxes,
            html_template=look.BOARD,
            css_template=look.BOARD_STYLE,
            js_on_load=(Path(__file__).parent / "board.js").read_text("utf-8"),
            elem_id="board",
            ratio=f"{width} / {height}",
        )
        with gr.Row():
            undo = gr.Button("Remove the last box")
            clear = gr.Button("Remove all boxes")
    return board, undo, clear
