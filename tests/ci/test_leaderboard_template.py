"""docs/leaderboard_template, played: an honest submission, one that was changed, and the row on main."""

import copy
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from evalkit.leaderboard.entry import read_entry
from tests.ci.github import GitHub
from tests.ci.programs import installs, write_gh
from tests.ci.runner import Event, Player
from tests.leaderboard.test_verify import Submitted, original, pair_of  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "docs" / "leaderboard_template"
WORKFLOW = yaml.safe_load((TEMPLATE / ".github" / "workflows" / "verify.yml").read_text(encoding="utf-8"))
TOOLS = ("bash", "git", "jq", "find")
GIT = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


def git(tree, *arguments, **variables):
    command = ["git", "-C", tree, *arguments]
    environment = os.environ | GIT | variables
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout.strip()


def commit(tree: Path) -> str:
    git(tree, "add", "--all")
    git(tree, "commit", "--quiet", "--message", "x")
    return git(tree, "rev-parse", "HEAD")


def test_the_workflow_pins_this_evalkit_and_looks_at_data_only():
    step = next(step for step in WORKFLOW["jobs"]["verify"]["steps"] if "EVALKIT" in step.get("env", {}))
    gitlab = yaml.safe_load((ROOT / "docs" / "ci" / "gitlab.yml").read_text(encoding="utf-8"))["variables"]
    assert step["env"] == {name: gitlab[name] for name in ("EVALKIT", "TORCH")}
    rights = {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}
    assert rights == {"verify": {"contents": "read"}, "add": {"contents": "write"}} and WORKFLOW["permissions"] == {}
    assert not any("evalkit" in step.get("run", "") for step in WORKFLOW["jobs"]["add"]["steps"])


@pytest.mark.slow
@pytest.mark.skipif(any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}")
def test_submissions(original: Submitted, tmp_path):  # noqa: F811
    tree, programs = tmp_path / "tree", tmp_path / "programs"
    shutil.copytree(TEMPLATE, tree)
    (tree / ".gitattributes").unlink()  # Git LFS need not be here
    (tree / "protocols").mkdir()
    shutil.copy(str(original.options.protocol), tree / "protocols" / "small.yaml")
    git(tmp_path, "init", "--quiet", "--initial-branch", "main", tree)
    base = commit(tree)
    write_gh(programs)
    github = GitHub(tmp_path / "github")
    (tmp_path / "git-may-ask-gh").touch()
    url = f"{github.url}/{github.repository}"
    git(tree, "push", "--quiet", url, "main", HOME=str(tmp_path), GH_TOKEN=github.token({"contents": "write"}))

    workflow = copy.deepcopy(WORKFLOW)
    step = next(step for step in workflow["jobs"]["verify"]["steps"] if step.get("id") == "verify")
    step["env"] |= {"DATA": str(original.options.data), "SAMPLE": "1"}
    player = Player(github, {}, programs, {})

    def play(event):
        jobs = player.run(workflow, Event(event, tree, base=base))
        return {name: job.result for name, job in jobs.items()}, jobs["verify"]

    folder = tree / "submissions" / "small" / "mine"
    shutil.copytree(original.path, folder)
    (folder / ".lock").unlink()
    clips = [folder / "generated" / f"{pair_of(Submitted(folder, original.options), n)}.mkv" for n in (0, 1)]
    shutil.copy(clips[0], clips[1])
    commit(tree)
    results, job = play("pull_request")
    assert results == {"verify": "failure", "add": "skipped"} and len(installs(job.pip_log)) == 2
    assert "    submissions/small/mine: NOT VERIFIED" in job.summary, job.log
    assert "is not the clip that was scored" in job.summary

    shutil.copy(original.path / "generated" / clips[1].name, clips[1])
    (tree / "protocols" / "small.yaml").write_text("easier: yes\n")
    commit(tree)
    results, job = play("pull_request")
    assert results["verify"] == "failure" and "changes files outside of submissions/" in job.log

    shutil.copy(str(original.options.protocol), tree / "protocols" / "small.yaml")
    commit(tree)
    results, job = play("push")
    assert results == {"verify": "success", "add": "success"}, job.log
    row = github.file("main", "leaderboards/small/copy_source.json")
    assert row is not None and "| verified |" in (github.file("main", "leaderboards/README.md") or "")
    there = tmp_path / "small" / "copy_source.json"
    there.parent.mkdir()
    there.write_text(row)
    assert read_entry(there).status == "verified"
