"""Attributes that come with datasets: who has them, and what is wrong with a file that cannot be read."""

import json

import pytest

from evalkit.datasets import DATASETS
from evalkit.errors import DatasetError

INFO = {
    "meta_info": {"appearance_mapping": ["Male", "Young"], "action_mapping": ["talk"]},
    "clips": {
        "ab_0": {
            "attributes": {"appearance": [1, 0], "action": [1], "emotion": {"sep_flag": False, "labels": "happy"}}
        },
        "ab_1": {
            "attributes": {
                "appearance": [0, 1],
                "action": [0],
                "emotion": {
                    "sep_flag": True,
                    "labels": [
                        {"emotion": "neutral", "start_sec": 0, "end_sec": 1},
                        {"emotion": "happy", "start_sec": 1},
                    ],
                },
            }
        },
        "cd_0": {"ytb_id": "cd"},
    },
}


def labels(dataset, root):
    read = DATASETS[dataset].labels
    assert read is not None
    return read(root)


def test_celebvhq_says_how_clips_look_what_they_do_and_feel(tmp_path):
    assert labels("celebv_hq", tmp_path) == {}
    path = tmp_path / "celebvhq_info.json"
    path.write_text(json.dumps(INFO))
    found = labels("celebv_hq", tmp_path)
    assert found == {
        "Male": {"ab_0": "yes", "ab_1": "no"},
        "Young": {"ab_0": "no", "ab_1": "yes"},
        "talk": {"ab_0": "yes", "ab_1": "no"},
        "emotion": {"ab_0": "happy", "ab_1": "several"},
    }
    path.write_text(json.dumps({("mete_info" if key == "meta_info" else key): value for key, value in INFO.items()}))
    assert labels("celebv_hq", tmp_path) == found, "as the README of the dataset spells it"


def test_the_list_in_the_root_is_no_clip(tmp_path):
    (tmp_path / "celebvhq_info.json").write_text(json.dumps(INFO))
    (tmp_path / "ab_0.mp4").touch()
    assert DATASETS["celebv_hq"].look(tmp_path).ignored == ()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"clips": {}}, "key 'meta_info.appearance_mapping' is missing"),
        ({"clips": [], "meta_info": {}}, "key 'clips' is missing"),
        (
            INFO | {"clips": {"ab_0": {"attributes": {"appearance": [1], "action": [1]}}}},
            "clip 'ab_0', key 'attributes.appearance': expected 2 times 0 or 1",
        ),
    ],
)
def test_a_file_of_another_form_is_refused(tmp_path, broken, said):
    (tmp_path / "celebvhq_info.json").write_text(json.dumps(broken))
    with pytest.raises(DatasetError, match=said):
        labels("celebv_hq", tmp_path)


def test_celeba_says_it_of_portraits(tmp_path):
    path = tmp_path / "CelebAMask-HQ-attribute-anno.txt"
    path.write_text("2\nSmiling Young\n0.jpg  -1 1\n1.jpg  1 1\n")
    assert labels("celeba_hq", tmp_path) == {"Smiling": {"0": "no", "1": "yes"}, "Young": {"0": "yes", "1": "yes"}}
    path.write_text("2\nSmiling Young\n0.jpg  -1\n")
    with pytest.raises(DatasetError, match="line 3: expected a file and 2 times 1 or -1"):
        labels("celeba_hq", tmp_path)
