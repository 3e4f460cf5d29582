"""Weight files: found by name, held to their digest, fetched from a server on this machine, resumed, imported."""

import hashlib
import http.server
import json
import os
import threading
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from evalkit import weights
from evalkit.cli.weights import app
from evalkit.errors import UnknownNameError, WeightsError
from evalkit.weights import entry as entries
from evalkit.weights import location
from evalkit.weights.entry import Archive, WeightFile

CONTENT = bytes(range(256)) * 4000
OTHER = b"another network"
RUNNER = CliRunner()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture(autouse=True)
def folders(tmp_path, monkeypatch):
    """An empty cache and no extra folders."""
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("EVALKIT_WEIGHTS", raising=False)


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


def place(folder: Path, name: str, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


# What is in the catalogue


def test_every_file_has_one_entry_and_a_way_to_it():
    files = list(weights.catalogue().values())
    assert len({file.sha256 for file in files}) == len(files) > 20
    names = [name for file in files for name in (file.file, *file.aliases)]
    assert len(set(names)) == len(names)
    assert [file.name for file in files if not (file.urls or file.archive)] == ["tddfa-v2-bases"]
    urls = [url for file in files for url in (*file.urls, *(file.archive.urls if file.archive else ()))]
    assert all(url.startswith(("https://", "hf://")) for url in urls)
    assert all(file.non_commercial == ("non-commercial" in file.licence) for file in files)


def test_the_catalogue_agrees_with_the_team_and_finds_its_files(shared, monkeypatch):
    import csv

    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    with (shared / "weights" / "manifest.csv").open(encoding="utf-8") as file:
        rows = {row["name"]: row for row in csv.DictReader(file) if row["name"] in weights.catalogue()}
    assert len(rows) == len(weights.catalogue()) - 1
    for name, row in rows.items():
        assert row["sha256"] in ("", weights.find(name).sha256)
        assert not row["bytes"] or weights.find(name).bytes == int(row["bytes"])
        if row["file"] != "-":
            assert weights.locate(name) == shared / "weights" / row["file"]


def test_an_unknown_name_suggests_near_ones():
    with pytest.raises(UnknownNameError, match="arcface-w600k-r50"):
        weights.locate("arcface-r50")


# Finding


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
    original = location.content_sha256
    monkeypatch.setattr(location, "content_sha256", lambda p: read.append(p) or original(p))
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
    message = weights.missing(["scrfd-10g-det", "mtcnn-pnet"])
    assert message is not None and "fetch mtcnn-pnet " in message and "det_10g.onnx is not 'scrfd-10g-det'" in message
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


# Fetching


def test_a_file_is_fetched_checked_and_not_fetched_again(register, server):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"] = CONTENT
    steps: list[tuple[int, int | None]] = []
    path = weights.fetch("net", progress=lambda done, whole: steps.append((done, whole)))
    assert path == weights.locate("net") == weights.cache_folder() / "net.bin" and path.read_bytes() == CONTENT
    assert steps[-1] == (len(CONTENT), len(CONTENT)) and len(steps) > 2
    assert weights.fetch("net") == path and len(server.ranges) == 1


def test_a_file_on_this_machine_can_be_an_address(register, tmp_path):
    register(urls=(place(tmp_path, "source.bin").as_uri(),))
    assert weights.fetch("net").read_bytes() == CONTENT


def test_the_next_address_is_tried(register, server):
    register(urls=(f"{server.url}/gone", f"{server.url}/wrong", "http://127.0.0.1:9/", f"{server.url}/net.bin"))
    server.files |= {"/net.bin": CONTENT, "/wrong": OTHER}
    assert weights.fetch("net").read_bytes() == CONTENT


def test_when_no_address_works_each_reason_is_given_and_nothing_is_left(register, server):
    register(urls=(f"{server.url}/gone", f"{server.url}/wrong"))
    server.files["/wrong"] = OTHER
    with pytest.raises(WeightsError, match=r"could not be fetched. .*/gone: HTTP Error 404.*/wrong: ") as error:
        weights.fetch("net")
    assert sha256(CONTENT) in str(error.value)
    assert [path.name for path in weights.cache_folder().iterdir() if path.is_file()] == []


def test_a_stopped_download_goes_on_where_it_ended(register, server):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"], server.cut_after = CONTENT, 300_000
    with pytest.raises(WeightsError, match="could not be fetched"):
        weights.fetch("net")
    server.cut_after = None
    assert weights.fetch("net").read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=300000-"]


def test_a_server_without_ranges_starts_again(register, server):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"], server.ignores_ranges = CONTENT, True
    place(weights.cache_folder(), "net.bin.partial", CONTENT[:5000])
    assert weights.fetch("net").read_bytes() == CONTENT


@pytest.mark.parametrize("partial", [CONTENT, CONTENT + OTHER])
def test_a_partial_file_as_long_as_the_whole_starts_again(register, server, partial):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"] = CONTENT
    place(weights.cache_folder(), "net.bin.partial", partial)
    assert weights.fetch("net").read_bytes() == CONTENT


def test_a_damaged_file_in_the_cache_is_replaced(register, server):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"] = CONTENT
    place(weights.cache_folder(), "net.bin", OTHER)
    assert weights.fetch("net").read_bytes() == CONTENT


def make_zip(path: Path, **members: bytes) -> bytes:
    with zipfile.ZipFile(path, "w") as zipped:
        for name, content in members.items():
            zipped.writestr(f"folder/{name}.bin", content)
    return path.read_bytes()


@pytest.mark.parametrize("member", ["net", "wrong", "absent"])
def test_a_member_of_a_zip(register, server, tmp_path, member):
    zipped = make_zip(tmp_path / "all.zip", net=CONTENT, wrong=OTHER)
    archive = Archive(
        file="all.zip",
        bytes=len(zipped),
        sha256=sha256(zipped),
        member=f"folder/{member}.bin",
        urls=(f"{server.url}/all.zip",),
    )
    register(archive=archive)
    server.files["/all.zip"] = zipped
    if member == "net":
        assert weights.fetch("net").read_bytes() == CONTENT
        assert not (weights.cache_folder() / "all.zip").exists()
    else:
        with pytest.raises(WeightsError, match="could not be fetched"):
            weights.fetch("net")


@pytest.mark.parametrize("content", [CONTENT, OTHER], ids=["right", "wrong"])
def test_a_file_of_the_hub(register, monkeypatch, content):
    import huggingface_hub

    def download(repository: str, path: str, *, local_dir: str) -> str:
        assert (repository, path) == ("owner/repository", "models/net.onnx")
        return str(place(Path(local_dir) / "models", "net.onnx", content))

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    register(urls=("hf://owner/repository/models/net.onnx",))
    if content == CONTENT:
        assert weights.fetch("net").read_bytes() == CONTENT
    else:
        with pytest.raises(WeightsError, match="is not 'net'"):
            weights.fetch("net")
    assert not list(weights.cache_folder().glob(".hub.*"))


def test_a_licence_has_to_be_accepted_first(register, server):
    register(urls=(f"{server.url}/net.bin",), licence="research only", non_commercial=True)
    server.files["/net.bin"] = CONTENT
    with pytest.raises(WeightsError, match=r"research only.*--accept-licence"):
        weights.fetch("net")
    assert server.ranges == []
    assert weights.fetch("net", accept_licence=True).read_bytes() == CONTENT


def test_a_file_that_is_published_nowhere(register):
    register()
    with pytest.raises(WeightsError, match="published nowhere"):
        weights.fetch("net")


# Importing and the command line


def test_a_file_at_hand_is_imported_under_its_name(register, tmp_path):
    register()
    assert weights.import_file("net", place(tmp_path, "download (1).bin")) == weights.locate("net")
    for content in (OTHER, CONTENT[:-1]):
        with pytest.raises(WeightsError, match="is not 'net'"):
            weights.import_file("net", place(tmp_path, "wrong.bin", content))
    with pytest.raises(WeightsError, match="no such file"):
        weights.import_file("net", tmp_path / "absent.bin")
    assert weights.locate("net").read_bytes() == CONTENT


def test_a_zip_at_hand_is_opened(register, tmp_path):
    make_zip(tmp_path / "all.zip", net=CONTENT)
    register(archive=Archive(file="all.zip", bytes=1, sha256="0" * 64, member="folder/net.bin", urls=()))
    assert weights.import_file("net", tmp_path / "all.zip").read_bytes() == CONTENT


def test_list_says_what_is_here_and_under_which_terms(tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(place(tmp_path, "pnet.pt").parent))
    rows = {row["id"]: row for row in json.loads(RUNNER.invoke(app, ["list", "--json"]).stdout)}
    assert rows.keys() == weights.catalogue().keys()
    assert rows["mtcnn-pnet"]["path"] == str(tmp_path / "pnet.pt") and rows["mtcnn-rnet"]["path"] is None
    assert rows["arcface-w600k-r50"]["non_commercial"] and len(rows["arcface-w600k-r50"]["sha256"]) == 64
    table = RUNNER.invoke(app, ["list"]).stdout
    assert "arcface-w600k-r50" in table and "non-commercial" in table


def test_fetch_import_where_and_verify(register, server, tmp_path):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"] = CONTENT
    fetched = RUNNER.invoke(app, ["fetch", "net"])
    path = weights.cache_folder() / "net.bin"
    assert fetched.stdout.strip() == str(path) and "Licence: MIT" in fetched.stderr
    assert RUNNER.invoke(app, ["where", "net"]).stdout.strip() == str(path)
    assert RUNNER.invoke(app, ["where"]).stdout.split() == [str(weights.cache_folder())]
    assert json.loads(RUNNER.invoke(app, ["verify", "--json"]).stdout) == [{"id": "net", "path": str(path), "ok": True}]
    stamp = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    verified = RUNNER.invoke(app, ["verify"])
    assert isinstance(verified.exception, WeightsError) and "WRONG" in verified.stdout
    path.unlink()
    assert isinstance(RUNNER.invoke(app, ["verify", "net"]).exception, WeightsError)
    assert RUNNER.invoke(app, ["import", "net", str(place(tmp_path, "mine", CONTENT))]).stdout.strip() == str(path)
