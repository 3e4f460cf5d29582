"""The installed wheel finds its protocols, baselines and leaderboards without the checkout."""

import compileall
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

from evalkit import __version__
from evalkit.base.files import content_sha256
from evalkit.datasets.folder import MANIFEST
from evalkit.records.provenance import code_state
from tests.conftest import copy_corpus

ROOT = Path(__file__).resolve().parents[1]
pytestmark = pytest.mark.slow  # all with the one wheel, in one process


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
    compileall.compile_dir(site, quiet=1)
    return folder / "env" / "bin" / "python", wheel


def evalkit(installed, *arguments, cwd=None, **variables):
    """Dependencies come by PYTHONPATH, where the checkout's editable install has no effect."""
    python, _ = installed
    environment = {**os.environ, "PYTHONPATH": sysconfig.get_paths()["purelib"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), "-m", "evalkit", *arguments]
    environment |= {name: str(value) for name, value in variables.items()}
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=cwd or python.parent)


@pytest.fixture(scope="module")
def first_run(installed, demo_corpus, tmp_path_factory):
    """An empty folder in which the README's command ran, on one pair; of the corpus the last clip was still missing."""
    folder = tmp_path_factory.mktemp("empty")
    cache = copy_corpus(demo_corpus, tmp_path_factory.mktemp("cache"))
    clip = max((cache / demo_corpus.name).rglob("*.mkv"))
    clip.unlink()
    (cache / demo_corpus.name / MANIFEST).unlink()
    command = ("run", "--protocol", "demo_cross", "--method", "ours", "--limit", "1")
    done = evalkit(installed, *command, cwd=folder, EVALKIT_CACHE=cache)
    assert done.returncode == 0, done.stderr
    assert clip.read_bytes() == (demo_corpus / clip.relative_to(cache / demo_corpus.name)).read_bytes()
    return folder, done


def test_the_checkout_is_out_of_sight(installed):
    python, _ = installed
    code = "import evalkit, baselines; print(evalkit.__file__, baselines.__file__)"
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, cwd=python.parent)
    assert all(Path(path).is_relative_to(python.parent.parent) for path in done.stdout.split()), done


def test_protocols_are_found(installed):
    done = evalkit(installed, "protocols", "list", "--json")
    assert done.returncode == 0, done.stderr
    shipped = {path.stem.partition("@")[0] for path in (ROOT / "protocols").glob("*.yaml")}
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


def test_the_wheel_says_that_it_is_typed(installed):
    assert "evalkit/py.typed" in zipfile.ZipFile(installed[1]).namelist()


def test_the_wheel_needs_the_core_and_no_extra(installed):
    (metadata,) = (name for name in zipfile.ZipFile(installed[1]).namelist() if name.endswith(".dist-info/METADATA"))
    lines = zipfile.ZipFile(installed[1]).read(metadata).decode().splitlines()
    needed = [line.partition(": ")[2] for line in lines if line.startswith("Requires-Dist: ")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    hard = {_parts(line) for line in needed if "extra ==" not in line}
    assert hard == {_parts(line) for line in project["dependencies"]} and len(hard) < len(needed)


def _parts(requirement):
    """Name and bounds of a requirement, whatever their order."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*(.*)", requirement).groups()
    return name.lower().replace("_", "-"), frozenset(bounds.split(","))


def test_the_wheel_knows_the_commit_it_was_built_from(installed):
    commit, edited = code_state(ROOT)
    if commit is None:
        pytest.skip("not a git checkout")
    done = evalkit(installed, "--version")
    assert done.stdout == f"evalkit {__version__} (commit {commit[:7]}{', edited' if edited else ''})\n"


def test_the_first_command_of_the_readme_works_in_an_empty_folder(installed, first_run):
    folder, done = first_run
    assert "SFD" in done.stdout
    assert [path.name for path in folder.iterdir()] == ["runs"]
    table = evalkit(installed, "table", "runs/demo_cross/sfd", cwd=folder)
    assert table.returncode == 0, table.stderr
    assert "SFD" in table.stdout and "CSIM" in table.stdout


def test_a_leaderboard_of_ones_own_leaves_the_package_as_it_is(installed, first_run):
    python, _ = installed
    folder, _ = first_run
    site = next(python.parent.parent.glob("lib/python*/site-packages"))
    before = _digests(site)
    # Without a folder of one's own, the rows that come with evalkit are read.
    shown = evalkit(installed, "leaderboard", "show", "demo_self", cwd=folder)
    assert shown.returncode == 0 and "SFD" in shown.stdout, shown.stderr
    added = evalkit(installed, "leaderboard", "add", "--force", "runs/demo_cross/sfd", cwd=folder)
    assert added.returncode == 0, added.stderr
    assert f"kept in {folder.resolve() / 'leaderboards'}" in added.stderr
    assert (folder / "leaderboards" / "demo_cross" / "sfd.json").is_file()
    rendered = evalkit(installed, "leaderboard", "render", cwd=folder)
    assert rendered.returncode == 0, rendered.stderr
    assert "limited to 1 of 12 pairs" in (folder / "leaderboards" / "README.md").read_text(encoding="utf-8")
    shown = evalkit(installed, "leaderboard", "show", "demo_cross", cwd=folder)
    assert shown.returncode == 0 and "Landmark warp" not in shown.stdout, shown.stderr
    # Papers' numbers come with evalkit; rows of one's own do not hide them.
    assert evalkit(installed, "leaderboard", "show", "fsrt", "--table", "1", cwd=folder).returncode == 0
    assert _digests(site) == before


def test_rows_alone_are_rendered_with_their_figure(installed, tmp_path):
    python, _ = installed
    site = next(python.parent.parent.glob("lib/python*/site-packages"))
    before = _digests(site)
    (tmp_path / "leaderboards" / "demo_cross").mkdir(parents=True)
    for row in (ROOT / "leaderboards" / "demo_cross").glob("*.json"):
        shutil.copy(row, tmp_path / "leaderboards" / "demo_cross")
    done = evalkit(installed, "leaderboard", "render", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "leaderboards" / "demo_cross" / "pareto.png").is_file()
    assert "Reported in papers" not in (tmp_path / "leaderboards" / "README.md").read_text(encoding="utf-8")
    assert evalkit(installed, "leaderboard", "render", "--check", cwd=tmp_path).returncode == 0
    assert _digests(site) == before


def _digests(folder):
    return {path.relative_to(folder): content_sha256(path) for path in folder.rglob("*") if path.is_file()}
