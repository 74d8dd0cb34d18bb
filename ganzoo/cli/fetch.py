"""`python -m ganzoo fetch fid-inception`."""

import tyro

from ganzoo import downloads


def fetch(what: tyro.conf.Positional[str], output: str | None = None) -> None:
    """Download weights that others publish, and check their SHA-256.

    Nothing else in ganzoo downloads weights. An interrupted download is resumed.

    Args:
        what: "fid-inception", the network behind published FIDs (91 MiB).
        output: File to write; by default in the cache, where --extractor fid finds it.
    """
    wanted = downloads.known(what)
    path = downloads.fetch(wanted, output or downloads.place(what))
    print(f"{wanted.what}, SHA-256 {wanted.sha256}: {path}")
