"""The hash of a method's code follows what its adapter imports, and nothing else."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evalkit.base.imports import Roots
from evalkit.method.code import code_sha256, comes_along, package_roots
from evalkit.method.find import CARD, find_method, list_methods

ROOT = Path(__file__).resolve().parents[2]
IDS = {entry.card.id for entry in list_methods()}
EXTERNAL = {entry.card.id for entry in list_methods() if entry.card.external}
NATIVE = {entry.card.id for entry in list_methods() if entry.card.kind == "native"}
MODULES = {
    entry.card.id: "" if entry.card.external else entry.card.adapter.partition(":")[0] for entry in list_methods()
}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A copy of both packages, to be edited."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("evalkit", "baselines"):
        ignored = shutil.ignore_patterns("__pycache__", "*.safetensors")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored, copy_function=shutil.copyfile)
    return folder


def roots_of(tree: Path) -> Roots:
    return Roots({"evalkit": tree / "evalkit", "baselines": tree / "baselines"})


def hashes(tree: Path) -> dict[str, str]:
    folders = {name: tree / "baselines" / name for name in IDS}
    return {name: code_sha256(folder, folder / CARD, MODULES[name], roots_of(tree)) for name, folder in folders.items()}


@pytest.fixture(scope="module")
def changed_by(tree):
    """Methods whose hash another line in every one of some files changes."""
    before = hashes(tree)

    def changed(*files: str) -> set[str]:
        sources = {tree / file: (tree / file).read_bytes() for file in files}
        for path, source in sources.items():
            path.write_bytes(source + b"\n# changed\n")
        after = hashes(tree)
        for path, source in sources.items():
            path.write_bytes(source)
        return {name for name in IDS if before[name] != after[name]}

    return changed


@pytest.mark.parametrize(
    ("file", "methods"),
    [
        ("baselines/fomm/model.py", {"fomm", "dagan", "fnevr", "g3fa"}),
        ("baselines/fnevr/model.py", {"fnevr", "g3fa"}),
        ("baselines/_shared/best_frame.py", NATIVE),
        ("baselines/_shared/native/batches.py", NATIVE),
        ("baselines/_shared/native/__init__.py", NATIVE),
        ("baselines/tpsm/method.yaml", {"tpsm"}),
        ("baselines/copy_source/adapter.py", {"copy_source"}),
        ("baselines/_shared/stylegan/synthesis.py", {"lia", "dpe", "sfd"}),
        ("evalkit/extractors/dlib68.py", NATIVE | {"landmark_warp"}),
        ("evalkit/extractors/landmark_pose.py", {"landmark_warp", "magicportrait_mesh"}),
        ("evalkit/extractors/onnx_network.py", {"liveportrait"}),
        ("evalkit/extractors/deep3d/alignment.py", {"pirenderer"}),
        ("evalkit/clips/video.py", NATIVE | EXTERNAL),
        ("evalkit/method/foreign/output.py", EXTERNAL),
        ("baselines/follow_your_emoji/landmarks.py", {"follow_your_emoji"}),
    ],
)
def test_a_change_is_a_change_of_the_methods_that_import_it(changed_by, file, methods):
    assert changed_by(file) == methods


def test_other_code_is_no_change_of_a_method(changed_by):
    lab = ("baselines/sfd/lab/train.py", "baselines/sfd/lab/training/__init__.py")
    engine = ("method/interface.py", "method/generate.py", "weights/location.py", "errors.py", "runs/run.py")
    scoring = ("extractors/__init__.py", "extractors/i3d.py", "metrics/ssim.py")
    assert changed_by(*lab, *(f"evalkit/{file}" for file in (*engine, *scoring))) == set()


def test_the_copy_hashes_as_the_original(tree):
    assert hashes(tree) == {entry.card.id: entry.code_sha256 for entry in list_methods()}


def test_a_file_that_is_not_imported_is_no_part_of_it(tree):
    before = hashes(tree)
    (tree / "baselines" / "fomm" / "notes.py").write_text("x = 1\n")
    (tree / "baselines" / "new").mkdir()
    (tree / "baselines" / "new" / "__init__.py").write_text("")
    assert hashes(tree) == before


def test_imports_in_functions_and_relative_ones_count(tree, changed_by):
    adapter = tree / "baselines" / "copy_source" / "adapter.py"
    source = adapter.read_text()
    helper = adapter.with_name("helper.py")
    helper.write_text("from baselines.osfs import head_pose\n")
    assert changed_by("baselines/copy_source/helper.py") == set()
    adapter.write_text(source + "\n\ndef late():\n    from .helper import x\n")
    found = []
    for path in (tree / "baselines" / "osfs" / "head_pose.py", helper):
        before, text = hashes(tree), path.read_text()
        path.write_text(text + "# changed\n")
        found.append({name for name, digest in hashes(tree).items() if digest != before[name]})
        path.write_text(text)
    adapter.write_text(source)
    assert found == [{"copy_source", "osfs"}, {"copy_source"}]


def test_a_users_folder_is_hashed_whole_with_what_it_imports(tree, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / CARD).write_text("id: mine\ntitle: Mine\n")
    (folder / "adapter.py").write_text("from baselines.fomm.model import Fomm\nfrom evalkit.extractors import dlib68\n")
    (folder / "table.yaml").write_text("a: 1\n")
    (folder / "broken.py").write_text("not python at all(\n")

    def now() -> str:
        return code_sha256(folder, folder / CARD, "adapter", roots_of(tree))

    before = now()
    for path in (folder / "table.yaml", folder / "broken.py", *(tree / name for name in FOLLOWED_BY_MINE)):
        source = path.read_bytes()
        path.write_bytes(source + b"\n# changed\n")
        assert now() != before, path
        path.write_bytes(source)
        assert now() == before
    (folder / "README.md").write_text("words")
    assert now() == before
    (folder / "adapter.py").write_text("from evalkit.extractors import dlib68\n")
    without = now()
    assert without != before
    model = tree / "baselines" / "fomm" / "model.py"
    source = model.read_bytes()
    model.write_bytes(source + b"# changed\n")
    assert now() == without
    model.write_bytes(source)
    assert not comes_along(folder, roots_of(tree)) and comes_along(find_method("fomm").folder, package_roots())


FOLLOWED_BY_MINE = ("baselines/fomm/model.py", "baselines/_shared/motion/hourglass.py", "evalkit/extractors/dlib68.py")


@pytest.mark.slow
def test_hashing_loads_no_method_and_no_torch():
    script = (
        "import sys\nfrom evalkit.method.find import list_methods\nassert all(e.code_sha256 for e in list_methods())\n"
        "sys.exit(sorted(m for m in sys.modules if m.startswith(('torch', 'baselines'))) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_folder_without_an_init_has_a_hash_of_its_adapter(tmp_path):
    """It once was looked for without an end."""
    folder = tmp_path / "baselines" / "plain"
    folder.mkdir(parents=True)
    (tmp_path / "baselines" / "__init__.py").touch()
    (folder / CARD).touch()
    adapter = folder / "adapter.py"
    found = set()
    for line in ("A = 1\n", "A = 2\n"):
        adapter.write_text(line)
        found.add(code_sha256(folder, folder / CARD, "adapter", roots_of(tmp_path)))
    assert len(found) == 2
