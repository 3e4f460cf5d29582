"""Readers of a study: its files, its answers, and requests to its server."""

import json
import socket
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from evalkit.study.answers import Answer, Refusal, Sheet, read_sheet
from evalkit.study.connection import converse
from evalkit.study.design import Trial, Unit
from evalkit.study.folder import Asked, Group, Scene, Study, StudyFolder, read_study, read_tokens, write_study
from evalkit.study.page import write_page
from evalkit.study.replies import StudySite, refusal
from evalkit.study.store import keep, stored_answers, stored_refusals
from evalkit.study.visitors import Visitors
from tests.fuzz.reader import Reader, of_files, place


def _study() -> Study:
    group = Group(protocol="p", protocol_hash="a", data_hash="d", title="P", motion="absolute", methods=("A", "B"))
    scene = Scene(protocol="p", pair="x--y", source="s.png", driving="d.mp4", clips={"A": "a.mp4", "B": "b.mp4"})
    trials = {f"t{n}": Asked(rater=n % 2, scene="s", left="A", right="B", check=False) for n in range(8)}
    return Study(
        schema_version=1,
        id="study",
        seed=1,
        question="Which?",
        ours=None,
        max_missed=0,
        raters=2,
        groups=(group,),
        scenes={"s": scene},
        left_out=(),
        trials=trials,
    )


def studies(root: Path) -> Iterator[Reader]:
    study = _study()
    for name in ("key.json", "raters.csv"):
        folder = StudyFolder(place(root, f"study_{name}"))
        write_study(folder, study)
        path = folder.path / name
        yield Reader(
            f"study {name}",
            folder.path,
            path,
            of_files(path.suffix[1:], [path.read_bytes()]),
            lambda folder=folder: (read_study(folder), read_tokens(folder)),
        )

    folder = StudyFolder(place(root, "study"))
    write_study(folder, study)
    tokens = read_tokens(folder)
    answers = [{"trial": f"t{n}", "choice": "left", "seconds": 2.5} for n in (0, 2, 4)]
    sheet = json.dumps({"schema_version": 1, "study": study.id, "token": tokens[0], "answers": answers}).encode()
    path = folder.path / "sheet.json"

    def judge(path: Path = path) -> object:
        found = read_sheet(study, tokens, path.read_bytes())
        assert sum(len(one.content) for one in found.refusals) < 100_000
        return found

    yield Reader("answer sheet", folder.path, path, of_files("json", [sheet]), judge, weight=8)

    folder = StudyFolder(place(root, "store"))
    path = folder.answers
    sheets = Sheet(
        0, (Answer(0, "t0", "left", 1.0), Answer(0, "t2", "right", None)), (Refusal("forged token", "", "x"),)
    )
    keep(path, sheets)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    stored = path.read_bytes()
    more = (
        folder.path / "answers.sqlite-wal",
        folder.path / "answers.sqlite-shm",
        folder.path / "answers.sqlite-journal",
    )

    def database(path: Path = path) -> object:
        return stored_answers(path), stored_refusals(path), keep(path, sheets)

    yield Reader("answers in SQLite", folder.path, path, of_files("bytes", [stored]), database, weight=1, also=more)

    yield _requests(root, study, tokens, sheet)


def _requests(root: Path, study: Study, tokens: Sequence[str], sheet: bytes) -> Reader:
    folder = StudyFolder(place(root, "served"))
    write_study(folder, study)
    (folder.path / "raters.csv").write_text("rater,token\n" + "".join(f"{n},{t}\n" for n, t in enumerate(tokens, 1)))
    dealt = [[Trial("t0", 0, Unit("s", "A", "B"), "A", "B")], []]
    write_page(folder.page, study, dealt)
    (folder.page / "media").mkdir()
    (folder.page / "media" / "a.mp4").write_bytes(bytes(range(256)) * 40)
    site = StudySite(folder, Visitors(), _fails)
    head = b"Host: 127.0.0.1:8788\r\nUser-Agent: x\r\nAccept: */*\r\n"
    seeds = [
        b"GET / HTTP/1.1\r\n" + head + b"\r\n",
        b"GET /media/a.mp4 HTTP/1.1\r\n" + head + b"Range: bytes=5-99\r\nIf-Range: x\r\n\r\n",
        b"HEAD /study.js?x=1 HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n",
        b"GET /forms/1.js HTTP/1.0\r\n" + head + b"\r\n",
        b"POST /answers HTTP/1.1\r\n"
        + head
        + b"Origin: http://127.0.0.1:8788\r\nContent-Length: %d\r\n\r\n" % len(sheet)
        + sheet,
        b"POST /answers HTTP/1.1\r\n"
        + head
        + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\n\r\n',
        b"GET /%2e%2e/key.json HTTP/1.1\r\n" + head + b"\r\nGET /../raters.csv HTTP/1.1\r\n" + head + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\n" + head + b"Upgrade: websocket\r\nExpect: 100-continue\r\n\r\n",
    ]
    secrets = ((folder.path / "key.json").read_bytes()[:40], tokens[1].encode())
    path = folder.path / "request"

    def ask() -> object:
        sent = path.read_bytes()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.settimeout(10)
            theirs.sendall(sent[: 64 << 10])
            theirs.shutdown(socket.SHUT_WR)
            said = b""

            def listen() -> None:
                nonlocal said
                while block := theirs.recv(1 << 16):
                    said += block

            # Beside it: many requests in one have more of an answer than a socket holds.
            listener = threading.Thread(target=listen)
            listener.start()
            converse(ours, site.largest_body, site.reply, refusal)
            ours.close()
            listener.join()
        assert not sent or not said or said.startswith(b"HTTP/1.1 "), said[:50]
        assert b"HTTP/1.1 5" not in said.replace(b"HTTP/1.1 501 ", b""), said[:50]  # 501: an unknown transfer encoding
        assert not any(secret in said for secret in secrets if secret not in sent)
        return said

    return Reader("HTTP request", folder.path, path, of_files("http", seeds), ask, weight=8)


def _fails(line: str) -> None:
    raise AssertionError(line)
