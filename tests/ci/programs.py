"""Stand-ins for programs of a hosted runner: `gh`, which asks the API on 127.0.0.1, and setup-python's `python`."""

import sys
from pathlib import Path

# The options of `gh` that the workflow uses; anything else is refused with exit code 64.
_GH = """#!{python} -I
import json, os, pathlib, subprocess, sys, urllib.error, urllib.request
given = sys.argv[1:]
if given == ["auth", "setup-git"]:
    pathlib.Path(os.environ["HOME"], "git-may-ask-gh").touch()
    sys.exit(0 if os.environ.get("GH_TOKEN") else 4)
if given[:1] != ["api"]:
    sys.exit(64)
method, silent, query, fields, path, given = "GET", False, None, {{}}, None, given[1:]
while given:
    word = given.pop(0)
    if word == "--method":
        method = given.pop(0)
    elif word == "--silent":
        silent = True
    elif word == "--paginate":
        pass
    elif word == "--jq":
        query = given.pop(0)
    elif word == "--field":
        name, _, value = given.pop(0).partition("=")
        fields[name] = pathlib.Path(value[1:]).read_text(errors="replace") if value[:1] == "@" else value
    elif path is None and not word.startswith("-"):
        path = word
    else:
        sys.exit(64)
headers = {{"Authorization": "token " + os.environ["GH_TOKEN"], "Content-Type": "application/json"}}
data = json.dumps(fields).encode() if fields else None
request = urllib.request.Request(os.environ["PLAYED_API"] + "/" + path, data, headers, method=method)
try:
    answer = urllib.request.urlopen(request, timeout=20).read()
except urllib.error.HTTPError as error:
    print("gh: HTTP", error.code, error.read().decode(), file=sys.stderr)
    sys.exit(1)
if query is not None:
    sys.exit(subprocess.run(["jq", "--raw-output", query], input=answer).returncode)
if not silent:
    print(answer.decode())
"""

# Notes what pip is asked to install; with the package itself `evalkit` is there, which is that of this environment. It
# leaves a file in the cache, for features.
_PYTHON = """#!/bin/bash
if [ "$*" = "-m pip cache dir" ]; then echo "$HOME/.cache/pip"; exit 0; fi
if [ "$1 $2 $3" != "-m pip install" ]; then echo "python $*: not played" >&2; exit 64; fi
shift 3
printf '%s\\0' "$@" "" >> "{log}"
if [ "$PIP_FAILS" = 1 ]; then exit 1; fi
case "${{@: -1}}" in torch*) exit 0 ;; esac
cat > "{folder}/evalkit" <<'END'
#!/bin/bash
mkdir -p ~/.cache/evalkit && touch ~/.cache/evalkit/feature
exec "{python}" -m evalkit "$@"
END
chmod +x "{folder}/evalkit"
"""


def write_gh(folder: Path) -> None:
    """Put `gh` into a folder."""
    _write(folder / "gh", _GH.format(python=sys.executable))


def write_python(folder: Path, log: Path) -> None:
    """Put `python` into a folder; what pip installs is appended to `log`."""
    _write(folder / "python", _PYTHON.format(python=sys.executable, folder=folder, log=log))


def installs(log: Path) -> list[list[str]]:
    """The arguments of every `pip install`, from the log."""
    if not log.exists():
        return []
    calls = log.read_bytes().decode().split("\0\0")
    return [call.split("\0") for call in calls if call]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
