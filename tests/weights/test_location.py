"""Weight files are found by name and held to their digest."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evalkit import weights
from evalkit.base import digests
from evalkit.base.files import content_sha256
from evalkit.cli.weights import app
from evalkit.errors import WeightsError
from evalkit.weights import location
from tests.weights.files import CONTENT, OTHER, place, sha256

RUNNER = CliRunner()


def test_a_file_is_found_in_the_folders_in_their_order_and_then_in_the_cache(register, tmp_path, monkeypatch):
    register(aliases=("other.bin",))
    cached = place(weights.cache_folder(), "net.bin")
    assert weights.locate("net") == cached
    second = place(tmp_path / "second", "net.bin")
    first = place(tmp_path / "first", "other.bin")
    folders = (tmp_path / "absent", first.parent, second.parent)
    monkeypatch.setenv("EVALKIT_WEIGHTS", os.pathsep.join(map(str, folders)))
    assert weights.locate("net") == first
    first.unlink()
    assert weights.locate("net") == second


def test_an_absent_file_names_the_command(register):
    register(urls=("https://example.org/net.bin",), non_commercial=True)
    with pytest.raises(WeightsError, match=r"net\.bin\. Get them with: evalkit weights fetch net --accept-licence$"):
        weights.locate("net")


def test_a_file_without_a_pinned_digest_is_taken_by_name_and_its_own_digest_counts(register, tmp_path):
    register(sha256=None, bytes=None)
    assert weights.short_digest("net") == "absent"
    assert weights.import_file("net", place(tmp_path, "mine.bin", OTHER)) == weights.locate("net")
    assert (
        weights.short_digest("net") == sha256(OTHER)[:8]
        and "no digest is known" in RUNNER.invoke(app, ["verify"]).stdout
    )
    register(sha256=sha256(OTHER)[:9])
    assert f"ok, as far as known ({sha256(OTHER)[:9]}...)" in RUNNER.invoke(app, ["verify"]).stdout
    register()
    assert weights.short_digest("net") == sha256(CONTENT)[:8]


def test_a_file_without_a_pinned_digest_is_fetched(register, server):
    server.files["/net.bin"] = CONTENT
    register(sha256=None, bytes=None, urls=(f"{server.url}/net.bin",))
    assert weights.fetch("net").read_bytes() == CONTENT and weights.locate("net").is_file()


def test_a_wrong_file_is_named_with_both_digests(register):
    register(urls=("https://example.org/net.bin",))
    wrong = place(weights.cache_folder(), "net.bin", OTHER)
    digests = rf"{sha256(CONTENT)}, got {sha256(OTHER)} \(15 bytes, expected 1024000\)"
    with pytest.raises(WeightsError, match=digests) as error:
        weights.locate("net")
    assert str(wrong) in str(error.value) and "evalkit weights fetch net" in str(error.value)


def test_a_wrong_file_does_not_hide_a_right_one(register, tmp_path, monkeypatch):
    register()
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(place(tmp_path / "extra", "net.bin", OTHER).parent))
    right = place(weights.cache_folder(), "net.bin")
    assert weights.locate("net") == right


def test_a_digest_is_computed_once_per_state_of_a_file(register, monkeypatch):
    register()
    path = place(weights.cache_folder(), "net.bin")
    read: list[Path] = []
    original = content_sha256
    for module in (location, digests):
        monkeypatch.setattr(module, "content_sha256", lambda p: read.append(p) or original(p))
    monkeypatch.setattr(digests, "_YOUNG_S", -1.0)
    for _ in range(3):
        weights.locate("net")
    assert read == [path]
    path.write_bytes(OTHER * 2)
    with pytest.raises(WeightsError):
        weights.locate("net")
    assert read == [path, path]
    weights.digest(path, fresh=True)
    assert read == [path] * 3


def test_what_is_missing_is_said_at_once(tmp_path, monkeypatch):
    message = weights.missing(["scrfd-10g-det", "arcface-w600k-r50", "scrfd-10g-det", "tddfa-v2-bases"])
    assert message == (
        "Needed: det_10g.onnx, w600k_r50.onnx, tddfa_v2_62d_bases.npz. Get them with: "
        "evalkit weights fetch scrfd-10g-det arcface-w600k-r50 --accept-licence && "
        "evalkit weights import tddfa-v2-bases tddfa_v2_62d_bases.npz"
    )
    place(weights.cache_folder(), "det_10g.onnx", OTHER)
    message = weights.missing(["scrfd-10g-det", "fsanet-1x1"])
    assert message is not None and "fetch fsanet-1x1 " in message and "det_10g.onnx is not 'scrfd-10g-det'" in message
    assert weights.missing([]) is None


def test_a_file_named_by_a_variable(tmp_path, monkeypatch):
    monkeypatch.delenv("EVALKIT_ARCFACE", raising=False)
    assert weights.missing(["$EVALKIT_ARCFACE"]) == "Set $EVALKIT_ARCFACE to the network file to use."
    monkeypatch.setenv("EVALKIT_ARCFACE", str(tmp_path))
    with pytest.raises(WeightsError, match=r"Set \$EVALKIT_ARCFACE"):
        weights.locate("$EVALKIT_ARCFACE")
    monkeypatch.setenv("EVALKIT_ARCFACE", str(place(tmp_path, "mine.onnx")))
    assert weights.locate("$EVALKIT_ARCFACE") == tmp_path / "mine.onnx"
    assert weights.missing(["$EVALKIT_ARCFACE"]) is None
