"""action.yml and the examples of docs/ci: valid by form, and their shell steps do what they say when they run."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "docs" / "ci"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
_STUB = """#!/usr/bin/env bash
printf '%s\\n' "$@" > "$CALLED"
mkdir -p "$RUNNER_TEMP/evalkit-gate"
exit "$STUB_CODE"
"""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")


@pytest.fixture
def stub(tmp_path):
    """A folder for PATH with an `evalkit` that ends with $STUB_CODE, and the file where it notes its arguments."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "evalkit"
    program.write_text(_STUB)
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    return folder, tmp_path / "called"


def shell(script, stub, code=0, flags=("-eo", "pipefail"), **variables):
    """Run a script with the flags of a runner's `shell: bash`, with the stub in front of PATH."""
    folder, called = stub
    home = folder.parent
    environment = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "CALLED": str(called), "STUB_CODE": str(code)}
    environment |= {"RUNNER_TEMP": str(home), "GITHUB_OUTPUT": str(home / "output"), **variables}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", *flags, "-c", script],
        env=environment,
        cwd=home,
        capture_output=True,
        text=True,
    )
    return done, called.read_text().splitlines() if called.exists() else []


def step(name):
    return next(step for step in ACTION["runs"]["steps"] if step.get("id") == name)


def inputs(**given):
    """The environment of the gate step, with ${{ inputs.X }} as the runner fills them in."""
    values = {name: str(spec.get("default", "")) for name, spec in ACTION["inputs"].items()} | given

    def fill(text):
        return re.sub(r"\$\{\{\s*inputs\.([\w-]+)\s*\}\}", lambda found: values[found[1]], text)

    filled = {name: fill(text) for name, text in step("gate")["env"].items()}
    assert not any("${{" in text for text in filled.values())
    return filled


def options(called):
    """--name -> value of what the stub was called with."""
    return {name: value for name, value in zip(called, [*called[1:], ""], strict=True) if name.startswith("--")}


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
def test_the_action_ends_as_the_gate_does(stub, code):
    given = inputs(baseline="b.json", method="./mine", checkpoint="new weights.pth")
    done, called = shell(step("gate")["run"], stub, code, **given)
    assert done.returncode == code, done.stderr
    output = dict(line.split("=", 1) for line in (stub[0].parent / "output").read_text().splitlines())
    assert output["code"] == str(code) and Path(output["report"]).is_dir()
    assert called[0] == "gate" and options(called)["--checkpoint"] == "new weights.pth"
    assert options(called)["--protocol"] == "demo_gate" and options(called)["--stage"] == "full"
    assert "--candidate" not in called and "--data" not in called and "--history" not in called


def test_the_action_compares_a_run_that_is_there(stub):
    given = inputs(baseline="b.json", candidate="runs/x", rules="gate.yaml", history="h.jsonl")
    given |= {"LINK_BASE": "https://ci/strips"}
    _, called = shell(step("gate")["run"], stub, **given)
    found = options(called)
    assert found["--candidate"] == "runs/x" and found["--rules"] == "gate.yaml" and found["--history"] == "h.jsonl"
    assert found["--link-base"] == "https://ci/strips" and "--protocol" not in called


def test_a_value_is_never_a_command(stub):
    nasty = '"; touch owned; $(touch owned) `touch owned`'
    _, called = shell(step("gate")["run"], stub, **inputs(baseline=nasty, method=nasty))
    assert options(called)["--baseline"] == nasty and not (stub[0].parent / "owned").exists()
    for each in ACTION["runs"]["steps"]:
        assert "${{" not in each.get("run", ""), "inputs reach scripts through the environment only"


def test_every_input_is_used_and_documented():
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    for name, spec in ACTION["inputs"].items():
        assert spec["description"] and re.search(rf"\${{{{ inputs\.{name} }}}}", text), name
    assert ACTION["runs"]["using"] == "composite"
    assert all("uses" in each or each.get("shell") == "bash" for each in ACTION["runs"]["steps"])
    assert {spec["value"] for spec in ACTION["outputs"].values()} == {
        "${{ steps.gate.outputs.code }}",
        "${{ steps.gate.outputs.report }}",
    }


def test_the_github_example_uses_inputs_and_outputs_the_action_has():
    (job,) = yaml.safe_load((CI / "github.yml").read_text(encoding="utf-8"))["jobs"].values()
    gate = next(each for each in job["steps"] if "evalkit" in each.get("uses", ""))
    assert gate["id"] == "gate" and set(gate["with"]) <= set(ACTION["inputs"])
    required = {name for name, spec in ACTION["inputs"].items() if spec.get("required")}
    assert required <= set(gate["with"])
    text = (CI / "github.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"steps\.gate\.outputs\.([\w-]+)", text)) <= set(ACTION["outputs"])


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_gitlab_script_ends_as_the_gate_does(stub, code):
    job = yaml.safe_load((CI / "gitlab.yml").read_text(encoding="utf-8"))["gate"]
    done, called = shell("\n".join(job["script"]), stub, code, CI_JOB_URL="https://gitlab/job")
    assert done.returncode == code and called[0] == "gate"
    found = options(called)
    assert found["--junit"] == job["artifacts"]["reports"]["junit"]
    folder = job["artifacts"]["paths"][0]
    assert all(found[name].startswith(f"{folder}/") for name in ("--junit", "--markdown", "--strips"))
    assert found["--link-base"] == f"https://gitlab/job/artifacts/raw/{found['--strips']}"


@pytest.mark.parametrize(("code", "pushed"), [(0, 0), (1, 1), (2, 0), (3, 0), (4, 0)])
def test_the_pre_push_hook_stops_a_regression_only(stub, code, pushed):
    done, called = shell((CI / "pre-push").read_text(encoding="utf-8"), stub, code, flags=())
    assert done.returncode == pushed and called[0] == "gate"
    assert ("worse than the baseline" in done.stderr) == (code == 1)
    assert os.access(CI / "pre-push", os.X_OK)


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="no shellcheck")
def test_the_scripts_pass_shellcheck(tmp_path):
    scripts = {f"action{i}": each["run"] for i, each in enumerate(ACTION["runs"]["steps"]) if "run" in each}
    scripts["gitlab"] = "\n".join(yaml.safe_load((CI / "gitlab.yml").read_text())["gate"]["script"])
    scripts |= {"pre-push": (CI / "pre-push").read_text()}
    for name, script in scripts.items():
        (tmp_path / name).write_text(script)
        done = subprocess.run(["shellcheck", "-s", "bash", tmp_path / name], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
