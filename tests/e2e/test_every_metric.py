"""Every metric on real clips: a number, or the file it lacks and how to get it."""

import json

import pytest

from evalkit.metrics import METRICS

LACKING = {
    "sync_c": "syncnet_v2.model",
    "sync_d": "syncnet_v2.model",
    "csim[arcface]": "scrfd-10g-det arcface-w600k-r50 --accept-licence",
    "csim[insightface]": "scrfd-10g-det arcface-w600k-r50 --accept-licence",
    "csim[glintr100]": "scrfd-10g-det arcface-glint360k-r100 --accept-licence",
    "aed_id": "fetch openface-nn4-small2",
    "akd[fan68]": "fetch fan-2dfan4-zip",
    "akd[fan68-mean-abs]": "fetch fan-2dfan4-zip",
    "akd[fan68-dtw]": "fetch fan-2dfan4-zip",
    "csim[mobilefacenet192]": "fetch mobilefacenet-arcface-192",
    "coverage[scrfd]": "fetch scrfd-10g-det --accept-licence",
    **dict.fromkeys(("fid", "fid[clean]", "fid[tf-resize]", "kid", "kid[subsets]"), "fetch inception-fid-pytorch"),
    **dict.fromkeys(("fvd", "fvd[first-window]", "fvd[common-metrics]"), "fetch i3d-torchscript-kinetics400"),
    "fvd[videogpt]": "fetch i3d-pretrained-400",
    "lpips": "fetch lpips-backbone-alexnet",
    "lpips[vgg]": "fetch lpips-backbone-vgg16",
    "lpips[squeeze]": "fetch lpips-backbone-squeezenet1.1",
    **dict.fromkeys(
        (
            "apd[deep3d]",
            "apd[deep3d-translation]",
            "apd[deep3d-deg]",
            "aed[deep3d]",
            "apd[deep3d-dtw]",
            "aed[deep3d-dtw]",
            "p_rmse[deep3d]",
            "e_rmse[deep3d]",
        ),
        "fetch deep3dfacerecon-epoch20",
    ),
    "e_fid[deep3d]": "fetch deep3dfacerecon-epoch20",
    "identity_drift[arcface]": "scrfd-10g-det arcface-w600k-r50 --accept-licence",
    "identity_drift[mobilefacenet192]": "fetch mobilefacenet-arcface-192",
    **dict.fromkeys(("aed[smirk]", "aed[smirk-eyelids-jaw]", "apd[smirk]"), "--coefficients smirk=DIR"),
    "aed[emoca]": "--coefficients emoca=DIR",
    "gaze[l2cs]": "--coefficients l2cs=DIR",
}
"""What the small networks of the shared data do not cover, and words of the way to it."""

OF_CLIPS = [key for key, metric in METRICS.items() if metric.window != 1 or metric.id == "motion_fd"]
OF_FRAMES = [key for key in METRICS if key not in OF_CLIPS]

PROTOCOL = (
    "id: every_self\ntitle: Every metric\ntask: self_reenactment\ndataset: folder\npairs: {rule: first_frame_self}\n"
    "driving: {start: 1, stride: 20, maximum: 2}\nresolution: 256\n"
)


@pytest.mark.slow
@pytest.mark.shared
def test_every_metric_gives_a_number_on_real_clips_or_names_what_it_lacks(evalkit, shared, tmp_path, monkeypatch):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    monkeypatch.setenv("EVALKIT_ARCFACE", str(shared / "weights" / "mobilefacenet_ms1m_arcface_128.onnx"))
    (tmp_path / "every_self.yaml").write_text(PROTOCOL + f"metrics: {json.dumps(OF_FRAMES)}\n")
    pairs = [part for clip in ("p002_c1", "p022_c1") for part in ("--pair", clip)]
    arguments = ("-p", tmp_path / "every_self.yaml", "-d", shared / "faces", "-M", "copy_source", *pairs)
    done = evalkit("run", *arguments, "-o", tmp_path, "--no-anchors", "--workers", "1", "--json")
    entries = json.loads(done.stdout)["metrics"]
    assert entries.keys() == set(OF_FRAMES)
    assert {key for key, entry in entries.items() if entry["status"] == "unavailable"} == LACKING.keys() & entries
    for key, entry in entries.items():
        if key in LACKING:
            assert LACKING[key] in entry["reason"] and entry["value"] is None
        else:
            assert entry["status"] == "ok" and entry["coverage"] == 1, (key, entry)
            assert entry["value"] != 0 or key.startswith("mkr"), key


@pytest.mark.slow
@pytest.mark.shared
def test_every_metric_of_clips_gives_a_number_where_the_driver_speaks_and_blinks(
    evalkit, shared, tmp_path, monkeypatch
):
    monkeypatch.setenv("EVALKIT_WEIGHTS", str(shared / "weights"))
    # The driver is silent and at rest at first, then speaks, and blinks in frame 26.
    head = PROTOCOL.replace("start: 1, stride: 20, maximum: 2", "maximum: 30")
    (tmp_path / "every_self.yaml").write_text(head + f"metrics: {json.dumps(OF_CLIPS)}\n")
    arguments = ("-p", tmp_path / "every_self.yaml", "-d", shared / "faces", "-M", "copy_source", "--pair", "p004_c1")
    done = evalkit("run", *arguments, "-o", tmp_path, "--no-anchors", "--workers", "1", "--json")
    entries = json.loads(done.stdout)["metrics"]
    worst = {"motion": 1, "dynamics[lips]": 1, "dynamics[brows]": 1, "dynamics[head]": 1, "blink": 0, "mouth": 0}
    for key in OF_CLIPS:
        if key in LACKING:
            assert LACKING[key] in entries[key]["reason"]
        else:
            assert entries[key]["status"] == "ok" and entries[key]["coverage"] == 1, (key, entries[key])
            assert key in worst or entries[key]["value"] != 0, key
    assert {key: entries[key]["value"] for key in worst} == worst
