"""action.yml and the examples of docs/ci: shell steps by themselves. tests/ci plays GitHub's workflow as a whole."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "docs" / "ci"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
GITLAB = yaml.safe_load((CI / "gitlab.yml").read_text(encoding="utf-8"))
_STUB = """#!/usr/bin/env bash
printf '%s\\n' "$@" > "$CALLED"
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
    environment |= {"RUNNER_TEMP": str(home), "GITHUB_OUTPUT": str(home / "output"), "HOME": str(home)}
    environment |= {"GITHUB_STEP_SUMMARY": str(home / "summary"), **variables}
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


def outputs(stub):
    """What the step wrote to GITHUB_OUTPUT; the last line of a name counts."""
    return dict(line.split("=", 1) for line in (stub[0].parent / "output").read_text().splitlines())


def options(called):
    """--name -> value of what the stub was called with."""
    return {name: value for name, value in zip(called, [*called[1:], ""], strict=True) if name.startswith("--")}


@pytest.mark.parametrize(("code", "word"), [(1, "without a verdict"), (2, "usage error"), (70, "a bug in evalkit")])
def test_the_action_ends_as_the_gate_does(stub, code, word):
    given = inputs(baseline="b.json", method="./mine", checkpoint="new weights.pth")
    done, called = shell(step("gate")["run"], stub, code, **given)
    assert done.returncode == code, done.stderr
    output = outputs(stub)
    assert output["code"] == str(code) and Path(output["report"]).is_dir()
    text = (Path(output["report"]) / "comment.md").read_text()
    assert word in text and f"exit code {code}" in text and (stub[0].parent / "summary").read_text() == text
    assert called[0] == "gate" and options(called)["--checkpoint"] == "new weights.pth"
    assert options(called)["--protocol"] == "demo_gate" and options(called)["--stage"] == "full"
    assert options(called)["--history"] == f"{output['report']}/history.jsonl"
    assert "--candidate" not in called and "--data" not in called


def test_the_action_is_never_green_without_a_verdict(stub):
    done, _ = shell(step("gate")["run"], stub, 0, **inputs(baseline="b.json", method="./mine"))
    assert done.returncode == 70 and outputs(stub)["code"] == "70"


def test_two_gates_of_one_job_have_two_reports(stub):
    reports = []
    for _ in range(2):
        shell(step("gate")["run"], stub, 1, **inputs(baseline="b.json", method="./mine"))
        reports.append(outputs(stub)["report"])
    assert reports[0] != reports[1]


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
    assert ACTION["inputs"]["package"]["default"] == ""
    assert {spec["value"] for spec in ACTION["outputs"].values()} == {
        "${{ steps.gate.outputs.code }}",
        "${{ steps.gate.outputs.report }}",
    }


def test_torch_is_the_one_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (torch,) = [wanted for wanted in project["dependencies"] if wanted.startswith("torch")]
    install = next(each["run"] for each in ACTION["runs"]["steps"] if "--index-url" in each.get("run", ""))
    assert f'-- "{torch}"\n' in install
    assert GITLAB["variables"]["TORCH"] == torch
    assert (
        f"evalkit-face @ git+https://github.com/OWNER/evalkit@v{project['version']}" == GITLAB["variables"]["EVALKIT"]
    )
    assert f"uses: OWNER/evalkit@v{project['version']} " in (CI / "github.yml").read_text(encoding="utf-8")


def test_the_name_on_the_package_index_is_never_installed():
    for path in [ROOT / "action.yml", *CI.iterdir(), *(ROOT / ".github").rglob("*.yml"), ROOT / "docs" / "gate.md"]:
        assert not re.search(r"pip install[^\n]*[ \"']evalkit(?![\w-])", path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("code", [0, 1, 3])
def test_the_gitlab_script_ends_as_the_gate_does(stub, code):
    job = GITLAB["gate"]
    done, called = shell("\n".join(job["script"]), stub, code, CI_JOB_URL="https://gitlab/job")
    assert done.returncode == code and called[0] == "gate"
    found = options(called)
    assert found["--junit"] == job["artifacts"]["reports"]["junit"]
    folder = job["artifacts"]["paths"][0]
    assert all(found[name].startswith(f"{folder}/") for name in ("--junit", "--markdown", "--strips", "--history"))
    assert found["--link-base"] == f"https://gitlab/job/artifacts/raw/{found['--strips']}"


def test_the_gitlab_history_grows_on_its_branch(stub):
    home = stub[0].parent
    remote = home / "server" / "team" / "model.git"
    subprocess.run(["git", "init", "--quiet", "--bare", remote], check=True)
    subprocess.run(["git", "-C", remote, "config", "receive.advertisePushOptions", "true"], check=True)
    (home / "report").mkdir()
    script = "\n".join(GITLAB["history"]["script"])
    python = f'python() {{ "{sys.executable}" "$@"; }}\n'
    given = {"CI_SERVER_URL": f"file://{home / 'server'}", "CI_PROJECT_PATH": "team/model", "HISTORY_TOKEN": "t"}
    done, _ = shell(python + script, stub, CI_COMMIT_SHA="a", **given)
    assert done.returncode == 0 and "No verdict" in done.stdout
    for number in (1, 2):
        (home / "report" / "history.jsonl").write_text(f'{{"line": {number}}}\n')
        done, _ = shell(python + script, stub, CI_COMMIT_SHA=str(number), **given)
        assert done.returncode == 0, done.stderr
    (home / "report" / "history.jsonl").write_text("not JSON")
    assert shell(python + script, stub, CI_COMMIT_SHA="3", **given)[0].returncode != 0
    show = ["git", "-C", remote, "show", "gate-history:gate.jsonl"]
    assert subprocess.run(show, capture_output=True, text=True).stdout.splitlines() == ['{"line":1}', '{"line":2}']


@pytest.mark.parametrize(("code", "pushed"), [(0, 0), (1, 1), (2, 0), (3, 0), (4, 0), (70, 0)])
def test_the_pre_push_hook_stops_a_regression_only(stub, code, pushed):
    done, called = shell((CI / "pre-push").read_text(encoding="utf-8"), stub, code, flags=())
    assert done.returncode == pushed and called[0] == "gate"
    assert ("worse than the baseline" in done.stderr) == (code == 1)
    assert os.access(CI / "pre-push", os.X_OK)


LINT = ROOT / ".ci" / "lint-workflows"
linted = pytest.mark.skipif(
    any(shutil.which(tool, path=str(Path(sys.executable).parent)) is None for tool in ("zizmor", "actionlint")),
    reason="the tools of the dependency group dev are not beside this Python",
)


def lint(*files):
    environment = {**os.environ, "EVALKIT_LINT_TOOLS": str(Path(sys.executable).parent)}
    return subprocess.run([LINT, *files], env=environment, capture_output=True, text=True)


@pytest.mark.slow
@linted
def test_action_workflows_and_examples_have_no_finding():
    done = lint()
    assert done.returncode == 0 and "no finding" in done.stdout, done.stdout + done.stderr


@linted
@pytest.mark.parametrize(
    ("source", "old", "new", "said"),
    [
        (
            "docs/ci/github.yml",
            "printf '\\n[",
            "echo ${{ github.event.pull_request.title }}; printf '\\n[",
            "injection",
        ),
        ("docs/ci/github.yml", "timeout-minutes: 5", "timeout-minuts: 5", "timeout-minuts"),
        ("docs/ci/github.yml", "needs.gate.outputs.artifact-url", "needs.gate.outputs.artifact", "not defined"),
        ("docs/ci/github.yml", "persist-credentials: false", "fetch-depth: 1", "artipacked"),
        ("docs/ci/github.yml", "pull-requests: write", "pull-request: write", "pull-request"),
        ("docs/ci/github.yml", '"$line" >>', "$line >>", "SC2086"),
        ("action.yml", "shell: bash", "shel: bash", "shel"),
        ("action.yml", '-- "$target"', "-- ${{ inputs.package }}", "injection"),
        ("action.yml", '-- "$target"', "-- $target", "SC2086"),
        ("docs/ci/gitlab.yml", "allow_failure:", "alow_failure:", "alow_failure"),
        ("docs/ci/gitlab.yml", 'install --quiet "$EVALKIT"', "install --quiet $EVALKIT", "SC2086"),
    ],
)
def test_a_planted_fault_is_found(source, old, new, said, tmp_path):
    text = (ROOT / source).read_text(encoding="utf-8")
    assert old in text
    planted = tmp_path / Path(source).name
    planted.write_text(text.replace(old, new), encoding="utf-8")
    done = lint(planted)
    assert done.returncode == 1 and said in done.stdout + done.stderr, done.stdout + done.stderr
