"""Every mistake of issue-list length ends in one clear paragraph and loses nothing."""

import json
import os
import shutil
from pathlib import Path

import av
import numpy as np
import pytest

from evalkit.clips import video
from tests.e2e.conftest import FRAMES, assert_explained, write_clip


def run(evalkit, protocol, root, out, *methods, extra=()):
    chosen = [part for method in methods or ("copy_driving",) for part in ("-M", method)]
    return evalkit("run", "-p", protocol, "-d", root, "-o", out, "--workers", "1", *chosen, *extra)


def summary_of(out, protocol, method):
    return json.loads((out / protocol / method / "summary.json").read_text())


def mp4_with_header_first(clip, path):
    """The bytes of an H.264 copy whose header, with the frame count, comes before the frames."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 128
        for chunk in video.iter_frames(clip):
            for frame in chunk:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def root(small_root, tmp_path):
    """A copy of the small data root that a test may spoil."""
    return Path(shutil.copytree(small_root, tmp_path / "data"))


@pytest.fixture
def small_self(protocols):
    return protocols / "small_self.yaml"


@pytest.mark.parametrize(
    ("arguments", "phrases"),
    [
        (("-p", "demo_cros", "-M", "copy_source"), ("no protocol called 'demo_cros'", "'demo_cross'")),
        (("-p", "demo_cross", "-M", "landmark_wrap"), ("no method called 'landmark_wrap'", "'landmark_warp'")),
        (("-p", "demo_cross", "-M", "copy_source", "-m", "csmi"), ("no metric called 'csmi'", "csim")),
        (
            ("-p", "demo_cross", "-M", "copy_source", "-m", "l1"),
            ("l1 cannot be used with demo_cross", "cross-reenactment"),
        ),
        (("-p", "folder_self", "-M", "copy_source"), ("needs --data", "manifest.csv", "demo_cross")),
        (("-p", "folder_self", "-M", "copy_source", "-d", "/no/such/folder"), ("/no/such/folder", "no such folder")),
        (("-p", "no/such.yaml", "-M", "copy_source"), ("no/such.yaml", "cannot be read")),
        (("-p", "demo_cross", "-M", "./nowhere"), ("nowhere/method.yaml", "expected a method card")),
    ],
)
def test_unknown_names_and_missing_roots(evalkit, tmp_path, arguments, phrases):
    assert_explained(evalkit("run", *arguments, "-o", tmp_path), *phrases)


def test_empty_folder(evalkit, tmp_path, small_self):
    (tmp_path / "data").mkdir()
    assert_explained(run(evalkit, small_self, tmp_path / "data", tmp_path), "no clip found", "manifest.csv")


def test_one_identity_makes_no_cross_pair(evalkit, root, protocols, tmp_path):
    for identity in (1, 2):
        shutil.rmtree(root / f"person{identity}")
    result = run(evalkit, protocols / "small_cross.yaml", root, tmp_path / "out")
    assert_explained(result, "makes no pair from 1 clips of 1 identities", "two identities")


def test_damaged_clips_cost_only_themselves(evalkit, root, small_self, tmp_path):
    whole = mp4_with_header_first(root / "person0" / "take.mkv", tmp_path / "whole.mp4")
    for name, content in {"empty": b"", "text": b"this is not a video", "half": whole[: len(whole) // 2]}.items():
        (root / name).mkdir()
        (root / name / "take.mp4").write_bytes(content)
    result = run(evalkit, small_self, root, tmp_path)
    assert result.returncode == 0 and "Traceback" not in result.stderr
    summary = summary_of(tmp_path, "small_self", "copy_driving")
    assert summary["complete"] is False
    assert summary["pairs"] == {
        "protocol": 6, "run": 6, "scored": 3, "failed": ["empty_take", "half_take", "text_take"]
    }  # fmt: skip
    assert summary["metrics"]["l1"]["n"] == 3 and summary["metrics"]["l1"]["coverage"] == pytest.approx(0.5)
    assert summary["metrics"]["l1"]["status"] == "low_coverage"
    assert "text_take: " in result.stderr and "not a readable video" in result.stderr


def test_a_clip_without_a_face_stays_listed(evalkit, root, small_self, tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (FRAMES, 128, 128, 3), dtype=np.uint8)
    (root / "nobody").mkdir()
    write_clip(root / "nobody" / "take.mkv", noise)
    assert run(evalkit, small_self, root, tmp_path).returncode == 0
    metrics = summary_of(tmp_path, "small_self", "copy_driving")["metrics"]
    assert metrics["l1"]["n"] == 4 and metrics["l1"]["coverage"] == 1
    assert metrics["csim[dlib]"]["n"] == 3 and metrics["csim[dlib]"]["coverage"] == pytest.approx(0.75)
    assert metrics["csim[dlib]"]["no_face_reference"] == FRAMES - 1


def test_a_face_destroyed_by_the_method_shows_in_coverage(evalkit, make_method, root, small_self, tmp_path):
    grey = make_method("grey", "for chunk in driving:\n    yield np.full_like(chunk, 128)")
    assert run(evalkit, small_self, root, tmp_path, grey).returncode == 0
    entry = summary_of(tmp_path, "small_self", "grey")["metrics"]["csim[dlib]"]
    assert entry["value"] is None and entry["status"] == "nothing_scored" and entry["coverage"] == 0
    assert entry["no_face_generated"] == 3 * (FRAMES - 1) and entry["no_face_reference"] == 0


def test_tiny_and_huge_frames(evalkit, root, small_self, tmp_path):
    for name, height, width in (("tiny", 1, 1), ("huge", 3000, 4000)):
        for index in range(2):
            video.write_image(root / name / "take" / f"{index}.png", np.full((height, width, 3), 90, np.uint8))
    assert run(evalkit, small_self, root, tmp_path, extra=("-m", "l1")).returncode == 0
    summary = summary_of(tmp_path, "small_self", "copy_driving")
    assert summary["complete"] is True and summary["metrics"]["l1"]["n"] == 5


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("id,kind,file,identity\na,clip,person0/take.mkv\n", ("manifest.csv line 2", "expected 4 columns", "got 3")),
        ("id,kind,file\na,clip,x\n", ("line 1", "column 'identity' is missing")),
        ("id,kind,file,identity\na,film,x,p\n", ("line 2", "column 'kind'", "'clip' or 'portrait'", "'film'")),
        ("id,kind,file,identity\na,clip,../../etc,p\n", ("line 2", "column 'file'", "inside the data folder")),
        ("id,kind,file,identity\na/b,clip,x,p\n", ("line 2", "column 'id'", "without slashes")),
        ("id,kind,file,identity\na,clip,x,p\na,clip,y,p\n", ("two clips have the id 'a'",)),
    ],
)
def test_bad_manifest(evalkit, root, small_self, tmp_path, text, phrases):
    (root / "manifest.csv").write_text(text)
    assert_explained(run(evalkit, small_self, root, tmp_path), *phrases)


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("raises", "raise RuntimeError('no such layer')\nyield", "raised RuntimeError: no such layer"),
        ("short", "for chunk in driving:\n    yield chunk[:-1]", "returned 3 frames for 4 driving frames"),
        ("long", "for chunk in driving:\n    yield np.repeat(chunk, 2, axis=0)", "returned more than 4 frames"),
        ("sized", "for chunk in driving:\n    yield chunk[:, ::2, ::2]", "expected (t, 128, 128, 3)"),
        ("nan", "for chunk in driving:\n    yield np.full(chunk.shape, np.nan)", "NaN or infinite"),
        ("range", "for chunk in driving:\n    yield chunk.astype(np.float32)", "expected [0, 1]"),
        ("nothing", "return\nyield", "returned 0 frames for 4 driving frames"),
    ],
)
def test_a_method_that_misbehaves_on_one_pair(evalkit, make_method, root, small_self, tmp_path, name, body, reason):
    indented = "\n".join(f"    {line}" for line in body.splitlines())
    first_only = f"if not getattr(self, 'ran', 0):\n    self.ran = 1\n{indented}\n    return\nyield from driving"
    method = make_method(name, first_only)
    result = run(evalkit, small_self, root, tmp_path, method)
    assert result.returncode == 0 and "Traceback" not in result.stderr, result.stderr
    assert reason in result.stderr
    summary = summary_of(tmp_path, "small_self", name)
    assert summary["pairs"]["failed"] == ["person0_take"] and summary["metrics"]["l1"]["n"] == 2
    assert not list((tmp_path / "small_self" / name).rglob("*.tmp*"))


def test_when_every_pair_failed_the_exit_code_says_so(evalkit, make_method, root, small_self, tmp_path):
    method = make_method("hopeless", "raise ValueError('no')\nyield")
    result = run(evalkit, small_self, root, tmp_path, method)
    assert result.returncode == 1 and "3 of 3 pairs failed" in result.stderr and "Traceback" not in result.stderr
    assert summary_of(tmp_path, "small_self", "hopeless")["pairs"]["scored"] == 0


def test_max_failures_stops_and_keeps(evalkit, make_method, root, small_self, tmp_path):
    method = make_method("hopeless", "raise ValueError('no')\nyield")
    result = run(evalkit, small_self, root, tmp_path, method, extra=("--max-failures", "1"))
    assert_explained(result, "2 pairs failed, more than --max-failures 1", "Finished pairs are kept")


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_disk_full_while_writing(workers, evalkit, evalkit_process, root, small_self, tmp_path):
    """The file system of a run folder that reports ENOSPC on the second generated clip."""
    patch = tmp_path / "patch"
    patch.mkdir()
    (patch / "sitecustomize.py").write_text(
        "import errno, os, pathlib\nreplace = pathlib.Path.replace\ndef full(self, target):\n"
        "    if 'person1_take.mkv' in str(target):\n"
        "        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))\n    return replace(self, target)\n"
        "pathlib.Path.replace = full\n"
    )
    arguments = ("run", "-p", small_self, "-d", root, "-M", "copy_source", "-o", tmp_path / "out", "--workers", workers)
    assert_explained(
        evalkit_process(*arguments, PYTHONPATH=str(patch)), "no space left on the device", "Finished pairs are kept"
    )
    folder = tmp_path / "out" / "small_self" / "copy_source"
    if workers == 1:  # of two, the other may still be at it
        assert (folder / "pairs" / "person0_take.json").is_file() and not list(folder.rglob("*.tmp*"))
    assert evalkit(*arguments).returncode == 0
    assert summary_of(tmp_path / "out", "small_self", "copy_source")["complete"] is True


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only folder")
def test_read_only_output_folder(evalkit, root, small_self, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    assert_explained(run(evalkit, small_self, root, tmp_path / "out"), "cannot write there", "--out")


def test_output_folder_that_is_a_file(evalkit, root, small_self, tmp_path):
    (tmp_path / "out").write_text("in the way")
    assert_explained(run(evalkit, small_self, root, tmp_path / "out"), "cannot write there", "--out")


def test_another_configuration_is_never_overwritten(evalkit, make_method, root, small_self, tmp_path):
    body = "for chunk in driving:\n    yield chunk"
    first, second = make_method("mine", body), make_method("mine", body + "  # a newer checkpoint")
    assert run(evalkit, small_self, root, tmp_path, first).returncode == 0
    before = (tmp_path / "small_self" / "mine" / "summary.json").read_bytes()
    assert_explained(run(evalkit, small_self, root, tmp_path, second), "another configuration", "code_sha256", "--tag")
    assert (tmp_path / "small_self" / "mine" / "summary.json").read_bytes() == before
    assert run(evalkit, small_self, root, tmp_path, second, extra=("--tag", "new")).returncode == 0
    assert (tmp_path / "small_self" / "mine@new" / "summary.json").is_file()


def test_a_clip_that_changed_under_a_run(evalkit, root, small_self, tmp_path):
    assert run(evalkit, small_self, root, tmp_path).returncode == 0
    shutil.copy(root / "person1" / "take.mkv", root / "person0" / "take.mkv")
    assert_explained(run(evalkit, small_self, root, tmp_path), "changed since", "--tag")


def test_a_newer_schema_is_refused(evalkit, root, small_self, tmp_path):
    assert run(evalkit, small_self, root, tmp_path).returncode == 0
    path = tmp_path / "small_self" / "copy_driving" / "summary.json"
    path.write_text(path.read_text().replace('"schema_version": 3', '"schema_version": 99'))
    assert_explained(evalkit("table", path.parent), "written with schema 99", "Update evalkit")


def test_options_out_of_place(evalkit, tmp_path, root, small_self):
    assert_explained(run(evalkit, small_self, root, tmp_path, extra=("--device", "gpu")), "--device 'gpu'", "auto")
    assert_explained(run(evalkit, small_self, root, tmp_path, extra=("--pair", "person0")), "no pair called 'person0'")
    assert_explained(run(evalkit, small_self, root, tmp_path, extra=("--precision", "fp8")), "precision")
    assert_explained(run(evalkit, small_self, root, tmp_path, extra=("--checkpoint", "no.pt")), "no.pt")


def test_a_method_that_cannot_be_built_ends_the_run_at_once(evalkit, make_method, root, small_self, tmp_path):
    folder = Path(make_method("broken", "yield from driving"))
    (folder / "adapter.py").write_text("import no_such_library\n")
    result = run(evalkit, small_self, root, tmp_path, folder)
    assert_explained(result, "cannot be imported", "no_such_library")
    assert not list((tmp_path / "small_self").rglob("pairs/*.json"))
