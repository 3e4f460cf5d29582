"""Compare our networks with a parity fixture: `python -m tests.parity METHOD FIXTURE_DIR`.

One line per output that the fixture stores: name, shape, largest absolute error, the same relative to the largest
stored magnitude, ok or FAIL. Exit status 0: everything within the fixture's own tolerance; 1: something is not, or we
do not produce it; 2: wrong usage, or the fixture cannot be read.

Every method with networks has `tests/parity/methods/<id>.py` with `INPUTS` (names in io.npz that are not compared) and
`outputs(fixture)` (our value for every other name). It may have `EXACT`: names that allow no difference at all.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.parity.fixture import Fixture, FixtureError, load_fixture

__all__ = ["Comparison", "Fixture", "FixtureError", "compare", "load_fixture", "main", "run"]

ALIASES = {"dagan_spade": "dagan", "osfs_spade": "osfs"}


@dataclass(frozen=True)
class Comparison:
    """One output of a fixture against ours.

    Attributes:
        name: name in io.npz.
        shape: stored shape.
        max_abs: largest |ours - stored|; NaN when they cannot be subtracted.
        max_rel: `max_abs` over the largest stored magnitude; NaN as above.
        ok: within tolerance.
        note: why not, or empty.
    """

    name: str
    shape: tuple[int, ...]
    max_abs: float
    max_rel: float
    ok: bool
    note: str = ""

    def line(self) -> str:
        """One line of the report."""
        verdict = "ok" if self.ok else "FAIL"
        shape = "x".join(map(str, self.shape)) or "scalar"
        line = f"{self.name:<34} {shape:<18} max_abs {self.max_abs:9.2e}  max_rel {self.max_rel:9.2e}  {verdict}"
        return f"{line}  {self.note}" if self.note else line


@dataclass(frozen=True)
class _Method:
    inputs: frozenset[str]
    exact: frozenset[str]
    outputs: Callable[[Fixture], dict[str, np.ndarray]]


def compare(
    name: str, ours: np.ndarray | None, stored: np.ndarray, tolerance: Mapping[str, Any], exact: bool = False
) -> Comparison:
    """Compare one array by the fixture's tolerance.

    Floats: |ours - stored| <= atol + rtol * |stored|, except for `outlier_fraction` of the elements, and mean error at
    most `mean_abs` where one is given; `tolerance["per_output"][name]` overrides the common numbers. uint8: at most
    `u8_max_diff` on at most `u8_differing_fraction` of the values. Other integers are equal or wrong.

    Args:
        name: name in io.npz.
        ours: our value, None if we do not produce it.
        stored: the official value.
        tolerance: the fixture's `tolerance` object.
        exact: allow no difference.
    """
    if ours is None:
        return Comparison(name, stored.shape, np.nan, np.nan, False, "missing: we do not produce it")
    if ours.shape != stored.shape:
        return Comparison(name, stored.shape, np.nan, np.nan, False, f"our shape is {ours.shape}")
    if not np.issubdtype(stored.dtype, np.floating) and ours.dtype != stored.dtype:
        return Comparison(name, stored.shape, np.nan, np.nan, False, f"our type is {ours.dtype}, not {stored.dtype}")
    error = np.abs(ours.astype(np.float64) - stored.astype(np.float64))
    max_abs = float(error.max(initial=0.0))
    scale = float(np.abs(stored.astype(np.float64)).max(initial=0.0))
    max_rel = max_abs / scale if scale > 0 else max_abs
    note = _verdict(name, error, stored, {} if exact else tolerance)
    return Comparison(name, stored.shape, max_abs, max_rel, not note, note)


def _verdict(name: str, error: np.ndarray, stored: np.ndarray, tolerance: Mapping[str, Any]) -> str:
    """Empty when `error` is within `tolerance`, else the reason."""
    rule = {**tolerance, **tolerance.get("per_output", {}).get(name, {})}
    if not np.isfinite(error).all():
        return "not finite"
    if not np.issubdtype(stored.dtype, np.floating):
        is_bytes = stored.dtype == np.uint8
        limit = float(rule.get("u8_max_diff", 0)) if is_bytes else 0.0
        share = float(rule.get("u8_differing_fraction", 0)) if is_bytes else 0.0
        differing = float((error > 0).mean()) if error.size else 0.0
        return "" if (error <= limit).all() and differing <= share else f"{differing:.2%} of the values differ"
    outside = error > float(rule.get("atol", 0)) + float(rule.get("rtol", 0)) * np.abs(stored)
    if outside.sum() > np.floor(float(rule.get("outlier_fraction", 0)) * error.size):
        return f"{int(outside.sum())} of {error.size} values out of tolerance"
    if "mean_abs" in rule and error.size and error.mean() > float(rule["mean_abs"]):
        return f"mean error {error.mean():.2e} over {float(rule['mean_abs']):.2e}"
    return ""


def run(method: str, fixture: Fixture) -> list[Comparison]:
    """Run `fixture` through our networks and compare every stored output.

    Args:
        method: module name under `tests.parity.methods`, or one of `ALIASES`.
        fixture: a loaded fixture.

    Raises:
        FixtureError: unknown method, or a fixture that lacks what the method needs or does not fit it.
    """
    ours_of = _method(method)
    tolerance = fixture.config.get("tolerance")
    if not isinstance(tolerance, dict):
        raise FixtureError(f"{fixture.folder / 'config.json'}: no tolerance")
    try:
        with torch.no_grad():
            ours = ours_of.outputs(fixture)
    except KeyError as error:
        raise FixtureError(f"{fixture.folder}: {error} is needed and not there") from error
    except (RuntimeError, TypeError, ValueError, IndexError) as error:
        reason = str(error).partition("\n")[0]
        raise FixtureError(f"{fixture.folder}: {method} cannot run on it ({type(error).__name__}: {reason})") from error
    stored = {name: value for name, value in fixture.io.items() if name not in ours_of.inputs}
    if not stored:
        raise FixtureError(f"{fixture.folder / 'io.npz'}: holds no outputs")
    return [
        compare(name, ours.get(name), value, tolerance, exact=name in ours_of.exact) for name, value in stored.items()
    ]


def _method(name: str) -> _Method:
    package = ALIASES.get(name, name)
    if not (Path(__file__).parent / "methods" / f"{package}.py").is_file():
        raise FixtureError(f"there is no method {name!r} with a parity check under tests/parity/methods")
    module = importlib.import_module(f"tests.parity.methods.{package}")
    return _Method(module.INPUTS, getattr(module, "EXACT", frozenset()), module.outputs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: prints the report and returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description="Compare our network with a fixture.")
    parser.add_argument("method", metavar="METHOD", help="name of a method, such as fomm")
    parser.add_argument("folder", metavar="FIXTURE_DIR", type=Path, help="folder with config.json and io.npz")
    options = parser.parse_args(arguments)
    try:
        results = run(options.method, load_fixture(options.folder))
    except FixtureError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    failed = [result.name for result in results if not result.ok]
    for result in results:
        sys.stdout.write(result.line() + "\n")
    sys.stdout.write(f"{options.method}: {len(results) - len(failed)} of {len(results)} outputs within tolerance\n")
    return 1 if failed else 0
