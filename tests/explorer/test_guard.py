"""Who gets an answer, and to what; without Gradio."""

import asyncio

import pytest

from ganzoo.explorer.guard import MOST_BODY, Guard

PORT = 7860
HOST = f"127.0.0.1:{PORT}"


async def application(scope, receive, send):
    """Answers everything; fails where that is asked for."""
    if scope["path"].endswith("early"):
        raise KeyError("a wrong call")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    if scope["path"].endswith("late"):
        raise KeyError("a wrong call")
    await send({"type": "http.response.body", "body": b"good"})


def ask(method="GET", path="/", kind="http", **headers) -> list[dict]:
    """Returns all that is sent in answer."""
    sent = []

    async def send(message):
        sent.append(message)

    named = {"host": HOST} | headers
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [
            (name.replace("_", "-").encode(), value.encode())
            for name, values in named.items()
            for value in ([values] if isinstance(values, str) else values)
        ],
    }
    asyncio.run(Guard(application, PORT)(scope, None, send))
    return sent


def status(*request, **headers) -> int:
    return ask(*request, **headers)[0]["status"]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (HOST, 200),
        (f"localhost:{PORT}", 200),
        (f"LOCALHOST:{PORT}", 200),
        (f"[::1]:{PORT}", 200),
        ("127.0.0.1", 421),
        ("127.0.0.1:80", 421),
        (f"evil.example:{PORT}", 421),
        (f"127.0.0.1.evil.example:{PORT}", 421),
        (f"localhost.:{PORT}", 421),
        (f"0.0.0.0:{PORT}", 421),
        (f"{HOST}@evil.example", 421),
        ("", 421),
        ([], 421),
        ([HOST, HOST], 421),
    ],
)
def test_the_page_is_for_this_machine_by_its_own_name(host, expected):
    assert status(host=host) == expected


JOIN = "/gradio_api/queue/join"


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ([], 200),
        (f"http://{HOST}", 200),
        (f"http://localhost:{PORT}", 200),
        (f"https://{HOST}", 403),
        ("http://127.0.0.1:8080", 403),
        ("http://evil.example", 403),
        ("null", 403),
        ("", 403),
        ([f"http://{HOST}", "http://evil.example"], 403),
    ],
)
def test_other_pages_get_no_answer(origin, expected):
    assert status("POST", JOIN, origin=origin, content_length="2") == expected
    assert status("GET", "/config", origin=origin) == expected


def test_requests_that_name_no_origin_say_where_they_come_from():
    assert status(path="/config", sec_fetch_site="same-origin") == 200
    assert status(path="/config", sec_fetch_site="cross-site") == 403
    assert status(path="/config", sec_fetch_site="same-site") == 403
    assert status(path="/", sec_fetch_site="cross-site") == 200  # a link to the page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/gradio_api/upload"),
        ("POST", "/upload"),
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/proxy=http://evil.example"),
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/gradio_api/call/predict"),
        ("GET", "/assets/../../etc/passwd"),
        ("GET", "/assets//etc/passwd"),
        ("GET", "/static/..\\secret"),
        ("GET", JOIN),
        ("POST", "/"),
        ("PUT", "/"),
        ("DELETE", "/config"),
        ("OPTIONS", "/config"),
        ("GET", "/configuration"),
        ("GET", "/docs"),
    ],
)
def test_what_the_page_does_not_ask_for_is_not_there(method, path):
    assert status(method, path, content_length="2") == 404


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("2", 200),
        (str(MOST_BODY), 200),
        (str(MOST_BODY + 1), 413),
        ("9" * 5000, 413),
        ("-1", 411),
        ("2, 2", 411),
        ([], 411),
    ],
)
def test_requests_are_short_and_say_how_long(length, expected):
    assert status("POST", JOIN, content_length=length) == expected


def test_a_call_that_fails_is_one_line(caplog):
    assert status(path="/assets/early") == 500
    assert status(path="/assets/late") == 200  # said before it failed
    lines = [record.getMessage() for record in caplog.records]
    assert lines == [
        "GET /assets/early: KeyError('a wrong call')",
        "GET /assets/late: KeyError('a wrong call')",
    ]
    assert all(record.exc_info is None for record in caplog.records)


def test_web_sockets_are_closed():
    assert ask(kind="websocket") == [{"type": "websocket.close", "code": 1008}]


def test_the_browser_asks_nobody_else_and_frames_nothing():
    for answer in (ask()[0], ask(host="evil.example")[0]):
        policy = dict(answer["headers"])[b"content-security-policy"].decode()
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "http" not in policy
        assert "*" not in policy
