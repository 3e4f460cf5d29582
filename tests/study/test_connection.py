"""What clients do to a server: break off, dawdle, send rubbish, come in crowds. Case study-server-tracebacks."""

import contextlib
import http.client
import os
import socket
import struct
import threading
import time

import pytest

from evalkit.study import connection
from evalkit.study.replies import refusal
from evalkit.study.server import StudyServer
from tests.study.conftest import prefer, sheet

MEDIUM = "big.mp4"
SIZE = 24 << 20
WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture
def reported():
    return []


@pytest.fixture
def serve(study, reported):
    """Start a server of the study with one large file more in its page."""
    page = study.page.resolve()
    study.page.unlink()
    study.page.mkdir()
    for path in page.iterdir():
        (study.page / path.name).symlink_to(path)  # they lead out of the page, so that they are not served
    (study.page / "index.html").unlink()
    (study.page / "index.html").write_text("<!doctype html>")
    with (study.page / MEDIUM).open("wb") as file:
        file.truncate(SIZE)
    with contextlib.ExitStack() as stack:

        def started(**options):
            server = stack.enter_context(StudyServer(study, report=reported.append, **options))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            return server

        yield started


@contextlib.contextmanager
def connected(server):
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=20) as client:
        yield client


def said(server, data):
    """All that a server answers to these bytes until it closes the connection."""
    with connected(server) as client:
        answer = b""
        with contextlib.suppress(OSError):  # a client that is turned away may see a reset
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while block := client.recv(1 << 16):
                answer += block
    return answer


def status(server, data):
    line = said(server, data).split(b"\r\n", 1)[0].split(b" ")
    assert line[0] == b"HTTP/1.1"
    return int(line[1])


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (b"GET /index.html HTTP/1.1\r\nHost: localhost\r\nRange: bytes=%05000d-\r\n\r\n" % 9, 416),
        (b"GET /index.html HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-%05000d\r\n\r\n" % 9, 200),
        (b"GET /index.html HTTP/1.1\r\nHost: localhost\r\nRange: bytes=-%05000d\r\n\r\n" % 9, 200),
        (b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: %05000d\r\n\r\n" % 9, 400),
        (b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
        (b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
        (b"GET /%05000d HTTP/1.1\r\nHost: localhost\r\n\r\n" % 1, 404),
        (b"GET /" + b"a/" * 4000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.0\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 9000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \x00\r\n\r\n", 400),
        (b"G\xc3\x8bT / HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a client hello of TLS \r\n\r\n", 400),
        (b"GET /%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /study.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),  # a link out of the page
        (b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (
            b"POST /answers HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\nContent-Length: 0\r\n\r\n",
            403,
        ),
    ],
)
def test_odd_requests_have_an_answer(serve, reported, request_bytes, expected):
    server = serve()
    assert status(server, request_bytes) == expected
    assert status(server, WHOLE) == 200
    assert not reported


def test_viewers_who_break_off_are_silence(serve, reported, capfd):
    server = serve()
    for answer_read in (0, 100, 1 << 20):
        with connected(server) as client:
            client.sendall(b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % MEDIUM.encode())
            for _ in range(answer_read // 4096):
                client.recv(4096)
            # Reset instead of an end: what a browser does at every seek.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with connected(server) as client:
        client.sendall(b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
    assert status(server, WHOLE) == 200
    assert not reported and capfd.readouterr() == ("", "")


def test_files_are_streamed(serve, monkeypatch):
    """No reader of a large file makes the server hold more than a block of it."""
    largest = []
    whole = connection._blocks
    monkeypatch.setattr(
        connection, "_blocks", lambda content: (largest.append(len(block)) or block for block in whole(content))
    )
    server = serve()
    client = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    client.request("GET", f"/{MEDIUM}", headers={"Range": f"bytes=1000-{SIZE // 2}"})
    reply = client.getresponse()
    assert reply.status == 206 and len(reply.read()) == SIZE // 2 - 999
    client.close()
    assert len(largest) > 100 and max(largest) <= 64 << 10


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"]
)
def test_slow_requests_end(serve, monkeypatch, sent):
    """Slow loris: a byte now and then does not keep a connection; the time is that of the whole request."""
    monkeypatch.setattr(connection, "REQUEST_S", 0.3)
    server, began = serve(), time.monotonic()
    with connected(server) as client:
        client.sendall(sent)
        answer, client_is_served = b"", True
        while client_is_served and time.monotonic() < began + 15:
            client.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                block = client.recv(4096)
                answer, client_is_served = answer + block, bool(block)
            with contextlib.suppress(OSError):
                client.sendall(b"x" if sent else b"")
    assert not client_is_served
    assert answer.startswith(b"HTTP/1.1 408 ") if sent else answer == b""


def test_who_does_not_read_is_left(serve, reported, monkeypatch):
    monkeypatch.setattr(connection, "REPLY_S", 0.2)
    monkeypatch.setattr(connection, "SLOWEST", 1 << 40)
    server = serve(most_clients=1)
    with connected(server) as client:
        client.sendall(b"GET /%s HTTP/1.1\r\nHost: localhost\r\n\r\n" % MEDIUM.encode())
        deadline = time.monotonic() + 15
        while not said(server, WHOLE).startswith(b"HTTP/1.1 200 "):
            assert time.monotonic() < deadline
    assert not reported


def test_a_crowd_is_turned_away(serve):
    server = serve(most_clients=3)
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(connected(server)) for _ in range(3)]
        for client in crowd:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"
        assert said(server, b"").startswith(b"HTTP/1.1 503 ")
        before = threading.active_count()
        for _ in range(20):
            said(server, b"")
        assert threading.active_count() <= before
    deadline = time.monotonic() + 15
    while not said(server, WHOLE).startswith(b"HTTP/1.1 200 "):
        assert time.monotonic() < deadline


def test_a_fault_of_ours_is_one_line(serve, study, key, tokens, reported, capfd):
    server = serve()
    body = sheet(key, tokens[0], prefer(key, 0, "Good")[:1])
    head = b"POST /answers HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body)
    study.answers.unlink()
    study.answers.write_bytes(os.urandom(4096))
    for path in study.path.glob("answers.sqlite-*"):
        path.unlink()
    answer = said(server, head + body)
    assert answer.startswith(b"HTTP/1.1 507 ") and str(study.path).encode() not in answer
    assert len(reported) == 1 and "answers.sqlite" in reported[0] and capfd.readouterr() == ("", "")


def test_what_a_reply_raises_is_a_status(reported):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

        def fails(request):
            raise ZeroDivisionError(request.target)

        with pytest.raises(ZeroDivisionError):
            connection.converse(ours, 10, fails, refusal)
        assert theirs.recv(100).startswith(b"HTTP/1.1 500 ")


def test_a_public_name_is_said(serve):
    server = serve(names=["study.example.org"])
    answered = said(server, b"GET / HTTP/1.1\r\nHost: study.example.org\r\nConnection: close\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 200 ") and b"frame-ancestors 'none'" in answered


def test_a_continuation_is_given(server, key, tokens):
    body = sheet(key, tokens[0], [])
    with connected(server) as client:
        client.sendall(
            b"POST /answers HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
            b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(body)
        assert client.recv(100).startswith(b"HTTP/1.1 200 ")
