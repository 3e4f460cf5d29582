"""From runs to a folder: what is shown, what is hidden, what is refused."""

import json
import re
import shutil

import numpy as np
import pytest
import yaml

from evalkit.base.files import content_sha256
from evalkit.clips import video
from evalkit.errors import RunError, StudyError, UnknownNameError
from evalkit.protocol.schema import read_protocol
from evalkit.study.entrants import read_entrants
from evalkit.study.folder import read_study, read_tokens
from evalkit.study.make import Draft, write_draft
from evalkit.study.media import mosaic
from tests.facts import header_facts
from tests.study.conftest import FRAMES, PEOPLE, SIZE, TITLES


@pytest.fixture
def runs(shared_runs, tmp_path):
    """Runs that a test may spoil."""
    return [shutil.copytree(run, tmp_path / "small" / run.name) for run in shared_runs]


def form(folder, rater=1):
    text = (folder.page / "forms" / f"{rater}.js").read_text()
    return json.loads(re.fullmatch(r"takeForm\((.*)\);\n", text, re.DOTALL)[1])


def test_the_folder(shared_study):
    key = read_study(shared_study)
    assert sorted(path.name for path in shared_study.path.iterdir()) == ["key.json", "page", "raters.csv"]
    assert key.ours == "Good" and key.seed == 5 and len(key.scenes) == 6 and len(key.trials) == 4 * (12 + 3)
    assert sorted(p.name for p in shared_study.page.iterdir()) == [
        "forms",
        "index.html",
        "media",
        "study.css",
        "study.js",
    ]
    tokens = read_tokens(shared_study)
    assert len(set(tokens)) == 4 and all(re.fullmatch(rf"{i}-[0-9a-f]{{16}}", t) for i, t in enumerate(tokens, 1))


def test_media_are_what_the_key_says(shared_study, data_root, shared_runs):
    key = read_study(shared_study)
    media = shared_study.page / "media"
    listed = {name for scene in key.scenes.values() for name in (scene.source, scene.driving, *scene.clips.values())}
    listed |= {scene.ruined for scene in key.scenes.values() if scene.ruined}
    assert {path.name for path in media.iterdir()} == listed and len(listed) == 6 * 5 + 3
    scene = next(iter(key.scenes.values()))
    (still,) = video.read_frames(media / scene.source, [0])
    stills = [video.read_frames(data_root / person / "take.mkv", [0])[0] for person in PEOPLE]
    assert [np.array_equal(still, one) for one in stills] == [scene.pair.startswith(person) for person in PEOPLE]
    original = np.concatenate(list(video.iter_frames(shared_runs[1] / "generated" / f"{scene.pair}.mkv")))
    shown = np.concatenate(list(video.iter_frames(media / scene.clips[TITLES["evil"]])))
    assert shown.shape == (FRAMES, SIZE, SIZE, 3)
    others = [np.concatenate(list(video.iter_frames(media / s.clips[TITLES["evil"]]))) for s in key.scenes.values()]
    distances = [np.abs(other.astype(float) - original).mean() for other in others]
    assert int(np.argmin(distances)) == 0


def test_forms_show_what_the_key_says(shared_study):
    key = read_study(shared_study)
    for rater in range(1, 5):
        for shown in form(shared_study, rater):
            asked = key.trials[shown["id"]]
            scene = key.scenes[asked.scene]
            clips = {"intact": scene.clips["Good"], "ruined": scene.ruined} if asked.check else scene.clips
            assert asked.rater == rater - 1
            assert (shown["left"], shown["right"]) == (clips[asked.left], clips[asked.right])
            assert (shown["source"], shown["driving"]) == (scene.source, scene.driving)


def test_the_page_names_no_method_pair_or_person(shared_study):
    hidden = [*TITLES, *TITLES.values(), *PEOPLE, "small", "intact", "ruined", "script>alert"]
    for path in shared_study.page.rglob("*"):
        for word in hidden:
            assert word not in path.name
            if path.is_file() and path.suffix in (".mp4", ".png", ".js", ".html") and path.name != "study.js":
                assert word.encode() not in path.read_bytes(), (path.name, word)


def test_a_question_is_only_text(make, shared_runs):
    folder = make(shared_runs, question='<script>alert("x")</script>')
    text = (folder.page / "index.html").read_text()
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


def test_the_same_seed_makes_the_same_study_with_new_tokens(make, shared_runs, shared_study):
    again, other = make(shared_runs), make(shared_runs, seed=6)
    assert content_sha256(again.page) == content_sha256(shared_study.page)
    assert again.key.read_bytes() == shared_study.key.read_bytes()
    assert read_tokens(again) != read_tokens(shared_study)
    assert read_study(other).id != read_study(again).id
    assert not {p.name for p in (other.page / "media").iterdir()} & {p.name for p in (again.page / "media").iterdir()}


def test_a_mosaic_is_coarse():
    frames = np.random.default_rng(0).integers(0, 256, (2, 37, 64, 3), dtype=np.uint8)
    coarse = mosaic(frames)
    assert coarse.shape == frames.shape
    np.testing.assert_array_equal(coarse[:, :4, :4], np.broadcast_to(frames[:, :1, :1], (2, 4, 4, 3)))


def test_a_missing_clip_costs_its_scene(make, runs):
    lost = sorted((runs[1] / "generated").iterdir())[0]
    lost.unlink()
    key = read_study(make(runs))
    assert [(left.pair, left.reason) for left in key.left_out] == [
        (lost.stem, f"{TITLES['evil']}: the generated clip is missing")
    ]
    assert len(key.scenes) == 5 and lost.stem not in {scene.pair for scene in key.scenes.values()}


def test_a_failed_and_a_changed_clip_cost_their_scenes(make, runs):
    first, second = sorted((runs[0] / "generated").iterdir())[:2]
    outcome = runs[0] / "pairs" / f"{first.stem}.json"
    changed = json.loads(outcome.read_text()) | {"status": "failed", "reason": "it crashed"}
    del changed["sha256"]
    outcome.write_text(json.dumps(changed))
    second.write_bytes(first.read_bytes())
    reasons = {left.pair: left.reason for left in read_study(make(runs)).left_out}
    assert reasons == {first.stem: "Good: it crashed", second.stem: "Good: the generated clip changed since the run"}


def test_no_clip_at_all_is_refused(make, runs):
    shutil.rmtree(runs[2] / "generated")
    with pytest.raises(StudyError, match=r"No pair of small can be shown for all of .*the generated clip is missing"):
        make(runs)


def test_a_pair_that_was_asked_for_has_to_be_there(make, runs):
    lost = sorted((runs[1] / "generated").iterdir())[0]
    lost.unlink()
    kept = sorted((runs[1] / "generated").iterdir())[0].stem
    assert len(read_study(make(runs, only=(kept,), checks=1)).scenes) == 1
    with pytest.raises(StudyError, match="Not every pair"):
        make(runs, only=(kept, lost.stem))
    with pytest.raises(UnknownNameError, match="pair of small"):
        make(runs, only=("nobody",))


def test_scenes_are_drawn_by_the_seed(make, shared_runs):
    chosen = [
        {scene.pair for scene in read_study(make(shared_runs, scenes=3, seed=s)).scenes.values()} for s in (1, 1, 2)
    ]
    assert chosen[0] == chosen[1] != chosen[2] and len(chosen[0]) == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"checks": 7}, "7 attention checks need as many scenes; there are 6"),
        ({"per_rater": 13}, "1 to 12 trials"),
        ({"ours": "godo"}, "Did you mean 'good'"),
    ],
)
def test_more_than_there_is_is_refused(make, shared_runs, changes, message):
    with pytest.raises((StudyError, UnknownNameError), match=message):
        make(shared_runs, **changes)


def test_runs_that_do_not_belong_together_are_refused(make, runs):
    with pytest.raises(StudyError, match="is the only run of small"):
        make(runs[:1])
    summary = runs[1] / "summary.json"
    content = json.loads(summary.read_text())
    summary.write_text(json.dumps(content | {"protocol_hash": "0" * 64}))
    with pytest.raises(RunError, match="their protocol differs"):
        make(runs)
    summary.write_text(json.dumps(content | {"schema_version": 99}))
    with pytest.raises(RunError, match="written with schema 99"):
        make(runs)


def change_header(run, **changes):
    header = run / "run.json"
    header.write_text(json.dumps(json.loads(header.read_text()) | changes))


def test_data_that_moved_is_asked_for(make, runs, data_root, tmp_path):
    change_header(runs[0], data=str(tmp_path / "moved"))
    with pytest.raises(StudyError, match=r"small/good: --data .*moved: no such folder"):
        make(runs)
    change_header(runs[0], data=None)
    with pytest.raises(StudyError, match=r"does not say where its clips are\. Give --data DIR"):
        make(runs)
    assert len(read_entrants(runs, "good", data_root)[0][0].pairs) == 6


def test_a_pair_list_of_ones_own_is_asked_for(runs, protocol_file, tmp_path):
    content = yaml.safe_load(protocol_file.read_text()) | {"pairs": {"rule": "list", "list": "small.csv"}}
    (tmp_path / "small.csv").write_text("source,driving\nanna_take,bela_take\n")
    (tmp_path / "small.yaml").write_text(yaml.safe_dump(content))
    protocol = read_protocol(tmp_path / "small.yaml")
    configuration = header_facts(configuration={"protocol_hash": protocol.hash})["configuration"]
    change_header(runs[0], protocol=protocol.model_dump(mode="json"), configuration=configuration)
    with pytest.raises(StudyError, match="no protocol called 'small'"):
        read_entrants(runs, "good")
    assert len(read_entrants(runs, "good", files=[tmp_path / "small.yaml"])[0][0].pairs) == 1
    (tmp_path / "small.csv").write_text("source,driving\nbela_take,anna_take\n")
    with pytest.raises(StudyError, match="The pair list of small is not the one of the run"):
        read_entrants(runs, "good", files=[tmp_path / "small.yaml"])


def test_a_full_folder_is_left_alone(shared_study, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    draft = Draft(read_study(shared_study), [], [])
    with pytest.raises(StudyError, match="is not empty"):
        write_draft(draft, tmp_path, lambda name, became: None)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
