"""Readers of settings and of lists that people write."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from baselines.sfd.lab.training.config import read_config
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
from evalkit.errors import EvalkitError
from evalkit.gating.rules import read_rules
from evalkit.method.aliases import user_alias
from evalkit.method.find import read_method
from evalkit.protocol.import_list import read_pair_list
from evalkit.protocol.pairs import listed_pairs
from evalkit.protocol.schema import read_protocol
from evalkit.runs.output_names import match_list
from evalkit.tables.papers import read_paper
from evalkit.types import Clip, Pair
from tests.fuzz.reader import REPOSITORY, Reader, of_files, place, valid_files


def settings(root: Path) -> Iterator[Reader]:
    protocols = valid_files("protocols/*_self.yaml", "protocols/*_cross.yaml", "protocols/fsrt*.yaml")
    seeds = [content.replace(content.split(b"\n")[0], b"id: some", 1) for content in protocols if content[:3] == b"id:"]
    folder = place(root, "protocol")
    path = folder / "some.yaml"
    yield Reader("protocol", folder, path, of_files("yaml", seeds), lambda path=path: read_protocol(path).hash)

    folder = place(root, "method")
    path = folder / "method.yaml"
    cards = valid_files("baselines/*/method.yaml")
    yield Reader(
        "method card", folder, path, of_files("yaml", cards), lambda folder=folder: read_method(folder), weight=2
    )

    folder = place(root, "rules")
    path = folder / "rules.yaml"
    rules = (
        b"confidence: 0.95\nprimary: [akd, csim]\ncluster: identity\ndevice: warn\ndefault: {relative: 0.02}\n"
        b"metrics:\n  csim: {absolute: 0.005, margin: 0.01, min_coverage: 0.95}\n  akd[dlib68]: {relative: 0.02,\n"
        b"    margin: 5%, confidence: 0.99, ceiling: 6.0, must_improve: true, direction: both}\n  aed: {ignore: true}\n"
    )
    path.write_bytes(rules)
    yield Reader("gate rules", folder, path, of_files("yaml", [rules]), lambda path=path: read_rules(path))

    folder = place(root, "config")
    path = folder / "config.yaml"

    def alias(path: Path = path) -> object:
        os.environ["EVALKIT_CONFIG"] = str(path)
        try:
            return user_alias("mine"), user_alias("other")
        finally:
            del os.environ["EVALKIT_CONFIG"]

    config = b"aliases:\n  mine: ./my_method\n  other: landmark_warp\n"
    yield Reader("user's configuration", folder, path, of_files("yaml", [config]), alias)

    folder = place(root, "training")
    path = folder / "config.yaml"
    configs = valid_files("baselines/sfd/lab/configs/*.yaml")
    yield Reader(
        "training config", folder, path, of_files("yaml", configs), lambda path=path: read_config(str(path)), weight=2
    )


def lists(root: Path) -> Iterator[Reader]:
    folder = place(root, "manifest")
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

    folder = place(root, "pairs")
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

    outputs, pairs = place(root, "outputs"), [Pair(f"{one.id}--b", one, (0,), clips[1]) for one in clips]
    table = outputs / "outputs.csv"
    (outputs / "x.mkv").write_bytes(b"x")
    rows = [b"pair,file\na--b,x.mkv\n", b"file,pair,note\n./x.mkv,c--b,\noutputs.csv,a--b,y\n"]
    yield Reader("output list", outputs, table, of_files("csv", rows), lambda: match_list(outputs, table, pairs))

    for form, seed in {
        "fomm": b"distance,source,driving,frame\n0,id1#a#0#9.mp4,id2#b#0#9.mp4,0\n1,id2#b#0#9.mp4,id1#a#0#9.mp4,7\n",
        "dagan": b"source,driving,best_frame\n/d/id1#a.mp4/0001.png,/d/id2#b.mp4/0002.png,/d/id2#b.mp4/3.png\n",
    }.items():
        folder = place(root, f"import_{form}")
        path = folder / "list.csv"
        yield Reader(
            f"{form} pair list",
            folder,
            path,
            of_files("csv", [seed]),
            lambda path=path, form=form: read_pair_list(path, form, lambda clip: clip.partition("#")[0]),
        )

    folder = place(root, "metadata")
    path = folder / "vox-metadata.csv"
    header = b"video_id,start,end,bbox,fps,width,height,partition,person_id\n"
    row = b"AAAAAAAAAAA,3,8,361-123-873-633,25,1280,720,test,id10280\n"
    metadata = [header + row * 2 + row.replace(b"test", b"train").replace(b",3,", b",4,")]
    yield Reader("vox metadata", folder, path, of_files("csv", metadata), lambda path=path: read_metadata(path, "all"))

    folder = place(root, "tracks")
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

    folder = place(root, "tubes")
    path = folder / "tubes.txt"
    tubes = b"chunk_0001,720,1280,0,99,100,100,400,400\nchunk_0002,720,1280,5,50,0,0,300,300\n"
    yield Reader("th1kh tubes", folder, path, of_files("text", [tubes]), lambda path=path: read_tubes(path, "test"))

    folder = place(root, "hdtf")
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

    folder = place(root, "celebvhq")
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

    folder = place(root, "journal")
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

    folder = place(root, "paper")
    (folder / "fsrt.yaml").write_bytes((REPOSITORY / "leaderboards/published/fsrt.yaml").read_bytes())
    path = folder / "fsrt.csv"
    rows = (REPOSITORY / "leaderboards/published/fsrt.csv").read_bytes()
    path.write_bytes(rows)
    yield Reader("paper's numbers", folder, path, of_files("csv", [rows]), lambda path=path: read_paper(path), weight=1)
    folder = place(root, "paper_card")
    (folder / "fsrt.csv").write_bytes(b"\n".join(rows.split(b"\n")[:4]) + b"\n")
    path, csv_path = folder / "fsrt.yaml", folder / "fsrt.csv"
    cards = valid_files("leaderboards/published/*.yaml")
    yield Reader(
        "paper's card", folder, path, of_files("yaml", cards), lambda csv_path=csv_path: read_paper(csv_path), weight=1
    )

    folder = place(root, "answers")
    path = folder / "answers.csv"
    steps = [f"l1,{d.id},{step},0.5,1.0" for d in DEGRADATIONS for step in d.steps]
    text = "\n".join(["metric,degradation,step,value,coverage", *steps, ""]).encode()
    path.write_bytes(text)
    read_answers(path)
    yield Reader("calibration answers", folder, path, of_files("csv", [text]), lambda path=path: read_answers(path))

    folder = place(root, "yaml")
    path = folder / "any.yaml"

    def any_yaml(path: Path = path) -> object:
        import yaml

        try:
            return read_yaml(path)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise EvalkitError(str(error)) from error  # as every caller does

    seeds = [*cards, *valid_files("baselines/*/method.yaml")]
    yield Reader("YAML", folder, path, of_files("yaml", seeds), any_yaml, weight=2)
