"""`evalkit weights` as a user calls it."""

import json
import os

from typer.testing import CliRunner

from evalkit import weights
from evalkit.cli.weights import app
from evalkit.errors import UnknownNameError, WeightsError
from tests.weights.files import CONTENT, place, sha256

RUNNER = CliRunner()


def test_list_says_what_is_here_and_under_which_terms(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(place(tmp_path, "fsanet_1x1.onnx").parent))
    rows = {row["id"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert rows.keys() == weights.catalogue().keys()
    assert rows["fsanet-1x1"]["path"] is None, "the file there is another one"
    assert rows["arcface-w600k-r50"]["non_commercial"] and len(rows["arcface-w600k-r50"]["sha256"]) == 64
    table = RUNNER.invoke(app, ["list"]).stdout
    assert "arcface-w600k-r50" in table and "non-commercial" in table and table.count("WRONG") == 1


def test_list_names_the_files_that_are_right(shared, monkeypatch):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    rows = {row["id"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert rows["fsanet-1x1"]["path"] == str(shared / "weights" / "fsanet_1x1.onnx")
    assert rows["fsanet-1x1"]["origin"] == "folder" and rows["inception-fid-pytorch"]["origin"] is None
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


def test_what_metrics_protocols_and_methods_need_is_fetched(monkeypatch):
    asked = []
    monkeypatch.setattr(weights, "fetch", lambda name, **how: asked.append((name, how["accept_licence"])))
    told = RUNNER.invoke(app, ["fetch", "-m", "akd[mtcnn5]", "--protocol", "demo_cross", "--method", "liveportrait"])
    names = [name for name, _ in asked]
    assert told.exit_code == 0 and names[:3] == ["mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet"]
    assert names[-1] == "face-landmarks-203" and len(set(names)) == len(names) and not any(yes for _, yes in asked)
    asked.clear()
    told = RUNNER.invoke(app, ["fetch", "-m", "l1"])
    assert told.exit_code == 0 and "No network file is needed" in told.stderr and not asked


def test_size_licence_and_address_are_said_first_and_one_failure_does_not_stop_the_rest(monkeypatch, server):
    def fetch(name, **how):
        if name == "mtcnn-rnet":
            raise WeightsError("no route")
        return f"/there/{name}"

    monkeypatch.setattr(weights, "fetch", fetch)
    monkeypatch.setattr(weights, "missing", lambda names: "absent")
    told = RUNNER.invoke(app, ["fetch", "mtcnn-pnet", "mtcnn-rnet", "mtcnn-onet"])
    assert told.stdout.split() == ["/there/mtcnn-pnet", "/there/mtcnn-onet"]
    assert isinstance(told.exception, WeightsError)
    assert str(told.exception) == "1 of 3 files could not be fetched: mtcnn-rnet."
    assert "no route" in told.stderr and "403.1 kB" not in told.stderr and "0.4 MB. Licence: MIT." in told.stderr
    assert "From: pypi:facenet-pytorch==2.5.3, https://" in told.stderr


def test_names_that_are_not_of_files_are_answered_with_what_was_meant():
    near = RUNNER.invoke(app, ["fetch", "mtcnn-p-net"]).exception
    assert isinstance(near, UnknownNameError) and "'mtcnn-pnet'" in str(near)
    for name, option in (("akd[mtcnn5]", "metric"), ("demo_cross", "protocol"), ("liveportrait", "method")):
        told = RUNNER.invoke(app, ["fetch", name]).exception
        assert str(told).endswith(f"It is a {option}: evalkit weights fetch --{option} {name}")
    assert "give --metric, --protocol or --method" in str(RUNNER.invoke(app, ["fetch"]).exception)


def test_list_names_the_metrics_and_methods_that_use_a_file():
    rows = {row["id"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert {"akd[mtcnn5]", "coverage[mtcnn5]"} <= set(rows["mtcnn-rnet"]["metrics"])
    assert rows["face-landmarks-203"]["methods"] == ["liveportrait"] and not rows["face-landmarks-203"]["metrics"]
    assert "aed[blendshapes], " in RUNNER.invoke(app, ["list"]).stdout
