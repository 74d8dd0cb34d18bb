"""Preparing is tested without a network, on TFDS's real MNIST builder.

MNIST's own files cannot be part of the tests. Small files of the same format stand in
for them; the builder is told their number of images and their checksums, and nothing
else about it is changed.
"""

import contextlib
import gzip
import hashlib
import http.server
import os
import pathlib
import socket
import threading

import numpy as np
import pytest

from ganzoo import data
from ganzoo.data import DataError, tfds_prepare

COUNTS = {"train": 7, "t10k": 3}
URL = "https://storage.googleapis.com/cvdf-datasets/mnist/"


def _pixels(split):
    rng = np.random.default_rng(COUNTS[split])
    return rng.integers(0, 256, (COUNTS[split], 28, 28), dtype=np.uint8)


def _idx(array):
    """The format of MNIST's files: magic number, sizes, bytes."""
    head = np.array([0x800 + array.ndim, *array.shape], ">i4").tobytes()
    return gzip.compress(head + array.astype(np.uint8).tobytes(), mtime=0)


@pytest.fixture
def originals(tmp_path, monkeypatch):
    """A folder with four small files, registered as MNIST's originals."""
    from tensorflow_datasets.core.download import checksums
    from tensorflow_datasets.image_classification import mnist

    folder = tmp_path / "originals"
    folder.mkdir()
    infos = {}
    for split, count in COUNTS.items():
        labels = np.arange(count) % 10
        for kind, array in (("images-idx3", _pixels(split)), ("labels-idx1", labels)):
            path = folder / f"{split}-{kind}-ubyte.gz"
            path.write_bytes(_idx(array))
            infos[URL + path.name] = checksums.compute_url_info(path)
    monkeypatch.setattr(mnist.MNIST, "url_infos", infos)
    monkeypatch.setattr(mnist, "_TRAIN_EXAMPLES", COUNTS["train"])
    monkeypatch.setattr(mnist, "_TEST_EXAMPLES", COUNTS["t10k"])
    return folder


@pytest.fixture
def offline(monkeypatch):
    """No host answers, and TFDS must not even try; returns the addresses asked."""
    import requests
    from tensorflow_datasets.core.download import downloader

    asked = []

    def head(url, **kwargs):
        asked.append(url)
        raise requests.ConnectionError("x: there is no network")

    def download(*args, **kwargs):
        raise AssertionError("TFDS tried to download")

    monkeypatch.setattr(requests, "head", head)
    monkeypatch.setattr(downloader._Downloader, "download", download)
    return asked


@pytest.mark.usefixtures("offline")
def test_original_files_are_prepared_by_the_builder_of_tfds(originals):
    train = data.load("mnist", "train", str(originals))
    assert train.name == "mnist 3.0.1"
    assert train.shape == (28, 28, 1)
    by_label = train.images[np.argsort(train.labels), ..., 0]
    np.testing.assert_array_equal(by_label, _pixels("train"))
    assert len(data.load("mnist", "test", str(originals))) == COUNTS["t10k"]


@pytest.mark.usefixtures("offline")
def test_the_prepared_set_lies_beside_the_original_files_and_nothing_else(originals):
    before = {path.name for path in originals.iterdir()}
    first = data.load("mnist", "train", str(originals))
    assert {path.name for path in originals.iterdir()} == before | {"mnist"}
    assert [path.name for path in (originals / "mnist").iterdir()] == ["3.0.1"]
    for name in before:
        (originals / name).unlink()
    assert data.load("mnist", "train", str(originals)).fingerprint == first.fingerprint


@pytest.mark.usefixtures("offline")
def test_beside_a_read_only_folder_the_set_goes_to_the_default(
    originals, tmp_path, monkeypatch
):
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr(tfds_prepare, "_writable", lambda folder: False)
    assert len(data.load("mnist", "train", str(originals))) == COUNTS["train"]
    assert not (originals / "mnist").exists()
    assert (home / "tensorflow_datasets/mnist/3.0.1/dataset_info.json").is_file()


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_without_write_permission_is_not_writable(tmp_path):
    tmp_path.chmod(0o500)
    assert not tfds_prepare._writable(tmp_path / "below")


def test_a_folder_yet_to_be_made_is_writable_where_its_parent_is(tmp_path):
    assert tfds_prepare._writable(tmp_path / "a" / "b")


@pytest.mark.parametrize("damage", ["truncated", "repacked", "empty"])
def test_a_file_that_is_not_the_original_is_named_with_both_checksums(
    originals, offline, damage
):
    path = originals / "train-images-idx3-ubyte.gz"
    original = path.read_bytes()
    changed = {
        "truncated": original[:-10],
        "repacked": gzip.compress(gzip.decompress(original), 1),
        "empty": b"",
    }[damage]
    path.write_bytes(changed)
    with pytest.raises(DataError, match="corrupt or not the original") as error:
        data.load("mnist", "train", str(originals))
    for part in (
        str(path),
        f"{len(changed)} bytes",
        hashlib.sha256(changed).hexdigest(),
        f"{len(original)} bytes",
        hashlib.sha256(original).hexdigest(),
    ):
        assert part in str(error.value)
    assert not offline


def test_without_network_the_missing_original_files_are_named(originals, offline):
    for name in ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        (originals / name).unlink()
    with pytest.raises(DataError, match=r"not complete: t10k-images.*t10k-labels"):
        data.load("mnist", "train", str(originals))
    assert len(offline) == 1


def test_tfds_still_checks_against_the_published_checksums():
    import tensorflow_datasets as tfds

    infos = tfds.builder_cls("mnist").url_infos
    assert infos[f"{URL}train-images-idx3-ubyte.gz"].checksum == (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
    )
    assert len(infos) == 4


def test_without_network_a_missing_set_is_refused_naming_what_helps(tmp_path, offline):
    with pytest.raises(DataError) as error:
        data.load("mnist", "train", str(tmp_path))
    message = str(error.value)
    for part in (
        f"'mnist' is not prepared in {tmp_path}",
        "storage.googleapis.com: ConnectionError, there is no network",
        "--data-dir or TFDS_DATA_DIR",
        "download_and_prepare()",
        "t10k-images-idx3-ubyte.gz",
        "'digits'",
        "folder of class sub-folders",
        ".npz",
    ):
        assert part in message
    assert len(offline) == 1  # one host, asked once
    assert not list(pathlib.Path(tmp_path).iterdir())


@pytest.mark.usefixtures("offline")
def test_a_name_that_tfds_does_not_know_is_refused_naming_what_is_prepared(tmp_path):
    (tmp_path / "pets/1.0.0").mkdir(parents=True)
    (tmp_path / "pets/1.0.0/dataset_info.json").touch()
    with pytest.raises(DataError, match=r"folder 'pots' here.*there: pets.*'digits'"):
        data.load("pots", "train", str(tmp_path))


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("name", ["mnist/sharp", "mnist:1.0.0"])
def test_an_unknown_config_or_version_is_refused(tmp_path, name):
    with pytest.raises(DataError, match=f"TFDS refuses the name '{name}'"):
        data.load(name, "train", str(tmp_path))


@contextlib.contextmanager
def _server(status):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.usefixtures("no_proxy")
@pytest.mark.parametrize(
    ("status", "reachable"), [(200, True), (404, True), (503, False)]
)
def test_a_host_that_answers_is_reachable_unless_it_is_broken(status, reachable):
    with _server(status) as host:
        reasons = tfds_prepare._unreachable([f"http://{host}/a", f"http://{host}/b"])
    assert reasons == ({} if reachable else {host: "HTTP status 503"})


@pytest.mark.usefixtures("no_proxy")
def test_a_host_that_refuses_is_unreachable_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{unused.getsockname()[1]}"
        reasons = tfds_prepare._unreachable([f"http://{host}/a"])
    assert "refused" in reasons[host]


@pytest.mark.usefixtures("no_proxy")
def test_a_host_that_never_answers_is_unreachable_after_the_time_out(monkeypatch):
    monkeypatch.setattr(tfds_prepare, "_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        assert host in tfds_prepare._unreachable([f"http://{host}/a"])


def test_a_proxy_in_the_environment_is_asked_instead_of_the_host(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    for status in (200, 503):
        with _server(status) as proxy:
            monkeypatch.setenv("http_proxy", f"http://{proxy}")
            reasons = tfds_prepare._unreachable(["http://images.invalid/a"])
        assert bool(reasons) == (status == 503)


def test_addresses_tfds_reads_without_http_are_not_asked():
    assert tfds_prepare._unreachable(["ftp://images.invalid/a", "gs://a/b"]) == {}
