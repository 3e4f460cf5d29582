"""`evalkit weights` as a user calls it."""

import json
import os

from typer.testing import CliRunner

from evalkit import weights
from evalkit.cli.weights import app
from evalkit.errors import WeightsError
from tests.weights.files import CONTENT, place, sha256

RUNNER = CliRunner()


def test_list_says_what_is_here_and_under_which_terms(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(place(tmp_path, "pnet.pt").parent))
    rows = {row["id"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert rows.keys() == weights.catalogue().keys()
    assert rows["mtcnn-pnet"]["path"] is None, "the file there is another one"
    assert rows["arcface-w600k-r50"]["non_commercial"] and len(rows["arcface-w600k-r50"]["sha256"]) == 64
    table = RUNNER.invoke(app, ["list"]).stdout
    assert "arcface-w600k-r50" in table and "non-commercial" in table and table.count("WRONG") == 1


def test_list_names_the_files_that_are_right(shared, monkeypatch):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    rows = {row["id"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert rows["mtcnn-pnet"]["path"] == str(shared / "weights" / "mtcnn_pnet.pt")
    assert rows["mtcnn-pnet"]["origin"] == "folder" and rows["inception-fid-pytorch"]["origin"] is None
    assert rows["inception-fid-pytorch"]["path"] is None


def test_fetch_import_where_and_verify(register, server, tmp_path):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"] = CONTENT
    fetched = RUNNER.invoke(app, ["fetch", "net"])
    path = weights.cache_folder() / "net.bin"
    assert fetched.stdout.strip() == str(path) and "Licence: MIT" in fetched.stderr
    assert RUNNER.invoke(app, ["where", "net"]).stdout.strip() == str(path)
    assert RUNNER.invoke(app, ["where"]).stdout.split() == [str(weights.cache_folder())]
    verified = json.loads(RUNNER.invoke(app, ["verify", "--json"]).stdout)
    facts = {"id": "net", "path": str(path), "origin": "cache", "sha256": sha256(CONTENT), "pinned": True, "ok": True}
    assert verified == [facts]
    stamp = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    verified = RUNNER.invoke(app, ["verify"])
    assert isinstance(verified.exception, WeightsError) and "WRONG" in verified.stdout
    path.unlink()
    assert isinstance(RUNNER.invoke(app, ["verify", "net"]).exception, WeightsError)
    assert RUNNER.invoke(app, ["import", "net", str(place(tmp_path, "mine", CONTENT))]).stdout.strip() == str(path)
