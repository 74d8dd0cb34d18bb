"""A local page to play with generators: sliders, classes, paths, boxes by mouse.

    python -m ganzoo explore my_generator.keras

`pictures` computes what is to be seen and knows nothing of pages; `page` shows it, with
Gradio, which is in the extra `explore`; `serving` serves it, behind a `guard`.
"""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path

from ganzoo import zoo
from ganzoo.zoo import external
from ganzoo.zoo.sampling import Sampler


def samplers(files: Sequence[str] = ()) -> dict[str, Callable[[], Sampler]]:
    """Returns by name what loads a generator, once: the files' first, then the zoo's.

    Files of one name are told apart by their paths.

    Raises:
        ValueError: A file that holds no generator.
    """
    own = {_name(file, files): external.read_generator(file) for file in files}
    loaders = {name: partial(_same, sampler) for name, sampler in own.items()}
    return loaders | {name: cache(partial(zoo.sampler, name)) for name in zoo.names()}


def _name(file: str, files: Sequence[str]) -> str:
    """Returns the name of a file; the whole path where others are called the same."""
    names = [Path(one).name for one in dict.fromkeys(files)]
    name = Path(file).name
    return name if names.count(name) == 1 else str(file)


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
    """Serves the page to this machine, and to no other page in its browser.

    Nothing that is drawn is written to disk.

    Args:
        files: .keras files to be offered beside the zoo's generators.
        port: Number of the port; 0 takes a free one.
        browser: Open it in the browser.
        offered: What is offered instead, as `samplers` returns it.
        wait: Until Ctrl-C; otherwise the page is served in the background.

    Returns:
        The page, a `ganzoo.explorer.serving.Serving`, which `close()` ends.

    Raises:
        ImportError: Gradio is absent.
        ValueError: A file that holds no generator, or no number of a port.
        OSError: The port is taken.
    """
    if importlib.util.find_spec("gradio") is None:
        raise ImportError(
            "the explorer needs Gradio: pip install 'ganzoo[explore]', or "
            'pip install -e ".[explore]" in a checkout.'
        )
    from ganzoo.explorer.serving import Serving

    page = Serving(samplers(files) if offered is None else offered, port)
    if wait:
        print(f"The page is at {page.address}; Ctrl-C ends it.", flush=True)
    if browser:
        page.show()
    if wait:
        page.wait()
    return page
