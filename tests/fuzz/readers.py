"""What evalkit reads from others: for each kind, valid inputs and the reader."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa

from baselines.sfd.lab.training.config import read_config
from evalkit.base.files import canonical_sha256
from evalkit.base.yamlfile import read_yaml
from evalkit.calibration.answers import read_answers
from evalkit.calibration.degrade import DEGRADATIONS
from evalkit.datasets.folder import motions, survey
from evalkit.datasets.prepare.journal import JOURNAL, Journal
from evalkit.datasets.prepare.lists.celebvhq_json import read_info
from evalkit.datasets.prepare.lists.hdtf_lists import read_lists
from evalkit.datasets.prepare.lists.th1kh_tubes import read_tubes
from evalkit.datasets.prepare.lists.vox_metadata import read_metadata
from evalkit.datasets.prepare.lists.vox_tracks import read_tracks
from evalkit.doctor.rows import compare_rows, read_rows
from evalkit.errors import EvalkitError
from evalkit.gate import history
from evalkit.gate.baseline import save_baseline
from evalkit.gate.history_series import collect as collect_history
from evalkit.gate.rules import read_rules
from evalkit.gate.side import read_side
from evalkit.gate.verdict_record import read_verdict
from evalkit.leaderboard.board import board_table, make_board
from evalkit.leaderboard.entry import make_entry, read_entry, write_entry
from evalkit.method.aliases import user_alias
from evalkit.method.find import read_method
from evalkit.protocol.import_list import read_pair_list
from evalkit.protocol.pairs import listed_pairs
from evalkit.protocol.schema import read_protocol
from evalkit.records.frame_scores import read_frames, read_signatures, read_table, write_frames, write_table
from evalkit.records.json_record import content_of
from evalkit.records.run import read_header, read_summary
from evalkit.records.run_folder import RunFolder
from evalkit.report.folder import MANIFEST, SiteFolder
from evalkit.report.media import PairMedia, make_mosaic
from evalkit.scoring.cache import FeatureCache
from evalkit.study.answers import Answer, Refusal, Sheet, read_sheet
from evalkit.study.connection import converse
from evalkit.study.design import Trial, Unit
from evalkit.study.folder import Asked, Group, Scene, Study, StudyFolder, read_study, read_tokens, write_study
from evalkit.study.page import write_page
from evalkit.study.replies import StudySite, refusal
from evalkit.study.store import keep, stored_answers, stored_refusals
from evalkit.study.visitors import Visitors
from evalkit.tables.explain import explain
from evalkit.tables.papers import read_paper
from evalkit.tables.table import build_table
from evalkit.types import Clip
from tests.fuzz.mutate import changed, mutated

REPOSITORY = Path(__file__).resolve().parents[2]
STORED = REPOSITORY / "tests" / "data"
RUN = STORED / "runs_schema1" / "demo_cross" / "landmark_warp"
Make = Callable[[Random], bytes]


@dataclass(frozen=True)
class Reader:
    """Reads `path` in `root`; `make` gives the next input. `weight` is how often it has its turn.

    `refused` is what a reader raises besides errors of ours: nothing but for libraries that it hands through.
    """

    name: str
    root: Path
    path: Path
    make: Make
    read: Callable[[], object]
    weight: int = 4
    also: tuple[Path, ...] = field(default=())

    def feed(self, content: bytes) -> None:
        """Put an input in its place; what other inputs left beside it goes."""
        for path in self.also:
            path.unlink(missing_ok=True)
        self.path.write_bytes(content)


def of_files(kind: str, seeds: Sequence[bytes]) -> Make:
    """Mutations of valid files."""
    assert seeds and all(seeds)
    return lambda random: mutated(kind, random.choice(seeds), seeds, random)


def sealed(seeds: Sequence[bytes], key: str = "sha256") -> Make:
    """The same for JSON that holds a digest of itself, which half of the time fits what was changed."""
    plain = of_files("json", seeds)

    def make(random: Random) -> bytes:
        if random.random() < 0.5:
            return plain(random)
        content = changed(json.loads(random.choice(seeds)), random)
        try:
            content[key] = canonical_sha256({name: value for name, value in content.items() if name != key})
        except (TypeError, ValueError, AttributeError):
            pass
        return json.dumps(content).encode("utf-8", "surrogatepass")

    return make


def readers(root: Path) -> list[Reader]:
    """All of them, each in a folder of its own under `root`."""
    made = [*_settings(root), *_lists(root), *_records(root), *_tables(root), *_studies(root), *_caches(root)]
    assert len({reader.name for reader in made}) == len(made)
    return made


def _place(root: Path, name: str) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    return folder


def _seeds(*patterns: str) -> list[bytes]:
    found = [path.read_bytes() for pattern in patterns for path in sorted(REPOSITORY.glob(pattern))]
    assert found, patterns
    return found


def _settings(root: Path) -> Iterator[Reader]:
    protocols = _seeds("protocols/*_self.yaml", "protocols/*_cross.yaml", "protocols/fsrt*.yaml")
    seeds = [content.replace(content.split(b"\n")[0], b"id: some", 1) for content in protocols if content[:3] == b"id:"]
    folder = _place(root, "protocol")
    path = folder / "some.yaml"
    yield Reader("protocol", folder, path, of_files("yaml", seeds), lambda path=path: read_protocol(path).hash)

    folder = _place(root, "method")
    path = folder / "method.yaml"
    cards = _seeds("baselines/*/method.yaml")
    yield Reader("method card", folder, path, of_files("yaml", cards), lambda folder=folder: read_method(folder))

    folder = _place(root, "rules")
    path = folder / "rules.yaml"
    rules = (
        b"confidence: 0.9\nmargin: 5%\nprimary: [csim]\nallow_unproven: [lmd]\nmetrics:\n  csim: {tolerance: 0.01}\n"
        b"  akd[dlib68]: {tolerance: 2%, direction: lower, margin: 0.1}\n  l1: {ignore: true}\n"
    )
    path.write_bytes(rules)
    yield Reader("gate rules", folder, path, of_files("yaml", [rules]), lambda path=path: read_rules(path))

    folder = _place(root, "config")
    path = folder / "config.yaml"

    def alias(path: Path = path) -> object:
        os.environ["EVALKIT_CONFIG"] = str(path)
        try:
            return user_alias("mine"), user_alias("other")
        finally:
            del os.environ["EVALKIT_CONFIG"]

    config = b"aliases:\n  mine: ./my_method\n  other: landmark_warp\n"
    yield Reader("user's configuration", folder, path, of_files("yaml", [config]), alias)

    folder = _place(root, "training")
    path = folder / "config.yaml"
    configs = _seeds("baselines/sfd/lab/configs/*.yaml")
    yield Reader("training config", folder, path, of_files("yaml", configs), lambda path=path: read_config(str(path)))


def _lists(root: Path) -> Iterator[Reader]:
    folder = _place(root, "manifest")
    for name in ("a.mp4", "b.mp4", "c.png"):
        (folder / name).write_bytes(b"clip")
    manifest = (
        b"id,kind,file,identity,fps,motion\na,clip,a.mp4,anna,25,x\nb,clip,b.mp4,bela,25,\nc,portrait,c.png,cora,,\n"
    )
    path = folder / "manifest.csv"
    yield Reader(
        "manifest",
        folder,
        path,
        of_files("csv", [manifest]),
        lambda folder=folder: (survey(folder), motions(folder)),
    )

    folder = _place(root, "pairs")
    path = folder / "some.csv"
    (folder / "some.yaml").write_text(
        "id: some\ntitle: S\ntask: cross_reenactment\ndataset: folder\npairs: {rule: list, list: some.csv}\n"
        "resolution: 64\nmotion: relative\nmetrics: [csim]\n"
    )
    (folder / "clip").mkdir()
    for number in range(3):
        (folder / "clip" / f"{number}.png").write_bytes(b"x")
    clips = [Clip(name, name, "clip", folder / "clip") for name in "abc"]
    listed = [
        b"source,driving,source_frames,anchor\na,b,0,b@1\nb@1,c,0 1,\nc@2.png,a,,a@0.png\n",
        b"source,driving\na,b\n",
    ]
    protocol = read_protocol(folder / "some.yaml")
    yield Reader("pair list", folder, path, of_files("csv", listed), lambda: listed_pairs(protocol, clips))

    for form, seed in {
        "fomm": b"distance,source,driving,frame\n0,id1#a#0#9.mp4,id2#b#0#9.mp4,0\n1,id2#b#0#9.mp4,id1#a#0#9.mp4,7\n",
        "dagan": b"source,driving,best_frame\n/d/test/id1#a.mp4/0001.png,/d/test/id2#b.mp4/0002.png,/d/id2#b.mp4/3.png\n",
    }.items():
        folder = _place(root, f"import_{form}")
        path = folder / "list.csv"
        yield Reader(
            f"{form} pair list",
            folder,
            path,
            of_files("csv", [seed]),
            lambda path=path, form=form: read_pair_list(path, form, lambda clip: clip.partition("#")[0]),
        )

    folder = _place(root, "metadata")
    path = folder / "vox-metadata.csv"
    header = b"video_id,start,end,bbox,fps,width,height,partition,person_id\n"
    row = b"AAAAAAAAAAA,3,8,361-123-873-633,25,1280,720,test,id10280\n"
    metadata = [header + row * 2 + row.replace(b"test", b"train").replace(b",3,", b",4,")]
    yield Reader("vox metadata", folder, path, of_files("csv", metadata), lambda path=path: read_metadata(path, "all"))

    folder = _place(root, "tracks")
    (folder / "id1" / "v").mkdir(parents=True)
    path = folder / "id1" / "v" / "00001.txt"
    boxes = "".join(f"{frame:06d} \t0.3 \t0.2 \t0.3 \t0.5 \n" for frame in range(2, 80))
    tracks = b"Identity\nReference\nOffset\nFV Conf\nASD Conf\n\nFRAME \tX \tY \tW \tH \n" + boxes.encode()
    yield Reader(
        "vox tracks",
        folder,
        path,
        of_files("text", [tracks]),
        lambda folder=folder: read_tracks(folder, [], "all", True),
    )

    folder = _place(root, "tubes")
    path = folder / "tubes.txt"
    tubes = b"chunk_0001,720,1280,0,99,100,100,400,400\nchunk_0002,720,1280,5,50,0,0,300,300\n"
    yield Reader("th1kh tubes", folder, path, of_files("text", [tubes]), lambda path=path: read_tubes(path, "test"))

    folder = _place(root, "hdtf")
    texts = {
        "video_url": b"Ed1 https://www.youtube.com/watch?v=AAAAAAAAAAA\nJo2 https://youtu.be/BBBBBBBBBBB\n",
        "annotion_time": b"Ed1.mp4 00:10-00:20 01:00-01:30\nJo2.mp4 00:00-00:05\n",
        "resolution": b"Ed1.mp4 720\nJo2.mp4 1080\n",
        "crop_wh": b"Ed1_0.mp4 100 300 100 300\nEd1_1.mp4 0 200 0 200\nJo2_0.mp4 1 2 3 2\n",
        "crop_ratio": b"Ed1_0.mp4 1.5\nJo2_0.mp4 1.2\n",
    }
    for subset in ("RD", "WDA", "WRA"):
        for kind, text in texts.items():
            (folder / f"{subset}_{kind}.txt").write_bytes(text)
    for kind, text in texts.items():
        yield Reader(
            f"hdtf {kind}",
            folder,
            folder / f"RD_{kind}.txt",
            of_files("text", [text]),
            lambda folder=folder: (read_lists(folder), read_lists(folder, redetect=True)),
            weight=1,
        )

    folder = _place(root, "celebvhq")
    path = folder / "celebvhq_info.json"
    info = {
        "clips": {
            f"AAAAAAAAAAA_{number}": {
                "ytb_id": "AAAAAAAAAAA",
                "duration": {"start_sec": 1.5, "end_sec": 9.0},
                "bbox": {"top": 0.1, "bottom": 0.9, "left": 0.2, "right": 0.8},
            }
            for number in range(3)
        }
    }
    yield Reader(
        "celebvhq info", folder, path, of_files("json", [json.dumps(info).encode()]), lambda path=path: read_info(path)
    )

    folder = _place(root, "journal")
    path = folder / JOURNAL
    done = {
        "id": "a",
        "file": "a.mp4",
        "identity": "anna",
        "fps": 25.0,
        "frames": 5,
        "width": 64,
        "height": 64,
        "video": "v",
        "notes": ["n"],
        "images": False,
        "stamp": [1, 2],
    }
    lines = [{"begun": "a", "file": "a.mp4"}, {"done": done}, {"begun": "b", "file": "b.mp4"}]
    journal = "".join(json.dumps(line) + "\n" for line in lines).encode()
    yield Reader(
        "journal",
        folder,
        path,
        of_files("jsonl", [journal]),
        lambda folder=folder: Journal(folder).write_manifest(),
        also=(folder / "manifest.csv",),
    )

    folder = _place(root, "paper")
    (folder / "fsrt.yaml").write_bytes((REPOSITORY / "leaderboards/published/fsrt.yaml").read_bytes())
    path = folder / "fsrt.csv"
    rows = (REPOSITORY / "leaderboards/published/fsrt.csv").read_bytes()
    path.write_bytes(rows)
    yield Reader("paper's numbers", folder, path, of_files("csv", [rows]), lambda path=path: read_paper(path), weight=1)
    folder = _place(root, "paper_card")
    (folder / "fsrt.csv").write_bytes(b"\n".join(rows.split(b"\n")[:4]) + b"\n")
    path, csv_path = folder / "fsrt.yaml", folder / "fsrt.csv"
    cards = _seeds("leaderboards/published/*.yaml")
    yield Reader(
        "paper's card", folder, path, of_files("yaml", cards), lambda csv_path=csv_path: read_paper(csv_path), weight=1
    )

    folder = _place(root, "answers")
    path = folder / "answers.csv"
    steps = [f"l1,{d.id},{step},0.5,1.0" for d in DEGRADATIONS for step in d.steps]
    text = "\n".join(["metric,degradation,step,value,coverage", *steps, ""]).encode()
    path.write_bytes(text)
    read_answers(path)
    yield Reader("calibration answers", folder, path, of_files("csv", [text]), lambda path=path: read_answers(path))

    folder = _place(root, "yaml")
    path = folder / "any.yaml"

    def any_yaml(path: Path = path) -> object:
        import yaml

        try:
            return read_yaml(path)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise EvalkitError(str(error)) from error  # as every caller does

    yield Reader("YAML", folder, path, of_files("yaml", [*cards, *_seeds("baselines/*/method.yaml")]), any_yaml)


def _records(root: Path) -> Iterator[Reader]:
    """JSON of runs, gates and leaderboards."""
    for name, read in {"run.json": read_header, "summary.json": read_summary}.items():
        folder = _place(root, name)
        path = folder / name
        seeds = _seeds(f"tests/data/runs_schema1/demo_cross/*/{name}")
        newer = _current(root / f"current_{name}", path.name)
        yield Reader(name, folder, path, sealed([*seeds, newer]), lambda folder=folder, read=read: read(folder))

    folder = _place(root, "outcome")
    (folder / "pairs").mkdir()
    path = folder / "pairs" / "p.json"
    seeds = _seeds("tests/data/runs_schema1/demo_cross/*/pairs/*.json")
    seeds = [content.replace(path.stem.encode(), b"p") for content in seeds]
    yield Reader(
        "outcome", folder, path, sealed(seeds), lambda folder=folder: RunFolder(folder).read_outcome("p"), weight=6
    )

    boards = _place(root, "boards")
    run = _finished(root / "finished")
    row = make_entry(run, boards, None, force=True)
    write_entry(row)
    path = row.path
    rows = [path.read_bytes(), *_seeds("leaderboards/demo_*/*.json")[:2]]

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

    folder = _place(root, "baseline")
    path = folder / "baseline.json"
    side = read_side(run)
    save_baseline(replace(side, summary=side.summary.model_copy(update={"complete": True})), path)
    seeds = [path.read_bytes(), (STORED / "runs_schema1" / "baseline.json").read_bytes()]
    yield Reader("baseline", folder, path, sealed(seeds), lambda path=path: read_side(path), weight=2)

    folder = _place(root, "side")
    path = folder / "summary.json"
    seeds = [(run / "summary.json").read_bytes(), rows[0]]
    yield Reader("bare summary", folder, path, sealed(seeds), lambda path=path: read_side(path))

    folder = _place(root, "verdict")
    path = folder / "verdict.json"
    seeds = _seeds("tests/data/gate_schema2/verdict.json")
    path.write_bytes(seeds[0])
    seeds.append(json.dumps(content_of(read_verdict(path))).encode())

    def verdict(path: Path = path, folder: Path = folder) -> object:
        (folder / "lines.jsonl").unlink(missing_ok=True)
        return history.append(folder / "lines.jsonl", read_verdict(path), None)

    yield Reader("verdict", folder, path, of_files("json", seeds), verdict, weight=2)

    folder = _place(root, "history")
    path = folder / "history.jsonl"
    seeds = _seeds("tests/data/gate_schema2/history.jsonl")
    yield Reader(
        "history",
        folder,
        path,
        of_files("jsonl", seeds),
        lambda path=path: collect_history(history.read(path)),
        weight=2,
    )

    folder = _place(root, "report")
    path = folder / MANIFEST
    (folder / "index.html").write_text("page")

    def site(folder: Path = folder) -> object:
        return SiteFolder.claim(folder).finish()

    seed = json.dumps({"files": ["index.html", "data/a.js", "media/b.mp4"]}).encode()
    yield Reader("report manifest", folder, path, of_files("json", [seed]), site)

    folder = _place(root, "mosaic")
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


def _current(folder: Path, name: str) -> bytes:
    return (_finished(folder) / name).read_bytes()


def _finished(folder: Path) -> Path:
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


def _tables(root: Path) -> Iterator[Reader]:
    """Parquet: bytes that are not what they were, and whole files with other columns."""
    run = _finished(root / "parquet")
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

        def make(random: Random, seed=seed, table=table, signatures=signatures, spare=spare) -> bytes:  # noqa: ANN001
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


def _study() -> Study:
    group = Group(protocol="p", protocol_hash="a", data_hash="d", title="P", motion="absolute", methods=("A", "B"))
    scene = Scene(protocol="p", pair="x--y", source="s.png", driving="d.mp4", clips={"A": "a.mp4", "B": "b.mp4"})
    trials = {f"t{n}": Asked(rater=n % 2, scene="s", left="A", right="B", check=False) for n in range(8)}
    return Study(
        schema_version=1,
        id="study",
        seed=1,
        question="Which?",
        ours=None,
        max_missed=0,
        raters=2,
        groups=(group,),
        scenes={"s": scene},
        left_out=(),
        trials=trials,
    )


def _studies(root: Path) -> Iterator[Reader]:
    study = _study()
    for name in ("key.json", "raters.csv"):
        folder = StudyFolder(_place(root, f"study_{name}"))
        write_study(folder, study)
        path = folder.path / name
        yield Reader(
            f"study {name}",
            folder.path,
            path,
            of_files(path.suffix[1:], [path.read_bytes()]),
            lambda folder=folder: (read_study(folder), read_tokens(folder)),
        )

    folder = StudyFolder(_place(root, "study"))
    write_study(folder, study)
    tokens = read_tokens(folder)
    answers = [{"trial": f"t{n}", "choice": "left", "seconds": 2.5} for n in (0, 2, 4)]
    sheet = json.dumps({"schema_version": 1, "study": study.id, "token": tokens[0], "answers": answers}).encode()
    path = folder.path / "sheet.json"

    def judge(path: Path = path) -> object:
        found = read_sheet(study, tokens, path.read_bytes())
        assert sum(len(one.content) for one in found.refusals) < 100_000
        return found

    yield Reader("answer sheet", folder.path, path, of_files("json", [sheet]), judge, weight=8)

    folder = StudyFolder(_place(root, "store"))
    path = folder.answers
    sheets = Sheet(
        0, (Answer(0, "t0", "left", 1.0), Answer(0, "t2", "right", None)), (Refusal("forged token", "", "x"),)
    )
    keep(path, sheets)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode = DELETE")
    stored = path.read_bytes()
    more = (
        folder.path / "answers.sqlite-wal",
        folder.path / "answers.sqlite-shm",
        folder.path / "answers.sqlite-journal",
    )

    def database(path: Path = path) -> object:
        return stored_answers(path), stored_refusals(path), keep(path, sheets)

    yield Reader("answers in SQLite", folder.path, path, of_files("bytes", [stored]), database, weight=1, also=more)

    yield _requests(root, study, tokens, sheet)


def _requests(root: Path, study: Study, tokens: Sequence[str], sheet: bytes) -> Reader:
    folder = StudyFolder(_place(root, "served"))
    write_study(folder, study)
    (folder.path / "raters.csv").write_text("rater,token\n" + "".join(f"{n},{t}\n" for n, t in enumerate(tokens, 1)))
    dealt = [[Trial("t0", 0, Unit("s", "A", "B"), "A", "B")], []]
    write_page(folder.page, study, dealt)
    (folder.page / "media").mkdir()
    (folder.page / "media" / "a.mp4").write_bytes(bytes(range(256)) * 40)
    site = StudySite(folder, Visitors(), _fails)
    head = b"Host: 127.0.0.1:8788\r\nUser-Agent: x\r\nAccept: */*\r\n"
    seeds = [
        b"GET / HTTP/1.1\r\n" + head + b"\r\n",
        b"GET /media/a.mp4 HTTP/1.1\r\n" + head + b"Range: bytes=5-99\r\nIf-Range: x\r\n\r\n",
        b"HEAD /study.js?x=1 HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n",
        b"GET /forms/1.js HTTP/1.0\r\n" + head + b"\r\n",
        b"POST /answers HTTP/1.1\r\n"
        + head
        + b"Origin: http://127.0.0.1:8788\r\nContent-Length: %d\r\n\r\n" % len(sheet)
        + sheet,
        b"POST /answers HTTP/1.1\r\n"
        + head
        + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n2;x=y\r\n1}\r\n0\r\n\r\n',
        b"GET /%2e%2e/key.json HTTP/1.1\r\n" + head + b"\r\nGET /../raters.csv HTTP/1.1\r\n" + head + b"\r\n",
        b"OPTIONS * HTTP/1.1\r\n" + head + b"Upgrade: websocket\r\nExpect: 100-continue\r\n\r\n",
    ]
    secrets = ((folder.path / "key.json").read_bytes()[:40], tokens[1].encode())
    path = folder.path / "request"

    def ask() -> object:
        sent = path.read_bytes()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            theirs.settimeout(10)
            theirs.sendall(sent[: 64 << 10])
            theirs.shutdown(socket.SHUT_WR)
            converse(ours, site.largest_body, site.reply, refusal)
            ours.close()
            said = b""
            while block := theirs.recv(1 << 16):
                said += block
        assert not sent or not said or said.startswith(b"HTTP/1.1 "), said[:50]
        assert b"HTTP/1.1 5" not in said, said[:50]
        assert not any(secret in said for secret in secrets if secret not in sent)
        return said

    return Reader("HTTP request", folder.path, path, of_files("http", seeds), ask, weight=12)


def _fails(line: str) -> None:
    raise AssertionError(line)


def _caches(root: Path) -> Iterator[Reader]:
    folder = _place(root, "cache")
    cache, key = FeatureCache(folder), "ab" * 32
    points = np.arange(60, dtype=np.float64).reshape(10, 3, 2)
    cache.save(key, {"points": points, "names": np.array(["a", "b"])})
    (path,) = cache.entries()

    def load() -> object:
        found = cache.load(key)
        assert found is None or np.array_equal(found["points"], points), "another array than was kept"
        return found

    yield Reader("cached features", folder, path, of_files("bytes", [path.read_bytes()]), load, weight=2)
