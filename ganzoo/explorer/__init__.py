"""A local page to play with generators: sliders, classes, paths, boxes by mouse.

    python -m ganzoo explore my_generator.keras

`pictures` computes what is to be seen and knows nothing of pages; `page` shows it, with
Gradio, which is in the extra `explore`.
"""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from ganzoo import user_files, zoo
from ganzoo.sampler import Sampler


def samplers(files: Sequence[str] = ()) -> dict[str, Callable[[], Sampler]]:
    """Returns by name what loads a generator, once: the files' first, then the zoo's.

    Raises:
        ValueError: A file that holds no generator.
    """
    own = {Path(file).name: user_files.read_generator(file) for file in files}
    loaders = {name: partial(_same, sampler) for name, sampler in own.items()}
    return loaders | {name: cache(partial(zoo.sampler, name)) for name in zoo.names()}


def _same(sampler: Sampler) -> Sampler:
    return sampler


def open_page(
    files: Sequence[str] = (),
    *,
    port: int = 7860,
    browser: bool = True,
    offered: Mapping[str, Callable[[], Sampler]] | None = None,
    wait: bool = True,
):
    """Serves the page to this machine, until Ctrl-C.

    Args:
        files: .keras files to be offered beside the zoo's generators.
        port: Of this machine.
        browser: Open it in the browser.
        offered: What is offered instead, as `samplers` returns it.
        wait: Until Ctrl-C; otherwise the page is served in the background.

    Returns:
        The page, a `gradio.Blocks`, which `close()` ends.

    Raises:
        ImportError: Gradio is absent.
        ValueError: A file that holds no generator.
        OSError: The port is taken.
    """
    if importlib.util.find_spec("gradio") is None:
        raise ImportError(
            "the explorer needs Gradio: pip install 'ganzoo[explore]', or "
            'pip install -e ".[explore]" in a checkout.'
        )
    from ganzoo.explorer import page

    built = page.build(samplers(files) if offered is None else offered)
    built.launch(
        server_name="127.0.0.1",
        server_port=port,
        inbrowser=browser,
        share=False,
        prevent_thread_lock=not wait,
        quiet=not wait,
        **page.LAUNCH,
    )
    return built
