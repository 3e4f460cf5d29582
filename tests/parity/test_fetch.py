"""Fixtures by name: the same archives from the same files, and nothing is unpacked that is not what it should be."""

import functools
import http.server
import json
import os
import stat
import threading
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tests.parity import compare, fetch
from tests.parity.archive import file_sha256, unpack
from tests.parity.fetch import Published, pack, read_manifest
from tests.parity.fixture import FixtureError, load_fixture


@pytest.fixture
def fixtures(tmp_path):
    """One fixture of a method of ours, one of its variants, and one of a method we do not have."""
    for name in ("fomm", "dagan_spade", "unheard_of"):
        folder = tmp_path / "fixtures" / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"name": name}))
        np.savez(folder / "io.npz", x=np.arange(5.0))
    return tmp_path / "fixtures"


@pytest.fixture
def served(fixtures, tmp_path, monkeypatch):
    """The archives behind an address on this machine, and the manifest that names them."""
    monkeypatch.setattr(fetch, "MANIFEST", pack(fixtures, tmp_path / "out"))
    monkeypatch.setattr(fetch, "read_manifest", lambda: read_manifest(tmp_path / "out" / "fixtures.json"))
    monkeypatch.delenv(fetch.VARIABLE, raising=False)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Handler, directory=str(tmp_path / "out"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


def zipped(path, *members):
    """An archive with these (member, content)."""
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members:
            archive.writestr(member, content)
    return Published("x", "fomm", path.name, path.stat().st_size, file_sha256(path), 100)


def test_the_same_files_give_the_same_bytes(fixtures, tmp_path):
    manifest = pack(fixtures, tmp_path / "one")
    for path in fixtures.rglob("*"):
        os.utime(path, (1e9, 1e9))
    (fixtures / "fomm" / "io.npz").chmod(0o600)
    pack(fixtures, tmp_path / "two")
    assert sorted(path.name for path in manifest.parent.iterdir()) == ["dagan_spade.zip", "fixtures.json", "fomm.zip"]
    for path in manifest.parent.iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_a_fixture_is_fetched_by_name(served, fixtures, tmp_path, capsys):
    assert fetch.main(["fetch", "dagan_spade", "fomm", "--from", served, "--to", str(tmp_path / "here")]) == 0
    for name in ("dagan_spade", "fomm"):
        for path in (fixtures / name).iterdir():
            assert (tmp_path / "here" / name / path.name).read_bytes() == path.read_bytes()
    assert load_fixture(tmp_path / "here" / "fomm").io["x"].tolist() == [0, 1, 2, 3, 4]
    said = capsys.readouterr().out
    assert f"python -m tests.parity dagan {tmp_path / 'here' / 'dagan_spade'}\n" in said
    assert fetch.main(["fetch", "fomm", "--from", served, "--to", str(tmp_path / "here")]) == 2
    assert "is there already" in capsys.readouterr().err


def test_the_address_may_stand_in_the_environment(served, tmp_path, monkeypatch):
    monkeypatch.setenv(fetch.VARIABLE, served)
    assert fetch.main(["fetch", "all", "--to", str(tmp_path / "here")]) == 0
    assert sorted(path.name for path in (tmp_path / "here").iterdir()) == ["dagan_spade", "fomm"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fomm"], "not published yet"),
        (["unheard_of", "--from", "http://127.0.0.1:9"], "no fixture 'unheard_of'; known are dagan_spade, fomm"),
        (["fomm", "--from", "ftp://example.org"], "expected an address"),
        (["fomm", "--from", "http://127.0.0.1:9"], "cannot be fetched"),
    ],
)
def test_a_mistake_is_one_sentence(served, tmp_path, capsys, arguments, said):
    assert fetch.main(["fetch", *arguments, "--to", str(tmp_path / "here")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda content: content[:-1], "expected [0-9]+ bytes, got [0-9]+"),
        (lambda content: content + b"x", "expected [0-9]+ bytes, got more"),
        (lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:], "expected sha256"),
        (lambda content: None, "cannot be fetched"),
    ],
    ids=["short", "long", "flipped", "gone"],
)
def test_other_bytes_are_refused_and_nothing_stays(served, tmp_path, damage, said):
    archive = tmp_path / "out" / "fomm.zip"
    content = damage(archive.read_bytes())
    archive.unlink()
    if content is not None:
        archive.write_bytes(content)
    with pytest.raises(FixtureError, match=said):
        fetch.fetch(fetch.read_manifest()["fomm"], served, tmp_path / "here")
    assert not (tmp_path / "here").exists() or not list((tmp_path / "here").iterdir())


def link(name):
    member = zipfile.ZipInfo(name)
    member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return member


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([("../out.txt", "x")], "no plain file"),
        ([("/etc/passwd", "x")], "no plain file"),
        ([("a/b.txt", "x")], "no plain file"),
        ([("..\\out.txt", "x")], "no plain file"),
        ([(link("io.npz"), "/etc/passwd")], "no plain file"),
        ([("a", "x" * 101)], "more than the 100 bytes"),
    ],
    ids=["above", "absolute", "folder", "backslash", "link", "bomb"],
)
def test_an_archive_that_would_escape_is_refused(tmp_path, members, said):
    entry = zipped(tmp_path / "evil.zip", *members)
    with pytest.raises(FixtureError, match=said):
        fetch.fetch(entry, tmp_path.as_uri(), tmp_path / "here")
    assert not (tmp_path / "here").exists() and not (tmp_path / "out.txt").exists()


def test_a_member_that_comes_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        entry = zipped(tmp_path / "evil.zip", ("a", "1"), ("a", "2"))
    with pytest.raises(FixtureError, match="comes twice"):
        fetch.fetch(entry, tmp_path.as_uri(), tmp_path / "here")


def test_what_is_no_archive_is_damaged(tmp_path):
    entry = zipped(tmp_path / "good.zip", ("a", "1"))
    for name, content in {"text.zip": b"not a zip", "cut.zip": (tmp_path / "good.zip").read_bytes()[:40]}.items():
        (tmp_path / name).write_bytes(content)
        again = replace(entry, file=name, bytes=len(content), sha256=file_sha256(tmp_path / name))
        with pytest.raises(FixtureError, match="damaged"):
            fetch.fetch(again, tmp_path.as_uri(), tmp_path / "here")


def test_a_size_that_lies_is_noticed(tmp_path):
    zipped(tmp_path / "good.zip", ("a", "1" * 50))
    content = bytearray((tmp_path / "good.zip").read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    (tmp_path / "lying.zip").write_bytes(content)
    with pytest.raises(FixtureError, match="damaged"):
        unpack(tmp_path / "lying.zip", tmp_path / "here", 100)
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"fixtures": {"a": {}}}', '{"fixtures": {"a": 1}}'])
def test_a_damaged_manifest_is_a_sentence(tmp_path, text):
    (tmp_path / "fixtures.json").write_text(text)
    with pytest.raises(FixtureError, match="expected a manifest"):
        read_manifest(tmp_path / "fixtures.json")


def test_the_manifest_covers_every_method_and_names_no_host():
    manifest = read_manifest()
    methods = {path.stem for path in fetch._METHODS.glob("*.py")} - {"__init__"}
    assert {entry.method for entry in manifest.values()} == methods
    assert all(len(entry.sha256) == 64 and entry.file == f"{name}.zip" for name, entry in manifest.items())
    assert "//" not in fetch.MANIFEST.read_text(encoding="utf-8")


def test_the_manifest_is_that_of_the_fixtures(shared, tmp_path):
    made = pack(shared / "parity" / "fixtures", tmp_path)
    assert made.read_bytes() == fetch.MANIFEST.read_bytes()


def test_a_fetched_fixture_is_equal_to_official_code(shared, tmp_path, capsys):
    pack(shared / "parity" / "fixtures", tmp_path / "out")
    place = fetch.fetch(read_manifest()["fomm"], (tmp_path / "out").as_uri(), tmp_path / "here")
    assert compare.main(["fomm", str(place)]) == 0
    assert "fomm: 26 of 26 outputs within tolerance" in capsys.readouterr().out
