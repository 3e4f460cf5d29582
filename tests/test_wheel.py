"""The installed wheel finds its protocols, baselines and leaderboards without the checkout."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An empty environment that holds the wheel; its dependencies are those of the running one."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    site = next((folder / "env").glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    return folder / "env" / "bin" / "python", wheel


def evalkit(installed, *arguments):
    """Dependencies come by PYTHONPATH, where the checkout's editable install has no effect."""
    python, _ = installed
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_paths()["purelib"]}
    command = [str(python), "-m", "evalkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=python.parent)


def test_the_checkout_is_out_of_sight(installed):
    python, _ = installed
    code = "import evalkit, baselines; print(evalkit.__file__, baselines.__file__)"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, cwd=python.parent)
    assert all(Path(path).is_relative_to(python.parent.parent) for path in done.stdout.split()), done


def test_protocols_are_found(installed):
    done = evalkit(installed, "protocols", "list", "--json")
    assert done.returncode == 0, done.stderr
    shipped = {path.stem for path in (ROOT / "protocols").glob("*.yaml")}
    assert {entry["id"] for entry in json.loads(done.stdout)} == shipped and "demo_cross" in shipped


def test_methods_are_found(installed):
    done = evalkit(installed, "methods", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert {"copy_source", "copy_driving"} <= {entry["id"] for entry in json.loads(done.stdout)}


def test_the_wheel_holds_licence_and_entry_point(installed):
    names = zipfile.ZipFile(installed[1]).namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("entry_points.txt") for name in names)


def test_the_wheel_holds_the_pages_of_the_report(installed):
    names = set(zipfile.ZipFile(installed[1]).namelist())
    pages = {
        path.relative_to(ROOT).as_posix()
        for kind in ("templates", "assets")
        for path in (ROOT / "evalkit" / "report" / kind).iterdir()
    }
    assert len(pages) > 10 and pages <= names
