"""What the doctor makes of the answers."""

from dataclasses import replace
from importlib.metadata import version

import pytest

from evalkit.base.extras import CORE, EXTRAS
from evalkit.cli.doctor import page
from evalkit.doctor.children import Answer
from evalkit.doctor.diagnose import judge
from evalkit.doctor.facts import Rows
from evalkit.doctor.libraries import installed_versions
from evalkit.doctor.libraries import judge as judge_library
from evalkit.doctor.probe import no_gpu_reason
from evalkit.doctor.rows import compare_rows

FFMPEG = {
    "libraries": {"libavcodec": "62.1.1"},
    "encoders": {"ffv1": True, "libx264rgb": True},
    "decoders": {"ffv1": True, "h264": True, "hevc": True, "vp9": True, "av1": True},
}
COMPUTE = {"torch": "2.9", "cuda": None, "devices": [], "reason": "this PyTorch is built for CPUs only", "threads": 2}
CACHE = {"what": "cache", "path": "/c", "exists": True, "writable": True, "free_bytes": 10**9}
SHIPPED = {"protocols": "/p", "baselines": "/b", "leaderboards": None}


def answers(**changed):
    modules = [*CORE, *(module for members in EXTRAS.values() for module in members)]
    found = {f"import:{module}": Answer() for module in modules}
    found |= {"ffmpeg": Answer(FFMPEG), "compute": Answer(COMPUTE), "folders": Answer([CACHE])}
    found |= {"metrics": Answer([]), "methods": Answer([]), "needed": Answer([]), "modules": Answer({"m": ["cv2"]})}
    found["plugins"] = Answer([])
    return found | {check.replace("import_", "import:"): answer for check, answer in changed.items()}


def diagnosis(**changed):
    return judge(answers(**changed), {**SHIPPED, "leaderboards": "/nowhere"}, 2)


def test_a_whole_installation_is_healthy():
    found = diagnosis()
    assert found.healthy and "evalkit works here." in page(found)


def test_a_missing_extra_is_no_failure_and_a_missing_core_library_is():
    absent = Answer(problem="ModuleNotFoundError: x", absent=True)
    optional = diagnosis(import_mediapipe=absent)
    assert optional.healthy
    assert any("not installed: mediapipe. pip install 'evalkit-face[mediapipe]'" in line for line in page(optional))
    core = diagnosis(import_scipy=absent)
    assert core.problems == ("scipy (missing): not installed. pip install evalkit-face",)


def test_a_broken_optional_library_is_a_failure_and_names_the_system_package():
    text = "ImportError: libGL.so.1: cannot open shared object file: No such file or directory"
    found = diagnosis(import_cv2=Answer(problem=text))
    assert len(found.problems) == 1 and found.problems[0].endswith("apt-get install libgl1")
    assert [(one.kind, one.names) for one in found.metrics] == [("broken", ("m",))]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        (
            {"ffmpeg": Answer({**FFMPEG, "encoders": {"ffv1": True, "libx264rgb": False}})},
            "PyAV's FFmpeg has no encoder libx264rgb",
        ),
        (
            {"ffmpeg": Answer({**FFMPEG, "decoders": {**FFMPEG["decoders"], "h264": False}})},
            "PyAV's FFmpeg has no decoder h264",
        ),
        ({"folders": Answer([{**CACHE, "writable": False}])}, "cache folder /c cannot be written"),
        ({"needed": Answer(["csim: not here"])}, "README cannot run: csim: not here"),
        ({"methods": Answer(problem="MethodError: x")}, "check of methods failed: MethodError: x"),
    ],
)
def test_what_the_core_needs(changed, says):
    found = diagnosis(**changed)
    assert len(found.problems) == 1 and says in found.problems[0]


def test_a_missing_decoder_that_few_clips_need_is_only_shown():
    found = diagnosis(ffmpeg=Answer({**FFMPEG, "decoders": {**FFMPEG["decoders"], "av1": False}}))
    assert found.healthy and any("av1 MISSING" in line for line in page(found))


def test_a_lost_folder_is_a_failure():
    assert judge(answers(), SHIPPED, 2).problems == ("evalkit's folder leaderboards is missing; reinstall evalkit.",)


def test_why_there_is_no_gpu():
    assert no_gpu_reason(None, True, None, "") == "this PyTorch is built for CPUs only"
    assert no_gpu_reason("12.8", False, None, "") == "no GPU driver is loaded on this machine"
    assert no_gpu_reason("12.8", True, "", "") == "CUDA_VISIBLE_DEVICES= hides every GPU"
    assert no_gpu_reason("12.8", True, None, "driver too old\nmore") == "driver too old"


def test_versions_are_those_of_the_distribution():
    assert installed_versions("PIL") == {"pillow": version("pillow")}
    assert judge_library("yaml", None, Answer()).versions == {"pyyaml": version("pyyaml")}


def test_rows_with_and_without_library_versions():
    old = {"evalkit": "0.1.0", "commit": "a" * 40, "dirty": False}
    new = {**old, "evalkit": "0.2.0", "libraries": {"numpy": "2.0", "torch": "2.6", "mediapipe": None}}
    assert compare_rows([old, new], {"numpy": "2.0", "torch": "2.7"}) == Rows(
        2, 1, ("0.1.0", "0.2.0"), ("a" * 40,), {"torch": {"measured": ["2.6"], "installed": "2.7"}}
    )
    lines = list(page(replace(diagnosis(), rows=compare_rows([old, new], {"numpy": "2.0"}))))
    assert "  1 rows do not state their libraries" in lines
    assert "  torch: measured with 2.6, installed not" in lines
