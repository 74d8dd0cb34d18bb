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
        generators: .keras files and run folders to offer in addition to the zoo's
            generators, or names of the zoo to offer first.
        port: Port number; the page is served to this machine only.
        browser: Open it in the browser.
    """
    from ganzoo import explorer
    from ganzoo.zoo import locating

    for what in generators:
        locating.locate(what)
    explorer.open_page(generators, port=port, browser=browser)
