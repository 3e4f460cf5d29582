from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from baselines._shared.motion.generator import GeneratorConfig
from tests.parity.compare import compare, main
from tests.parity.fixture import Fixture, FixtureError, load_fixture
from tests.parity.methods.liveportrait import _options
from tests.parity.motion import config_of
from tests.parity.recipe import Recipe

STORED = np.array([1.0, 2.0, 4.0], dtype=np.float32)


def test_absolute_and_relative_tolerance_add_up():
    tolerance = {"atol": 0.1, "rtol": 0.1}
    assert compare("x", STORED + np.float32(0.19), STORED, tolerance).ok
    result = compare("x", STORED + np.float32(0.21), STORED, tolerance)
    assert not result.ok
    assert result.max_abs == pytest.approx(0.21, abs=1e-6)
    assert result.max_rel == pytest.approx(0.21 / 4, abs=1e-6)
    assert "1 of 3" in result.note


def test_an_output_has_its_own_numbers():
    tolerance = {"atol": 1.0, "mean_abs": 1.0, "per_output": {"x": {"atol": 0.1, "mean_abs": 0.01}}}
    assert compare("y", STORED + np.float32(0.05), STORED, tolerance).ok
    assert "mean error" in compare("x", STORED + np.float32(0.05), STORED, tolerance).note
    assert not compare("x", STORED + np.float32(0.5), STORED, tolerance).ok


def test_outliers_are_counted():
    stored = np.zeros(1000, dtype=np.float32)
    ours = stored.copy()
    ours[:2] = 9
    assert compare("x", ours, stored, {"atol": 0.1, "outlier_fraction": 0.002}).ok
    assert not compare("x", ours, stored, {"atol": 0.1, "outlier_fraction": 0.0019}).ok


def test_bytes_may_differ_by_a_little_in_few_places():
    stored = np.full(100, 7, dtype=np.uint8)
    ours = stored.copy()
    ours[0] = 8
    rule = {"u8_max_diff": 1, "u8_differing_fraction": 0.01}
    assert compare("x", ours, stored, rule).ok
    assert not compare("x", ours, stored, rule, exact=True).ok
    assert not compare("x", ours, stored, {}).ok
    ours[1] = 8
    assert not compare("x", ours, stored, rule).ok
    assert not compare("x", ours.astype(np.float32), stored, rule).ok


@pytest.mark.parametrize("ours", [None, STORED[:2], np.full(3, np.nan, np.float32), np.full(3, np.inf, np.float32)])
def test_missing_misshapen_or_not_finite_fails(ours):
    assert not compare("x", ours, STORED, {"atol": 1e9, "outlier_fraction": 1.0}).ok


def test_line_names_shape_and_verdict():
    line = compare("abs_mask", STORED, STORED, {"atol": 0}).line()
    assert line.split() == ["abs_mask", "3", "max_abs", "0.00e+00", "max_rel", "0.00e+00", "ok"]


def write_fixture(folder: Path, **config: object) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    np.savez(folder / "io.npz", x=STORED)
    return folder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fomm", "nowhere"], "nowhere: no such folder"),
        (["fomm", "."], "config.json: cannot be read"),
        (["nothing", "good"], "no method 'nothing'"),
        (["fomm", "good"], "no tolerance"),
        (["fomm", "torn"], "io.npz: cannot be read"),
        (["fomm", "list"], "expected a JSON object"),
        (["fomm", "tolerant"], "no module named 'generator'"),
    ],
)
def test_a_user_mistake_is_one_sentence_and_exit_status_2(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    write_fixture(tmp_path / "good")
    write_fixture(tmp_path / "tolerant", tolerance={"atol": 1})
    (write_fixture(tmp_path / "torn", tolerance={}) / "io.npz").write_bytes(b"PK\x03\x04torn")
    (write_fixture(tmp_path / "list") / "config.json").write_text("[]", encoding="utf-8")
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda config, io: config["modules"]["generator"]["params"].update(block_expansion="8"), "cannot run on it"),
        (lambda config, io: config["modules"]["generator"]["params"].update(surprise=1), "unknown parameters surprise"),
        (lambda config, io: config["modules"]["kp_detector"]["params"].update(num_kp=7), "weights of kp_detector"),
        (lambda config, io: config.pop("modules"), "no module named 'generator'"),
        (lambda config, io: io.update(source=io["source"][0]), "cannot run on it"),
        (lambda config, io: io.pop("driving"), "no array named 'driving'"),
    ],
)
def test_a_fixture_that_does_not_fit_is_exit_status_2(shared, tmp_path, capsys, break_it, message):
    original = load_fixture(shared / "parity" / "fixtures" / "fomm")
    config, io = dict(original.config), dict(original.io)
    break_it(config, io)
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    np.savez(tmp_path / "io.npz", **io)
    shutil.copyfile(original.folder / "weights.safetensors", tmp_path / "weights.safetensors")
    assert main(["fomm", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_wrong_usage_is_exit_status_2():
    with pytest.raises(SystemExit) as stop:
        main(["fomm"])
    assert stop.value.code == 2


def stored_fixture(folder: Path, weights: dict[str, torch.Tensor], **config: object) -> Fixture:
    folder.mkdir()
    save_file(weights, str(folder / "weights.safetensors"))
    return Fixture(folder, {"weights": "stored", **config}, {})


def test_stored_weights_are_loaded_strictly(tmp_path):
    layer = nn.Linear(2, 1)
    values = {"net.weight": torch.tensor([[3.0, 4.0]]), "net.bias": torch.tensor([5.0]), "other.bias": torch.ones(9)}
    stored_fixture(tmp_path / "a", values).fill(layer, "net")
    assert layer.weight.tolist() == [[3.0, 4.0]]
    assert not layer.training
    with pytest.raises(FixtureError, match=r"weight is missing"):
        stored_fixture(tmp_path / "b", {"net.bias": torch.ones(1)}).fill(layer, "net")
    with pytest.raises(FixtureError, match=r"extra is unexpected"):
        stored_fixture(tmp_path / "c", values | {"net.extra": torch.ones(1)}).fill(layer, "net")
    with pytest.raises(FixtureError, match=r"bias has shape \(2,\), expected \(1,\)"):
        stored_fixture(tmp_path / "d", values | {"net.bias": torch.ones(2)}).fill(layer, "net")


def test_absent_weights_follow_the_recipe_and_its_checksums(tmp_path):
    layer = nn.Linear(2, 1)
    recipe = {"version": 1, "salt": "s", "overrides": {"net": [["weight", "normal(0,1)"]]}}
    bias = {"net.bias": torch.tensor([5.0])}
    stored_fixture(tmp_path / "a", bias, recipe=recipe).fill(layer, "net")
    expected = nn.Linear(2, 1)
    Fixture(tmp_path, {}, {}).fill(expected, "net", Recipe.from_config(recipe))
    torch.testing.assert_close(layer.weight, expected.weight, rtol=0, atol=0)
    assert layer.bias.item() == 5.0
    recipe["sha256_of_generated_float32_bytes"] = {"net.weight": "0" * 64}
    with pytest.raises(FixtureError, match=r"net\.weight"):
        stored_fixture(tmp_path / "b", bias, recipe=recipe).fill(layer, "net")


def test_a_missing_weights_file_is_an_error_unless_the_recipe_covers_all(tmp_path):
    recipe = {"version": 1, "salt": "s", "overrides": []}
    Fixture(tmp_path, {"weights": "recipe", "recipe": recipe}, {}).fill(nn.Linear(2, 1), "net")
    with pytest.raises(FixtureError, match="not found"):
        Fixture(tmp_path, {"weights": "stored+recipe", "recipe": recipe}, {}).fill(nn.Linear(2, 1), "net")


def test_an_output_we_do_not_produce_is_a_failure(shared, tmp_path, capsys):
    folder = tmp_path / "fomm"
    shutil.copytree(shared / "parity" / "fixtures" / "fomm", folder, copy_function=shutil.copyfile)
    folder.chmod(0o755)
    io = dict(load_fixture(folder).io)
    np.savez(folder / "io.npz", **io, abs_invented=STORED)
    assert main(["fomm", str(folder)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert "FAIL  missing" in out[-2]
    assert out[-1] == "fomm: 26 of 27 outputs within tolerance"


@pytest.mark.parametrize(
    ("inside", "beside", "expected"), [({}, 0.02, 0.02), ({"kp_variance": 0.3}, 0.02, 0.3), ({}, None, 0.01)]
)
def test_the_variance_of_heatmaps_may_stand_beside_the_modules(
    inside: dict[str, float], beside: float | None, expected: float
) -> None:
    motion = {"block_expansion": 8, "max_features": 32, "num_blocks": 3, **inside}
    sizes = {"num_kp": 5, "num_channels": 3, "block_expansion": 8, "max_features": 24, "num_down_blocks": 2}
    config = {"modules": {"generator": {"params": {**sizes, "dense_motion_params": motion}}}}
    config |= {} if beside is None else {"dense_motion_kp_variance": beside}
    read = config_of(GeneratorConfig, Fixture(Path("x"), config, {}), "generator")
    assert read.dense_motion_params.kp_variance == expected


def test_driving_cases_with_unknown_options_are_refused() -> None:
    assert _options({"driving": "video", "flag_stitching": False}).stitching is False
    with pytest.raises(FixtureError, match="options nobody here knows: flag_crop"):
        _options({"driving": "video", "flag_crop": True})
