"""Weight files are fetched from a server on this machine, resumed, imported."""

import sys
from pathlib import Path

import pytest

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.weights import transfer
from evalkit.weights.entry import Archive
from tests.weights.files import CONTENT, OTHER, make_zip, place, sha256


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


def test_the_beginning_of_a_digest_is_held_to(register, server):
    register(urls=(f"{server.url}/wrong", f"{server.url}/net.bin"), sha256=sha256(CONTENT)[:8])
    server.files |= {"/wrong": OTHER}
    with pytest.raises(WeightsError, match=f"expected sha256 {sha256(CONTENT)[:8]}\\.\\.\\., got {sha256(OTHER)}"):
        weights.fetch("net")
    assert [path.name for path in weights.cache_folder().iterdir() if path.is_file()] == []
    server.files |= {"/net.bin": CONTENT}
    assert weights.fetch("net").read_bytes() == CONTENT and weights.short_digest("net") == sha256(CONTENT)[:8]


def test_a_stopped_download_goes_on_where_it_ended(register, server):
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"], server.cut_after = CONTENT, 300_000
    with pytest.raises(WeightsError, match="could not be fetched"):
        weights.fetch("net")
    server.cut_after = None
    assert weights.fetch("net").read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=300000-"]


def test_a_connection_that_fails_is_tried_again_and_an_answer_is_final(register, server, monkeypatch):
    monkeypatch.setattr(transfer, "_PAUSES_S", (0.0, 0.0))
    register(urls=(f"{server.url}/net.bin",))
    server.files["/net.bin"], server.cut_after = CONTENT, 400_000
    assert weights.fetch("net").read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=400000-", "bytes=800000-"]
    register(urls=(f"{server.url}/gone",), file="gone.bin")
    with pytest.raises(WeightsError, match="HTTP Error 404"):
        weights.fetch("net")
    assert len(server.ranges) == 4


def test_without_a_network_the_way_by_hand_is_said(register):
    register(urls=("http://127.0.0.1:9/net.bin", "http://127.0.0.1:9/other"))
    with pytest.raises(WeightsError, match="could not be fetched") as error:
        weights.fetch("net")
    by_hand = "in a browser, then: evalkit weights import net net.bin"
    assert str(error.value).endswith(f"Or download http://127.0.0.1:9/net.bin {by_hand}")
    of_the_hub = register(urls=("hf://owner/repository/folder/net.bin",))
    page = "https://huggingface.co/owner/repository/resolve/main/folder/net.bin"
    assert transfer.by_hand(of_the_hub) == f"Or download {page} {by_hand}"
    zipped = Archive(file="all.zip", bytes=1, sha256="0" * 64, member="net.bin", urls=("http://there/all.zip",))
    assert transfer.by_hand(register(archive=zipped)).endswith("evalkit weights import net all.zip")


def test_without_the_library_for_an_address_the_next_is_tried_and_the_way_by_hand_said(register, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    register(urls=("http://127.0.0.1:9/net.bin", "http://127.0.0.1:9/other"))
    with pytest.raises(
        WeightsError, match=r"net.bin: This needs pooch, .*'evalkit-face\[weights\]'; .*/other: "
    ) as error:
        weights.fetch("net")
    assert str(error.value).endswith("in a browser, then: evalkit weights import net net.bin")


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


def test_a_stopped_download_from_the_hub_is_left_for_the_next_one(register, monkeypatch):
    import huggingface_hub

    folders = []

    def download(repository: str, path: str, *, local_dir: Path) -> str:
        folders.append(local_dir)
        if len(folders) == 1:
            place(Path(local_dir), "net.incomplete", CONTENT[:9])
            raise OSError("connection lost")
        assert (Path(local_dir) / "net.incomplete").is_file()
        return str(place(Path(local_dir), "net.onnx"))

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    register(urls=("hf://owner/repository/net.onnx",))
    with pytest.raises(WeightsError, match="connection lost"):
        weights.fetch("net")
    assert weights.fetch("net").read_bytes() == CONTENT and folders[0] == folders[1]
    assert not folders[0].exists()


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
    with pytest.raises(WeightsError, match=r"published nowhere.*evalkit weights import net net\.bin$"):
        weights.fetch("net")


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
