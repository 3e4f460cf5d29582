"""`evalkit plot grid`, `plot video` and `paper` on real runs: what is drawn are the frames of the clips."""

import shutil

import av
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from evalkit.clips import video
from evalkit.figures.grid import LARGEST_ERROR, error_map
from evalkit.figures.options import GridOptions
from evalkit.runs.pair_grid import grid_of
from evalkit.runs.shown import chosen_pairs, clips_of, frame_of, open_runs
from tests.e2e.conftest import assert_explained

SIDE = 128
DIM = """
for chunk in driving:
    yield chunk // 2
"""


@pytest.fixture(scope="module")
def runs(evalkit, small_root, protocols, make_method, tmp_path_factory):
    """A method that halves the light, and one that repeats the source, over three pairs; to be read only."""
    out = tmp_path_factory.mktemp("runs")
    arguments = ("-p", protocols / "small_self.yaml", "-d", small_root, "-M", make_method("dim", DIM))
    done = evalkit("run", *arguments, "-M", "copy_source", "-m", "l1", "--no-anchors", "-o", out, "--workers", "1")
    assert done.returncode == 0, done.stderr
    return [out / "small_self" / name for name in ("dim", "copy_source")]


def worst_first(run):
    table = pd.read_parquet(run / "clips.parquet")
    return list(table[table.metric == "l1"].sort_values("mean", ascending=False).pair)


def test_pairs_are_chosen_by_the_values_of_the_run_named(runs):
    options = GridOptions(of="dim", anchors=True)
    shown = open_runs(runs, None, options)
    order = worst_first(runs[0])
    assert [(label, pair.id) for label, pair in chosen_pairs(shown, options)] == [
        ("worst", order[0]),
        ("median", order[2]),  # of the two that are left, the better one
        ("best", order[1]),
    ]
    drawn = {chosen_pairs(shown, GridOptions(choose=("random",), seed=seed))[0][1].id for seed in range(9)}
    assert drawn == set(order)
    again = [chosen_pairs(shown, GridOptions(choose=("random", "random"), seed=3)) for _ in range(2)]
    assert again[0] == again[1] and again[0][0] != again[0][1]


def test_frames_are_named_by_number_time_and_value(runs):
    shown = open_runs(runs, None, GridOptions())
    pair = shown.pairs[worst_first(runs[0])[0]]
    rules = {"middle": 2, "0": 0, "3": 3, "0.04s": 0, "0.16s": 3}  # 25 frames per second; the protocol starts at 1
    assert {rule: frame_of(shown, pair, rule) for rule in rules} == rules
    frames = pd.read_parquet(runs[0] / "frames.parquet")
    values = frames[(frames.pair == pair.id) & (frames.metric == "l1")].sort_values("frame").value.to_numpy()
    assert (frame_of(shown, pair, "worst"), frame_of(shown, pair, "best")) == (values.argmax(), values.argmin())


def test_a_grid_holds_the_pixels_of_the_clips(runs, small_root, tmp_path, evalkit):
    done = evalkit(
        "plot", "grid", *runs, "--pair", "person1_take", "--frame", 1, "--no-labels", "-o", tmp_path / "g.png"
    )
    assert done.returncode == 0, done.stderr
    picture = np.asarray(Image.open(tmp_path / "g.png").convert("RGB")).astype(int)
    clip = small_root / "person1" / "take.mkv"
    source, driving = (video.read_frames(clip, [index])[0].astype(int) for index in (0, 2))
    side = 3 * SIDE  # for at least 200 dots per inch
    left, gap = 0, (picture.shape[1] - 4 * side) // 3
    assert picture.shape[1] == 4 * side + 3 * gap
    for tile in (source, driving, driving // 2, source):
        shown = picture[-side:, left : left + side]
        np.testing.assert_array_equal(shown[1::3, 1::3], tile)
        left += side + gap


@pytest.mark.slow
def test_the_same_grid_is_the_same_file_and_its_text_is_text(runs, tmp_path, evalkit):
    for name in ("a.pdf", "b.pdf", "a.png", "b.png", "a.svg"):
        options = ("--errors", "--zoom", "30,40,50,40", "--rename", "dim=Ours $x_1$", "--anchors")
        assert evalkit("plot", "grid", *runs, *options, "--of", "dim", "-o", tmp_path / name).returncode == 0
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"DejaVuSans" in pdf and b"CreationDate" not in pdf
    figure = grid_of(runs, GridOptions(errors=True, rename={"dim": "Ours $x_1$"}, of="dim"))
    headings, labels = (
        ["Source", "Driving", "Ours $x_1$", "Copy source"],
        ["worst", "error", "median", "error", "best", "error"],
    )
    assert [text.get_text() for text in figure.texts] == headings + labels


def test_error_maps_are_black_where_nothing_differs():
    driving = np.zeros((4, 4, 3), np.uint8)
    other = driving.copy()
    other[0, 0] = LARGEST_ERROR
    found = error_map(other, driving)
    assert found[1, 1].max() < 5 and found[0, 0].min() > 180
    assert (error_map(driving + 255, driving) == found[0, 0]).all()


def test_the_video_shows_every_pair_whole(runs, tmp_path, evalkit):
    for name in ("a.mp4", "b.mp4"):
        done = evalkit(
            "plot", "video", *runs, "--of", "dim", "--choose", "worst", "--choose", "best", "-o", tmp_path / name
        )
        assert done.returncode == 0 and "8 frames" in done.stderr
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    with av.open(str(tmp_path / "a.mp4")) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]
        assert len(frames) == 8 and container.streams.video[0].average_rate == 25
    shown = open_runs(runs, None, GridOptions())
    assert shown.decides.measured.title == "Copy source"
    clips = clips_of(shown, shown.pairs[worst_first(runs[0])[0]])
    driving, (_, generated) = clips.at(3)
    width = frames[3].shape[1]
    assert np.abs(frames[3][28 : 28 + SIDE, SIDE + 4 : 2 * SIDE + 4] - driving).mean() < 6
    assert np.abs(frames[3][28 : 28 + SIDE, width - SIDE :] - generated).mean() < 6
    assert frames[3][:28].min() < 60  # the names


def test_bad_input_is_explained(runs, tmp_path, evalkit, small_root):
    out = ("-o", tmp_path / "g.png")
    assert_explained(
        evalkit("plot", "grid", *runs, "--pair", "person1", *out), "no pair called 'person1'", "person1_take"
    )
    assert_explained(evalkit("plot", "grid", *runs, "--frame", "9", *out), "has no frame 9: 4 frames were generated")
    assert_explained(evalkit("plot", "grid", *runs, "--frame", "mid", *out), "expected a number, a time such as 1.2s")
    assert_explained(evalkit("plot", "grid", *runs, "--zoom", "100,0,50,50", *out), "inside of 128x128 pixels")
    assert_explained(evalkit("plot", "grid", *runs, "--zoom", "1,2,3", *out), "four whole numbers")
    assert_explained(evalkit("plot", "grid", *runs, "--choose", "wurst", *out), "Did you mean 'worst'?")
    assert_explained(evalkit("plot", "grid", *runs, *["--choose", "worst"] * 4, *out), "More pairs are asked for")
    assert_explained(evalkit("plot", "grid", *runs, "-m", "ssim", *out), "metric with a value per pair")
    assert_explained(evalkit("plot", "video", *runs, "-o", tmp_path / "v.avi"), "ends in .mp4")
    other = shutil.copytree(small_root, tmp_path / "other")
    shutil.copy(other / "person0" / "take.mkv", other / "person1" / "take.mkv")
    told = evalkit("plot", "grid", *runs, "--pair", "person1_take", "--data", other, *out)
    assert_explained(told, "is not the clip that was scored")


def test_a_clip_that_is_gone_leaves_a_word(runs, tmp_path):
    gone = shutil.copytree(runs[0], tmp_path / "small_self" / "dim")
    next(gone.glob("generated/person1_take*")).unlink()
    shown = open_runs([gone], None, GridOptions())
    assert clips_of(shown, shown.pairs["person1_take"]).generated == ("missing",)


PAPER = """
runs: RUNS
out: build
rename: {dim: Ours, small_self: Small, not_in_this_paper: X}
tables:
  main.tex: {runs: [small_self/*], metrics: [l1], intervals: half, ours: dim, standalone: true}
  main.html: {runs: [small_self/dim, small_self/copy_source], sort: l1, rename: {dim: Mine}}
grids: {"grid.pdf": {runs: [small_self/dim], choose: [worst], errors: true}}
videos: {"figures/all.mp4": {runs: [small_self/*], choose: [random], seed: 2}}
curves: {"l1.svg": {runs: [small_self/*], metric: l1}}
"""


@pytest.fixture
def paper(runs, tmp_path):
    def written(text=PAPER):
        (tmp_path / "paper.yaml").write_text(text.replace("RUNS", str(runs[0].parents[1])))
        return tmp_path / "paper.yaml"

    return written


@pytest.mark.slow
def test_a_paper_is_made_with_one_command_byte_for_byte(paper, evalkit, tmp_path):
    names = ["main.tex", "main.html", "grid.pdf", "figures/all.mp4", "l1.svg"]
    done = evalkit("paper", paper())
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [f"{tmp_path / 'build' / name}: new" for name in names]
    made = {name: (tmp_path / "build" / name).read_bytes() for name in names}
    assert rb"Ours (ours) & " in made["main.tex"] and rb"Copy source & " in made["main.tex"]
    assert (
        made["main.html"].index(b">Copy source<") > 0
        and b">Mine<" in made["main.html"]
        and b"Ours" not in made["main.html"]
    )
    shutil.rmtree(tmp_path / "build")
    assert evalkit("paper", paper(), "--quiet").stderr == ""
    assert {name: (tmp_path / "build" / name).read_bytes() for name in names} == made
    assert evalkit("paper", paper(), "--check").returncode == 0
    (tmp_path / "build" / "main.tex").write_text("edited by hand")
    (tmp_path / "build" / "l1.svg").unlink()
    stale = evalkit("paper", paper(), "--check")
    assert stale.returncode == 1 and (tmp_path / "build" / "main.tex").read_text() == "edited by hand"
    assert (
        "main.tex: changed" in stale.stderr and "l1.svg: new" in stale.stderr and "grid.pdf: unchanged" in stale.stderr
    )
    done = evalkit("paper", paper(), "--only", "main.tex")
    assert (
        done.stderr == f"{tmp_path / 'build' / 'main.tex'}: changed\n" and not (tmp_path / "build" / "l1.svg").exists()
    )


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("intervals: half", "intervls: half", "unknown key 'tables.main.tex.intervls', did you mean 'intervals'?"),
        ("choose: [worst]", "choose: [wurst]", "grids.grid.pdf.choose.0: Input should be 'worst', 'median'"),
        ("curves:", "curve:", "unknown key 'curve', did you mean 'curves'?"),
        ("runs: [small_self/dim]", "runs: [small_self/dun*]", "No finished run is called 'small_self/dun*' below"),
        ("main.html: ", "main.docx: ", "main.docx: expected a file name that ends in .md"),
        ('"l1.svg"', '"grid.pdf"', "Two items of the paper are the file 'grid.pdf'"),
        ("metric: l1", "metric: l2", "called 'l2'. Did you mean 'l1'"),
        ("rename: {dim: Mine}", "rename: {dum: Mine}", "called 'dum'. Did you mean 'dim'"),
    ],
)
def test_a_wrong_paper_is_explained(paper, evalkit, old, new, told):
    assert old in PAPER
    assert_explained(evalkit("paper", paper(PAPER.replace(old, new))), told)


def test_a_file_that_is_not_in_the_paper_is_explained(paper, evalkit):
    assert_explained(evalkit("paper", paper(), "--only", "main.text"), "Did you mean 'main.tex'")
