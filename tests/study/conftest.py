"""Three small runs over six pairs, and studies made of them in a moment."""

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.protocol.schema import read_protocol
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.runs.session import resolve_pairs
from evalkit.study.entrants import read_entrants
from evalkit.study.folder import Study, StudyFolder, read_study, read_tokens
from evalkit.study.make import Plan, draft_study, write_draft
from evalkit.study.server import StudyServer
from tests.facts import header_facts, summary_facts

SIZE, FRAMES = 32, 6
PEOPLE = ("anna", "bela", "cora")
TITLES = {"good": "Good", "evil": r"<script>alert(1)</script> \input{x}", "third": "Third & last"}
PROTOCOL = (
    "id: small\ntitle: Small\ntask: cross_reenactment\ndataset: folder\npairs: {rule: all_cross_identity}\n"
    f"resolution: {SIZE}\nmetrics: ['csim[dlib]']\n"
)


def frames(seed: int) -> np.ndarray:
    """Coloured bars that move: compresses well, and every seed looks different."""
    ramp = (np.arange(SIZE) * 8 + seed * 37)[None, None, :, None] + 16 * np.arange(FRAMES)[:, None, None, None]
    scale = np.array([1, seed % 3, seed % 5])
    return np.broadcast_to(ramp * scale % 256, (FRAMES, SIZE, SIZE, 3)).astype(np.uint8)


@pytest.fixture(scope="session")
def data_root(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("people")
    for index, person in enumerate(PEOPLE):
        video.write_video(root / person / "take.mkv", [frames(index)], 25)
    return root


@pytest.fixture(scope="session")
def protocol_file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("protocols") / "small.yaml"
    path.write_text(PROTOCOL)
    return path


def write_run(out: Path, protocol_file: Path, data_root: Path, method: str, title: str, seed: int) -> Path:
    """A run folder as far as a study reads it."""
    protocol = read_protocol(protocol_file)
    pairs = resolve_pairs(protocol, data_root)
    folder = RunFolder(out / protocol.id / method)
    for index, pair in enumerate(pairs):
        clip = folder.generated(pair.id)
        video.write_video(clip, [frames(seed + index)], 25)
        outcome = Outcome(
            pair=pair.id,
            status="ok",
            generated=str(clip.relative_to(folder.path)),
            frames=FRAMES,
            source_sha256=content_sha256(pair.source.path),
            driving_sha256=content_sha256(pair.driving.path),
            generated_sha256=content_sha256(clip),
        )
        folder.write_outcome(outcome)
    summary = summary_facts(
        {},
        protocol=protocol.id,
        protocol_hash=protocol.hash,
        task=protocol.task,
        method=method,
        title=title,
        pairs={"protocol": len(pairs), "run": len(pairs), "scored": len(pairs), "failed": []},
    )
    header = header_facts(protocol=protocol.model_dump(mode="json"), data=str(data_root), device={"name": "machine"})
    folder.summary.write_text(json.dumps(summary))
    folder.header.write_text(json.dumps(header))
    return folder.path


@pytest.fixture(scope="session")
def shared_runs(tmp_path_factory, protocol_file, data_root) -> list[Path]:
    """Runs of three methods, to be read only."""
    out = tmp_path_factory.mktemp("runs")
    return [
        write_run(out, protocol_file, data_root, name, title, 10 * index)
        for index, (name, title) in enumerate(TITLES.items(), start=1)
    ]


@pytest.fixture(scope="session")
def make(tmp_path_factory) -> Callable[..., StudyFolder]:
    """Make a study of runs; keywords change the plan."""

    def made(runs, ours="good", **changes) -> StudyFolder:
        groups, title = read_entrants(runs, ours)
        plan = Plan(**{"ours": title, "question": "Which?", "seed": 5, "raters": 4} | changes)
        folder = StudyFolder(tmp_path_factory.mktemp("studies") / "study")
        write_draft(draft_study(groups, plan), folder.path, lambda name, became: None)
        return folder

    return made


@pytest.fixture(scope="session")
def shared_study(make, shared_runs) -> StudyFolder:
    """A study of ours against two, four raters; to be read only."""
    return make(shared_runs)


@pytest.fixture
def study(shared_study, tmp_path) -> StudyFolder:
    """The key and tokens of `shared_study`, with no answers yet."""
    folder = StudyFolder(tmp_path / "study")
    folder.path.mkdir()
    for name in ("key.json", "raters.csv"):
        (folder.path / name).write_bytes((shared_study.path / name).read_bytes())
    folder.page.symlink_to(shared_study.page)
    return folder


@pytest.fixture
def key(study) -> Study:
    return read_study(study)


@pytest.fixture
def tokens(study) -> list[str]:
    return read_tokens(study)


@pytest.fixture
def server(study) -> Iterator[StudyServer]:
    """A running server of `study`, with no answers yet."""
    study.answers.unlink(missing_ok=True)
    with StudyServer(study) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def sheet(study: Study, token: str, answers: list[dict], /, **changes) -> bytes:
    """A sheet as the page sends it."""
    content = {"schema_version": 1, "study": study.id, "token": token, "answers": answers}
    return json.dumps(content | changes).encode()


def trials_of(study: Study, rater: int) -> list[str]:
    return [name for name, asked in study.trials.items() if asked.rater == rater]


def prefer(study: Study, rater: int, liked: str, checks_right: bool = True) -> list[dict]:
    """Answers of a rater who always prefers one method where it is shown, and else the left side."""
    answers = []
    for name in trials_of(study, rater):
        asked = study.trials[name]
        if asked.check:
            side = "left" if (asked.left == "intact") == checks_right else "right"
        else:
            side = "right" if asked.right == liked else "left"
        answers.append({"trial": name, "choice": side, "seconds": 2.5})
    return answers
