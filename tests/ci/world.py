"""A repository that gates its checkpoints: a baseline, ready run folders as candidates, and the workflow of docs/ci."""

import copy
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from evalkit.gating.baseline import save_baseline
from evalkit.gating.side import read_side
from tests.ci.github import GitHub
from tests.ci.programs import installs, write_gh
from tests.ci.runner import Event, Job, Player
from tests.fakes import make_protocol
from tests.gating.conftest import values, write_run

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = yaml.safe_load((ROOT / "docs" / "ci" / "github.yml").read_text(encoding="utf-8"))
ACTION = "OWNER/evalkit"
AKD = "akd[dlib68]"


@dataclass
class World:
    """A GitHub with that repository, and a runner. `tree` is what a checkout brings."""

    github: GitHub
    player: Player
    tree: Path

    def play(
        self, event: str = "pull_request", fork: bool = False, sha: str = "c0ffee" * 6, **inputs: str
    ) -> dict[str, Job]:
        """The workflow of docs/ci/github.yml. With `inputs` the gate step has these instead of its own."""
        workflow = copy.deepcopy(TEMPLATE)
        if inputs:
            step = next(step for step in workflow["jobs"]["gate"]["steps"] if step.get("uses", "").startswith(ACTION))
            step["with"] = {name.replace("_", "-"): value for name, value in inputs.items()}
        return self.player.run(workflow, Event(event, self.tree, sha, fork))

    def gate(self, candidate: str, **more: Any) -> dict[str, Job]:
        """The same for a run folder of the repository."""
        return self.play(**{"baseline": "ci/baseline.json", "candidate": f"runs/{candidate}", **more})


def build(root: Path) -> World:
    """Write it below `root`, an empty folder."""
    tree, protocol = root / "tree", make_protocol().model_dump(mode="json")
    for name, scores, facts in (
        ("base", values(), {}),
        ("same", values(), {}),
        ("worse", values() | {AKD: values()[AKD] * 1.2}, {}),
        ("unfinished", values(), {"complete": False}),
        ("other", values(), {"protocol_hash": "b" * 64}),
        ("rude", values(), {"title": "@everyone $(touch owned) `touch owned` <!-- evalkit-gate -->"}),
    ):
        configuration = {"protocol_hash": facts["protocol_hash"]} if "protocol_hash" in facts else {}
        configuration |= {"title": facts["title"]} if "title" in facts else {}
        write_run(tree, name, scores, configuration=configuration, rules=protocol, **facts)
    (tree / "ci").mkdir()
    save_baseline(read_side(tree / "runs" / "base"), tree / "ci" / "baseline.json")
    (tree / ".github" / "workflows").mkdir(parents=True)
    (tree / ".github" / "workflows" / "gate.yml").write_bytes((ROOT / "docs" / "ci" / "github.yml").read_bytes())
    programs = root / "programs"
    write_gh(programs)
    kept = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    github = GitHub(root / "github")
    return World(github, Player(github, {ACTION: ROOT}, programs, kept), tree)


def installed(job: Job) -> list[list[str]]:
    """What pip was asked to install in a job."""
    return installs(job.pip_log)


def planted(world: World) -> list[Path]:
    """Files that no step writes: a value was run as a command."""
    return sorted(world.github.root.parent.rglob("owned*"))
