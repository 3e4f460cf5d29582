"""An optional library that is not installed ends in a sentence that names the extra, never in a traceback."""

import json
from pathlib import Path

import pytest

from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.scoring.features import dependency_order
from tests.e2e.conftest import assert_explained

HIDING = str(Path(__file__).parent / "hidden_libraries")
FACES = ("cv2", "insightface", "onnx", "onnxruntime", "skimage")


@pytest.fixture
def without(evalkit_process, tmp_path):
    """Run the command line in a process where some modules are not installed."""

    def call(hidden, *arguments):
        return evalkit_process(*arguments, PYTHONPATH=HIDING, HIDDEN=",".join(hidden), EVALKIT_CACHE=str(tmp_path))

    return call


def users_of(modules):
    """Keys of the metrics whose networks, or those they build on, import one of `modules`."""
    chains = {key: dependency_order([metric.input[0]]) for key, metric in METRICS.items() if metric.input}
    return {k for k, chain in chains.items() if any(set(modules) & set(EXTRACTORS.get(n).modules) for n in chain)}


@pytest.mark.parametrize(
    ("hidden", "extra"), [(FACES, "faces"), (("insightface",), "faces"), (("mediapipe",), "mediapipe")]
)
def test_metrics_list_names_the_extra(without, hidden, extra):
    done = without(hidden, "metrics", "list", "--json")
    assert done.returncode == 0, done.stderr
    reasons = {row["id"]: row["unavailable_because"] or "" for row in json.loads(done.stdout)}
    users = users_of(hidden)
    assert users and "csim[dlib]" not in users
    for key, reason in reasons.items():
        told = "not installed. Install with: pip install 'evalkit-face[" in reason and f"{extra}]'" in reason
        assert told == (key in users), (key, reason)
    if hidden == ("insightface",):
        assert users == {"csim[insightface]"}


def test_a_run_without_the_extra_of_one_metric_gives_the_others(without, protocols, small_root, tmp_path):
    chosen = ("-m", "l1", "-m", "csim[insightface]")
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", "copy_source", *chosen)
    done = without(("insightface",), "run", *arguments, "-o", tmp_path / "runs", "--no-anchors", "--workers", "1")
    (summary,) = (tmp_path / "runs").rglob("summary.json")
    entries = json.loads(summary.read_text())["metrics"]
    assert entries["l1"]["status"] == "ok" and entries["csim[insightface]"]["status"] == "unavailable"
    assert_explained(done, "insightface is not installed. Install with: pip install 'evalkit-face[faces]'", code=0)


def test_the_heads_of_lpips_name_the_extra_beside_the_download(without):
    done = without(("lpips",), "metrics", "list", "--json")
    (reason,) = (row["unavailable_because"] for row in json.loads(done.stdout) if row["id"] == "lpips")
    assert "evalkit weights fetch lpips-backbone-alexnet lpips-lin-v0.1-alex" in reason
    assert "lpips_lin_v0.1_alex.pth comes with a package as well: pip install 'evalkit-face[lpips]'" in reason


@pytest.mark.parametrize(
    ("hidden", "arguments"),
    [
        ("jinja2", ("report", "RUN", "-o", "OUT")),
        ("matplotlib", ("plot", "frames", "RUN", "-m", "l1", "-o", "OUT.pdf")),
        ("jinja2", ("history", "RUN", "-o", "OUT")),
        ("jinja2", ("study", "make", "RUN", "-o", "OUT")),
        ("pooch", ("weights", "fetch", "fsanet-1x1")),
        ("huggingface_hub", ("weights", "fetch", "face-landmarks-203")),
    ],
)
def test_commands_end_in_a_sentence_that_names_the_extra(without, tmp_path, hidden, arguments):
    done = without(
        (hidden,), *(a.replace("RUN", str(tmp_path)).replace("OUT", str(tmp_path / "out")) for a in arguments)
    )
    extra = "weights" if arguments[0] == "weights" else "report"
    assert_explained(done, f"needs {hidden}, which is not installed", f"pip install 'evalkit-face[{extra}]'")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize(("hidden", "extra"), [("diffusers", "diffusion"), ("mediapipe", "mediapipe")])
def test_methods_name_the_extra(without, protocols, small_root, tmp_path, hidden, extra):
    options = ("--option", "networks=tiny", "--option", "side=64", "--random-weights", "--limit", "1")
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", "magicportrait_mesh", "-m", "l1")
    done = without((hidden,), "run", *arguments, "-o", tmp_path / "runs", "--no-anchors", *options)
    assert_explained(done, f"needs {hidden}, which is not installed", f"pip install 'evalkit-face[{extra}]'")
