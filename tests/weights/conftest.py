"""An empty cache, a catalogue of one file, and a server of files on this machine."""

import http.server
import threading

import pytest

from evalkit import weights
from evalkit.cli import weight_users
from evalkit.weights import entry as entries
from evalkit.weights import transfer
from evalkit.weights.entry import WeightFile
from tests.weights.files import CONTENT, sha256


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """An empty cache, no extra folders, and no second try."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)
    monkeypatch.setattr(transfer, "_PAUSES_S", ())


@pytest.fixture
def register(monkeypatch):
    """Make the catalogue hold just this file."""

    def one(name="net", **keys) -> WeightFile:
        facts = {
            "title": "A network",
            "file": "net.bin",
            "sha256": sha256(CONTENT),
            "bytes": len(CONTENT),
            "licence": "MIT",
            "source": "here",
        }
        made = WeightFile(name=name, **(facts | keys))
        for module in (entries, weights):
            monkeypatch.setattr(module, "catalogue", lambda: {name: made})
        monkeypatch.setattr(weight_users, "METRICS", {})  # they need the files of the true catalogue
        return made

    return one


class Server:
    """Files by path; remembers the ranges asked for; can cut a connection after some bytes."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.ranges: list[str | None] = []
        self.cut_after: int | None = None
        self.ignores_ranges = False
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                server.ranges.append(asked)
                content = server.files.get(self.path)
                if content is None:
                    self.send_error(404)
                    return
                start = int((asked or "bytes=0-")[6:-1]) if not server.ignores_ranges else 0
                if start >= len(content):
                    self.send_error(416)
                    return
                self.send_response(206 if asked and not server.ignores_ranges else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                end = len(content) if server.cut_after is None else start + server.cut_after
                self.wfile.write(content[start:end])

            def log_message(self, *_: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server():
    made = Server()
    thread = threading.Thread(target=made.http.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.http.shutdown()
    made.http.server_close()
    thread.join()
