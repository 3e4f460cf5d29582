"""How large and how slow a report of many methods and pairs is, without videos and with one video of all methods.

The runs are made up: one is written with the functions of `evalkit run`, the others are links to it under other names.

    OMP_NUM_THREADS=1 python -m benchmarks.report_scale [--methods 40] [--pairs 500] [--frames 60]
"""

import argparse
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.made_up_runs import finished
from evalkit.clips import video
from evalkit.datasets.drawn import render_clip
from evalkit.metrics import METRICS
from evalkit.protocol.schema import Protocol
from evalkit.records.frame_scores import OK, FrameScores
from evalkit.records.json_record import write_record
from evalkit.records.run import Configuration
from evalkit.records.run_folder import Outcome, RunFolder
from evalkit.report.build import Options
from evalkit.report.collect import collect
from evalkit.report.media import ClipFile, Mosaic, PairMedia, make_mosaic
from evalkit.report.write import write_report
from evalkit.runs.plan import PairResult, Plan
from evalkit.runs.summary import write_summary
from evalkit.types import Clip, Pair, Selection

KEYS = ("l1", "psnr", "ssim", "csim[dlib]", "akd[dlib68]", "akd[dlib68-mean-abs]", "apd[landmark]", "aed[landmark]")
SIDE, CLIPS = 256, 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--methods", type=int, default=40)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--frames", type=int, default=60)
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        runs = write_runs(folder / "runs", asked.methods, asked.pairs, asked.frames)
        began = time.process_time()
        write_report(collect(runs), folder / "site", Options(media="none"), lambda pair, became: None)
        spent = time.process_time() - began
        print(f"{asked.methods} methods, {asked.pairs} pairs, {asked.frames} frames, {len(KEYS)} metrics, no videos:")
        print(f"  processor time        {spent:.1f} s")
        for what, size in sizes(folder / "site").items():
            print(f"  {what:22}{size / 1e6:.2f} MB")
        one_video(folder, asked.methods, asked.frames)


def write_runs(folder: Path, methods: int, count: int, frames: int) -> list[Path]:
    """One run of random scores and links to it under other names."""
    generator = np.random.default_rng(0)
    clips = [Clip(f"person{i % 50:02d}_clip{i}", f"person{i % 50:02d}", "clip", Path("nowhere")) for i in range(count)]
    pairs = [Pair(clip.id, clip, (0,), clip) for clip in clips]
    protocol = Protocol.model_validate(
        {"id": "scale", "title": "Scale", "task": "self_reenactment", "dataset": "folder", "metrics": KEYS}
        | {"pairs": {"rule": "first_frame_self"}}
    )
    first, results = RunFolder(folder / "m0"), []
    for pair in pairs:
        outcome = Outcome(pair.id, "ok", generated=f"generated/{pair.id}.mkv", frames=frames)
        scores = {key: FrameScores(pair.id, key, generator.random(frames), (OK,) * frames) for key in KEYS}
        first.write_outcome(outcome)
        results.append(PairResult(pair, outcome, scores))
    told = {"method": "m0", "title": "Method 0", "protocol": protocol.id, "protocol_hash": protocol.hash}
    configuration = Configuration(kind="method", motion="absolute", **told)
    metrics = tuple(METRICS[key] for key in KEYS)
    plan = Plan(protocol, pairs, metrics, lambda pair, run: None, first, configuration, folder / "cache", {})
    summary, _ = write_summary(plan, results, count)
    header = finished(configuration, protocol, [])
    for index in range(methods):
        run = folder / f"m{index}"
        run.mkdir(exist_ok=True)
        for name in ("pairs", "frames.parquet", "clips.parquet") if index else ():
            (run / name).symlink_to(first.path / name)
        named = {"method": f"m{index}", "title": f"Method {index}"}
        write_record(run / "summary.json", summary.model_copy(update=named))
        write_record(run / "run.json", header)
    return [folder / f"m{index}" for index in range(methods)]


def sizes(site: Path) -> dict[str, int]:
    """Bytes of the first page with all it loads, of the largest page of a pair with its data, and of everything."""
    text = (site / "index.html").read_text(encoding="utf-8")
    loaded = [site / name for name in re.findall(r'(?:src|href)="((?:assets|data)/[^"]+)"', text)]
    pairs = [path.stat().st_size for path in site.glob("data/pair/*.js")]
    return {
        "first page": sum(path.stat().st_size for path in [site / "index.html", *loaded]),
        "largest pair": max(pairs),
        "all": sum(path.stat().st_size for path in site.rglob("*") if path.is_file()),
    }


def one_video(folder: Path, methods: int, frames: int) -> None:
    """Time and size of one pair's video with as many methods, from a few clips shown again and again."""
    paths = []
    for identity in range(CLIPS):
        paths.append(folder / f"{identity}.mkv")
        video.write_video(paths[-1], [render_clip(identity, 0, frames, SIDE).frames], 25)
    clips = tuple(ClipFile(str(index), paths[index % CLIPS], None) for index in range(methods))
    began = time.process_time()
    made = make_mosaic(PairMedia("pair", folder / "media", clips, frames, SIDE, Selection(size=SIDE)))
    assert isinstance(made, Mosaic), made
    spent, size = time.process_time() - began, (folder / "media" / made.video).stat().st_size
    print(f"one pair's video of {methods} methods, tiles of {made.side} px: {spent:.1f} s, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
