"""The look of the explorer's page: its theme, and what Gradio has no component for."""

from typing import Any

import gradio as gr

_THEME = gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["monospace"]).set(
    block_info_text_color="*neutral_600", block_info_text_color_dark="*neutral_300"
)
LOOK: dict[str, Any] = {"theme": _THEME, "footer_links": []}
# Embedded in the page: no file is written or requested.
PICTURE = """<img src="${value}" alt="The generated picture">
<a class="save" href="${value}" download="${name}.${
value.startsWith('data:image/webp') ? 'webp' : 'png'}">Save this picture</a>"""
STRIP = '<img src="${value}" alt="The pictures on the way">'
PICTURE_STYLE = """
img { width: 100%; max-height: 56vh; object-fit: contain; object-position: left;
  image-rendering: pixelated; }
.save { display: inline-block; margin-top: 6px; }
"""
BOARD = """<div class="board">${value.map(({label, box: [y0, x0, y1, x1]}) => `
<div class="box" style="top: ${100 * y0}%; left: ${100 * x0}%;
height: ${100 * (y1 - y0)}%; width: ${100 * (x1 - x0)}%">${label}</div>`).join("")}
</div>"""
BOARD_STYLE = """
.board { position: relative; width: 320px; aspect-ratio: ${ratio}; cursor: crosshair;
  background: #222; touch-action: none; user-select: none; }
.box { position: absolute; border: 2px solid #f5a623; color: #f5a623;
  box-sizing: border-box; padding-left: 3px; }
"""
