"""What is outside of a runner: comments behind an API on 127.0.0.1, a git server, caches and artifacts, tokens."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

BOT = "github-actions[bot]"
LONGEST_COMMENT = 65536

# Stands in the way of a push whose token may not write, and of one push where `reject-once` asks for it.
_PRE_RECEIVE = """#!/bin/sh
[ -f "$HOME/git-may-ask-gh" ] || { echo "no credentials" >&2; exit 1; }
grep -qx "$GH_TOKEN" "$(dirname "$0")/../may-write" || { echo "403: the token cannot write contents" >&2; exit 1; }
once="$(dirname "$0")/../reject-once"
[ ! -f "$once" ] || { rm "$once"; echo "non-fast-forward" >&2; exit 1; }
"""


@dataclass
class GitHub:
    """One repository on a server of its own; `comments` are those of all pull requests, `refused` the denied requests.

    `tamper` is called with the folder of an artifact once it is uploaded.
    """

    root: Path
    repository: str = "team/model"
    comments: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, Mapping[str, str]] = field(default_factory=dict)
    tamper: Callable[[Path], object] | None = None
    refused: list[str] = field(default_factory=list)
    runs: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        subprocess.run(["git", "init", "--quiet", "--bare", str(self.git)], check=True)
        hook = self.git / "hooks" / "pre-receive"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_PRE_RECEIVE)
        hook.chmod(0o755)

    @property
    def git(self) -> Path:
        """The bare repository."""
        return self.root / "server" / self.repository

    @property
    def url(self) -> str:
        """What GITHUB_SERVER_URL is."""
        return f"file://{self.root / 'server'}"

    def token(self, permissions: Mapping[str, str]) -> str:
        """A new token with these permissions."""
        name = f"token-{len(self.tokens) + 1}"
        self.tokens[name] = permissions
        writers = [token for token, may in self.tokens.items() if may.get("contents") == "write"]
        (self.git / "may-write").write_text("".join(f"{token}\n" for token in writers))
        return name

    def file(self, branch: str, name: str) -> str | None:
        """A file of the git server, None where there is none."""
        command = ["git", "-C", str(self.git), "show", f"{branch}:{name}"]
        done = subprocess.run(command, capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def answer(self, method: str, path: str, token: str, body: Mapping[str, Any]) -> tuple[int, Any]:
        """The API: comments of a pull request, for who may read or write them."""
        right = self.tokens.get(token, {}).get("pull-requests", "none")
        if right != "write" and (method != "GET" or right != "read"):
            self.refused.append(f"{method} {path}")
            return 403, {"message": "Resource not accessible by integration"}
        listed = re.fullmatch(rf"/repos/{self.repository}/issues/(\d+)/comments(?:\?per_page=100)?", path)
        one = re.fullmatch(rf"/repos/{self.repository}/issues/comments/(\d+)", path)
        if listed and method == "GET":
            return 200, [comment for comment in self.comments if comment["issue"] == int(listed[1])]
        if (listed and method == "POST") or (one and method == "PATCH"):
            text = body["body"]
            if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_COMMENT:
                return 422, {"message": "Validation Failed"}
            if listed:
                self.comment(int(listed[1]), text, BOT)
                return 201, self.comments[-1]
            found = next(comment for comment in self.comments if one and comment["id"] == int(one[1]))
            found["body"] = text
            return 200, found
        return 404, {"message": "Not Found"}

    def comment(self, issue: int, body: str, login: str) -> None:
        """Somebody comments."""
        number = 100 + len(self.comments)
        self.comments.append({"id": number, "issue": issue, "body": body, "user": {"login": login}})

    @contextmanager
    def serving(self) -> Iterator[None]:
        """The API listens on 127.0.0.1 inside of this."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        self.address = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _handler(github: GitHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            token = (self.headers.get("Authorization") or "").removeprefix("token ")
            status, content = github.answer(self.command, self.path, token, body)
            data = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = reply

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
