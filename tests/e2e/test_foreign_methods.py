"""Methods made of research code: they change directories, have helper modules, exit, print, parse arguments."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.e2e.conftest import assert_explained

REPEAT = "for chunk in driving:\n    yield chunk"


@pytest.fixture
def run(evalkit, small_root, protocols, tmp_path, monkeypatch):
    """Run methods with relative paths; gives the result, and the summary and outcomes of the one called `name`."""
    shutil.copytree(small_root, tmp_path / "data")
    monkeypatch.chdir(tmp_path)

    def call(*methods: str, more: tuple[str, ...] = ()):
        named = [part for method in methods for part in ("-M", os.path.relpath(method) if "/" in method else method)]
        protocol = ("-p", str(protocols / "small_self.yaml"), "-d", "data", "--out", "runs")
        return evalkit("run", *protocol, *named, "--no-anchors", "-m", "l1", "--workers", "1", *more)

    return call


def scored(name: str) -> int:
    return int(json.loads(Path("runs", "small_self", name, "summary.json").read_text())["pairs"]["scored"])


def reasons(name: str) -> list[str]:
    outcomes = [json.loads(path.read_text()) for path in sorted(Path("runs", "small_self", name).glob("pairs/*.json"))]
    return [outcome["reason"] for outcome in outcomes if outcome["reason"]]


@pytest.mark.parametrize(
    "when", ["for chunk in driving:\n    os.chdir('/')\n    yield chunk", "os.chdir('/')\nyield from driving"]
)
def test_a_method_may_change_directory(run, make_method, when):
    """Case A06-adapter-changes-directory: all pairs are scored."""
    method = make_method("mover", "import os\n" + when)
    done = run(method)
    assert done.returncode == 0 and scored("mover") == 3, done.stderr


@pytest.mark.parametrize("line", ["from utils import same", "from .utils import same", "from parts.one import same"])
def test_modules_beside_an_adapter_are_found(run, make_method, line):
    """Case A07-method-folder-with-helper-modules: both ways of importing, and packages."""
    method = Path(make_method("helped", "for chunk in driving:\n    yield same(chunk)"))
    (method / "adapter.py").write_text(line + "\n" + (method / "adapter.py").read_text())
    (method / "utils.py").write_text("def same(chunk):\n    from more import late\n    return late(chunk)\n")
    (method / "more.py").write_text("def late(chunk):\n    return chunk\n")
    (method / "parts").mkdir()
    (method / "parts" / "one.py").write_text("from utils import same\n")
    done = run(str(method))
    assert done.returncode == 0 and scored("helped") == 3, done.stderr
    assert not list(method.rglob("*.pyc"))


def test_helpers_of_two_methods_are_kept_apart(run, make_method):
    """Kind of A07-method-folder-with-helper-modules: `utils` of one is not `utils` of the other."""
    methods = []
    for value in (0, 255):
        method = Path(make_method(f"fills{value}", "import utils\nfor chunk in driving:\n    yield utils.fill(chunk)"))
        (method / "adapter.py").write_text("import utils\n" + (method / "adapter.py").read_text())
        (method / "utils.py").write_text(f"def fill(chunk):\n    return chunk * 0 + {value}\n")
        methods.append(str(method))
    assert run(*methods).returncode == 0
    dark, light = (
        json.loads(Path("runs", "small_self", f"fills{value}", "summary.json").read_text())["metrics"]["l1"]["value"]
        for value in (0, 255)
    )
    assert dark + light == pytest.approx(1)


def test_an_exit_costs_one_pair(run, make_method):
    """Case A14-adapter-that-exits: that pair failed for that reason, and the other method runs."""
    body = "import sys\nif 'person1' in str(driving.path):\n    sys.exit('no face found')\nyield from driving"
    done = run(make_method("quitter", body), "copy_source")
    assert done.returncode == 0, done.stderr
    assert scored("quitter") == 2 and reasons("quitter") == ["exited: no face found"]
    assert scored("copy_source") == 3 and "exited: no face found" in done.stderr


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('x')\np.parse_args()\nyield",
            2,
        ),
        ("raise SystemExit\nyield", 0),
        ("quit(7)\nyield", 7),
    ],
)
def test_every_way_to_exit_is_one(run, make_method, body, reason):
    """Kind of A14-adapter-that-exits."""
    done = run(make_method("quitter", body))
    assert done.returncode == 1 and reasons("quitter") == [f"exited with code {reason}"] * 3, done.stderr


@pytest.mark.parametrize("place", ["import", "build"])
def test_an_exit_before_the_first_pair_is_one_sentence(run, make_method, place):
    """Kind of A14-adapter-that-exits."""
    method = Path(make_method("quitter", REPEAT))
    text = (method / "adapter.py").read_text()
    stop = "raise SystemExit('no GPU')"
    text = f"{stop}\n{text}" if place == "import" else text.replace("return Method()", stop)
    (method / "adapter.py").write_text(text)
    assert_explained(run(str(method)), "exited: no GPU", "adapter.py line")


def test_arguments_and_prints_of_a_method_are_its_own(run, make_method):
    body = (
        "import argparse, os\nprint('loading')\nos.system('echo noise')\n"
        "argparse.ArgumentParser().parse_args()\nyield from driving"
    )
    done = run(make_method("noisy", body), more=("--json",))
    assert done.returncode == 0 and json.loads(done.stdout)["pairs"]["scored"] == 3, done.stderr


def test_a_relative_checkpoint_is_found_after_a_change_of_directory(run, make_method):
    method = Path(make_method("loads", REPEAT))
    text = (method / "adapter.py").read_text()
    opens = "import os; os.chdir('/'); open(config.checkpoint).close(); return Method()"
    (method / "adapter.py").write_text(text.replace("return Method()", opens))
    Path("weights.bin").write_bytes(b"x")
    done = run(str(method), more=("--checkpoint", "weights.bin"))
    assert done.returncode == 0 and scored("loads") == 3, done.stderr


@pytest.mark.parametrize("fails", ["at once", "every pair"])
def test_a_run_without_a_finished_pair_claims_nothing(run, make_method, fails):
    """Case bad-checkpoint-claims-the-folder: the right checkpoint takes the folder."""
    method = Path(make_method("loads", "if self.bad:\n    raise ValueError('bad')\nyield from driving"))
    text = (method / "adapter.py").read_text()
    bad = "m = Method(); m.bad = config.checkpoint.read_text() == ''"
    text = text.replace("return Method()", bad + ("\n    assert not m.bad" * (fails == "at once")) + "\n    return m")
    (method / "adapter.py").write_text(text)
    Path("bad").write_text("")
    Path("good").write_text("weights")
    first = run(str(method), more=("--checkpoint", "bad"))
    assert first.returncode == (2 if fails == "at once" else 1), first.stderr
    second = run(str(method), more=("--checkpoint", "good", "--limit", "1"))
    assert second.returncode == 0 and scored("loads") == 1, second.stderr
    assert reasons("loads") == []
    assert_explained(run(str(method), more=("--checkpoint", "bad")), "another configuration", "checkpoint_sha256")


def test_a_checkpoint_that_changes_while_it_is_loaded_ends_the_run(run, make_method, tmp_path):
    """Kind 4: what was hashed may not be what made the clips."""
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"a" * 100)
    method = make_method("swaps", f"import pathlib\npathlib.Path({str(weights)!r}).write_text('b' * 100)\n{REPEAT}")
    done = run(method, more=("--checkpoint", str(weights)))
    assert_explained(done, "weights.bin changed while the run was going")
    assert not list(Path("runs").rglob("pairs/*.json"))


TABLE = "options: {table: {default: '', help: x}}\n"


def test_a_file_of_an_option_that_changes_is_seen_while_a_run_goes_and_when_it_is_resumed(run, make_method, tmp_path):
    """Kind 4: whether the card calls it a file or not."""
    table = tmp_path / "table.npz"
    table.write_bytes(b"a")
    method = Path(make_method("reads", f"import pathlib\npathlib.Path({str(table)!r}).write_text('b')\n{REPEAT}"))
    with (method / "method.yaml").open("a") as card:
        card.write(TABLE)
    given = ("--option", "table=table.npz")
    assert_explained(run(str(method), more=given), "table.npz changed while the run was going")
    assert not list(Path("runs").rglob("pairs/*.json"))
    done = run(str(method), more=(*given, "--limit", "1"))
    assert done.returncode == 0 and scored("reads") == 1, done.stderr
    options = json.loads(Path("runs", "small_self", "reads", "run.json").read_text())["configuration"]["options"]
    assert options["table"].startswith("table.npz (sha256:3e23e8160039594a")
    table.write_bytes(b"c")
    assert_explained(run(str(method), more=given), "another configuration", "options")
