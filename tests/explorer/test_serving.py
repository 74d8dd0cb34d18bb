"""The page, asked over HTTP as browsers, other sites and wrong callers ask."""

import http.client
import json
import os
import re
import tempfile
from pathlib import Path

import keras
import pytest

from ganzoo import explorer
from ganzoo.explorer import guard
from ganzoo.zoo.sampling import Sampler

pytest.importorskip("gradio", reason="needs the extra `explore`")
API = "/gradio_api"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of one untrained generator, and a folder for all temporary files."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [keras.Input((3,)), layers.Dense(64, "tanh"), layers.Reshape((8, 8, 1))]
    )
    sampler = Sampler(network)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("temporary")
        patch.setattr(tempfile, "tempdir", str(folder))
        offered = {"plain": lambda: sampler}
        page = explorer.open_page(port=0, browser=False, offered=offered, wait=False)
        yield page
        page.close()


def ask(page, method, path, body=None, host=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    named = {"Host": host or f"127.0.0.1:{page.port}"} | headers
    connection.request(method, path, body, named)
    return connection.getresponse()


def post(page, path, sent, **headers):
    body = sent if isinstance(sent, bytes | str) else json.dumps(sent)
    return ask(
        page, "POST", path, body, **{"Content-Type": "application/json"}, **headers
    )


def call(page, number: int, data: list, session: str, **more) -> dict:
    """Calls a function of the page as its own script does; returns the last news."""
    asked = {"fn_index": number, "data": data, "session_hash": session} | more
    joined = post(page, f"{API}/queue/join", asked)
    if joined.status != 200:
        joined.read()
        return {"msg": "refused", "status": joined.status}
    joined.read()
    news = ask(page, "GET", f"{API}/queue/data?session_hash={session}")
    while line := news.readline():
        if line.startswith(b"data:"):
            found = json.loads(line[5:])
            if found["msg"] in ("process_completed", "close_stream"):
                news.close()
                return found
    return {"msg": "nothing"}


@pytest.fixture(scope="module")
def rendered(page) -> dict[str, int]:
    """The functions of the controls by the name of what calls them."""
    answer = call(page, 0, ["plain"], "one")
    assert answer["success"], answer
    config = answer["output"]["render_config"]
    kinds = {part["id"]: part["props"].get("label") for part in config["components"]}
    found = {}
    for function in config["dependencies"]:
        for target, event in function["targets"]:
            found[f"{kinds.get(target)} {event}"] = function["id"]
    return found


GOOD = [0, 1, 0, "arc", 0, [], 0.5, 0.5, 0.5]


def test_a_slider_draws_a_picture_without_a_file(page, rendered):
    answer = call(page, rendered["Noise 0 input"], GOOD, "one")
    assert answer["success"], answer
    picture, strip = answer["output"]["data"]
    for one in (picture, strip):
        assert one.startswith("data:image/png;base64,iVBORw0KGgo")


def test_only_this_machines_names_and_pages_are_answered(page):
    for host in ("localhost", "127.0.0.1", "[::1]"):
        name = f"{host}:{page.port}"
        assert ask(page, "GET", "/", host=name).status == 200
        assert ask(page, "GET", "/config", host=name, Origin=f"http://{name}").status
    assert ask(page, "GET", "/", host=f"evil.example:{page.port}").status == 421
    evil = {"Origin": "http://evil.example"}
    assert ask(page, "GET", "/config", **evil).status == 403
    asked = {"fn_index": 0, "data": ["plain"], "session_hash": "evil"}
    assert post(page, f"{API}/queue/join", asked, **evil).status == 403


def routes(application) -> set[tuple[str, str]]:
    """Every method and path of the application, with something for its gaps."""
    found = set()
    for route in application.routes:
        inner = getattr(route, "original_router", getattr(route, "app", None))
        if hasattr(inner, "routes"):
            found |= routes(inner)
        path = re.sub(r"\{[^}]*\}", "x", getattr(route, "path", ""))
        found |= {(method, path) for method in getattr(route, "methods", None) or ()}
    return found


def test_of_all_routes_of_gradio_only_those_of_the_page_are_there(page):
    there = routes(page.application)
    assert len(there) > 50
    assert ("POST", f"{API}/upload") in there
    open_ones = set()
    for method, path in sorted(there):
        if "heartbeat" in path or "queue/data" in path:  # they answer without end
            continue
        answer = ask(page, method, path, b"{}" if method == "POST" else None)
        if answer.status not in (404, 405) or "text/plain" not in str(answer.headers):
            open_ones.add((method, path))
    wanted = {path.rstrip("/") for path in guard._GET | guard._POST}
    for method, path in open_ones:
        assert method in ("GET", "HEAD") or path == f"{API}/queue/join"
        assert path.rstrip("/") in wanted or path.startswith(("/assets/", "/static/"))


def test_uploads_of_anybody_are_refused_and_kept_nowhere(page):
    edge = "x" * 20
    body = (
        f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="a.txt"'
        f"\r\n\r\n{'a' * 100_000}\r\n--{edge}--\r\n"
    )
    kind = {"Content-Type": f"multipart/form-data; boundary={edge}"}
    for path in (f"{API}/upload", "/upload", f"{API}/upload?upload_id=1"):
        answer = ask(page, "POST", path, body, Origin="http://evil.example", **kind)
        assert answer.status == 403
        assert ask(page, "POST", path, body, **kind).status == 404


@pytest.mark.parametrize(
    "sent",
    [
        "{",
        "[]",
        "null",
        "{}",
        b"\xff\xfe",
        "[" * 90_000,
        {"data": [], "session_hash": "one"},
        {"data": [], "fn_index": 99, "session_hash": "one"},
        {"data": [], "fn_index": -1, "session_hash": "one"},
        {"data": [], "fn_index": 2**70, "session_hash": "one"},
        {"data": [], "fn_index": "0", "session_hash": "none"},
        {"data": {}, "fn_index": 0, "session_hash": "one"},
        {"data": [], "fn_index": 0, "session_hash": 5},
        {"data": [], "fn_index": 0},
        {"data": [], "api_name": "nothing", "session_hash": "one"},
    ],
)
def test_wrong_requests_print_no_traceback(page, capfd, caplog, sent):
    answer = post(page, f"{API}/queue/join", sent)
    answer.read()
    assert answer.status in (200, 400, 404, 422, 500)
    _no_traceback(capfd, caplog)


@pytest.mark.parametrize(
    "data",
    [
        [],
        GOOD[:3],
        [*GOOD, 1, 2],
        [None] * 9,
        ["a"] * 9,
        [{}] * 9,
        [-1, 1, 0, "arc", 0, [], 0, 0, 0],
        [2**70, 1, 0, "arc", 0, [], 0, 0, 0],
        [0, 1, 10**9, "arc", 0, [], 0, 0, 0],
        [0, 1, 0, "zigzag", 0, [], 0, 0, 0],
        [0, 1, 0, "arc", 99, [], 0, 0, 0],
        [0, 1, 0, "arc", 0, "boxes", 0, 0, 0],
        [0, 1, 0, "arc", 0, [{"label": 1}], 0, "NaN", 0],
        [0, 1, 0, "arc", 0, [], 1e300, 0, 0],
        [{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}] * 9,
    ],
)
def test_wrong_settings_print_no_traceback(page, rendered, capfd, caplog, data):
    for name in ("Noise 0 input", "Seed input", "None submit"):
        answer = call(page, rendered[name], data, "one", event_data={"box": "x"})
        assert answer["msg"] in ("process_completed", "refused")
    _no_traceback(capfd, caplog)


def test_unknown_generators_print_no_traceback(page, capfd, caplog):
    for name in ("nothing", None, ["plain"], {"a": 1}):
        answer = call(page, 0, [name], "two")
        assert answer["msg"] == "refused" or not answer["success"]
    _no_traceback(capfd, caplog)


def _no_traceback(capfd, caplog) -> None:
    printed = "".join(capfd.readouterr()) + caplog.text
    assert "Traceback" not in printed
    assert "File " not in printed


def test_nothing_is_left_after_its_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    before = dict(os.environ)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(16, "tanh")])
    network.add(keras.layers.Reshape((4, 4, 1)))
    offered = {"plain": lambda: Sampler(network)}
    page = explorer.open_page(port=0, browser=False, offered=offered, wait=False)
    assert call(page, 0, ["plain"], "one")["success"]
    (folder,) = tmp_path.iterdir()  # Gradio's, and nothing in it
    assert not [one for one in Path(folder).rglob("*") if one.is_file()]
    page.close()
    assert not list(tmp_path.iterdir())
    assert dict(os.environ) == before
    with pytest.raises(ConnectionError):
        ask(page, "GET", "/")


def test_ports_that_cannot_be_used_are_refused_in_words(page):
    for port, message in (
        (page.port, rf"Port {page.port} cannot be used \(.*\); give another --port"),
        (-1, "port=-1 must be 0 to 65535"),
        (70_000, "port=70000 must be 0 to 65535"),
    ):
        with pytest.raises((OSError, ValueError), match=message):
            explorer.open_page(port=port, browser=False, offered={}, wait=False)
