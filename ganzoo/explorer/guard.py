"""Restricts the explorer's page to browser tabs of this page on this machine.

Every site that the browser shows can reach a page on this machine: it can make the
browser send requests here (which have the site's name as Origin), or make its own name
resolve to this machine (then they have it as Host; "DNS rebinding"). Both are refused,
and so are all requests that the page itself does not make: Gradio's routes for uploads,
files, proxies and more, which differ from version to version.
"""

import logging
from collections.abc import Awaitable, Callable

MOST_BODY = 200_000  # bytes per request; the settings of all controls need far fewer
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_API = "/gradio_api"
# Requests of the page, in all versions of Gradio from 6.0; a "/" at the end includes
# all paths below. Answers to `queue/join` come by `queue/data`.
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
# The page loads nothing from other hosts, and no other page can embed it. Gradio
# compiles templates to functions, hence "unsafe".
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
    """An ASGI application that passes requests of the page on to another one."""

    def __init__(self, application: Callable[..., Awaitable], port: int):
        """Guards an ASGI application that is served on a port."""
        self._application = application
        self._hosts = {f"{name}:{port}" for name in _NAMES}
        if port == 80:
            self._hosts |= set(_NAMES)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        """Refuses a request, or passes it on."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket, which the page does not use
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
        except Exception as error:  # an invalid call; Gradio would print a traceback
            _log.warning("%s %s: %r", scope["method"], scope["path"], error)
            if not started:
                await _answer(send, 500, "The call is invalid.")

    def _refusal(self, scope: dict) -> tuple[int, str]:
        """Returns the status and the reason of a refusal, or 0."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(
                value.decode("latin-1").lower()
            )
        hosts, origins = headers.get("host", []), headers.get("origin", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 421, "This page is only available on this machine."
        known = {f"http://{host}" for host in self._hosts}
        foreign = {"cross-site", "same-site"} & {*headers.get("sec-fetch-site", [])}
        by_link = scope["method"] == "GET" and scope["path"] == "/"
        if not known.issuperset(origins) or (foreign and not by_link):
            return 403, "This page does not answer other pages."
        if not _is_of_page(scope["method"], scope["path"]):
            return 404, "Not found."
        if scope["method"] == "POST":
            return _body_refusal(headers.get("content-length", []))
        return 0, ""


def _is_of_page(method: str, path: str) -> bool:
    """Returns whether the page makes such a request."""
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
        return 413, f"A request may have at most {MOST_BODY:,} bytes."
    return 0, ""


async def _answer(send: Callable, status: int, text: str) -> None:
    body = text.encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),  # an unread rest is not the next request
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
