"""The code of a plugin as one hash: what it imports of its own and of code that nobody installed, and nothing else."""

import sys

import pytest

from evalkit.base.own_code import own_code, own_sha256


@pytest.fixture
def package(tmp_path, monkeypatch):
    """`ownpkg.a` imports `.b`, evalkit, numpy and a loose module; `ownpkg.unused` is not imported."""
    files = {
        "ownpkg/__init__.py": "",
        "ownpkg/a.py": "import numpy\nfrom evalkit.errors import EvalkitError\nfrom .b import x\n\n"
        "def later():\n    import loosemod\n",
        "ownpkg/b.py": "x = 1\n",
        "ownpkg/unused.py": "y = 2\n",
        "loosemod.py": "z = 3\n",
        "site-packages/installedmod.py": "z = 3\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(sys, "path", [str(tmp_path), str(tmp_path / "site-packages"), *sys.path])
    return tmp_path


def start(package):
    return {"ownpkg.a": package / "ownpkg" / "a.py"}


def test_what_is_its_own_counts_and_nothing_else(package):
    assert sorted(own_code(start(package))) == ["loosemod", "ownpkg", "ownpkg.a", "ownpkg.b"]


@pytest.mark.parametrize("name", ["ownpkg/__init__.py", "ownpkg/a.py", "ownpkg/b.py", "loosemod.py"])
def test_a_change_of_any_of_it_is_another_code(package, name):
    before = own_sha256(start(package))
    (package / name).write_text((package / name).read_text() + "# changed\n")
    assert own_sha256(start(package)) != before


def test_a_change_of_what_it_does_not_import_is_not(package):
    before = own_sha256(start(package))
    (package / "ownpkg" / "unused.py").write_text("y = 3\n")
    assert own_sha256(start(package)) == before


def test_the_place_does_not_count(package, tmp_path_factory, monkeypatch):
    before = own_sha256(start(package))
    other = tmp_path_factory.mktemp("other") / "elsewhere"
    package.rename(other)
    monkeypatch.setattr(sys, "path", [str(other), *sys.path])
    assert own_sha256(start(other)) == before


def test_installed_libraries_do_not_count(package):
    (package / "ownpkg" / "b.py").write_text("import installedmod\nx = 1\n")
    assert "installedmod" not in own_code(start(package))


def test_a_file_that_is_no_python_still_has_a_hash(package):
    path = package / "ownpkg" / "a.py"
    path.write_text("this is ( no python\n")
    assert own_code(start(package)) == {"ownpkg.a": path}
