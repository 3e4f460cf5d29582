"""Official checkpoints of the native methods: what is taken, what is refused, and what the refusal says."""

import argparse
import dataclasses
import json
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from typer.testing import CliRunner

from baselines._shared.native.convert import FORMAT, all_networks, compare, default_file, import_file, matches, status
from baselines._shared.native.load import load, random_network, ready
from baselines._shared.native.networks import Networks, Part
from evalkit.cli.methods import app
from evalkit.cli.weights import app as weights_app
from evalkit.errors import MethodError
from evalkit.method.checkpoints import checkpoints_of, installed_path
from evalkit.method.find import find_method
from evalkit.method.interface import MethodConfig

NATIVE = {networks.method: networks for networks in all_networks()}
VARIANTS = [(name, variant) for name, known in NATIVE.items() for variant in known.variants if not known.assemble]


class Small(nn.Module):
    """Two networks, a third one that files may lack, and a bare one."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.encoder, self.decoder = nn.Linear(width, 2), nn.BatchNorm1d(2)
        self.extra, self.bare = nn.Linear(1, 1), nn.Conv2d(1, 1, 1)


SMALL = Networks(
    method="small",
    variants={"narrow": Small, "wide": lambda: Small(5)},
    parts=(
        Part("encoder", "net_e"),
        Part("decoder", "net_d"),
        Part("extra", "net_x", optional=True),
        Part("bare", None),
    ),
    files=("small.pth", "bare.pth"),
    choose=lambda options: options.get("width", "narrow"),
)


def official(networks: Networks, state: Mapping[str, Tensor]) -> list[dict[str, Any]]:
    """The contents of the official files that hold a state dict of ours."""
    together: dict[str, Any] = {}
    alone: list[dict[str, Any]] = []
    for part in networks.parts:
        prefix = f"{part.name}."
        held = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
        inside = {f"{part.prefix}{key}": value for key, value in held.items()}
        if part.entry is None:
            alone.append(inside)
        else:
            together[part.entry] = inside
    return [content for content in (together, *alone) if content]


def write(folder: Path, contents: list[dict[str, Any]], suffix: str = "") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    names = [folder / f"{index}{suffix}.pth" for index in range(len(contents))]
    for name, content in zip(names, contents, strict=True):
        torch.save(content, name)
    return folder if len(contents) > 1 else names[0]


def match(networks: Networks, path: Path) -> str:
    """The one variant in a file or folder."""
    (variant,) = matches(networks, path)
    return variant


def hollow(networks: Networks, variant: str) -> dict[str, Tensor]:
    """A full-size state dict whose tensors take no room."""
    return {
        key: torch.zeros(1, dtype=dtype).expand(shape) if shape else torch.zeros((), dtype=dtype)
        for key, (shape, dtype) in networks.expected(variant).items()
    }


def facts(method: str, variant: str) -> dict[str, str]:
    """The metadata of a converted file."""
    return {"evalkit": json.dumps({"format": FORMAT, "method": method, "variant": variant})}


@pytest.fixture
def contents() -> list[dict[str, Any]]:
    torch.manual_seed(1)
    return official(SMALL, Small().state_dict())


@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_every_variant_is_known_by_its_keys_and_shapes(name: str, variant: str, tmp_path: Path) -> None:
    networks = NATIVE[name]
    path = write(tmp_path, official(networks, hollow(networks, variant)), networks.named.get(variant, ""))
    assert match(networks, path) == variant


@pytest.mark.parametrize(
    ("holds", "asked"),
    [
        ("fomm", "tpsm"),
        ("g3fa", "fnevr"),
        ("fnevr", "g3fa"),
        ("osfs", "fomm"),
        ("lia", "dpe"),
        ("fsrt", "lia"),
        ("hyperreenact", "lia"),
        ("lia", "hyperreenact"),
    ],
)
def test_a_checkpoint_of_another_method_is_recognised(holds: str, asked: str, tmp_path: Path) -> None:
    networks = NATIVE[holds]
    path = write(tmp_path, official(networks, hollow(networks, next(iter(networks.variants)))))
    with pytest.raises(MethodError, match=rf"looks like a checkpoint of {holds}\b.*, not of {asked}\. Use: evalkit"):
        match(NATIVE[asked], path)


def test_import_and_build_give_back_the_weights(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    source = write(tmp_path / "official", contents)
    path = import_file(SMALL, source)
    assert path == installed_path("small", "narrow")
    before = {key: value for content in contents[:1] for key, value in content["net_e"].items()}
    for config in (MethodConfig(), MethodConfig(checkpoint=path), MethodConfig(checkpoint=source)):
        built = load(SMALL, config, Small)
        assert not built.training and not any(p.requires_grad for p in built.parameters())
        assert all(torch.equal(built.encoder.state_dict()[key], before[key]) for key in before)
        assert torch.equal(built.bare.weight, contents[1]["weight"])
    states = {one.variant: one.state for one in status(SMALL, None)}
    assert states == {"narrow": "ready", "wide": "absent"}
    path.unlink()


def test_importing_again_gives_the_same_bytes(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    """Else the digest that a run records would change with every import. Half of all tries would differ by chance."""
    source = write(tmp_path, contents)
    written = {import_file(SMALL, source).read_bytes() for _ in range(12)}
    assert len(written) == 1
    installed_path("small", "narrow").unlink()


def test_a_file_that_comes_with_the_method_is_used_until_another_is_imported(
    contents: list[dict[str, Any]], tmp_path: Path
) -> None:
    source = write(tmp_path / "official", contents)
    shipped = import_file(SMALL, source).rename(tmp_path / "small.safetensors")
    networks = dataclasses.replace(SMALL, shipped={"narrow": shipped})
    assert default_file(networks, MethodConfig()) == shipped
    assert torch.equal(load(networks, MethodConfig(), Small).bare.weight, contents[1]["weight"])
    ready = status(networks, None)[0]
    assert (ready.state, ready.path) == ("ready", shipped)
    imported = import_file(networks, source)
    assert default_file(networks, MethodConfig()) == imported != shipped
    imported.unlink()


def test_optional_networks_may_be_absent(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    del contents[0]["net_x"]
    built = load(SMALL, MethodConfig(checkpoint=write(tmp_path, contents)), Small)
    assert built.extra is None


def test_prefixes_of_parallel_training_and_harmless_records_are_taken(
    contents: list[dict[str, Any]], tmp_path: Path
) -> None:
    contents[0]["net_e"] = {f"module.{key}": value for key, value in contents[0]["net_e"].items()}
    contents[0] |= {"args": argparse.Namespace(size=256), "epoch": np.float64(3.0), "step": np.int64(4)}
    contents[1] |= {"height": 192, "use_stereo": True}
    assert match(SMALL, write(tmp_path, contents)) == "narrow"


def test_half_precision_weights_become_float32(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    contents[0]["net_e"] = {key: value.half() for key, value in contents[0]["net_e"].items()}
    built = load(SMALL, MethodConfig(checkpoint=write(tmp_path, contents)), Small)
    assert built.encoder.weight.dtype == torch.float32


def test_a_zip_of_several_files_is_taken(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    folder = write(tmp_path / "files", contents)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for member in folder.iterdir():
            archive.write(member, f"../{member.name}")
    assert match(SMALL, tmp_path / "all.zip") == "narrow"
    assert not (tmp_path.parent / "0.pth").exists()


def test_an_old_style_file_is_taken(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    for index, content in enumerate(contents):
        torch.save(content, tmp_path / f"{index}.pth.tar", _use_new_zipfile_serialization=False)
    assert match(SMALL, tmp_path) == "narrow"


def damage_missing(contents: list[dict[str, Any]]) -> None:
    del contents[0]["net_d"]["running_mean"]


def damage_unexpected(contents: list[dict[str, Any]]) -> None:
    contents[0]["net_e"] |= {f"more{index}": torch.zeros(1) for index in range(5)}


def damage_shape(contents: list[dict[str, Any]]) -> None:
    contents[0]["net_e"]["weight"] = torch.zeros(2, 4)


def damage_part(contents: list[dict[str, Any]]) -> None:
    del contents[1]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_missing, r"keys do not fit small: nearest is narrow; 1 missing \(decoder\.running_mean\)"),
        (damage_unexpected, r"5 unexpected \(encoder\.more0, encoder\.more1, encoder\.more2, and 2 more\)"),
        (damage_shape, r"1 of another shape \(encoder\.weight \[2, 4\], expected \[2, 3\]\)"),
        (damage_part, r"holds no bare of small .*Needed: small\.pth and bare\.pth; several files go into one folder"),
    ],
)
def test_what_does_not_fit_is_named(
    damage: Callable[[list[dict[str, Any]]], None],
    message: str,
    contents: list[dict[str, Any]],
    tmp_path: Path,
) -> None:
    damage(contents)
    with pytest.raises(MethodError, match=message):
        match(SMALL, write(tmp_path, contents))


def test_a_checkpoint_of_the_optimizer_alone_is_named(tmp_path: Path) -> None:
    state = torch.optim.Adam(Small().parameters()).state_dict()
    torch.save({"optimizer_generator": state, "epoch": 99}, tmp_path / "x.pth")
    with pytest.raises(MethodError, match=r"holds the state of a training \(epoch, optimizer_generator\) and no"):
        match(SMALL, tmp_path / "x.pth")


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.98])
def test_a_half_downloaded_file_is_named(
    new: bool, share: float, contents: list[dict[str, Any]], tmp_path: Path
) -> None:
    path = tmp_path / "x.pth"
    torch.save(contents[0], path, _use_new_zipfile_serialization=new)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(MethodError, match=r"x\.pth: not a whole torch checkpoint.*Get it again"):
        match(SMALL, path)


class Malicious:
    """Writes a file when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("new", [True, False])
def test_a_malicious_pickle_is_refused_and_not_run(new: bool, tmp_path: Path) -> None:
    trace, path = tmp_path / "ran", tmp_path / "x.pth"
    torch.save({"net_e": Malicious(trace)}, path, _use_new_zipfile_serialization=new)
    with pytest.raises(MethodError, match=r"x\.pth: refused, because loading it would run code \((posix|nt)\.system\)"):
        match(SMALL, path)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<!DOCTYPE html><html>quota</html>", "a web page, not a checkpoint"),
        (b"PK\x05\x06" + 18 * b"\0", "holds no checkpoint file"),
        (b"hello", "not a whole torch checkpoint"),
    ],
)
def test_what_is_no_checkpoint_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "x.pth").write_bytes(content)
    with pytest.raises(MethodError, match=message):
        match(SMALL, tmp_path / "x.pth")


def test_a_list_of_tensors_is_no_checkpoint(tmp_path: Path) -> None:
    torch.save([torch.zeros(1)], tmp_path / "x.pth")
    with pytest.raises(MethodError, match="expected a dictionary of tensors, got list"):
        match(SMALL, tmp_path / "x.pth")


def test_absent_files_and_weights_are_explained(tmp_path: Path) -> None:
    with pytest.raises(MethodError, match="no such file or folder"):
        import_file(SMALL, tmp_path / "x.pth")
    with pytest.raises(MethodError, match=r"small \(wide\) has no weights here\. Get small\.pth and bare\.pth .*"):
        load(SMALL, MethodConfig(options={"width": "wide"}), lambda: Small(5))


def test_another_variant_than_asked_for_is_named(contents: list[dict[str, Any]], tmp_path: Path) -> None:
    with pytest.raises(MethodError, match="holds the variant narrow of small, the options ask for wide"):
        load(SMALL, MethodConfig(checkpoint=write(tmp_path, contents), options={"width": "wide"}), lambda: Small(5))


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        (
            {"format": "evalkit-method-1", "method": "small", "variant": "narrow"},
            "another version .* Import the official",
        ),
        (facts("other", "v"), r"holds other \(v\), not small"),
        (facts("small", "wide"), "keys do not fit small"),
    ],
)
def test_a_converted_file_of_something_else_is_refused(metadata: dict[str, str], message: str, tmp_path: Path) -> None:
    save_file(Small().state_dict(), tmp_path / "x.safetensors", metadata)
    with pytest.raises(MethodError, match=message):
        load(SMALL, MethodConfig(checkpoint=tmp_path / "x.safetensors"), Small)


def test_a_damaged_safetensors_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").write_bytes(b"\0" * 5)
    with pytest.raises(MethodError, match="not a whole safetensors file"):
        load(SMALL, MethodConfig(checkpoint=tmp_path / "x.safetensors"), Small)


def test_random_weights_are_seeded_and_leave_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    first, again, other = (
        load(SMALL, MethodConfig(random_weights=True, seed=seed), Small).encoder.weight for seed in (0, 0, 1)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_difference_counts_only_what_is_there() -> None:
    state = Small().state_dict()
    assert not compare(SMALL, state, SMALL.expected("narrow"))
    assert str(compare(SMALL, {}, SMALL.expected("narrow"))).startswith("9 missing (encoder.weight, encoder.bias, ")


@pytest.mark.slow
def test_import_by_command_serves_the_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    networks = NATIVE["lia"]
    released = random_network(networks, networks.variants["lia"], seed=3)
    content = official(networks, released.state_dict())[0] | {"g_optim": {"state": {}}, "args": argparse.Namespace(a=1)}
    torch.save(content, tmp_path / "vox.pt")
    run = CliRunner()
    assert run.invoke(app, ["check", "lia"]).exit_code == 1
    for commands in (app, weights_app):
        imported = run.invoke(commands, ["import", "lia", str(tmp_path / "vox.pt")])
        assert imported.exit_code == 0 and imported.stdout.strip() == str(installed_path("lia", "lia"))
    assert run.invoke(app, ["check", "lia"]).exit_code == 0
    after = load(networks, MethodConfig(), networks.variants["lia"])
    for key, value in ready(released, MethodConfig()).state_dict().items():
        assert torch.equal(after.state_dict()[key], value), key


def test_check_says_what_else_is_needed() -> None:
    known = checkpoints_of(find_method("pirenderer"))
    assert known is not None
    needed = [one for one in known.status(None) if one.needed]
    assert [one.variant for one in needed] == ["deep3dfacerecon-epoch20"]
    assert "evalkit weights fetch" in needed[0].note
    assert checkpoints_of(find_method("copy_source")) is None


@pytest.mark.parametrize("name", sorted(NATIVE))
def test_cards_state_the_counted_parameters_and_where_weights_come_from(name: str) -> None:
    card = find_method(name).card
    networks = NATIVE[name]
    assert card.kind == "native" and card.id == name
    assert card.parameters == networks.parameters(next(iter(networks.variants)))
    assert card.paper and card.year and card.licence and card.trained_on and card.repository.startswith("https://")
    assert card.checkpoint and card.input_size in (256, card.output_size) and card.output_size in (256, 512)
    shown = CliRunner().invoke(app, ["info", name])
    assert shown.exit_code == 0 and card.paper in shown.stdout
