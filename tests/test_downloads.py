"""Downloads are checked, resumed, and fail with one clear line."""

import hashlib
import http.server
import threading

import pytest

from ganzoo import downloads, files

CONTENT = bytes(range(256)) * 4000


class Server(http.server.ThreadingHTTPServer):
    """A server of this machine, which may break off and may know no ranges."""

    content, cut, ranges = CONTENT, None, True
    asked: list[str]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers["Range"]
        self.server.asked.append(wanted)
        start = int(wanted[6:-1]) if wanted and self.server.ranges else 0
        self.send_response(206 if start else 200)
        rest = self.server.content[start:]
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        self.wfile.write(rest[: self.server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    made = Server(("127.0.0.1", 0), Handler)
    made.asked = []
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def wanted(server) -> downloads.Download:
    url = f"http://127.0.0.1:{server.server_port}/weights.pth"
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    return downloads.Download(url, sha256, len(CONTENT), "Weights")


def test_a_file_is_downloaded_once(server, wanted, tmp_path):
    path = tmp_path / "new" / wanted.file
    for _ in range(2):
        assert downloads.fetch(wanted, path, progress=False) == path
        assert path.read_bytes() == CONTENT
    assert server.asked == [None]
    assert [one.name for one in path.parent.iterdir()] == ["weights.pth"]


def test_what_was_broken_off_is_resumed(server, wanted, tmp_path):
    path = tmp_path / wanted.file
    server.cut = 300_000
    with pytest.raises(downloads.DownloadError, match="300,000 of 1,024,000 bytes"):
        downloads.fetch(wanted, path, progress=False)
    assert not path.exists()
    server.cut = None
    downloads.fetch(wanted, path, progress=False)
    assert path.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]


def test_a_server_without_ranges_sends_everything_again(server, wanted, tmp_path):
    path = tmp_path / wanted.file
    (tmp_path / "weights.pth.part").write_bytes(CONTENT[:1000])
    server.ranges = False
    downloads.fetch(wanted, path, progress=False)
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("content", [b"x" * len(CONTENT), CONTENT + b"more"])
def test_another_file_is_refused_and_removed(server, wanted, tmp_path, content):
    server.content = content
    with pytest.raises(
        files.DamagedError, match=f"does not have the SHA-256 {wanted.sha256}"
    ):
        downloads.fetch(wanted, tmp_path / wanted.file, progress=False)
    assert not list(tmp_path.iterdir())


def test_another_file_that_is_there_is_kept(server, wanted, tmp_path):
    path = tmp_path / wanted.file
    path.write_bytes(b"mine")
    with pytest.raises(files.DamagedError, match=r"is there, but .*another --output"):
        downloads.fetch(wanted, path)
    assert path.read_bytes() == b"mine"
    assert not server.asked


def test_without_a_network_one_line_says_so(server, wanted, tmp_path):
    server.shutdown()
    server.server_close()
    (tmp_path / "weights.pth.part").write_bytes(CONTENT[:1000])
    with pytest.raises(
        downloads.DownloadError,
        match=r"could not be downloaded \(.*refused\); 1,000 of 1,024,000 bytes are",
    ) as caught:
        downloads.fetch(wanted, tmp_path / wanted.file, progress=False)
    assert "\n" not in str(caught.value)


def test_the_published_files_are_known(monkeypatch, tmp_path):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path))
    found = downloads.known("fid-inception")
    # The first digits are part of the name, as torch.hub has it.
    assert found.sha256.startswith(found.file.removesuffix(".pth").rpartition("-")[2])
    assert downloads.place("fid-inception") == tmp_path / "weights" / found.file
    with pytest.raises(
        ValueError, match=r"no 'fid' to fetch; there is fid-inception\."
    ):
        downloads.known("fid")
