"""The real vox-metadata.csv read whole, and what a damaged copy of it says."""

from collections import Counter
from pathlib import Path

import pytest

from evalkit.base.csvfile import read_rows
from evalkit.datasets import DATASETS
from evalkit.datasets.prepare.commands import fetch_list
from evalkit.datasets.prepare.jobs import Box, Listing
from evalkit.datasets.prepare.lists.vox_metadata import MetadataBox, read_metadata
from evalkit.datasets.vox import VOX1_TEST, VOX2_TEST
from evalkit.errors import DatasetError
from tests.datasets.prepare.raw import VOX_HEADER, vox_list

ROW = "0bA1AJCGEOo,3431,3598,412-100-800-488,25,1280,720,test,id10281"


@pytest.fixture(scope="module")
def every(shared) -> Listing:
    return read_metadata(shared / "lists" / "voxceleb" / "vox-metadata.csv", "all")


def test_the_published_list_is_read_whole(every):
    parts = Counter(job.file.partition("/")[0] for job in every.jobs)
    assert parts == {"train": 19239, "test": 525}  # 19,242 different train rows, of which 3 name test clips
    assert len(every.jobs) + len(every.remarks) == 20075
    reasons = Counter("leak" if "train row" in remark.reason else "repeat" for remark in every.remarks)
    assert reasons == {"leak": 4, "repeat": 307}
    people = {job.identity for job in every.jobs if job.file.startswith("train/")}
    assert len(people) == 424 - 2, "id10282 and id10306 are test people"


def test_of_311_rows_that_name_a_clip_again_308_are_equal_in_every_column(shared):
    """Three differ from the earlier row in `partition`: train rows of test clips, one of them listed twice."""
    rows = read_rows(shared / "lists" / "voxceleb" / "vox-metadata.csv", (), DatasetError)
    assert len(rows) == 20075
    whole = {tuple(row.cells.items()) for row in rows}
    but_partition = {tuple(cell for cell in row.cells.items() if cell[0] != "partition") for row in rows}
    named = {tuple(row.cells[key] for key in ("person_id", "video_id", "start", "end")) for row in rows}
    assert len(rows) - len(whole) == 308
    assert len(rows) - len(but_partition) == len(rows) - len(named) == 311


def test_the_test_part_is_525_clips_of_13_people_from_90_videos(every):
    test = [job for job in every.jobs if job.file.startswith("test/")]
    people = Counter(job.identity for job in test)
    assert len(people) == 13 and set(people) <= set(VOX1_TEST)
    assert people["id10283"] == 157 and people["id10306"] == 1
    lengths = sorted(int(job.window.end - job.window.start) for job in test)
    assert (sum(lengths), lengths[0], lengths[-1], lengths[262]) == (132606, 64, 1024, 184)
    fetches = fetch_list(test)
    assert len(fetches) == 90 and sum(fetch.clips for fetch in fetches) == 525


def test_the_boxes_that_leave_their_frame_are_those_counted(every):
    def leaves(job):
        region = job.region
        return region.box.right > region.width or region.box.bottom > region.height

    assert sum(leaves(job) for job in every.jobs if job.file.startswith("test/")) == 38


def test_lists_that_crop_vox_writes_carry_the_person_in_video_id(tmp_path):
    header = VOX_HEADER.removesuffix(",person_id")
    path = vox_list(tmp_path, ["0bA1AJCGEOo#id00017,0,64,0-0-256-256,25,640,360,test"], header)
    (job,) = read_metadata(path, "test").jobs
    assert (job.id, job.videos) == ("id00017#0bA1AJCGEOo#000000#000064", ("0bA1AJCGEOo",))


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_endings_bom_blank_lines_and_further_columns_change_nothing(tmp_path, ending, mark):
    path = tmp_path / "vox-metadata.csv"
    path.write_bytes(
        (mark + ending.join([VOX_HEADER + ",extra", ROW + ",x", "", ROW.replace("3598", "3599") + ",y"])).encode()
    )
    assert [job.window.end for job in read_metadata(path, "test").jobs] == [3598, 3599]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (ROW.replace("3431", "34x1"), "line 2, column 'start': expected a whole number from 0, got '34x1'"),
        (ROW.replace("3598", "3431"), "line 2, column 'end': expected a frame after start, 3431, got '3431'"),
        (ROW.replace("412-100-800-488", "412-100-800"), "column 'bbox': expected left-top-right-bottom"),
        (ROW.replace("412-100-800-488", "412-100-400-488"), "column 'bbox': expected right and bottom beyond"),
        (ROW.replace("1280", "0"), "column 'width': expected a whole number from 1, got '0'"),
        (ROW.replace(",test,", ",val,"), "column 'partition': expected 'train' or 'test', got 'val'"),
        (ROW.replace("0bA1AJCGEOo", "../../etc/passwd"), "column 'video_id': expected a name without slashes"),
        (ROW.replace("id10281", ".."), "column 'person_id': expected a name without slashes"),
        (ROW.removesuffix(",id10281"), "line 2: expected 9 columns"),
        (ROW + ",more", "line 2: expected 9 columns"),
    ],
)
def test_a_bad_row_is_named_with_file_line_and_column(tmp_path, row, said):
    with pytest.raises(DatasetError) as caught:
        read_metadata(vox_list(tmp_path, [row]), "test")
    assert said in str(caught.value) and "vox-metadata.csv" in str(caught.value)


def test_one_clip_with_two_boxes_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match=r"line 3, column 'bbox': expected the box of vox-metadata.csv line 2"):
        read_metadata(vox_list(tmp_path, [ROW, ROW.replace("412-100", "413-100")]), "test")


def test_a_missing_column_or_file_is_named(tmp_path):
    with pytest.raises(DatasetError, match="line 1: column 'partition' is missing"):
        read_metadata(vox_list(tmp_path, [], VOX_HEADER.replace(",partition", "")), "test")
    read = DATASETS.get("voxceleb1").recipe.read
    with pytest.raises(DatasetError, match=r"--lists .*nowhere: expected vox-metadata.csv"):
        read(Path("nowhere"), None, "test")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"no \*metadata\*.csv and no <person>"):
        read(tmp_path / "empty", None, "test")


def test_boxes_are_scaled_to_the_download_and_rounded_down():
    region = MetadataBox(Box(361, 121, 873, 633), 1280, 720)
    assert region.on(1280, 720) == (Box(361, 121, 873, 633), "")
    assert region.on(640, 360) == (Box(180, 60, 436, 316), "")
    assert region.on(1920, 1080) == (Box(541, 181, 1309, 949), "")
    assert region.on(854, 480)[0] == Box(240, 80, 582, 422), "854 / 1280 is not 480 / 720"


def test_the_official_test_people():
    assert len(VOX1_TEST) == 40 and (VOX1_TEST[0], VOX1_TEST[-1]) == ("id10270", "id10309")
    assert len(set(VOX2_TEST)) == 118 and {"id00017", "id04862", "id09017"} <= set(VOX2_TEST)
