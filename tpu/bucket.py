"""A run folder that is stored in a bucket of Google Cloud Storage; see job.sh.

A snapshot is the run folder as one tar file. The bucket therefore has all of a snapshot
or nothing, and its logs and checkpoint belong together, whenever the machine stops. The
name of a snapshot has a number, which orders the snapshots, and a random word. The
local folder records the words of the snapshots that it was filled from or saved to. If
the bucket's newest snapshot is one of these, the folder is at least as new, and nothing
is fetched.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

from tpu.locks import JobError

_HALF_WRITTEN = ".writing-*"


class Bucket:
    """A run in a bucket, and its folder on this machine.

    Attributes:
        url: URL of the run, such as gs://BUCKET/runs/mnist.
        snapshots: URL of its snapshots.
        folder: The local run folder.
        lock: File descriptor of the job's lock. Uploads inherit it, so that no other
            job starts before they end.
    """

    def __init__(self, url: str, runs: Path):
        """Determines the folder, without reading or writing anything.

        Args:
            url: URL of the run.
            runs: Local folder for the runs of all buckets.

        Raises:
            JobError: The URL is a whole bucket.
        """
        self.url = url.rstrip("/")
        name = self.url.removeprefix("gs://")
        if "/" not in name:
            raise JobError(
                f"{url} is a whole bucket; name a folder in it, such as "
                f"{self.url}/runs/mnist."
            )
        self.snapshots = f"{self.url}.snapshots"
        # The last word is for people; the digest distinguishes runs with the same last
        # word in different buckets or folders.
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        self.folder = runs / f"{name.rpartition('/')[2]}-{digest}"
        self.lock: int | None = None

    # ---------------------------------------------------------------------- the start

    def fetch(self) -> None:
        """Fills the folder from the newest snapshot, unless the folder is newer.

        A folder that has diverged from the bucket is moved aside.

        Raises:
            JobError: The bucket cannot be read or written, or the folder cannot be
                created.
        """
        if shutil.which("gcloud") is None:
            raise JobError(
                f"{self.url} needs gcloud, the Google Cloud CLI, which is not "
                "installed."
            )
        if not self._gcloud("cp", "-", f"{self.snapshots}/writable", said="job.sh\n"):
            raise JobError(
                f"cannot write to {self.url}: check that the bucket exists and that "
                "this machine's service account has the role storage.objectAdmin."
            )
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise JobError(
                f"cannot create {self.folder.parent} ({error.strerror}); set RUNS to "
                "another folder."
            ) from error
        newest = self._newest()
        if newest is None:
            if not self._filled():
                self._fetch_files()
        elif _word(newest) not in self._known() or not self._filled():
            self._fetch_snapshot(newest)

    def _fetch_snapshot(self, name: str) -> None:
        fetched, tar = self._beside("fetched"), self._beside("tar")
        shutil.rmtree(fetched, ignore_errors=True)
        if not self._gcloud("cp", f"{self.snapshots}/{name}", str(tar)):
            raise JobError(f"cannot read {self.snapshots}/{name}.")
        try:
            with tarfile.open(tar) as archive:
                archive.extractall(fetched, filter="data")
        except (OSError, tarfile.TarError) as error:
            raise JobError(
                f"{self.snapshots}/{name} is not a snapshot: {error}."
            ) from error
        tar.unlink()
        if self._filled():
            aside = self._beside(f"aside-{time.strftime('%Y%m%dT%H%M%S')}")
            print(
                f"{self.url} has since been trained on another machine; this "
                f"machine's older files are now in {aside}.",
                file=sys.stderr,
            )
            self.folder.rename(aside)
        elif self.folder.exists():
            self.folder.rmdir()
        fetched.rename(self.folder)
        self._learn(_word(name))

    def _fetch_files(self) -> None:
        """Fetches a run that was stored before snapshots were introduced."""
        self.folder.mkdir(exist_ok=True)
        if f"{self.url}/config.json" in self._listed(f"{self.url}**") and not (
            self._gcloud("rsync", "--recursive", self.url, str(self.folder))
        ):
            raise JobError(f"cannot read {self.url}.")

    # --------------------------------------------------------------------- snapshots

    def save(self) -> bool:
        """Uploads a snapshot, and the files to browse; returns whether it succeeded.

        It never raises: without its bucket, a run continues with a warning.
        """
        if not self._filled():
            return True
        links, tar = self._beside("links"), self._beside("tar")
        try:
            _link(self.folder, links)
            with tarfile.open(tar, "w") as archive:
                archive.add(links, arcname=".")
            saved = self._upload(tar) and self._gcloud(
                "rsync",
                "--recursive",
                "--delete-unmatched-destination-objects",
                str(links),
                self.url,
            )
        except (OSError, JobError) as error:
            print(f"warning: {error}", file=sys.stderr)
            saved = False
        finally:
            tar.unlink(missing_ok=True)
            shutil.rmtree(links, ignore_errors=True)
        if not saved:
            print(
                f"warning: the run could not be copied to {self.url}.", file=sys.stderr
            )
        return saved

    def _upload(self, tar: Path) -> bool:
        newest = self._newest()
        if newest is not None and _word(newest) not in self._known():
            raise JobError(
                f"{self.url} was written by another machine after this one had "
                f"started; its {newest} is kept. Stop one of the two machines."
            )
        number = 1 if newest is None else int(newest.partition("-")[0]) + 1
        name = f"{number:06d}-{secrets.token_hex(4)}.tar"
        self._learn(_word(name))  # before the upload, in case this process is killed
        if not self._gcloud("cp", str(tar), f"{self.snapshots}/{name}"):
            return False
        old = [n for n in self._names() if n < name]
        return all(self._gcloud("rm", f"{self.snapshots}/{n}") for n in old)

    def finish(self, status: int) -> bool:
        """Writes the exit status into the bucket; returns whether it succeeded."""
        return self._gcloud("cp", "-", f"{self.url}/status", said=f"{status}\n")

    def _newest(self) -> str | None:
        return max(self._names(), default=None)

    def _names(self) -> list[str]:
        """Returns the names of the bucket's snapshots."""
        names = [url.rpartition("/")[2] for url in self._listed(f"{self.snapshots}/")]
        return [name for name in names if name.endswith(".tar")]

    def _listed(self, pattern: str) -> list[str]:
        """Returns the URLs that match a pattern.

        `fetch` has written an object, so there always is one. An empty list is
        therefore a failure, not an empty bucket, for which training would start over.

        Raises:
            JobError: The bucket cannot be read.
        """
        done = self._run("ls", pattern, stdout=subprocess.PIPE)
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        if done.returncode or not lines:
            raise JobError(f"cannot read {self.url}: `gcloud storage ls` failed.")
        return lines

    # ------------------------------------------------------------------- this machine

    def _filled(self) -> bool:
        return self.folder.is_dir() and any(self.folder.iterdir())

    def _beside(self, what: str) -> Path:
        return self.folder.with_name(f"{self.folder.name}.{what}")

    def _known(self) -> set[str]:
        words = self._beside("snapshots")
        return set(words.read_text().split()) if words.exists() else set()

    def _learn(self, word: str) -> None:
        with open(self._beside("snapshots"), "a", encoding="utf-8") as file:
            file.write(f"{word}\n")
            file.flush()
            os.fsync(file.fileno())

    def _gcloud(self, *words: str, said: str = "") -> bool:
        """Runs `gcloud storage`; returns whether it worked."""
        return self._run(*words, input=said, stdout=sys.stderr).returncode == 0

    def _run(self, *words: str, **streams) -> subprocess.CompletedProcess:
        held = [] if self.lock is None else [self.lock]
        return subprocess.run(
            ["gcloud", "storage", *words],
            text=True,
            check=False,
            pass_fds=held,
            **streams,
        )


def _word(name: str) -> str:
    return name.partition("-")[2].removesuffix(".tar")


def _link(folder: Path, links: Path, attempts: int = 5) -> None:
    """Hard-links the files of a folder as they are at one moment.

    If a checkpoint is saved meanwhile, the linked logs may not belong to it, so the
    files are linked again.
    """
    for _ in range(attempts):
        shutil.rmtree(links, ignore_errors=True)
        with contextlib.suppress(FileNotFoundError, shutil.Error):  # replaced meanwhile
            before = _checkpoints(folder)
            shutil.copytree(
                folder,
                links,
                copy_function=_linked,
                ignore=shutil.ignore_patterns(_HALF_WRITTEN),
            )
            if _checkpoints(folder) == before:
                return
    raise OSError(f"{folder} is changing too fast; the next snapshot may succeed.")


def _checkpoints(folder: Path) -> list[tuple[str, int]]:
    files = (folder / "checkpoints").glob("*")
    return sorted((file.name, file.stat().st_mtime_ns) for file in files)


def _linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        shutil.copy2(source, target)  # a file system without hard links
