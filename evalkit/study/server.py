"""Serve the page and collect answers on the local machine: threads over the standard library's server.

`GET` gives files of `page/` (with byte ranges, which browsers need to seek), `POST /answers` takes a sheet
(`evalkit.study.answers`) and answers with what was stored, what was refused and why, and the trials this rater has
answered so far. An answer is acknowledged when it is on the disk.
"""

import json
import re
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from evalkit.errors import StudyError
from evalkit.study.answers import FORGED, Sheet, read_sheet
from evalkit.study.folder import StudyFolder, read_study, read_tokens
from evalkit.study.store import keep, stored_answers

LARGEST_SHEET = 4 << 20
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".mp4": "video/mp4",
    ".png": "image/png",
}
_SILENT_S = 60


class StudyServer(ThreadingHTTPServer):
    """Ready to `serve_forever`; port 0 takes a free one (`server_port` says which).

    Raises `StudyError` when the folder is no study, the answers cannot be written, or the address cannot be had.
    """

    request_queue_size = 128

    def __init__(self, folder: StudyFolder, host: str = "127.0.0.1", port: int = 0) -> None:
        self.folder, self.study, self.tokens = folder, read_study(folder), read_tokens(folder)
        stored_answers(folder.answers)
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise StudyError(f"Cannot listen on {host}:{port} ({error}). Choose a free --port; 0 finds one.") from error


class _Handler(BaseHTTPRequestHandler):
    server: StudyServer
    protocol_version = "HTTP/1.1"
    timeout = _SILENT_S

    def do_GET(self) -> None:
        path = _inside(self.server.folder.page, self.path)
        if path is None:
            self._send_error(HTTPStatus.NOT_FOUND)
        else:
            self._send_file(path)

    do_HEAD = do_GET

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if urlsplit(self.path).path != "/answers":
            self._send_error(HTTPStatus.NOT_FOUND)
        elif not length.isascii() or not length.isdigit() or int(length) > LARGEST_SHEET:
            self._send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        else:
            self._take_sheet(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a line per request would bury what matters."""

    def _take_sheet(self, content: bytes) -> None:
        answers = self.server.folder.answers
        sheet = read_sheet(self.server.study, self.server.tokens, content)
        try:
            kept = keep(answers, sheet)
            answered = [] if sheet.rater is None else stored_answers(answers, sheet.rater)
        except StudyError as error:
            self._send_json(HTTPStatus.INSUFFICIENT_STORAGE, {"error": str(error)})
            return
        refused = [asdict(refusal) for refusal in kept.refusals]
        told = {"stored": kept.stored, "repeated": kept.repeated, "refused": refused}
        self._send_json(_status(sheet), told | {"answered": [answer.trial for answer in answered]})

    def _send_file(self, path: Path) -> None:
        body = path.read_bytes()
        bounds = _byte_range(self.headers.get("Range", ""), len(body))
        start, stop = bounds or (0, len(body))
        self.send_response(HTTPStatus.PARTIAL_CONTENT if bounds else HTTPStatus.OK)
        if bounds:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{len(body)}")
        self.send_header("Accept-Ranges", "bytes")
        self._send_body(_TYPES.get(path.suffix, "application/octet-stream"), body[start:stop])

    def _send_json(self, status: HTTPStatus, content: Any) -> None:
        self.send_response(status)
        self._send_body("application/json", json.dumps(content).encode())

    def _send_error(self, status: HTTPStatus) -> None:
        """Refuse a request whose body, if there is one, was not read: nothing more can come over this connection."""
        self.close_connection = True
        self.send_response(status)
        self.send_header("Connection", "close")
        self._send_body("application/json", json.dumps({"error": status.phrase}).encode())

    def _send_body(self, kind: str, body: bytes) -> None:
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _status(sheet: Sheet) -> HTTPStatus:
    if sheet.rater is not None:
        return HTTPStatus.OK
    return HTTPStatus.FORBIDDEN if sheet.refusals[0].reason == FORGED else HTTPStatus.BAD_REQUEST


def _inside(page: Path, target: str) -> Path | None:
    """The file of the page that a request names; None for anything else, however it is written."""
    name = unquote(urlsplit(target).path).lstrip("/") or "index.html"
    if "\0" in name:
        return None
    path = (page / name).resolve()
    return path if path.is_file() and path.is_relative_to(page.resolve()) else None


def _byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a simple range; None for the whole file, also when the range makes no sense."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", header.strip())
    if not found or found.groups() == ("", "") or not size:
        return None
    first, last = found.groups()
    start = int(first) if first else max(0, size - int(last))
    stop = min(size, int(last) + 1) if first and last else size
    return (start, stop) if start < stop else None
