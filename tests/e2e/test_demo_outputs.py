"""`evalkit score`: outputs in the packages of official demos get the numbers of the plain ones."""

import json

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.records.output_rules import OutputRules
from tests.e2e.conftest import FRAMES, assert_explained

PEOPLE = tuple(f"person{identity}_take" for identity in range(3))


@pytest.fixture(scope="module")
def driving(small_root):
    """All frames of the three clips."""
    paths = [small_root / f"person{identity}" / "take.mkv" for identity in range(3)]
    return {name: video.read_frames(path, range(FRAMES)) for name, path in zip(PEOPLE, paths, strict=True)}


@pytest.fixture(scope="module")
def made(driving):
    """What a model made of the four driving frames after the first: darker ones."""
    return {name: frames[1:] // 2 + 20 for name, frames in driving.items()}


@pytest.fixture(scope="module")
def score(evalkit, small_root, protocols, tmp_path_factory):
    runs = tmp_path_factory.mktemp("runs")

    def call(folder, name, *options):
        where = ("-p", protocols / "small_self.yaml", "-d", small_root, "-o", runs, "--workers", "1")
        done = evalkit("score", *where, "-g", folder, "-n", name, "-m", "l1", "--json", *options)
        return done, runs / "small_self" / name

    return call


def values(done):
    assert done.returncode == 0, done.stderr
    return {key: entry["value"] for key, entry in json.loads(done.stdout)["metrics"].items()}


@pytest.fixture(scope="module")
def plain(score, made, tmp_path_factory):
    """The run of outputs that fit as they are, and its numbers."""
    folder = tmp_path_factory.mktemp("plain")
    for name, frames in made.items():
        video.write_video(folder / f"{name}.mkv", [frames], 25)
    done, run = score(folder, "plain")
    return run, values(done)


WORDS = {
    "concat": "cut to right-third",
    "beside_source_first": "without the first frame, cut to right-half",
    "numbered_frames": "chosen from whole clips",
    "enlarged": "resized by box",
}


def source_first(frames, count=1):
    return np.concatenate([frames[:1].repeat(count, axis=0), frames])


def concat(folder, driving, made):
    """LivePortrait: driving | source | result, and the result alone at another size."""
    for name, frames in made.items():
        row = [driving[name][1:], driving[name][:1].repeat(len(frames), axis=0), frames]
        video.write_video(folder / f"{name}--{name}_concat.mp4", [np.concatenate(row, axis=2)], 25)
        video.write_video(folder / f"{name}--{name}.mp4", [frames[:, ::2, ::2]], 25)
    return "--crop", "right-third"


def beside_source_first(folder, driving, made):
    """FOMM's family: driving | result, with the source before the first frame."""
    for name, frames in made.items():
        both = np.concatenate([driving[name][1:], frames], axis=2)
        video.write_video(folder / f"{name}.mp4", [source_first(both)], 25)
    return "--crop", "right-half", "--skip-first", "1"


def numbered_frames(folder, driving, made):
    """A folder of pictures per pair, one for each frame of the driving clip."""
    for name, frames in made.items():
        for index, frame in enumerate(source_first(frames)):
            video.write_image(folder / name / f"{index:06d}.png", frame)
    return ("--whole-clips",)


def enlarged(folder, driving, made):
    """A model of twice the size; means of 2 by 2 equal pixels are exact."""
    for name, frames in made.items():
        video.write_video(folder / f"{name}.mkv", [frames.repeat(2, axis=1).repeat(2, axis=2)], 25)
    return "--resize", "box"


def listed(folder, driving, made):
    """Names of its own, at a rate of its own."""
    rows = ["pair,file"]
    for place, (name, frames) in enumerate(made.items()):
        video.write_video(folder / "results" / f"{place}.mkv", [frames], 7)
        rows.append(f"{name},results/{place}.mkv")
    (folder / "pairs.csv").write_text("\n".join(rows))
    return "--files", folder / "pairs.csv"


@pytest.mark.parametrize("package", [concat, beside_source_first, numbered_frames, enlarged, listed])
def test_every_package_has_the_numbers_of_the_plain_outputs(score, plain, driving, made, tmp_path, package):
    options = package(tmp_path, driving, made)
    done, run = score(tmp_path, package.__name__, *options)
    assert values(done) == plain[1]
    header = json.loads((run / "run.json").read_text())["configuration"]
    marks = [entry["signature"].rpartition("|outputs: ")[2] for entry in json.loads(done.stdout)["metrics"].values()]
    if package is listed:
        outcome = (run / "pairs" / f"{PEOPLE[0]}.json").read_text()
        assert "outputs" not in header and "(7 and 25 frames per second)" in outcome
        assert "another frame rate than the driving frames" in done.stderr
    else:
        rules = OutputRules.model_validate(header["outputs"])
        assert marks == [rules.words] and rules.words.endswith(WORDS[package.__name__])
        # Whatever looks at the run later sees the frames that were scored.
        assert np.array_equal(video.read_frames(run / "generated" / f"{PEOPLE[0]}.mkv", range(4)), made[PEOPLE[0]])


def test_a_table_says_what_was_done_and_refuses_two_filters(evalkit, score, plain, driving, made, tmp_path):
    cropped, large = tmp_path / "cropped", tmp_path / "large"
    concat(cropped, driving, made)
    enlarged(large, driving, made)
    others = [score(cropped, "cropped", "--crop", "right-third")[1], score(large, "boxed", "--resize", "box")[1]]
    runs = [plain[0], *others]
    done = evalkit("table", *runs)
    assert done.returncode == 0, done.stderr
    assert "outputs scored cut to right-third: cropped" in done.stdout
    assert "outputs scored resized by box: boxed" in done.stdout
    judged = evalkit("gate", "--baseline", plain[0], "--candidate", others[1])
    assert judged.returncode == 4 and "l1 has another signature" in judged.stdout + judged.stderr
    nearest = score(large, "nearest", "--resize", "nearest")[1]
    assert_explained(evalkit("table", *runs, nearest), "resized by box and by nearest", "Score both with one --resize")


def test_another_preparation_never_goes_on_with_a_finished_folder(score, driving, made, tmp_path):
    concat(tmp_path, driving, made)
    assert score(tmp_path, "kept", "--crop", "right-third")[0].returncode == 0
    again, _ = score(tmp_path, "kept", "--crop", "middle-third")
    assert_explained(again, "another configuration", "right-third", "middle-third", "--tag NAME")


def test_another_original_never_goes_on_with_a_finished_folder(score, driving, made, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    enlarged(one, driving, made)
    enlarged(other, driving, {name: frames + 1 for name, frames in made.items()})
    assert score(one, "original", "--resize", "box")[0].returncode == 0
    again, _ = score(one, "original", "--resize", "box")
    assert again.returncode == 0
    assert_explained(score(other, "original", "--resize", "box")[0], "changed since", "--tag NAME")


def test_a_crop_that_is_none_ends_the_command(score, tmp_path):
    assert_explained(score(tmp_path, "x", "--crop", "upper-half")[0], "--crop 'upper-half'", "right-half", "x,y,w,h")
