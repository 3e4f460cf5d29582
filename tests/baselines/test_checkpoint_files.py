"""Forms of official checkpoints: several in a folder, safetensors, bare state dicts, records beside the weights."""

import argparse
import datetime
import random
import tarfile
import types
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from baselines._shared.native.convert import import_file, read_any
from baselines._shared.native.networks import Networks, Part
from baselines.fsrt.adapter import TWO_SOURCES, chosen
from evalkit.errors import MethodError

State = dict[str, Tensor]


class Pair(nn.Module):
    """A network with a running mean, and one that files may lack."""

    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.gen = nn.Sequential(nn.Linear(width, 2), nn.BatchNorm1d(2))
        self.extra = nn.Linear(1, 1)


PAIR = Networks(
    method="pair",
    variants={"narrow": Pair, "wide": lambda: Pair(5)},
    parts=(Part("gen", "net_G_ema"), Part("extra", "extra", optional=True)),
    files=("pair.pt",),
)
NAMED = replace(PAIR, variants={"one": Pair, "two": Pair}, named={"two": "2source"})


def gen(seed: int = 0, width: int = 3) -> State:
    torch.manual_seed(seed)
    state: State = Pair(width).gen.state_dict()
    return state


def extra(seed: int = 0) -> State:
    torch.manual_seed(seed)
    state: State = Pair().extra.state_dict()
    return state


def saved(path: Path, **content: object) -> Path:
    torch.save(content, path)
    return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("EVALKIT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "files").mkdir()
    return tmp_path / "files"


def holds(networks: Networks, path: Path, wanted: State, variant: str | None = None) -> bool:
    state = read_any(networks, path, variant)[1]
    return all(torch.equal(state[f"gen.{key}"], value) for key, value in wanted.items())


def test_two_checkpoints_in_a_folder_are_refused_by_name(cache: Path) -> None:
    saved(cache / "vox.pt", net_G_ema=gen(0))
    taichi = saved(cache / "taichi.pt", net_G_ema=gen(1))
    with pytest.raises(
        MethodError, match=r"files: taichi\.pt and vox\.pt are all checkpoints of pair.* import pair FILE"
    ):
        read_any(PAIR, cache)
    with pytest.raises(MethodError, match="nothing says which is meant"):
        import_file(PAIR, cache)
    assert holds(PAIR, taichi, gen(1))


def test_networks_of_two_files_are_never_mixed(cache: Path) -> None:
    saved(cache / "vox.pt", net_G_ema=gen(0), extra=extra(0))
    saved(cache / "taichi.pt", net_G_ema=gen(1))
    with pytest.raises(MethodError, match=r"taichi\.pt and vox\.pt are all checkpoints"):
        read_any(PAIR, cache)


def test_a_copy_or_mirror_beside_the_original_is_the_same_checkpoint(cache: Path) -> None:
    saved(cache / "vox.pt", net_G_ema=gen(0))
    saved(cache / "copy.pt", net_G_ema=gen(0))
    save_file(gen(0), cache / "vox.safetensors")
    assert holds(PAIR, cache, gen(0))


def test_every_variant_in_a_folder_is_imported(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    saved(cache / "a.pt", net_G_ema=gen(0))
    saved(cache / "b.pt", net_G_ema=gen(0, 5), extra=extra(4))
    assert import_file(PAIR, cache) == PAIR.installed("narrow")
    assert "wide is imported too" in caplog.text
    assert holds(PAIR, PAIR.installed("wide"), gen(0, 5)) and holds(PAIR, cache, gen(0, 5), "wide")
    assert "extra.weight" not in read_any(PAIR, PAIR.installed("narrow"))[1], "the narrow file has none"


def test_files_that_differ_in_their_names_alone_are_variants(cache: Path) -> None:
    saved(cache / "vox256.pt", net_G_ema=gen(0))
    saved(cache / "vox256_2Source.pt", net_G_ema=gen(1))
    assert holds(NAMED, cache, gen(0), "one") and holds(NAMED, cache, gen(1), "two")
    import_file(NAMED, cache)
    assert holds(NAMED, NAMED.installed("one"), gen(0)) and holds(NAMED, NAMED.installed("two"), gen(1))


def test_options_of_fsrt_name_a_variant_that_exists() -> None:
    options = {"decoder": "large", "expression": "256", "model": "vox256_2Source", "keypoints": "10"}
    assert chosen(options) == TWO_SOURCES and chosen(options | {"model": "vox256"}) == "large-256"
    assert chosen(options | {"model": "vox256", "expression": "64", "keypoints": "0"}) == "large-64-0kp"
    for other in ({"decoder": "small"}, {"keypoints": "0"}):
        with pytest.raises(
            MethodError, match="model=vox256_2Source has decoder=large, expression=256 and keypoints=10"
        ):
            chosen(options | other)
    with pytest.raises(MethodError, match="keypoints=0 has decoder=large"):
        chosen(options | {"model": "vox256", "decoder": "small", "keypoints": "0"})


@pytest.mark.parametrize("prefix", ["", "net_G_ema.", "gen.", "net_G_ema.module."])
def test_safetensors_mirrors_load(prefix: str, cache: Path) -> None:
    save_file({f"{prefix}{key}": value for key, value in gen(2).items()}, cache / "pair.safetensors")
    assert holds(PAIR, cache / "pair.safetensors", gen(2))
    assert holds(PAIR, cache, gen(2))
    assert import_file(PAIR, cache) == PAIR.installed("narrow")


def test_a_safetensors_file_of_something_else_is_told_what_is_missing(cache: Path) -> None:
    save_file({"weight": torch.zeros(1)}, cache / "other.safetensors")
    with pytest.raises(MethodError, match=r"holds no gen of pair .*Needed: pair\.pt"):
        read_any(PAIR, cache / "other.safetensors")


def test_a_bare_state_dict_is_taken(cache: Path) -> None:
    assert holds(PAIR, saved(cache / "bare.pt", **gen(3)), gen(3))


def test_an_entry_of_the_same_shapes_is_named_and_not_taken(cache: Path) -> None:
    path = saved(cache / "trainer.pt", net_G=gen(0), iteration=4)
    with pytest.raises(MethodError, match=r"holds no gen of pair, .* but an entry 'net_G' of the same shapes\. To use"):
        read_any(PAIR, path)


def test_counters_that_old_files_lack_are_filled_in(cache: Path) -> None:
    old = {key: value for key, value in gen(0).items() if not key.endswith("num_batches_tracked")}
    assert len(old) == len(gen(0)) - 1
    state = read_any(PAIR, saved(cache / "old.pt", net_G_ema=old))[1]
    assert state["gen.1.num_batches_tracked"].dtype == torch.int64
    del old["1.running_mean"]
    with pytest.raises(MethodError, match="running_mean"):
        read_any(PAIR, saved(cache / "old.pt", net_G_ema=old))


RECORDS: dict[str, object] = {
    "array": np.arange(3.0),
    "objects": np.array([1, "a"], dtype=object),
    "half": np.float16(1),
    "byte": np.uint8(3),
    "text": np.str_("abc"),
    "path": Path("/data/vox"),
    "elsewhere": PureWindowsPath("c:/vox"),
    "time": datetime.datetime.now(datetime.UTC),
    "took": datetime.timedelta(1),
    "lists": defaultdict(list, {"loss": [1.0]}),
    "namespaces": (types.SimpleNamespace(a=1), argparse.Namespace(b=2)),
    "python_rng": random.getstate(),
    "numpy_rng": np.random.get_state(),
    "torch_rng": torch.get_rng_state(),
}


@pytest.mark.parametrize("new", [True, False])
@pytest.mark.parametrize("name", sorted(RECORDS))
def test_records_of_a_training_do_not_stop_a_load(name: str, new: bool, cache: Path) -> None:
    torch.save({"net_G_ema": gen(0), name: RECORDS[name]}, cache / "a.pt", _use_new_zipfile_serialization=new)
    assert holds(PAIR, cache / "a.pt", gen(0))


def _tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        archive.add(__file__, "notes.txt")


def _protocol_4(path: Path) -> None:
    torch.save({"net_G_ema": gen(0)}, path, pickle_protocol=4)


class Code:
    """Runs when unpickled; a class of its own is refused too."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("1 + 1",)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_tar, "a tar archive. Unpack it"),
        (_protocol_4, "pickle protocol above 2.* save it again"),
        (
            lambda path: torch.save({"net_G_ema": Code()}, path),
            r"would run code \(\S*eval\).*save its state dict alone",
        ),
        (lambda path: torch.save({"x": np.random.default_rng(0)}, path), r"would run code \(numpy\.random"),
    ],
)
def test_what_cannot_be_read_says_why(write: Callable[[Path], None], message: str, cache: Path) -> None:
    write(cache / "x.pth.tar")
    with pytest.raises(MethodError, match=message):
        read_any(PAIR, cache / "x.pth.tar")
