"""A miniature raw tree for each dataset, in its official layout, with the traps of the field planted in it.

Every tree has a clip that goes well, a name outside ASCII, a download of 30 frames per second where the list counts 25,
a video that is missing, one that cannot be read, a box outside the frame, and a row that comes twice; CelebV, which has
neither lists nor boxes nor rates, has what corresponds among its pictures.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from evalkit.types import Frames
from tests.datasets.prepare import reference_boxes
from tests.datasets.prepare.raw import cut, scene, vox_list, write_raw

LENGTH = 5
WIDTH, HEIGHT = 640, 360


@dataclass(frozen=True)
class Tree:
    """Raw folder and lists; the crops that have to come out by clip id; and by clip what has to be said of the others.

    `wrong_length` are clips whose frames are not as many as their name says, because of the download's rate.
    """

    raw: Path
    lists: Path | None
    crops: dict[str, Frames]
    not_made: dict[str, str]
    left_out: dict[str, str]
    odd: dict[str, str] = field(default_factory=dict)
    wrong_length: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


Plant = Callable[[Path, list[Frames]], Tree]


def videos(folder: Path, heads: list[Frames], rates: dict[str, float], **keys: int) -> dict[str, Frames]:
    """Write raw videos, one head after the other, and one file that is no video; the pictures by name."""
    pictures = {name: scene(heads[i % len(heads)], **keys) for i, name in enumerate(rates)}
    for name, frames in pictures.items():
        write_raw(folder / "raw" / name, frames, rates[name])
    (folder / "raw" / "unreadable_.mp4").write_bytes(b"\0not a video\xff" * 300)
    return pictures


def voxceleb1(folder: Path, heads: list[Frames]) -> Tree:
    pictures = videos(folder, heads, {"AAAAAAAAAAA": 25, "Ünï-例_____": 25, "thirtyfps_1": 30})
    listed, partly = (361, 123, 873, 633), (801, 121, 1312, 733)

    def row(video: str, box: tuple[int, ...], person: str, start: int = 3) -> str:
        return f"{video},{start},{start + LENGTH},{'-'.join(map(str, box))},25,1280,720,test,{person}"

    rows = [
        row("AAAAAAAAAAA", listed, "id10280"),
        row("AAAAAAAAAAA", listed, "id10280"),
        row("Ünï-例_____", listed, "id10281"),
        row("thirtyfps_1", listed, "id10282"),
        row("thirtyfps_1", partly, "id10282", 0),
        row("AAAAAAAAAAA", (1290, 120, 1400, 400), "id10283"),
        row("gone_video_", listed, "id10284"),
        row("unreadable_", listed, "id10285"),
    ]
    box, cut_off = (reference_boxes.load_videos(b, (1280, 720), WIDTH, HEIGHT) for b in (listed, partly))
    late, early = "id10282#thirtyfps_1#000003#000008", "id10282#thirtyfps_1#000000#000005"
    crops = {
        "id10280#AAAAAAAAAAA#000003#000008": cut(pictures["AAAAAAAAAAA"][3:8], box, 256),
        "id10281#Ünï-例_____#000003#000008": cut(pictures["Ünï-例_____"][3:8], box, 256),
        late: cut(pictures["thirtyfps_1"][4:10], box, 256),  # 3/25 s <= i/30 s < 8/25 s
        early: cut(pictures["thirtyfps_1"][:6], cut_off, 256),
    }
    not_made = {
        "id10283#AAAAAAAAAAA#000003#000008": "lies outside the 640x360 frame",
        "id10284#gone_video_#000003#000008": "no raw video called gone_video_.*",
        "id10285#unreadable_#000003#000008": "not a readable video",
    }
    left_out = {"id10280#AAAAAAAAAAA#000003#000008": "repeats vox-metadata.csv line 2"}
    odd = {late: "6 frames for 5 in the list: the video has 30 frames", early: "leaves the 640x360 frame; cut"}
    return Tree(folder / "raw", vox_list(folder, rows), crops, not_made, left_out, odd, (early, late), tuple(not_made))


def voxceleb2(folder: Path, heads: list[Frames]) -> Tree:
    rates: dict[str, float] = {"AAAAAAAAAAA": 25, "Ünï-例_____": 25, "thirtyfps_1": 30}
    pictures = videos(folder, heads, rates, frames=12, height=480)

    def track(place: str, x: float = 0.325, y: float = 0.18, w: float = 0.3, h: float = 0.5375) -> str:
        path = folder / "txt" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        boxes = [f"{frame:06d} \t{x} \t{y} \t{w} \t{h} " for frame in range(2, 2 + LENGTH)]
        head = ["Identity", "Reference", "Offset", "FV Conf", "ASD Conf", "", "FRAME \tX \tY \tW \tH "]
        path.write_text("\n".join([*head, *boxes]), encoding="utf-8")
        person, video, _ = place.split("/")
        return f"{person}#{video}#000002#{2 + LENGTH:06d}"

    good = track("id00017/AAAAAAAAAAA/00001.txt")
    track("id00017/AAAAAAAAAAA/00002.txt")
    unicode, thirty = track("id00061/Ünï-例_____/00001.txt"), track("id00081/thirtyfps_1/00001.txt")
    outside = track("id00081/AAAAAAAAAAA/00001.txt", x=0.65)
    small = track("id00154/AAAAAAAAAAA/00001.txt", w=0.1, h=0.1)
    gone, unreadable = track("id00419/gone_video_/00001.txt"), track("id00562/unreadable_/00001.txt")
    box = reference_boxes.crop_vox((0.325 * 640, 0.18 * 480, 0.625 * 640, 0.7175 * 480))
    crops = {
        good: cut(pictures["AAAAAAAAAAA"][2:7], box, 256),
        unicode: cut(pictures["Ünï-例_____"][2:7], box, 256),
        thirty: cut(pictures["thirtyfps_1"][3:9], box, 256),  # 2/25 s <= i/30 s < 7/25 s
    }
    not_made = {
        outside: "around the face leaves the 640x480 frame",
        small: "the face is 64 pixels in a 640x480 video; 256 are needed",
        gone: "no raw video called gone_video_.*",
        unreadable: "not a readable video",
    }
    left_out = {good: "repeats id00017/AAAAAAAAAAA/00001.txt"}
    odd = {thirty: "6 frames for 5 in the list: the video has 30 frames"}
    return Tree(folder / "raw", folder, crops, not_made, left_out, odd, (thirty,), tuple(not_made))


def celebv(folder: Path, heads: list[Frames]) -> Tree:
    crops: dict[str, Frames] = {}

    def person(name: str, numbers: list[int], head: Frames) -> list[Path]:
        images = folder / "raw" / name / "Image"
        images.mkdir(parents=True)
        paths = [images / f"P_{name}_{number}.jpg_{index:010d}.jpg" for index, number in enumerate(numbers)]
        for index, path in enumerate(paths):
            Image.fromarray(head[index % len(head)]).save(path, quality=95)
        return paths

    # a gap in the numbering, and a picture whose number comes twice: neither run may go over it
    gap = person("Jack_Ma", [98, 99, 100, 101, 102, 110, 111], heads[0])
    (gap[0].parent / "Ünï-例.jpg").write_bytes(gap[0].read_bytes())
    twice = person("Kathleen", [7, 8, 8, 9, 10, 11, 12], heads[1])
    broken = person("Donald_Trump", list(range(5)), heads[2])
    broken[3].write_bytes(b"not a picture")
    wide = person("Theresa_May", list(range(5)), heads[2])
    Image.fromarray(heads[2][0][:200]).save(wide[0])
    for clip, paths in (("Jack_Ma#0000000000", gap[:5]), ("Kathleen#0000000002", twice[2:7])):
        crops[clip] = np.stack([np.asarray(Image.open(path)) for path in paths])
    not_made = {
        "Emmanuel_Macron": "no folder Emmanuel_Macron/Image",
        "Donald_Trump#0000000000": "not a readable image",
        "Theresa_May#0000000000": "frames are 256x200; square ones are expected",
    }
    return Tree(folder / "raw", None, crops, not_made, {}, {"Jack_Ma/Ünï-例.jpg": "not named P_<name>_<n>"})


def celebv_hq(folder: Path, heads: list[Frames]) -> Tree:
    pictures = videos(folder, heads, {"-AAAAAAAA__": 25, "Ünï-例_____": 25, "thirtyfps_1": 30})
    face = {"top": 0.151, "bottom": 0.853, "left": 0.2642, "right": 0.6671}

    def clip(video: str, **changes: float) -> dict[str, object]:
        span = {"start_sec": 0.12, "end_sec": 0.12 + LENGTH / 25}
        return {"ytb_id": video, "duration": span, "bbox": face | changes, "version": "v0.1"}

    clips = {f"{video}_0": clip(video) for video in (*pictures, "gone_video_", "unreadable_")}
    clips |= {
        "-AAAAAAAA___1": clip("-AAAAAAAA__", right=1.02),
        "-AAAAAAAA___2": clip("-AAAAAAAA__", left=1.1, right=1.3),
    }
    text = json.dumps({"meta_info": {"appearance_mapping": [], "action_mapping": []}, "clips": clips})
    first = json.dumps(clips["-AAAAAAAA___0"])
    lists = folder / "celebvhq_info.json"
    lists.write_text(text.replace('"clips": {', f'"clips": {{"-AAAAAAAA___0": {first}, '), encoding="utf-8")
    box, cut_off = (reference_boxes.celebv_hq(f, WIDTH, HEIGHT) for f in (face, face | {"right": 1.02}))
    crops = {
        "-AAAAAAAA___0": cut(pictures["-AAAAAAAA__"][3:8], box, None),
        "-AAAAAAAA___1": cut(pictures["-AAAAAAAA__"][3:8], cut_off, None),
        "Ünï-例______0": cut(pictures["Ünï-例_____"][3:8], box, None),
        "thirtyfps_1_0": cut(pictures["thirtyfps_1"][4:10], box, None),  # 0.12 s <= i/30 s < 0.32 s
    }
    not_made = {
        "-AAAAAAAA___2": "leaves the 640x360 frame",
        "gone_video__0": "no raw video called gone_video_.*",
        "unreadable__0": "not a readable video",
    }
    left_out = {"-AAAAAAAA___0": "duplicate entry"}
    odd = {"-AAAAAAAA___1": "the box 0.2642-0.151-1.02-0.853 leaves the frame; cut"}
    return Tree(folder / "raw", lists, crops, not_made, left_out, odd, missing=tuple(not_made))


def hdtf(folder: Path, heads: list[Frames]) -> Tree:
    # a second of the list is five frames of the small videos and thirty of the other one
    rates: dict[str, float] = {"Ann0": 5, "Ünï-例": 5, "Thirty": 30}
    pictures = videos(folder, heads, dict.fromkeys(("Ann0", "Ünï-例"), 5.0)) | videos(
        folder, heads[2:], {"Thirty": 30}, frames=32
    )
    lists = folder / "lists"
    lists.mkdir()
    names = [*rates, "Outside", "Gone", "unreadable_"]
    write_raw(folder / "raw" / "Outside", scene(heads[0]), 5)
    crop = (361, 510, 121, 510)  # x, width, y, height in frames of 720 rows; the downloads have 360
    spans = {"Ann0": "00:01-00:02 00:02-00:09", "Thirty": "00:00-00:01"}
    text = {
        "video_url": [f"{name} https://www.youtube.com/watch?v=AAAAAAAAAA{i}" for i, name in enumerate(names)],
        "annotion_time": [f"{name}.mp4 {spans.get(name, '00:01-00:02')}" for name in names],
        "resolution": [f"{name}.mp4 720" for name in names],
        "crop_wh": [f"{name}_0.mp4 {' '.join(map(str, crop))}" for name in names if name != "Outside"],
    }
    text["crop_wh"] += [text["crop_wh"][0], "Ann0_1.mp4 360 512 120 512", "Outside_0.mp4 800 600 60 600"]
    for subset in ("RD", "WDA", "WRA"):
        for kind, lines in text.items():
            content = "\ufeff" + "\r\n".join(lines) if subset == "WDA" else ""
            (lists / f"{subset}_{kind}.txt").write_text(content, encoding="utf-8", newline="")
    box = reference_boxes.hdtf(crop, 720, HEIGHT)
    crops = {
        "WDA_Ann0_000": cut(pictures["Ann0"][5:10], box, 512),
        "WDA_Ünï-例_000": cut(pictures["Ünï-例"][5:10], box, 512),
        "WDA_Thirty_000": cut(pictures["Thirty"][:30], box, 512),
    }
    not_made = {
        "WDA_Ann0_001": "has 14 frames, the clip needs frames 10 to 44",
        "WDA_Outside_000": "the box 400-30-700-330 leaves the 640x360 frame; the list is made for 720 rows. --redetect",
        "WDA_Gone_000": "no raw video called WDA_Gone.*",
        "WDA_unreadable__000": "not a readable video",
    }
    left_out = {"WDA_Ann0_0": "repeats WDA_crop_wh.txt line 1"}
    odd = dict.fromkeys(crops, "the video has 360 rows, the list 720; box scaled")
    return Tree(folder / "raw", lists, crops, not_made, left_out, odd, missing=tuple(not_made))


def talkinghead_1kh(folder: Path, heads: list[Frames]) -> Tree:
    names = {"-AAAAAAAA_x_0003": 25, "Ünï-例______0000": 25, "thirtyfps_1_0001": 30}
    pictures = videos(folder, heads, dict(names))
    where, beyond = "361,121,873,635", "900,121,1300,635"

    def line(chunk: str, box: str = where, span: str = f"3,{2 + LENGTH}") -> str:
        return f"{chunk},720,1280,{span},{box}"

    def clip(text: str) -> str:
        chunk, _, _, *numbers = text.rsplit(",", 8)
        return "_".join([chunk, *(f"{key}{n}" for key, n in zip("SELTRB", numbers, strict=True))])

    first, shifted, outside = (
        line("-AAAAAAAA_x_0003"),
        line("-AAAAAAAA_x_0003", span="12,20"),
        line(next(iter(names)), beyond),
    )
    gone, broken = line("gone_video__0000"), line("unreadable_")
    lines = [*(line(name) for name in names), first, shifted, outside, gone, broken]
    (folder / "data_list").mkdir()
    (folder / "data_list" / "val_video_tubes.txt").write_text("\n".join(lines), encoding="utf-8")
    box = reference_boxes.talkinghead_1kh(first, WIDTH, HEIGHT)
    crops = {
        clip(line(name)): cut(pictures[name][3:8], box, None) for name in names
    }  # frames of the chunk, at any rate
    not_made = {
        clip(shifted): "has 14 frames, the clip needs frames 12 to 20",
        clip(outside): "leaves the 640x360 frame",
        clip(gone): "no raw video called gone_video__0000.*",
        clip(broken): "not a readable video",
    }
    left_out = {clip(first): "repeats val_video_tubes.txt line 1"}
    return Tree(folder / "raw", folder / "data_list", crops, not_made, left_out, missing=tuple(not_made))
