"""Serve a study on the local machine: one thread per connection, and a bound on both."""

import socket
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from socketserver import BaseRequestHandler, TCPServer, ThreadingMixIn
from threading import BoundedSemaphore
from typing import Any

from evalkit.errors import StudyError
from evalkit.study.connection import converse
from evalkit.study.folder import StudyFolder
from evalkit.study.replies import StudySite, refusal
from evalkit.study.visitors import Visitors

MOST_CLIENTS = 200
"""Connections at a time; a browser opens up to six."""
_FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class StudyServer(ThreadingMixIn, TCPServer):
    """Ready to `serve_forever`; port 0 takes a free one (`server_port` says which).

    `names` are host names under which raters reach it. `report` is told, in a line, what whoever serves has to know.

    Raises `StudyError` when the folder is not a study, the answers cannot be written, or the address cannot be had.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        folder: StudyFolder,
        host: str = "127.0.0.1",
        port: int = 0,
        names: Collection[str] = (),
        report: Callable[[str], None] = lambda line: None,
        most_clients: int = MOST_CLIENTS,
    ) -> None:
        self._site = StudySite(folder, Visitors.under(names, host), report)
        self._report, self._free = report, BoundedSemaphore(most_clients)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), BaseRequestHandler)
        except (OSError, OverflowError, UnicodeError) as error:
            raise StudyError(f"Cannot listen on {host}:{port} ({error}). Choose a free --port; 0 finds one.") from error
        self.server_port: int = self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection its thread, or turn it away when there are too many."""
        if not self._free.acquire(blocking=False):
            self._turn_away(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # the system gives no more threads
            self._free.release()
            self._turn_away(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Answer the requests of one connection."""
        converse(request, self._site.largest_body, self._site.reply, refusal)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say in a line what went wrong here; the client was told that something did."""
        error = sys.exc_info()[1]
        self._report(f"A request could not be answered ({type(error).__name__}: {error}).")

    def _turn_away(self, request: socket.socket) -> None:
        with suppress(OSError):
            request.setblocking(False)
            request.send(_FULL)
        self.shutdown_request(request)
