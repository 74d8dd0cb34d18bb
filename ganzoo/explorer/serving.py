"""Serves the explorer's page to this machine and leaves no files behind."""

import contextlib
import os
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping

import uvicorn

from ganzoo.explorer.guard import Guard
from ganzoo.zoo.sampling import Sampler

HOST = "127.0.0.1"


class Serving:
    """A page that is served in the background."""

    def __init__(self, samplers: Mapping[str, Callable[[], Sampler]], port: int):
        """Serves the page of generators, by name; port 0 picks a free one."""
        listener = _listen(port)
        self.port = listener.getsockname()[1]
        self._ends = contextlib.ExitStack()
        self._ends.callback(listener.close)
        try:
            self._ends.enter_context(_gradio_settings())
            self._start(samplers, listener)
        except BaseException:
            self._ends.close()
            raise

    @property
    def address(self) -> str:
        """URL of the page."""
        return f"http://{HOST}:{self.port}"

    def show(self) -> None:
        """Opens the page in the browser."""
        webbrowser.open(self.address)

    def wait(self) -> None:
        """Waits for Ctrl-C, then closes the page."""
        with contextlib.suppress(KeyboardInterrupt):
            while self._thread.is_alive():
                self._thread.join(timeout=1.0)
        self.close()

    def close(self) -> None:
        """Stops serving and removes temporary files."""
        self._server.should_exit = True
        self._thread.join()
        self._ends.close()

    def _start(
        self, samplers: Mapping[str, Callable[[], Sampler]], listener: socket.socket
    ) -> None:
        # Gradio reads its settings from the environment while it is being imported.
        import fastapi
        import gradio

        from ganzoo.explorer import look, page

        around = fastapi.FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        self.application = gradio.mount_gradio_app(
            around,
            page.build(samplers),
            path="/",
            show_error=False,
            ssr_mode=False,
            mcp_server=False,
            **look.LOOK,
        )
        self._server = uvicorn.Server(
            uvicorn.Config(
                Guard(self.application, self.port),
                log_level="critical",  # the guard logs errors
                timeout_graceful_shutdown=1,  # open pages keep their connections
                server_header=False,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), daemon=True
        )
        self._thread.start()
        while not self._server.started:
            self._thread.join(timeout=0.05)
            if not self._thread.is_alive():
                raise OSError(f"The page cannot be served on port {self.port}.")


def _listen(port: int) -> socket.socket:
    if not 0 <= port < 2**16:
        raise ValueError(f"port={port} must be 0 to {2**16 - 1}; 0 picks a free one.")
    listener = socket.socket()
    try:
        if os.name == "posix":  # elsewhere it would share a port that is in use
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
    except OSError as error:
        listener.close()
        raise OSError(
            f"Port {port} cannot be used ({error.strerror}); give another --port."
        ) from error
    return listener


@contextlib.contextmanager
def _gradio_settings() -> Iterator[None]:
    """Turns off Gradio's telemetry and history; gives it a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="ganzoo-page-") as folder:
        settings = {
            "GRADIO_ANALYTICS_ENABLED": "False",
            "GRADIO_RUN_HISTORY": "False",
            "GRADIO_TEMP_DIR": folder,
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
