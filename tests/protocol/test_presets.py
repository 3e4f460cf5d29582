"""Presets: each loads, names metrics that exist, sets what moves numbers, and lists what its paper leaves open."""

import pytest
import yaml

from evalkit.errors import ProtocolError, UnknownNameError
from evalkit.metrics import METRICS
from evalkit.protocol.diff import diff_protocols
from evalkit.protocol.presets import find_preset, list_presets, preset_names, read_preset
from evalkit.protocol.schema import find_protocol, following, read_protocol
from evalkit.scoring.score_pair import metric_signatures

BASES = {"self_reenactment": "folder_self", "cross_reenactment": "folder_cross"}
CASES = [
    (preset.id, BASES[task])
    for preset in list_presets()
    for task, there in (("self_reenactment", preset.self_reenactment), ("cross_reenactment", preset.cross_reenactment))
    if there
]


def test_the_papers_that_are_asked_for_are_there():
    asked = "liveportrait fsrt g3fa sfd magicportrait face_adapter gagavatar hallo2 vfhq"
    assert set(preset_names()) == set(asked.split())


@pytest.mark.parametrize(("preset", "base"), CASES)
def test_a_preset_on_a_protocol_is_a_protocol_of_known_metrics_with_its_open_points(preset, base):
    before, after = find_protocol(base), find_protocol(f"{base}_as_{preset}")
    assert after == following(before, preset) and after.argument == after.id and after.base_id == base
    settings = getattr(find_preset(preset), before.task).settings.given
    assert list(settings) == sorted(settings)
    assert set(after.metrics) <= METRICS.keys() and len(set(after.metrics)) == len(after.metrics)
    assert all(after.task in METRICS[key].tasks for key in after.metrics)
    of_task = find_preset(preset).of(after.task)
    assert {"rgb", "averaging"} <= of_task.settings.given.keys()
    assert all(getattr(after, key) == value for key, value in of_task.settings.given.items())
    assert after.assumptions == of_task.points
    assert all(any(word in point for point in after.assumptions) for word in ("Averaging", "RGB"))
    assert (after.pairs, after.clips, after.dataset) == (before.pairs, before.clips, before.dataset)
    assert after.hash != before.hash
    again = type(after).model_validate(after.model_dump(exclude={"folder"}))
    assert again.hash == after.hash, "what a run records of it reads back as the same protocol"


@pytest.mark.parametrize("preset", preset_names())
def test_a_preset_names_protocols_that_exist_and_agrees_with_those_of_its_paper(preset):
    chosen = find_preset(preset)
    for name in chosen.protocols:
        protocol = find_protocol(name)
        if not name.startswith(f"{preset}_") or "study" in name or name.endswith("_2src"):
            continue
        of_task = chosen.of(protocol.task)
        assert set(of_task.metrics) <= set(protocol.metrics)
        # Frames are chosen otherwise for other data, and evalkit's own protocols have their own rule for RGB.
        given = {key: value for key, value in of_task.settings.given.items() if key not in ("driving", "rgb")}
        assert {key: getattr(protocol, key) for key in given} == given


def test_signatures_differ_where_settings_do():
    base = find_protocol("folder_self").model_copy(update={"metrics": ("psnr",)})
    psnr = (METRICS["psnr"],)
    plain = metric_signatures(base, psnr)["psnr"]
    by_frame = metric_signatures(following(base, "gagavatar"), psnr)["psnr"]
    by_clip = metric_signatures(following(base, "face_adapter"), psnr)["psnr"]
    assert len({plain, by_frame, by_clip}) == 3
    moved = {d.key for d in diff_protocols(base, following(base, "gagavatar")).keys if d.moves_numbers}
    assert {"averaging", "resolution", "metrics"} <= moved and "follows" not in moved


def test_what_a_paper_has_no_numbers_for_is_said():
    with pytest.raises(ProtocolError, match=r"--as fsrt: FSRT has no numbers for cross-reenactment: it is judged by"):
        following(find_protocol("folder_cross"), "fsrt")
    with pytest.raises(UnknownNameError, match=r"no preset called 'fsr'. Did you mean 'fsrt'"):
        following(find_protocol("folder_self"), "fsr")
    with pytest.raises(UnknownNameError, match="no protocol called 'folder_self_as_nobody'"):
        find_protocol("folder_self_as_nobody")
    with pytest.raises(ProtocolError, match="has the preset fsrt on it"):
        following(find_protocol("folder_self_as_fsrt"), "g3fa")


def test_versions_and_lists_stay_the_protocols():
    earlier = find_protocol("demo_self@1_as_fsrt")
    assert (earlier.id, earlier.version, earlier.argument) == ("demo_self_as_fsrt", 1, "demo_self@1_as_fsrt")
    assert find_protocol("vox_cross_as_sfd").list_path == find_protocol("vox_cross").list_path


def test_files_are_checked(tmp_path):
    task = {"metrics": ["l1"], "unsaid": ["x"]}
    content = {"id": "mine", "title": "M", "paper": "p", "basis": "b", "self_reenactment": task}
    path = tmp_path / "mine.yaml"

    def refused(match, **changes):
        path.write_text(yaml.safe_dump({key: v for key, v in (content | changes).items() if v is not None}))
        with pytest.raises(ProtocolError, match=match):
            read_preset(path)

    no = {"without": {"cross_reenactment": "no"}}
    other = task | {"settings": {"pairs": 1}}
    refused("cross_reenactment belongs either into the content or")
    refused("self_reenactment belongs either", self_reenactment=None, **no)
    refused("unknown key 'self_reenactment.settings.pairs'", self_reenactment=other, **no)
    refused("at least 1 item", self_reenactment=task | {"unsaid": []}, **no)
    refused("expected 'mine' as in the file name", id="other", **no)


def test_a_protocol_file_does_not_follow_by_itself(tmp_path):
    content = find_protocol("folder_self").model_dump(mode="json", exclude={"folder"})
    path = tmp_path / "folder_self.yaml"
    path.write_text(yaml.safe_dump(content | {"follows": "fsrt"}))
    with pytest.raises(ProtocolError, match="unknown key 'follows'; a preset is put on a protocol by --as"):
        read_protocol(path)
