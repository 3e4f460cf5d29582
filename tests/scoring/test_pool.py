"""Scoring in this process and in others: the same bytes whatever the order, the number of workers and the cache."""

import pytest

from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.metrics import METRICS
from evalkit.records.frame_scores import read_frames
from evalkit.scoring.pool import ScoringJob, scoring_pool
from evalkit.scoring.score_pair import metric_signatures
from tests.fakes import make_pair, make_protocol

SIDE, FRAMES = 96, 5
KEYS = ("l1", "psnr", "ssim", "csim[dlib]", "akd[dlib68]", "apd[landmark]")


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Four clips of one size by two people of the demo corpus."""
    folder = tmp_path_factory.mktemp("clips")
    for person in (0, 1):
        for take in (0, 1):
            frames = render_clip(person, take, FRAMES, SIDE).frames
            video.write_video(folder / f"{person}{take}.mkv", [frames], 25)
    return folder


@pytest.fixture
def jobs(clips, tmp_path):
    """Call with the name of a cache; a driving clip is shared by the first two jobs."""

    def made(name):
        protocol = make_protocol(resolution=SIDE, metrics=list(KEYS))
        chosen = (("00", "01", "10"), ("10", "01", "11"), ("00", "11", "00"))
        return [
            ScoringJob(
                protocol,
                KEYS,
                tmp_path / name,
                make_pair(clips / f"{source}.mkv", clips / f"{driving}.mkv"),
                clips / f"{generated}.mkv",
                tmp_path / name / f"{index}.parquet",
                metric_signatures(protocol, [METRICS[key] for key in KEYS]),
                {},
            )
            for index, (source, driving, generated) in enumerate(chosen)
        ]

    return made


def score(jobs, workers):
    with scoring_pool(workers) as pool:
        assert [future.result() for future in [pool.submit(job) for job in jobs]] == [None] * len(jobs)
    return {job.output.name: job.output.read_bytes() for job in jobs}


@pytest.mark.slow
def test_order_workers_and_cache_change_no_byte(jobs):
    first = score(jobs("alone"), 1)
    assert score(jobs("alone"), 1) == first  # from the cache
    assert score(jobs("reversed")[::-1], 1) == first
    assert score(jobs("shared")[::-1], 2) == first
    scores = read_frames(jobs("alone")[0].output)
    assert {s.metric for s in scores} == set(KEYS) and all(len(s.values) == FRAMES for s in scores)


def test_cache_files_cut_short_by_a_crash_are_made_again(jobs):
    first = score(jobs("cut"), 1)
    kept = sorted(jobs("cut")[0].cache.rglob("*.npz"))
    whole = [path.stat().st_size for path in kept]
    for path in kept:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert score(jobs("cut"), 1) == first
    assert kept and [path.stat().st_size for path in kept] == whole


def test_a_pair_that_cannot_be_scored_says_why_and_leaves_no_file(jobs, clips):
    broken = clips / "broken.mkv"
    broken.write_bytes(b"no video")
    job = jobs("broken")[0]
    with scoring_pool(1) as pool:
        reason = pool.submit(ScoringJob(**{**vars(job), "generated": broken})).result()
    assert reason is not None and "broken.mkv: not a readable video" in reason and not job.output.exists()
