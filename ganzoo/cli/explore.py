"""`python -m ganzoo explore`."""

import tyro


def explore(
    generators: tyro.conf.Positional[tuple[str, ...]] = (),
    port: int = 7860,
    browser: bool = True,
) -> None:
    """Open a local page with sliders for all inputs of a generator.

    Needs the extra `explore`. Ctrl-C ends it.

    Args:
        generators: .keras files to be offered beside the zoo's generators.
        port: Of this machine; the page is for this machine alone.
        browser: Open it in the browser.
    """
    from ganzoo import explorer

    explorer.open_page(generators, port=port, browser=browser)
