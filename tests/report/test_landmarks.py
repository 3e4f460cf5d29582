"""Landmarks of the overlay: taken from the cache of the run, found anew only when asked."""

import base64
import json

import numpy as np
import pytest

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.records.run import RunHeader
from evalkit.report.landmarks import MISSING, PairLandmarks, choose_detector, write_landmarks
from evalkit.report.media import ClipFile
from evalkit.scoring.cache import FeatureCache, clip_decoding, feature_key, still_decoding
from evalkit.scoring.features import chain_signature
from evalkit.types import Selection
from tests.facts import header_facts

SIZE, FRAMES = 64, 3


@pytest.fixture
def job(tmp_path):
    def made(clips, extract=False, size=SIZE):
        out = tmp_path / "out.js"
        rule = Selection(start=1, size=size)
        return PairLandmarks("pair", out, "dlib68", tuple(clips), size, rule, tmp_path / "cache", extract)

    return made


def remember(tmp_path, clip, decoding, points):
    key = feature_key(clip.digest, decoding, chain_signature("dlib68"))
    FeatureCache(tmp_path / "cache").save(key, {"points": points})


def written(path):
    name, _, rest = path.read_text().removeprefix("evalkit.receive(").partition(",")
    return json.loads(name), json.loads(rest.removesuffix(");\n"))


def unpack(text, count):
    return np.frombuffer(base64.b64decode(text), "<u2").reshape(-1, count, 2)


def test_points_come_from_the_keys_that_scoring_uses(tmp_path, job):
    clips = [
        ClipFile("source", tmp_path / "s", "ss", (0,)),
        ClipFile("driving", tmp_path / "d", "dd"),
        ClipFile("0", tmp_path / "g", "gg"),
    ]
    rule = Selection(start=1, size=SIZE)
    still, moving = np.full((1, 68, 2), 16.0), np.full((FRAMES, 68, 2), 32.0)
    moving[1] = np.nan
    remember(tmp_path, clips[0], still_decoding([0], SIZE, rule.rgb), still)
    remember(tmp_path, clips[1], clip_decoding(rule), moving)
    remember(tmp_path, clips[2], clip_decoding(Selection(rgb=rule.rgb)), moving + 64)
    facts = write_landmarks(job(clips))
    assert facts == {"file": "out.js", "detector": "dlib68", "missing": {}}
    name, content = written(tmp_path / "out.js")
    assert name == "landmarks/pair" and content["points"] == 68
    source, driving, generated = (unpack(content["tiles"][tile], 68) for tile in ("source", "driving", "0"))
    assert source.shape == (1, 68, 2) and (source == round(content["top"] / 4)).all()
    assert (driving[0] == round(content["top"] / 2)).all() and (driving[1] == MISSING).all()
    assert (generated[0] == content["top"]).all()


def test_what_is_not_cached_is_named(tmp_path, job):
    clips = [ClipFile("0", tmp_path / "g", "gg"), ClipFile("1", tmp_path / "h", None)]
    facts = write_landmarks(job(clips))
    assert facts["file"] is None and set(facts["missing"]) == {"0", "1"}
    assert "not in the feature cache" in facts["missing"]["0"]
    assert not (tmp_path / "out.js").exists()


def test_they_can_be_found_anew(tmp_path, job):
    path = tmp_path / "head.mkv"
    video.write_video(path, [render_clip(0, 0, FRAMES, 192).frames], 25)
    digest = content_sha256(path)
    clips = [ClipFile("source", path, digest, (0,)), ClipFile("driving", path, digest), ClipFile("0", path, digest)]
    clips.append(ClipFile("1", tmp_path / "gone.mkv", "x"))
    facts = write_landmarks(job(clips, extract=True, size=192))
    assert list(facts["missing"]) == ["1"] and "no such file" in facts["missing"]["1"]
    _, content = written(tmp_path / "out.js")
    source, driving, generated = (unpack(content["tiles"][tile], 68) for tile in ("source", "driving", "0"))
    assert (len(source), len(driving), len(generated)) == (1, FRAMES - 1, FRAMES)
    assert (source[0] == generated[0]).all() and (driving == generated[1:]).all() and (generated < MISSING).all()


@pytest.mark.parametrize(
    ("used", "chosen"),
    [
        (["landmark_pose"], "dlib68"),
        (["mtcnn5"], "mtcnn5"),
        (["mediapipe478", "mtcnn5"], "mediapipe478"),
        (["inception"], None),
        (["an extractor of tomorrow"], None),
        ([], None),
    ],
)
def test_the_detector_is_one_the_metrics_used(used, chosen):
    facts = header_facts(extractors=dict.fromkeys(used, "signature"))
    assert choose_detector([RunHeader.model_validate_json(json.dumps(facts))]) == chosen
