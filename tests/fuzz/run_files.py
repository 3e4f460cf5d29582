"""Readers of what runs, gates and reports leave: JSON records, tables and caches."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from evalkit.doctor.rows import compare_rows, read_rows
from evalkit.gating import history
from evalkit.gating.baseline import save_baseline
from evalkit.gating.history_series import collect as collect_history
from evalkit.gating.side import read_side
from evalkit.gating.verdict_record import read_verdict
from evalkit.leaderboard.board import board_table, make_board
from evalkit.leaderboard.entry import make_entry, read_entry, write_entry
from evalkit.protocol.schema import read_protocol
from evalkit.records.frame_scores import read_frames, read_signatures, read_table, write_table
from evalkit.records.json_record import content_of
from evalkit.records.run import read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.report.folder import MANIFEST, SiteFolder
from evalkit.report.media import PairMedia, make_mosaic
from evalkit.scoring.cache import FeatureCache
from evalkit.tables.explain import explain
from evalkit.tables.table import build_table
from tests.fuzz.mutate import mutated
from tests.fuzz.reader import REPOSITORY, RUN, STORED, Reader, of_files, place, sealed, valid_files


def records(root: Path) -> Iterator[Reader]:
    """JSON of runs, gates and leaderboards."""
    for name, read in {"run.json": read_header, "summary.json": read_summary}.items():
        folder = place(root, name)
        path = folder / name
        seeds = valid_files(f"tests/data/runs_schema1/demo_cross/*/{name}")
        newer = _current(root / f"current_{name}", path.name)
        yield Reader(name, folder, path, sealed([*seeds, newer]), lambda folder=folder, read=read: read(folder))

    folder = place(root, "outcome")
    (folder / "pairs").mkdir()
    path = folder / "pairs" / "p.json"
    seeds = valid_files("tests/data/runs_schema1/demo_cross/*/pairs/*.json")
    seeds = [json.dumps({**json.loads(content), "pair": path.stem}).encode() for content in seeds]
    path.write_bytes(seeds[0])
    yield Reader(
        "outcome", folder, path, sealed(seeds), lambda folder=folder: RunFolder(folder).read_outcome("p"), weight=6
    )

    boards = place(root, "boards")
    run = finished(root / "finished")
    row = make_entry(run, boards, None, force=True)
    write_entry(row)
    path = row.path
    rows = [path.read_bytes(), *valid_files("leaderboards/demo_*/*.json")[:2]]

    def board(path: Path = path) -> object:
        found = read_entry(path)
        return board_table(make_board(found.row.protocol, [found])), read_side(path)

    yield Reader("leaderboard row", boards, path, of_files("json", rows), board, weight=2)
    yield Reader(
        "provenance of rows",
        boards,
        path,
        of_files("json", rows),
        lambda boards=boards: compare_rows(read_rows(str(boards)), {}),
        weight=1,
    )

    folder = place(root, "baseline")
    path = folder / "baseline.json"
    side = read_side(run)
    save_baseline(replace(side, summary=side.summary.model_copy(update={"complete": True})), path)
    seeds = [path.read_bytes(), (STORED / "runs_schema1" / "baseline.json").read_bytes()]
    yield Reader("baseline", folder, path, sealed(seeds), lambda path=path: read_side(path), weight=2)

    folder = place(root, "side")
    path = folder / "summary.json"
    seeds = [(run / "summary.json").read_bytes(), rows[0]]
    yield Reader("bare summary", folder, path, sealed(seeds), lambda path=path: read_side(path))

    folder = place(root, "verdict")
    path = folder / "verdict.json"
    seeds = valid_files("tests/data/gate_schema2/verdict.json")
    path.write_bytes(seeds[0])
    seeds.append(json.dumps(content_of(read_verdict(path))).encode())

    def verdict(path: Path = path, folder: Path = folder) -> object:
        (folder / "lines.jsonl").unlink(missing_ok=True)
        return history.append(folder / "lines.jsonl", read_verdict(path), None)

    yield Reader("verdict", folder, path, of_files("json", seeds), verdict, weight=2)

    folder = place(root, "history")
    path = folder / "history.jsonl"
    seeds = valid_files("tests/data/gate_schema2/history.jsonl")
    yield Reader(
        "history",
        folder,
        path,
        of_files("jsonl", seeds),
        lambda path=path: collect_history(history.read(path)),
        weight=2,
    )

    folder = place(root, "report")
    path = folder / MANIFEST
    (folder / "index.html").write_text("page")

    def site(folder: Path = folder) -> object:
        return SiteFolder.claim(folder).finish()

    seed = json.dumps({"files": ["index.html", "data/a.js", "media/b.mp4"]}).encode()
    yield Reader("report manifest", folder, path, of_files("json", [seed]), site)

    folder = place(root, "mosaic")
    job = PairMedia("p", folder, (), 5, 64, read_protocol(REPOSITORY / "protocols" / "demo_self.yaml").selection)
    told = {
        "video": "p.mp4",
        "poster": "p.jpg",
        "frames": 5,
        "fps": 25.0,
        "side": 64,
        "columns": 3,
        "tiles": ["source", "0"],
        "problems": {},
    }
    stem = next(iter(_mosaic_stems(job)))
    (folder / f"{stem}.mp4").write_bytes(b"video")
    path = folder / f"{stem}.json"
    yield Reader(
        "facts of a mosaic",
        folder,
        path,
        of_files("json", [json.dumps(told).encode()]),
        lambda: make_mosaic(job),
        weight=1,
    )


def _mosaic_stems(job: PairMedia) -> Iterator[str]:
    from evalkit.report.media import _digest

    yield f"{job.slug}-{_digest(job)[:10]}"


def tables(root: Path) -> Iterator[Reader]:
    """Parquet: bytes that are not what they were, and whole files with other columns."""
    run = finished(root / "parquet")
    for name, use in {
        "frames.parquet": lambda path: (read_frames(path), read_signatures(path)),
        "clips.parquet": lambda path: (
            read_side(path.parent),
            explain(path.parent, "csim"),
            build_table([path.parent]),
        ),
        "rows.parquet": lambda path: make_entry(path.parent, root / "rows", None, force=True),
    }.items():
        path = run / name.replace("rows", "clips")
        seed, table, signatures = path.read_bytes(), read_table(path), read_signatures(path)
        spare = root / f"spare_{name}"

        def make(random: Random, seed=seed, table=table, signatures=signatures, spare=spare) -> bytes:
            if random.random() < 0.6:
                return mutated("bytes", seed, [seed], random)
            write_table(spare, _other_columns(table, random), signatures)
            return spare.read_bytes()

        yield Reader(name, run, path, make, lambda path=path, use=use: use(path), weight=1)


def _other_columns(table: pa.Table, random: Random) -> pa.Table:
    name = random.choice(table.column_names)
    at, rows = table.column_names.index(name), len(table)
    how = random.randrange(8)
    if how == 0:
        return table.drop_columns([name])
    if how == 1:
        return table.slice(0, random.randrange(3))
    if how == 2:
        return pa.concat_tables([table, table])
    if how == 3:
        return table.take(pa.array([random.randrange(rows) for _ in range(rows)]))
    column = random.choice(
        (
            pa.nulls(rows, table.schema.field(name).type),
            pa.array(["a"] * rows),
            pa.array([-1] * rows),
            pa.array([float("nan")] * rows),
            pa.array([float("inf")] * rows),
            pa.array([2**40] * rows),
            pa.array(["../../etc/passwd"] * rows),
        )
    )
    return table.set_column(at, name, column)


def caches(root: Path) -> Iterator[Reader]:
    folder = place(root, "cache")
    cache, key = FeatureCache(folder), "ab" * 32
    points = np.arange(60, dtype=np.float64).reshape(10, 3, 2)
    cache.save(key, {"points": points, "names": np.array(["a", "b"])})
    (path,) = cache.entries()

    def load() -> object:
        found = cache.load(key)
        assert found is None or np.array_equal(found["points"], points), "another array than was kept"
        return found

    yield Reader("cached features", folder, path, of_files("bytes", [path.read_bytes()]), load, weight=2)


def _current(folder: Path, name: str) -> bytes:
    return (finished(folder) / name).read_bytes()


def finished(folder: Path) -> Path:
    """A run folder as this version writes it: the stored one, upgraded."""
    from evalkit.records.json_record import write_record

    run = folder / "demo_cross" / "landmark_warp"
    (run / "pairs").mkdir(parents=True)
    for path in RUN.rglob("*"):
        if path.is_file():
            (run / path.relative_to(RUN)).write_bytes(path.read_bytes())
    write_record(run / "run.json", read_header(run))
    write_record(run / "summary.json", read_summary(run))
    for path in run.glob("pairs/*.json"):
        outcome = RunFolder(run).read_outcome(path.stem)
        assert outcome is not None
        RunFolder(run).write_outcome(outcome)
    for name in ("clips.parquet", "frames.parquet"):
        write_table(run / name, read_table(run / name), read_signatures(run / name))
    return run
