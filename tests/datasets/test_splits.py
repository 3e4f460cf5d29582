"""Nobody who is tested is trained on: over all protocols that come with evalkit and the official lists."""

from pathlib import Path

import pytest

from evalkit.base.csvfile import read_rows
from evalkit.datasets import DATASETS
from evalkit.datasets.hdtf import person_in as person_of_hdtf
from evalkit.datasets.identities import identity_rule
from evalkit.datasets.prepare.lists.hdtf_lists import read_lists
from evalkit.datasets.prepare.lists.vox_metadata import read_metadata
from evalkit.datasets.splits import TrainingPart, named_test_people, parted, training_part
from evalkit.datasets.vox import VOX1_TEST
from evalkit.errors import DatasetError
from evalkit.protocol.pairs import make_pairs
from evalkit.protocol.schema import find_protocol, list_protocols
from evalkit.types import Clip
from tests.datasets.test_found import pictures
from tests.datasets.test_layouts import VOX, touch

OTHER = VOX.replace("id10280", "id10001")
PORTRAIT = Clip("oil", "portrait oil", "portrait", Path("oil.png"))
WITH_PARTS = [one.id for one in list_protocols() if one.dataset in ("voxceleb1", "voxceleb2", "hdtf", "celebv_hq")]
INVENTED = {
    "voxceleb2": [f"id{number:05d}#v{clip}#00000{clip}" for number in range(12, 9300, 5) for clip in range(2)],
    "celebv_hq": [f"video{number}_{clip}" for number in range(400) for clip in range(2)],
}
"""Trees of the datasets whose lists may not be passed on."""


def people(part: TrainingPart) -> set[str]:
    return {clip.identity for clip in part.clips}


def left_out(part: TrainingPart) -> set[str]:
    return {clip.identity for clip in part.left_out}


def clips(dataset: str, names: list[str]) -> list[Clip]:
    person_of = identity_rule(dataset)
    return [Clip(name, person_of(name), "clip", Path(f"{name}.mp4")) for name in names]


@pytest.fixture(scope="module")
def listed(shared) -> dict[str, list[Clip]]:
    """Every clip of the official lists, training and test parts alike."""
    lists = shared / "lists"
    vox = [job.id for job in read_metadata(lists / "voxceleb" / "vox-metadata.csv", "all").jobs]
    hdtf = [job.id for job in read_lists(lists / "hdtf").jobs]
    return {"voxceleb1": clips("voxceleb1", vox), "hdtf": clips("hdtf", hdtf)}


@pytest.mark.parametrize("name", WITH_PARTS)
def test_no_person_of_a_protocol_is_trained_on(name, listed):
    protocol = find_protocol(name)
    dataset = DATASETS[protocol.dataset]
    everybody = listed.get(dataset.id) or clips(dataset.id, INVENTED[dataset.id])
    evaluated = [clip for clip in everybody if not dataset.test_people or clip.identity in dataset.test_people]
    pairs = make_pairs(protocol, [*evaluated, PORTRAIT], missing_ok=True)
    tested = {clip.identity for pair in pairs for clip in (pair.source, pair.driving) if clip.kind == "clip"}
    part = parted(dataset, everybody)
    assert tested <= left_out(part) and not tested & people(part)
    assert tested and len(people(part)) > 200


@pytest.mark.parametrize("name", ["celebv", "demo"])
def test_what_is_all_tested_is_not_trained_on(name):
    with pytest.raises(DatasetError, match=f"{name}' has no training part"):
        training_part(DATASETS[name], Path())


def test_counts_of_the_official_lists(listed):
    vox = parted(DATASETS["voxceleb1"], listed["voxceleb1"])
    assert (len(people(vox)), len(left_out(vox)), len(vox.left_out)) == (424 - 2, 13, 525)
    hdtf = parted(DATASETS["hdtf"], listed["hdtf"])
    assert (len(left_out(hdtf)), len(hdtf.left_out), len(hdtf.clips)) == (18, 36, 419 - 36)


def test_people_of_published_pair_lists_are_not_trained_on(shared):
    """DaGAN's of VoxCeleb1, and MCNet's of HDTF whose 20 clips evalkit's protocols test on."""
    for name in ("dagan/vox256.csv", "dagan/vox_cross_id_evaluation.csv", "mcnet/HDTF_test_evaluation_new.csv"):
        rows = read_rows(shared / "lists" / name, required=("source", "driving"), error=DatasetError, short_rows=True)
        cells = {row.text(column) for row in rows for column in ("source", "driving")}
        parts = {part.removesuffix(".mp4") for cell in cells for part in Path(cell).parts}
        found = {part.partition("#")[0] for part in parts if part.count("#") == 3}
        found |= {person for part in parts if (person := person_of_hdtf(part))}
        assert len(found) >= 11, name
        assert found <= named_test_people(), name


def test_training_clips_of_voxceleb_lie_in_train(tmp_path):
    touch(tmp_path, f"train/{OTHER}.mp4", f"train/{VOX}.mp4", f"test/{VOX}.mp4", "train/x.txt")
    part = training_part(DATASETS["voxceleb1"], tmp_path)
    assert people(part) == {"id10001"} and left_out(part) == {"id10280"}
    assert part.summary == (
        "1 people in 1 clips; left out as test people of evalkit's protocols: 1 people (id10280) in 1 clips"
    )
    assert training_part(DATASETS["voxceleb1"], tmp_path / "train") == part
    with pytest.raises(DatasetError, match=r"nobody to train on. It has 0 people in 0 clips; .* 1 people \(id10280\)"):
        training_part(DATASETS["voxceleb1"], tmp_path / "test")


def test_the_split_is_known_by_its_digest(tmp_path):
    one = training_part(DATASETS["folder"], touch(tmp_path / "a", "p/c.mp4", "q/c.mp4"))
    again = training_part(DATASETS["folder"], touch(tmp_path / "b", "p/c.mp4", "p/d.mp4", "q/c.mp4"))
    other = training_part(DATASETS["folder"], touch(tmp_path / "c", "p/c.mp4", "r/c.mp4"))
    assert one.digest == again.digest != other.digest


def test_a_folder_of_foreign_clips_is_known_by_their_names(tmp_path):
    """FOMM's tree, files or folders of pictures; a person's folder called as a test person; HDTF's names."""
    pictures(tmp_path, f"train/{VOX}.mp4/0000000.png", f"train/{VOX}.mp4/0000001.png")
    touch(
        tmp_path,
        f"train/{OTHER}.mp4",
        "train/WDA_EdMarkey1_000.mp4",
        "train/WDA_JoeBiden_000.mp4",
        "train/id10306/a.mp4",
        f"test/{VOX}.mp4",
    )
    part = training_part(DATASETS["folder"], tmp_path)
    assert people(part) == {"id10001", "JoeBiden"}
    assert left_out(part) == {"EdMarkey", "id10306", "id10280"}


def test_a_manifest_may_say_who_is_for_testing(tmp_path):
    touch(tmp_path, "a.mp4", "b.mp4", "c.mp4")
    text = "id,kind,file,identity,split\na,clip,a.mp4,p,train\nb,clip,b.mp4,q,test\nc,clip,c.mp4,r,\n"
    (tmp_path / "manifest.csv").write_text(text)
    assert people(training_part(DATASETS["folder"], tmp_path)) == {"p", "r"}
    (tmp_path / "manifest.csv").write_text(text.replace("test", "tset"))
    with pytest.raises(DatasetError, match=r"line 3.*split.*train or test|split.*'tset'"):
        training_part(DATASETS["folder"], tmp_path)


@pytest.mark.parametrize("files", [["a.mp4", "b.mp4"], ["train/a.mp4", "train/b.mp4"]])
def test_clips_that_name_nobody_are_refused(tmp_path, files):
    with pytest.raises(DatasetError, match=r"none of its 2 clips says whom it shows"):
        training_part(DATASETS["folder"], touch(tmp_path, *files))


def test_the_parts_of_talkinghead_1kh(tmp_path):
    name = "{}_0001_S0_E9_L0_T0_R8_B8.mp4".format
    touch(
        tmp_path,
        f"train/cropped_clips/{name('a')}",
        f"train/cropped_clips/{name('b')}",
        f"val/cropped_clips/{name('b')}",
    )
    dataset = DATASETS["talkinghead_1kh"]
    assert people(training_part(dataset, tmp_path)) == {"a"}
    assert {clip.identity for clip in dataset.index(tmp_path)} == {"b"}
    assert dataset.train is not None
    assert ("train/cropped_clips/" + name("b"), "a video of the part val") in [
        (one.entry, one.reason) for one in dataset.train(tmp_path).ignored or ()
    ]


def test_all_official_people_count_across_datasets():
    assert set(VOX1_TEST) | {"demo00", "Jack_Ma", "EdMarkey"} <= named_test_people()
