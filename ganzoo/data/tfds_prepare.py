"""Prepares a TFDS set from the user's original files, or else from the network."""

import contextlib
import hashlib
import os
import pathlib
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Mapping
from typing import Any

from ganzoo.commands import meant
from ganzoo.data.images import CHOICES, DataError

# Seconds: long enough for slow networks, short enough for someone at a prompt.
_TIMEOUT_S = 4.0


def prepare(name: str, root: pathlib.Path, default: pathlib.Path) -> pathlib.Path:
    """Prepares a set with TFDS's builder and returns its folder.

    Original files are searched in `root` by the names that TFDS has registered, such as
    train-images-idx3-ubyte.gz. If `root` is not writable, the set is prepared in
    `default`.
    """
    builder = _builder(name, root)
    files = {
        url: (root / info.filename, info)
        for url, info in (builder.url_infos or {}).items()
        if info.filename
    }
    here = {url: pair for url, pair in files.items() if pair[0].is_file()}
    if not _writable(root):
        builder = _builder(name, default)
    if not builder.data_path.exists():
        for path, info in here.values():
            _check_original(path, info)
        _check_network(name, root, builder.url_infos or {}, files)
        _generate(name, builder, root if here else None)
    return pathlib.Path(builder.data_path)


def check(name: str, root: pathlib.Path) -> None:
    """Refuses a name that TFDS does not know; arguments as in `prepare`."""
    _builder(name, root)


def _builder(name: str, root: pathlib.Path) -> Any:
    import tensorflow_datasets as tfds

    try:
        return tfds.builder(name, data_dir=root)
    except tfds.core.DatasetNotFoundError:
        there = sorted({info.parts[-3] for info in root.glob("*/*/dataset_info.json")})
        raise DataError(
            f"There is no folder {name!r} here, TFDS has no set of that name, and "
            f"{root} holds none; prepared there: {', '.join(there) or 'nothing'}. A "
            f"data set is {CHOICES}."
            f"{meant(name, (*_folders(), 'digits', *there, *tfds.list_builders()))}"
        ) from None
    except Exception as error:  # an unknown config or version: many kinds of error
        raise DataError(f"TFDS refuses the name {name!r}: {error}") from error


def _folders() -> list[str]:
    """Returns the names of the folders and .npz files in the working folder."""
    return [
        path.name
        for path in pathlib.Path().iterdir()
        if path.is_dir() or path.suffix == ".npz"
    ]


def _writable(folder: pathlib.Path) -> bool:
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _check_original(path: pathlib.Path, info: Any) -> None:
    """Compares a file's SHA-256 with the one that TFDS has registered."""
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if found != info.checksum:
        raise DataError(
            f"{path} is corrupt or not the original file: it has {path.stat().st_size} "
            f"bytes and the SHA-256 {found}; the original has {int(info.size)} bytes "
            f"and {info.checksum}. Get the original: a copy unpacked and packed again "
            "differs too. Put your own images into an .npz file or a folder."
        )


def _check_network(
    name: str,
    root: pathlib.Path,
    urls: Mapping[str, Any],
    files: Mapping[str, tuple[pathlib.Path, Any]],
) -> None:
    """Raises a DataError if a file that is still missing cannot be downloaded now."""
    missing = [url for url in urls if url not in files or not files[url][0].is_file()]
    unreachable = _unreachable(missing)
    if not unreachable:
        return
    why = "; ".join(f"{host}: {reason}" for host, reason in unreachable.items())
    originals = ", ".join(sorted({path.name for path, _ in files.values()}))
    problem = f"The data set {name!r} is not prepared in {root}."
    if len(missing) < len(urls):
        lacking = sorted(url.rpartition("/")[2] for url in missing)
        problem += f" Its original files there are not complete: {', '.join(lacking)} "
        problem += "missing."
    raise DataError(
        f"{problem} It cannot be downloaded now ({why}). What helps:\n"
        "  - a data folder (--data-dir or TFDS_DATA_DIR) in which it is prepared; "
        "where there is a network, prepare it with\n"
        f'    python -c "import tensorflow_datasets as tfds; '
        f"tfds.builder('{name}', data_dir='DIR').download_and_prepare()\"\n"
        f"  - a data folder that holds its original files: {originals or 'see TFDS'}\n"
        f"  - another data set: {CHOICES}."
    )


def _unreachable(urls: list[str]) -> dict[str, str]:
    """Returns {host: reason} for the hosts that do not answer within seconds.

    Uses requests, as TFDS's downloads do: the same proxies, the same certificates. Any
    status below 500 counts as reachable: TFDS reports those itself at once.
    """
    by_host = {urllib.parse.urlparse(url).netloc: url for url in urls}
    by_host = {host: url for host, url in by_host.items() if url.startswith("http")}
    reasons = dict.fromkeys(by_host, f"no answer within {_TIMEOUT_S:.0f} s")

    def ask(host: str, url: str) -> None:
        import requests

        try:
            status = requests.head(url, timeout=_TIMEOUT_S).status_code
            reasons[host] = f"HTTP status {status}" if status >= 500 else ""
        except requests.RequestException as error:
            kind = type(error).__name__
            reasons[host] = f"{kind}, {_root_cause(error)}"

    # DNS look-ups have no timeout, so run them in threads that may be abandoned.
    threads = [
        threading.Thread(target=ask, args=pair, daemon=True) for pair in by_host.items()
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 1.5 * _TIMEOUT_S
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0))
    return {host: reason for host, reason in sorted(reasons.items()) if reason}


def _root_cause(error: BaseException) -> str:
    """Returns the innermost message, without the wrappers around it."""
    reason = error
    while reason.args and isinstance(
        inner := getattr(reason.args[0], "reason", reason.args[0]), BaseException
    ):
        reason = inner
    return str(reason).rpartition(": ")[2].strip()


def _generate(name: str, builder: Any, originals: pathlib.Path | None) -> None:
    """Lets TFDS download missing files, verify them, and write the prepared set."""
    import tensorflow_datasets as tfds

    target = pathlib.Path(builder.data_path).parent
    config = tfds.download.DownloadConfig(manual_dir=originals, try_download_gcs=False)
    try:
        target.mkdir(parents=True, exist_ok=True)
        # Downloads stay in root/downloads, where TFDS keeps them. What is unpacked from
        # the user's own files is deleted with the temporary folder.
        with contextlib.ExitStack() as stack:
            scratch = originals and stack.enter_context(
                tempfile.TemporaryDirectory(dir=target, prefix="unpacked-")
            )
            builder.download_and_prepare(download_dir=scratch, download_config=config)
    except Exception as error:  # TFDS's builders raise errors of every kind
        source = f" from the files in {originals}" if originals else ""
        raise DataError(
            f"TFDS could not prepare {name!r}{source} in {builder.data_path}: {error}"
        ) from error
