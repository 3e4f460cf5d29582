"""One HTTP/1.1 connection, bounded in bytes and time: requests go in, replies come out, and files are streamed.

h11 parses, and refuses what is ambiguous (two lengths, a length and chunks), so that a proxy and this server cannot
understand a request differently. Sockets are met here only: how long a client may take, and how much it may send. A
client that goes away or takes too long ends its own connection without a word.
"""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import BinaryIO

import h11

MOST_HEAD = 16 << 10
"""Bytes of a request line and its headers."""
REQUEST_S = 20.0
"""Until a request is whole, from when it is waited for; also the time that an idle connection stays open."""
REPLY_S, SLOWEST = 60.0, 16 << 10
"""A client has so many seconds to take a reply, and one more for so many bytes of it. A browser that stops reading a
paused video asks for the rest of it again."""
LEAVING_S = 2.0
"""How long what a refused client still sends is read, so that it sees the reply and not a broken connection."""
_BLOCK, _BIT = 64 << 10, 4 << 10
"""Bytes that are written and read at a time; few are read, for the bound of a head is checked between two readings."""


@dataclass(frozen=True)
class Request:
    """A whole request. `headers` have names in lower case; a name that comes twice is there twice."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first header of this name; empty without one."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class Part:
    """`size` bytes of an open file from where it stands. It is closed when they were sent."""

    file: BinaryIO
    size: int


@dataclass(frozen=True)
class Reply:
    """What goes back: `content` of the media type `kind`."""

    status: HTTPStatus
    kind: str
    content: bytes | Part
    headers: tuple[tuple[str, str], ...] = ()


def converse(
    client: socket.socket,
    largest_body: int,
    answer: Callable[[Request], Reply],
    refuse: Callable[[HTTPStatus], Reply],
) -> None:
    """Answer the requests of one client until it leaves, takes too long, or sends what is no HTTP.

    `refuse` makes the reply to what never becomes a request: malformed, too slow, or with a body over `largest_body`.
    What a client does raises nothing; what `answer` raises is answered with status 500, and raised.
    """
    talk = _Talk(client)
    try:
        while (request := talk.next_request(largest_body)) is not None:
            if isinstance(request, HTTPStatus):
                talk.send(refuse(request))
                break
            try:
                reply = answer(request)
            except Exception:
                talk.send(refuse(HTTPStatus.INTERNAL_SERVER_ERROR))
                raise
            talk.send(reply)
            if not talk.goes_on():
                break
        talk.leave()
    except _LeftError:
        return


class _LeftError(Exception):
    """The client went away, or is too slow."""


class _Talk:
    """The state of a connection."""

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._wire = h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD)
        self._bodiless = False

    def next_request(self, largest_body: int) -> Request | HTTPStatus | None:
        """The next request, the status with which it is to be refused, or None when there is none."""
        deadline = time.monotonic() + REQUEST_S
        self._bodiless = False
        try:
            head = self._event(deadline)
            if not isinstance(head, h11.Request):
                return None
            self._bodiless = head.method == b"HEAD"
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers)
            found = Request(head.method.decode("latin-1"), head.target.decode("latin-1"), headers)
            if int(found.header("content-length") or 0) > largest_body:
                return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            if self._wire.they_are_waiting_for_100_continue:
                self._write(self._wire.send(h11.InformationalResponse(status_code=100, headers=[])), deadline)
            body = bytearray()
            while isinstance(event := self._event(deadline), h11.Data):
                body += event.data
                if len(body) > largest_body:
                    return HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        except h11.RemoteProtocolError as error:
            return HTTPStatus(error.error_status_hint)
        except TimeoutError:
            begun = self._wire.their_state is not h11.IDLE or self._wire.trailing_data[0]
            return HTTPStatus.REQUEST_TIMEOUT if begun else None
        return Request(found.method, found.target, headers, bytes(body))

    def send(self, reply: Reply) -> None:
        """Send a reply whole."""
        content = reply.content
        try:
            if self._wire.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
                raise _LeftError
            size = content.size if isinstance(content, Part) else len(content)
            deadline = time.monotonic() + REPLY_S + size / SLOWEST
            headers = [("Content-Type", reply.kind), ("Content-Length", str(size)), ("Date", formatdate(usegmt=True))]
            if self._wire.their_state not in (h11.DONE, h11.MUST_CLOSE):
                headers.append(("Connection", "close"))  # the rest of the request is not read
            headers += reply.headers
            head = h11.Response(status_code=reply.status, headers=headers, reason=reply.status.phrase.encode())
            self._write(self._wire.send(head), deadline)
            if not self._bodiless:
                for block in _blocks(content):
                    self._write(self._wire.send(h11.Data(data=block)), deadline)
            self._write(self._wire.send(h11.EndOfMessage()), deadline)
        except TimeoutError as error:
            raise _LeftError from error
        finally:
            if isinstance(content, Part):
                content.file.close()

    def goes_on(self) -> bool:
        """Whether another request may follow."""
        if self._wire.our_state is h11.DONE and self._wire.their_state is h11.DONE:
            self._wire.start_next_cycle()
            return True
        return False

    def leave(self) -> None:
        """Say that nothing more will come, and let the client finish what it is sending."""
        deadline = time.monotonic() + LEAVING_S
        with _about_the_client():
            self._client.shutdown(socket.SHUT_WR)
        try:
            while self._read(deadline):
                pass
        except TimeoutError:
            return

    def _event(self, deadline: float) -> object:
        while (event := self._wire.next_event()) is h11.NEED_DATA:
            self._wire.receive_data(self._read(deadline))
        return event

    def _read(self, deadline: float) -> bytes:
        with _about_the_client():
            self._client.settimeout(_left(deadline))
            return self._client.recv(_BIT)

    def _write(self, data: bytes | None, deadline: float) -> None:
        with _about_the_client():
            self._client.settimeout(_left(deadline))
            self._client.sendall(data or b"")


@contextmanager
def _about_the_client() -> Iterator[None]:
    """Errors of the socket say that the client left; `TimeoutError` stays."""
    try:
        yield
    except TimeoutError:
        raise
    except OSError as error:
        raise _LeftError from error


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _blocks(content: bytes | Part) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    left = content.size
    while left:
        block = content.file.read(min(left, _BLOCK))
        if not block:  # the file became shorter since its length was told
            raise _LeftError
        left -= len(block)
        yield block
