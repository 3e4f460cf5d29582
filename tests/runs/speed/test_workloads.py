"""What is measured: every extractor and metric, with a reason where it cannot run."""

import numpy as np
import pytest

from evalkit.doctor.contract.metrics import noise
from evalkit.errors import UnknownNameError
from evalkit.extractors import EXTRACTORS
from evalkit.metrics import METRICS
from evalkit.runs.speed.kernel import kernel_on
from evalkit.runs.speed.material import FRAMES, Material
from evalkit.runs.speed.workload import chosen
from evalkit.runs.speed.workloads import all_workloads


@pytest.fixture(scope="module")
def workloads():
    return all_workloads()


@pytest.fixture
def material(tmp_path):
    made = Material(tmp_path)
    made.frames = noise(FRAMES, 32)
    return made


def test_everything_registered_is_there(workloads):
    names = [one.name for one in workloads]
    assert len(set(names)) == len(names)
    assert {f"metric/{key}" for key in METRICS} <= set(names)
    assert {f"extractor/{key}" for key in EXTRACTORS if not EXTRACTORS[key].imported} <= set(names)
    assert {one.group for one in workloads} == {"decode", "write", "extractor", "metric", "frechet", "table"}


def test_what_cannot_run_says_what_to_do(workloads):
    lacks = {one.name: one.lacks for one in workloads}
    assert "--coefficients emoca=DIR" in lacks["metric/aed[emoca]"]
    assert not lacks["extractor/dlib68"] and not lacks["metric/csim[dlib]"] and not lacks["table/markdown"]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["frechet"], ["frechet/distance"]),
        (["metric/l1", "table"], ["metric/l1", "table/markdown"]),
        (["dlib68"], ["extractor/dlib68"]),
        (["l1"], ["metric/l1", "metric/l1[255]"]),
    ],
)
def test_pieces_are_chosen_by_group_and_by_name(workloads, names, found):
    assert [one.name for one in chosen(workloads, names)] == found


def test_no_name_is_all_and_an_unknown_one_is_refused(workloads):
    assert chosen(workloads, []) == workloads
    with pytest.raises(UnknownNameError, match="dlib68"):
        chosen(workloads, ["dlib86"])


def test_files_hold_the_clip(workloads, material):
    for name in ("decode/ffv1", "decode/h264", "decode/png"):
        (one,) = chosen(workloads, [name])
        assert one.prepare(material)() == FRAMES
    (write,) = chosen(workloads, ["write"])
    assert write.prepare(material)() == FRAMES


def test_a_metric_sees_one_value_per_frame_and_a_set_many_rows(workloads, material):
    rows = np.random.default_rng(0).normal(size=(FRAMES, 8)).astype(np.float32)
    material.features = lambda extractor: {"embedding": rows, "pool": rows}
    values = {
        name: chosen(workloads, [name])[0].prepare(material)()
        for name in ("metric/l1", "metric/csim[dlib]", "metric/fid[efficientnet-lite0]")
    }
    assert values["metric/l1"].shape == values["metric/csim[dlib]"].shape == (FRAMES,)
    assert values["metric/fid[efficientnet-lite0]"].shape == (1,)


def test_the_table_has_its_rows_and_columns(workloads, material):
    (table,) = chosen(workloads, ["table"])
    text = table.prepare(material)()
    assert text.count("\n| m") + text.count("\n|m") == 8 and "SSIM" in text


def test_the_kernel_does_the_same_each_time():
    kernel = kernel_on("cpu")
    assert kernel() == kernel()
