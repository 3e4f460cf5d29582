"""Calibration from clips to tables and pictures, on tiny frames and with metrics whose answers are known."""

import numpy as np
import pytest
from PIL import Image

from evalkit.calibration.calibrate import Answer, calibrate
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.calibration.figure import write_figure, write_truth_figure
from evalkit.calibration.table import answers_table, tracks_table
from evalkit.calibration.truth import SEEN, Track, track_truth
from evalkit.clips import video
from evalkit.errors import DatasetError
from evalkit.extractors import EXTRACTORS, Extractor
from evalkit.metrics import METRICS
from evalkit.scoring.cache import FeatureCache
from evalkit.scoring.features import FeatureBank
from evalkit.scoring.score_pair import Scorer
from tests.fakes import make_clip, make_protocol, noise

L1, SSIM, APD, FID = (METRICS[key] for key in ("l1", "ssim", "apd[landmark]", "fid"))


@pytest.fixture
def clips(tmp_path):
    """Two people, one clip each, eight frames of noise; the second is much darker."""
    made = []
    for number, person in enumerate(("anna", "bert")):
        path = tmp_path / "clips" / f"{person}.mkv"
        video.write_video(path, [noise(8, 16, seed=number) // (1 + 3 * number)], 25)
        made.append(make_clip(person, person, path=path))
    return made


@pytest.fixture
def scorer(tmp_path):
    def mean_colour(frames, upstream):
        return {"pool": frames.reshape(len(frames), -1, 3).mean(axis=1)}

    def made(*metrics, **protocol):
        return Scorer(make_protocol(**protocol), metrics, FeatureBank(FeatureCache(tmp_path / "cache")))

    with EXTRACTORS.also({"inception": Extractor("inception", "mean|v1", (), lambda: mean_colour)}):
        yield made


def test_every_step_of_every_damage_is_answered_for_frame_and_set_metrics(scorer, clips, tmp_path):
    told = []
    answers = calibrate(scorer(L1, SSIM, FID), clips, tmp_path, lambda name, became: told.append(name))
    steps = [(d.id, step) for d in DEGRADATIONS for step in d.steps]
    for key in ("l1", "ssim", "fid"):
        assert [(a.degradation, a.step) for a in answers if a.metric == key] == steps
    assert len(told) == 2 * len(steps) and told[0] == "blur 0 anna"
    found = {(a.metric, a.degradation, a.step): a for a in answers}
    assert found["l1", "blur", 0].value == 0 and found["ssim", "roll", 0].value == pytest.approx(1)
    assert 0 < found["l1", "blur", 1].value < found["l1", "blur", 4].value
    # All frames swapped for those of the other clip: the same set of frames, in the wrong places.
    assert found["l1", "identity", 1].value > 0.2 and found["fid", "identity", 1].value == pytest.approx(0, abs=1e-6)
    assert found["fid", "noise", 32].value > 0 and found["fid", "shuffle", 16].value == pytest.approx(0, abs=1e-6)
    assert not list(tmp_path.glob("*.mkv"))


def test_equal_copies_are_scored_once(scorer, clips, tmp_path, monkeypatch):
    scored, score = [], Scorer.score
    monkeypatch.setattr(Scorer, "score", lambda self, pair, path: scored.append(path.name) or score(self, pair, path))
    answers = calibrate(scorer(SSIM), clips, tmp_path, lambda name, became: None)
    assert [name for name in scored if name.startswith("anna")] == ["anna-blur-0.mkv"] + [
        f"anna-{d.id}-{step:g}.mkv"
        for d in DEGRADATIONS
        for step in d.steps[1:]
        if (d.id, step) not in {("shuffle", 16), ("freeze", 16)}  # of eight frames, as much as in steps of 8
    ]
    found = {(a.degradation, a.step): a.value for a in answers}
    assert found["freeze", 16] == found["freeze", 8] != found["freeze", 4] and len(found) == len(answers)
    firsts = [next(a for a in answers if a.degradation == d.id) for d in DEGRADATIONS]
    assert {(a.step in (0, 1), a.value, a.coverage) for a in firsts} == {(True, firsts[0].value, 1.0)}


def test_one_person_alone_is_refused_before_anything_is_computed(scorer, clips, tmp_path):
    with pytest.raises(DatasetError, match="clips of at least two identities"):
        calibrate(scorer(L1), clips[:1], tmp_path, lambda name, became: pytest.fail("scored"))


def answer(metric, degradation, step, value, coverage=1.0):
    return Answer(metric, degradation, step, value, coverage)


@pytest.fixture
def answers():
    """SSIM sees everything but freezing, and loses faces under noise; APD has no value under roll."""
    made = []
    for d in DEGRADATIONS:
        for number, step in enumerate(d.steps):
            fall = 0.001 * number if d.id == "freeze" else 0.1 * number
            made.append(answer("ssim", d.id, step, 1 - fall, 0.5 if (d.id, number) == ("noise", 4) else 1.0))
            made.append(answer("apd[landmark]", d.id, step, None if d.id == "roll" else 0.01 * number))
    return made


def test_the_table_brackets_what_is_not_seen(answers):
    lines = answers_table((SSIM, APD), answers).splitlines()
    assert len(lines) == 4 and lines[0].startswith("| metric | clean | blur 4 px | noise 32 grey levels |")
    cells = [cell.strip() for cell in lines[2].split("|")[1:-1]]
    assert cells == ["`ssim`", "1.000", "0.600", "0.600\\*", *["0.600"] * 5, "(0.996)", "0.600", "0.600"]
    assert "none" in lines[3] and "(0.0400)" not in lines[3]


@pytest.mark.slow
def test_pictures_are_written_whatever_is_missing(answers, tmp_path):
    write_figure(tmp_path / "a.png", (SSIM, APD), answers)
    tracks = [Track("apd[landmark]", np.arange(5.0), np.arange(5.0) * 2, 1.0, 0.5)]
    write_truth_figure(tmp_path / "b.png", tracks)
    for name in ("a", "b"):
        with Image.open(tmp_path / f"{name}.png") as picture:
            assert min(picture.size) > 200 and np.asarray(picture.convert("L")).std() > 5
    assert tracks_table(tracks).splitlines()[-1] == "| `apd[landmark]` | 1.00 | 0.50 | 5 |"


@pytest.fixture
def followed(scorer, clips, tmp_path):
    """Landmark pose that says twice the truth of anna, whose clip alone has one; frame 3 has no face."""
    random = np.random.default_rng(0)
    pose, expression = random.normal(size=(8, 3), scale=0.1), random.uniform(size=(8, 1 + len(SEEN)))
    (tmp_path / "truth").mkdir()
    names = np.array(["gaze_x", *SEEN])
    np.savez(tmp_path / "truth" / "anna.npz", pose=pose, expression=expression, expression_names=names)

    def extract(frames, upstream):
        angles = 2 * pose[1 : 1 + len(frames)]
        angles[3] = np.nan
        return {"angles": angles}

    entries = {"landmark_pose": Extractor("landmark_pose", "twice|v1", (), lambda: extract)}
    a_scorer = scorer(APD, L1, driving={"start": 1})
    with EXTRACTORS.also(entries):
        return track_truth(a_scorer, clips)


def test_a_metric_that_follows_the_truth_correlates_with_it(followed):
    (track,) = followed
    # Of 7 frames lags 1, 2 and 4 give 6 + 5 + 3 pairs; frame 3 spoils 2 + 2 + 1 of them... and lags 8 and 12 give none.
    assert track.metric == "apd[landmark]" and len(track.true) == 14 - 4
    np.testing.assert_allclose(track.measured, 2 * track.true)
    assert track.correlation == pytest.approx(1) and abs(track.other) < 0.9


def test_without_a_known_truth_there_is_no_track(scorer, clips):
    assert track_truth(scorer(APD), clips) == [] and track_truth(scorer(L1), clips) == []
