"""A local web page for exploring generators by sliders, classes, paths and boxes.

    python -m ganzoo explore my_generator.keras

`pictures` computes the pictures, independently of the page; `page` shows them with
Gradio, which is in the extra `explore`; `serving` serves the page behind a `guard`.
"""

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ganzoo import zoo
from ganzoo.zoo.sampling import Sampler

if TYPE_CHECKING:
    from ganzoo.explorer.serving import Serving


def samplers(given: Sequence[str] = ()) -> dict[str, Callable[[], Sampler]]:
    """Returns functions that load a generator, by name: the given ones, then the zoo.

    Files and run folders with the same name are distinguished by their paths.

    Args:
        given: .keras files, run folders, or names of the zoo.
    """
    own = {_name(one, given): zoo.open_generator(one) for one in given}
    loaders = {name: partial(_same, sampler) for name, sampler in own.items()}
    others = [name for name in zoo.names() if name not in own]
    return loaders | {name: cache(partial(zoo.sampler, name)) for name in others}


def _name(one: str, given: Sequence[str]) -> str:
    """Returns the name of a generator, or its path if others have the same name."""
    if one in zoo.names():
        return one
    names = [Path(other).name for other in dict.fromkeys(given)] + [*zoo.names()]
    name = Path(one).name
    return name if names.count(name) == 1 else str(one)


def _same(sampler: Sampler) -> Sampler:
    return sampler


def open_page(
    files: Sequence[str] = (),
    *,
    port: int = 7860,
    browser: bool = True,
    offered: Mapping[str, Callable[[], Sampler]] | None = None,
    wait: bool = True,
) -> "Serving":
    """Serves the page to this machine only, and not to other sites in its browser.

    No image is written to disk.

    Args:
        files: .keras files and run folders to offer in addition to the zoo's
            generators, or names of the zoo to offer first.
        port: Port number; 0 picks a free one.
        browser: Open the page in the browser.
        offered: Generators to offer instead, in the form that `samplers` returns.
        wait: Serve until Ctrl-C; otherwise in the background.

    Returns:
        The page, a `ganzoo.explorer.serving.Serving`; `close()` ends it.

    Raises:
        ImportError: Gradio is not installed.
        ValueError: A file holds no generator, or the port number is invalid.
        OSError: The port is in use.
    """
    if importlib.util.find_spec("gradio") is None:
        raise ImportError(
            "the explorer needs Gradio: in the project's folder, run python -m pip "
            'install -e ".[explore]".'
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
