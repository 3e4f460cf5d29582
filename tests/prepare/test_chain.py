"""Each dataset from a miniature of its official raw layout to a scored run: prepare, check, run with landmark_warp."""

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from evalkit.prepare.lists import celebv_images, vox_tracks
from evalkit.types import Frames
from tests.e2e.conftest import Result
from tests.prepare.raw import LEFT, TOP, cut, decoded, scene, vox_list, write_raw

BOX = (LEFT, TOP, LEFT + 256, TOP + 256)
LENGTH = 5


@dataclass(frozen=True)
class Tree:
    """A raw tree: its folders, the clips that can be made of it with the crops they ought to be, and planted traps."""

    raw: Path
    lists: Path | None
    crops: dict[str, Frames]
    not_made: dict[str, str]


Make = Callable[[Path, list[Frames]], Tree]


def voxceleb1(folder: Path, heads: list[Frames]) -> Tree:
    rows, crops = [], {}
    for number, person in enumerate(("id10280", "id10281")):
        name = f"video{number}"
        pictures = scene(heads[number])
        write_raw(folder / "raw" / name, pictures)
        rows.append(
            f"{name},3,{3 + LENGTH},{2 * LEFT}-{2 * TOP}-{2 * LEFT + 512}-{2 * TOP + 512},25,1280,720,test,{person}"
        )
        crops[f"{person}#{name}#000003#{3 + LENGTH:06d}"] = cut(pictures[3 : 3 + LENGTH], BOX, 256)
    rows.append(rows[0].replace("video0", "gone_video"))
    gone = {"id10280#gone_video#000003#000008": "no raw video called gone_video.*"}
    return Tree(folder / "raw", vox_list(folder, rows), crops, gone)


def voxceleb2(folder: Path, heads: list[Frames]) -> Tree:
    crops = {}
    for number, person in enumerate(("id00017", "id00061")):
        pictures = scene(heads[number], frames=8, width=640, height=480)
        write_raw(folder / "raw" / f"video{number}", pictures)
        track = folder / "txt" / person / f"video{number}" / "00001.txt"
        track.parent.mkdir(parents=True)
        boxes = [f"{frame:06d} \t0.325 \t0.18 \t0.3 \t0.5375 " for frame in range(2, 2 + LENGTH)]
        track.write_text(
            "\n".join(["Identity", "Reference", "Offset", "FV Conf", "ASD Conf", "", "FRAME \tX \tY \tW \tH ", *boxes])
        )
        # columns 208 to 400, rows 86.4 to 344.4: 258 high, so the square has 309.6 around (304, 215.4)
        crops[f"{person}#video{number}#000002#{2 + LENGTH:06d}"] = cut(
            pictures[2 : 2 + LENGTH], (149, 60, 458, 370), 256
        )
    small = folder / "txt" / "id00081" / "video0" / "00001.txt"
    small.parent.mkdir(parents=True)
    small.write_text(track.read_text().replace("0.5375", "0.1").replace("\t0.3 ", "\t0.1 "))
    return Tree(folder / "raw", folder, crops, {f"id00081#video0#000002#{2 + LENGTH:06d}": "the face is 64 pixels"})


def celebv(folder: Path, heads: list[Frames]) -> Tree:
    crops = {}
    for person, head in zip(("Jack_Ma", "Kathleen"), heads, strict=False):
        images = folder / "raw" / person / "Image"
        images.mkdir(parents=True)
        for index in range(LENGTH + 2):
            number = 98 + index + (10 if index >= LENGTH else 0)
            path = images / f"P_{person}_{number}.jpg_{index:010d}.jpg"
            Image.fromarray(head[index % len(head)]).save(path, quality=95)
        crops[f"{person}#0000000000"] = np.stack([np.asarray(Image.open(p)) for p in _first(images)])
    return Tree(folder / "raw", None, crops, {"Theresa_May": "no folder Theresa_May/Image"})


def _first(images: Path) -> list[Path]:
    return sorted(images.iterdir(), key=lambda path: path.name.split("_")[-1])[:LENGTH]


def celebv_hq(folder: Path, heads: list[Frames]) -> Tree:
    clips, crops = {}, {}
    for number in range(2):
        pictures = scene(heads[number])
        name = f"-vídeo{number}__"
        write_raw(folder / "raw" / name, pictures)
        bbox = {
            "top": TOP / 360 + 0.02,
            "bottom": 316 / 360 - 0.02,
            "left": LEFT / 640 + 0.02,
            "right": 436 / 640 - 0.02,
        }
        span = {"start_sec": 0.12, "end_sec": 0.12 + LENGTH / 25}
        clips[f"{name}_0"] = {"ytb_id": name, "duration": span, "bbox": bbox}
        crops[f"{name}_0"] = cut(pictures[3 : 3 + LENGTH], BOX, None)
    (folder / "raw" / "broken.mp4").write_bytes(b"\0" * 4096)
    clips["broken_0"] = clips["-vídeo0___0"] | {"ytb_id": "broken"}
    (folder / "celebvhq_info.json").write_text(json.dumps({"clips": clips}))
    return Tree(folder / "raw", folder / "celebvhq_info.json", crops, {"broken_0": "not a readable video"})


def hdtf(folder: Path, heads: list[Frames]) -> Tree:
    lists = folder / "lists"
    lists.mkdir(parents=True)
    text: dict[str, list[str]] = {kind: [] for kind in ("video_url", "annotion_time", "resolution", "crop_wh")}
    crops = {}
    for number, name in enumerate(("Ann0", "Bea")):
        pictures = scene(heads[number])
        write_raw(folder / "raw" / f"WDA_{name}", pictures, 5)  # a window of one second has LENGTH frames
        text["video_url"].append(f"{name} https://www.youtube.com/watch?v=AAAAAAAAAA{number}")
        text["annotion_time"].append(f"{name}.mp4 00:01-00:02 00:02-00:09")
        text["resolution"].append(f"{name}.mp4 360")
        text["crop_wh"].append(f"{name}_0.mp4 {LEFT} 256 {TOP} 256")
        crops[f"WDA_{name}_000"] = cut(pictures[5:10], BOX, 512)
    text["crop_wh"].append(f"Ann0_1.mp4 {LEFT} 256 {TOP} 256")
    for subset in ("RD", "WDA", "WRA"):
        for kind, lines in text.items():
            (lists / f"{subset}_{kind}.txt").write_text("\r\n".join(lines) if subset == "WDA" else "")
    return Tree(folder / "raw", lists, crops, {"WDA_Ann0_001": "has 14 frames, the clip needs frames 10 to 44"})


def talkinghead_1kh(folder: Path, heads: list[Frames]) -> Tree:
    lines, crops = [], {}
    for number in range(2):
        chunk = f"-video{number}_x_0003"
        pictures = scene(heads[number])
        write_raw(folder / "raw" / chunk, pictures, 30)
        lines.append(f"{chunk},720,1280,3,{2 + LENGTH},{2 * LEFT},{2 * TOP},{2 * LEFT + 512},{2 * TOP + 512}")
        crops[f"{chunk}_S3_E{2 + LENGTH}_L{2 * LEFT}_T{2 * TOP}_R{2 * LEFT + 512}_B{2 * TOP + 512}"] = cut(
            pictures[3 : 3 + LENGTH], BOX, None
        )
    lines.append(lines[0].replace(",3,7,", ",12,20,"))
    shifted = "-video0_x_0003_S12_E20_L360_T120_R872_B632"
    (folder / "val_video_tubes.txt").write_text("\n".join(lines))
    return Tree(folder / "raw", folder, crops, {shifted: "has 14 frames, the clip needs frames 12 to 20"})


@pytest.mark.parametrize(
    "make", [voxceleb1, voxceleb2, celebv, celebv_hq, hdtf, talkinghead_1kh], ids=lambda f: f.__name__
)
def test_from_raw_videos_to_a_table(
    make: Make, heads: list[Frames], tmp_path: Path, evalkit: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(celebv_images, "LENGTH", LENGTH)
    monkeypatch.setattr(vox_tracks, "_SHORTEST", LENGTH)
    tree, name, root = make(tmp_path, heads), make.__name__, tmp_path / "root"
    lists = ["--lists", tree.lists] if tree.lists else []
    done = evalkit("data", "prepare", name, "--raw", tree.raw, *lists, "--root", root, "--workers", 1, "--json")
    told = json.loads(done.stdout)
    assert told["made"] == len(tree.crops) and told["frames_per_second_per_core"] > 0
    reasons = {remark["clip"]: remark["reason"] for remark in told["not_made"]}
    assert all(said in reasons[clip] for clip, said in tree.not_made.items())

    rows = csv.DictReader((root / "manifest.csv").read_text(encoding="utf-8").splitlines())
    files = {row["id"]: root / row["file"] for row in rows}
    assert files.keys() == tree.crops.keys()
    for clip, crop in tree.crops.items():
        assert np.array_equal(decoded(files[clip]), crop), clip

    checked = evalkit("data", "check", name, "--root", root, "--json", "--workers", 1)
    found = json.loads(checked.stdout)
    assert found["clips"] == len(tree.crops) and not found["unreadable"] and not found["wrong_size"]

    protocol = tmp_path / "mini.yaml"
    protocol.write_text(
        f"id: mini\ntitle: Mini\ntask: cross_reenactment\ndataset: {name}\npairs: {{rule: random_cross, count: 1}}\n"
        "driving: {maximum: 2}\nmetrics: ['csim[dlib]']\n"
    )
    run = evalkit(
        "run", "--protocol", protocol, "--method", "landmark_warp", "--data", root, "--out", tmp_path / "runs",
        "--workers", 1, "--no-anchors", "--json",
    )  # fmt: skip
    summary = json.loads(run.stdout)
    assert summary["pairs"]["scored"] == 1
    assert summary["metrics"]["csim[dlib]"]["value"] > 0


def test_even_boxes_are_those_of_ffmpegs_crop_filter(heads, tmp_path):
    """The official scripts of CelebV-HQ and TalkingHead-1KH crop 4:2:0 video with ffmpeg."""
    from evalkit.prepare.lists.ffmpeg_crop import even_box

    for left, top, right, bottom in ((181, 61, 437, 317), (180, 60, 435, 315), (7, 9, 100, 102)):
        graph = av.filter.Graph()
        source = graph.add_buffer(width=640, height=360, format="yuv420p", time_base="1/25")
        crop = graph.add("crop", f"w={right - left}:h={bottom - top}:x={left}:y={top}")
        sink = graph.add("buffersink")
        source.link_to(crop)
        crop.link_to(sink)
        graph.configure()
        frame = av.VideoFrame.from_ndarray(scene(heads[0], frames=1)[0], format="rgb24").reformat(format="yuv420p")
        graph.push(frame)
        box = even_box(left, top, right, bottom, 640, 360)
        whole = frame.to_ndarray(format="gray")
        assert np.array_equal(graph.pull().to_ndarray(format="gray"), whole[box.top : box.bottom, box.left : box.right])
