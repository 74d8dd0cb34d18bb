"""Files that others publish, downloaded on request only, with a SHA-256 check."""

import dataclasses
import http.client
import os
import urllib.error
import urllib.request
from pathlib import Path

from ganzoo import files
from ganzoo.commands import meant

_CHUNK = 2**18  # bytes
_TIMEOUT = 30.0  # seconds without an answer


@dataclasses.dataclass(frozen=True)
class Download:
    """A published file.

    Attributes:
        url: Where it is.
        sha256: Its SHA-256, in hexadecimal.
        size: Its size in bytes.
        what: What it is, for messages.
    """

    url: str
    sha256: str
    size: int
    what: str

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.url.rpartition("/")[2]


KNOWN = {
    "fid-inception": Download(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
        "pt_inception-2015-12-05-6726825d.pth",
        "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        95_628_359,
        "Inception of the graph of December 2015, behind published FIDs",
    )
}


class DownloadError(OSError):
    """A file could not be downloaded; the message gives cause and remedy."""


def place(name: str) -> Path:
    """Returns the path that `fetch` downloads a file of KNOWN to by default."""
    return files.cache_folder() / "weights" / KNOWN[name].file


def known(name: str) -> Download:
    """Returns a file of KNOWN.

    Raises:
        ValueError: There is none of this name.
    """
    if name not in KNOWN:
        raise ValueError(
            f"There is no {name!r} to fetch; there is {', '.join(KNOWN)}."
            f"{meant(name, KNOWN)}"
        )
    return KNOWN[name]


def fetch(
    wanted: Download, path: str | os.PathLike, *, progress: bool | None = None
) -> Path:
    """Downloads a file, or the rest of it, unless it is there.

    What has arrived of an interrupted download lies beside it, with the suffix .part,
    and the next call goes on from there.

    Args:
        wanted: The file.
        path: Path to write.
        progress: Whether to show a bar; None does on a terminal.

    Raises:
        DownloadError: The network or the server did not give it.
        files.DamagedError: Another file than the one wanted is there, or came.
    """
    path = Path(path).expanduser()
    if path.exists():
        if files.sha256(path) == wanted.sha256:
            return path
        raise files.DamagedError(
            f"{path} is there, but its SHA-256 is not {wanted.sha256}; remove it, or "
            "give another --output."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    try:
        if _size(part) < wanted.size:
            with files.full_disk_named(part):
                _receive(wanted, part, progress)
    except (
        urllib.error.URLError,
        http.client.HTTPException,
        ConnectionError,
        TimeoutError,
    ) as error:
        reason = getattr(error, "reason", None) or error or type(error).__name__
        raise DownloadError(
            f"{wanted.url} could not be downloaded ({reason}); {_size(part):,} of "
            f"{wanted.size:,} bytes are there. The same command resumes; or download "
            "it elsewhere, and give its path."
        ) from error
    if _size(part) < wanted.size:
        raise DownloadError(
            f"{wanted.url}: the connection ended after {_size(part):,} of "
            f"{wanted.size:,} bytes. The same command resumes."
        )
    if files.sha256(part) != wanted.sha256:
        part.unlink()
        raise files.DamagedError(
            f"What came from {wanted.url} does not have the SHA-256 {wanted.sha256}; "
            "it was removed. Try again, or download it elsewhere, and give its path."
        )
    files.sync(part)
    os.replace(part, path)
    return path


def _receive(wanted: Download, part: Path, progress: bool | None) -> None:
    """Appends what is missing, or writes everything if the server sends that."""
    from tqdm.auto import tqdm

    done = _size(part)
    asked = urllib.request.Request(wanted.url)
    if done:
        asked.add_header("Range", f"bytes={done}-")
    with urllib.request.urlopen(asked, timeout=_TIMEOUT) as answer:
        resumed = answer.status == http.client.PARTIAL_CONTENT
        with (
            open(part, "ab" if resumed else "wb") as file,
            tqdm(
                total=wanted.size,
                initial=done if resumed else 0,
                desc=f"downloading {wanted.file}",
                unit="B",
                unit_scale=True,
                leave=False,
                disable=None if progress is None else not progress,
            ) as bar,
        ):
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > wanted.size:  # another file; the SHA-256 tells
                    return


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
