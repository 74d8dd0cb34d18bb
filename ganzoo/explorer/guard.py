"""Who may talk to the explorer's page: this machine's own browser tabs of that page.

A page of this machine is within reach of every site that its browser shows: a site can
have the browser send requests here (they carry the site's name as Origin), or have its
own name lead here (then they carry it as Host; "DNS rebinding"). Both are refused, and
so is whatever the page does not ask for itself: Gradio's routes for uploads, files,
proxies and much else, of which every version has others.
"""

import logging
from collections.abc import Awaitable, Callable

MOST_BODY = 200_000  # bytes of a request; the settings of all controls are a few
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_API = "/gradio_api"
# What the page asks for, of any version of Gradio from 6.0; with "/" at the end, all
# below. Of `queue/join` the answers come by `queue/data`.
_GET = {
    "/",
    "/assets/",
    "/config",
    "/favicon.ico",
    "/manifest.json",
    "/static/",
    "/theme.css",
    f"{_API}/heartbeat/",
    f"{_API}/queue/data",
    f"{_API}/startup-events",
}
_POST = {f"{_API}/queue/join"}
# The browser asks nobody else for the page, and shows it in no other page. Gradio makes
# functions of templates, hence "unsafe".
_POLICY = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "base-uri 'self'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_log = logging.getLogger(__name__)


class Guard:
    """An ASGI application before another one: passes on what the page asks for."""

    def __init__(self, application: Callable[..., Awaitable], port: int):
        """Sets what is guarded.

        Args:
            application: The ASGI application.
            port: Number of the port that it is served on.
        """
        self._application = application
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        if port == 80:
            self._hosts |= set(_NAMES)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        """Answers a request, or has it answered."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket, which the page has no use for
            await send({"type": "websocket.close", "code": 1008})
            return
        status, reason = self._refusal(scope)
        if status:
            await _answer(send, status, reason)
            return
        started = []

        async def watched(message: dict) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            started.append(message)
            await send(message)

        try:
            await self._application(scope, receive, watched)
        except Exception as error:  # a wrong call; Gradio would print a traceback
            _log.warning("%s %s: %r", scope["method"], scope["path"], error)
            if not started:
                await _answer(send, 500, "That call cannot be carried out.")

    def _refusal(self, scope: dict) -> tuple[int, str]:
        """Returns the status and the reason of a refusal, or 0."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(
                value.decode("latin-1").lower()
            )
        hosts, origins = headers.get("host", []), headers.get("origin", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421, "This page is for this machine, by its own name only."
        known = {f"http://{host}" for host in self._hosts}
        foreign = {"cross-site", "same-site"} & {*headers.get("sec-fetch-site", [])}
        led_here = scope["method"] == "GET" and scope["path"] == "/"  # by a link
        if not known.issuperset(origins) or (foreign and not led_here):
            return 403, "This page answers no other page."
        if not _asked_for(scope["method"], scope["path"]):
            return 404, "There is no such thing here."
        if scope["method"] == "POST":
            return _body_refusal(headers.get("content-length", []))
        return 0, ""


def _asked_for(method: str, path: str) -> bool:
    """Whether the page asks for that."""
    wanted = _POST if method == "POST" else _GET if method in ("GET", "HEAD") else ()
    if any(odd in path for odd in ("..", "//", "\\", "\0")):
        return False
    return path in wanted or any(
        path.startswith(one) for one in wanted if one.endswith("/") and one != "/"
    )


def _body_refusal(lengths: list[str]) -> tuple[int, str]:
    if len(lengths) != 1 or not lengths[0].isdecimal():
        return 411, "The length of the request is missing."
    if len(lengths[0]) > 9 or int(lengths[0]) > MOST_BODY:
        return 413, f"A request may have {MOST_BODY:,} bytes."
    return 0, ""


async def _answer(send: Callable, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # what of the request was not read is no next one
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
