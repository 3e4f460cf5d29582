"""What a study answers to a request: files of `page/`, and whether answers are kept.

`GET` gives files, with byte ranges, which browsers need to seek. `POST /answers` takes a sheet
(`evalkit.study.answers`) and tells what was stored, what was refused and why, and the trials this rater has answered so
far. An answer is acknowledged when it is on the disk. Nothing beside `page/` is ever served.
"""

import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from evalkit.errors import StudyError
from evalkit.study.answers import FORGED, Sheet, largest_sheet, read_sheet
from evalkit.study.connection import Part, Reply, Request
from evalkit.study.folder import StudyFolder, read_study, read_tokens
from evalkit.study.store import keep, stored_answers
from evalkit.study.visitors import Visitors

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".mp4": "video/mp4",
    ".png": "image/png",
}
_ALWAYS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"),
    ("Referrer-Policy", "no-referrer"),
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
_MOST_DIGITS = 18
_NOT_HERE = "Not served under this name. Whoever serves the study can add it with --public-name."
_NOT_FROM_THERE = "Answers are taken from the page of this study only."


class StudySite:
    """What is answered. `report` is told, in a line, what whoever serves has to know.

    Raises `StudyError` when the folder is not a study or the answers cannot be written.
    """

    def __init__(self, folder: StudyFolder, visitors: Visitors, report: Callable[[str], None]) -> None:
        self._folder, self._study, self._tokens = folder, read_study(folder), read_tokens(folder)
        self._visitors, self._report = visitors, report
        self.largest_body = largest_sheet(self._study)
        stored_answers(folder.answers)

    def reply(self, request: Request) -> Reply:
        """The reply to a whole request."""
        host, path = request.header("host"), request.target.partition("?")[0]
        if not path.startswith("/"):
            return refusal(HTTPStatus.BAD_REQUEST)
        if not self._visitors.may_ask(host):
            return refusal(HTTPStatus.MISDIRECTED_REQUEST, _NOT_HERE)
        if request.method in ("GET", "HEAD"):
            return _file_reply(self._folder.page, path, request.header("range"))
        if request.method != "POST":
            return refusal(HTTPStatus.METHOD_NOT_ALLOWED, headers=(("Allow", "GET, HEAD, POST"),))
        if path != "/answers":
            return refusal(HTTPStatus.NOT_FOUND)
        if not self._visitors.may_send(request.header("origin"), host):
            return refusal(HTTPStatus.FORBIDDEN, _NOT_FROM_THERE)
        return self._take_sheet(request.body)

    def _take_sheet(self, content: bytes) -> Reply:
        answers = self._folder.answers
        sheet = read_sheet(self._study, self._tokens, content)
        try:
            kept = keep(answers, sheet)
            answered = [] if sheet.rater is None else stored_answers(answers, sheet.rater)
        except StudyError as error:
            self._report(str(error))
            return refusal(HTTPStatus.INSUFFICIENT_STORAGE, "The answers cannot be stored now.")
        refused = [asdict(one) for one in kept.refusals]
        told = {"stored": kept.stored, "repeated": kept.repeated, "refused": refused}
        return _json_reply(_status(sheet), told | {"answered": [answer.trial for answer in answered]})


def refusal(status: HTTPStatus, why: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """The reply to a request that is not answered."""
    return _json_reply(status, {"error": why or status.phrase}, headers)


def _json_reply(status: HTTPStatus, content: Any, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, "application/json", json.dumps(content).encode(), (*_ALWAYS, *headers))


def _status(sheet: Sheet) -> HTTPStatus:
    if sheet.rater is not None:
        return HTTPStatus.OK
    return HTTPStatus.FORBIDDEN if sheet.refusals[0].reason == FORGED else HTTPStatus.BAD_REQUEST


def _file_reply(page: Path, target: str, wanted: str) -> Reply:
    path = _inside(page, target)
    if path is None:
        return refusal(HTTPStatus.NOT_FOUND)
    try:
        file = path.open("rb")
    except OSError:
        return refusal(HTTPStatus.NOT_FOUND)
    size = os.fstat(file.fileno()).st_size
    start, stop = _byte_range(wanted, size) or (0, size)
    if start >= stop and size:
        file.close()
        return refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=(("Content-Range", f"bytes */{size}"),))
    file.seek(start)
    headers = (("Accept-Ranges", "bytes"), *_ALWAYS)
    kind, part = _TYPES.get(path.suffix, "application/octet-stream"), Part(file, stop - start)
    if (start, stop) == (0, size):
        return Reply(HTTPStatus.OK, kind, part, headers)
    told = ("Content-Range", f"bytes {start}-{stop - 1}/{size}")
    return Reply(HTTPStatus.PARTIAL_CONTENT, kind, part, (told, *headers))


def _inside(page: Path, target: str) -> Path | None:
    """The file of the page that a request names; None for anything else, however it is written."""
    name = unquote(target).lstrip("/") or "index.html"
    try:
        path = (page / name).resolve(strict=True)
        regular = stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError, RuntimeError):  # too long, with a null, a loop of links
        return None
    return path if regular and path.is_relative_to(page.resolve()) else None


def _byte_range(header: str, size: int) -> tuple[int, int] | None:
    """Start and end (exclusive) of a single range; the two are equal where nothing of it exists.

    None for the whole file, also when the range makes no sense (RFC 9110, 14.2).
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = (_number(digits) for digits in found.groups())
    if first is None:
        return size - min(size, last or 0), size
    if last is not None and last < first:
        return None
    start = min(first, size)
    return start, size if last is None else min(size, last + 1)


def _number(digits: str) -> int | None:
    """None for no digits. Numbers beyond any file are all the same."""
    return int(digits[-_MOST_DIGITS:]) if 0 < len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS if digits else None
