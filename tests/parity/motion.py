"""What the parity checks of the family share: reading official parameters, and the outputs stored per motion mode."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, get_type_hints

import numpy as np
import torch
from torch import Tensor, nn

from baselines._shared.motion.dense_motion import DenseMotion
from baselines._shared.motion.keypoints import Keypoints, movement_scale, relative_motion
from baselines._shared.motion.method import MotionMethod, Source
from tests.parity.fixture import Fixture, FixtureError

C = TypeVar("C")
Arrays = dict[str, np.ndarray]
M = TypeVar("M", bound=nn.Module)

INPUTS = frozenset({"source", "driving"})
"""The two images of every fixture of the family."""

MODES = {"abs": (False, False), "rel": (True, False), "relscale": (True, True)}
"""Prefix in io.npz -> (relative, adapt_scale)."""


def read_params(cls: type[C], params: Mapping[str, Any], ignored: frozenset[str] = frozenset()) -> C:
    """Build a config dataclass from official constructor parameters; nested dataclasses from nested objects.

    Args:
        cls: frozen dataclass whose fields are named as the official parameters.
        params: from config.json.
        ignored: official parameters without any effect.

    Raises:
        FixtureError: a parameter we do not know, or one that is missing.
    """
    hints = get_type_hints(cls)
    unknown = sorted(set(params) - set(hints) - ignored)
    if unknown:
        raise FixtureError(f"{cls.__name__}: unknown parameters {', '.join(unknown)}")
    values = {
        name: read_params(hints[name], value) if dataclasses.is_dataclass(hints[name]) else value
        for name, value in params.items()
        if name in hints
    }
    try:
        return cls(**values)
    except TypeError as error:
        raise FixtureError(f"{cls.__name__}: {error}") from error


def config_of(cls: type[C], fixture: Fixture, module: str, ignored: frozenset[str] = frozenset()) -> C:
    """`read_params` of `config["modules"][module]["params"]`.

    The variance of the dense motion's heatmaps, a default of the official code, may stand beside the modules.
    """
    params = fixture.module_config(module).get("params")
    if not isinstance(params, dict):
        raise FixtureError(f"{fixture.folder / 'config.json'}: module {module!r} has no params")
    variance = fixture.config.get("dense_motion_kp_variance")
    if "dense_motion_params" in params and variance is not None:
        params = {**params, "dense_motion_params": {"kp_variance": variance, **params["dense_motion_params"]}}
    return read_params(cls, params, ignored)


def fill_modules(fixture: Fixture, model: M) -> M:
    """Fill the modules that config.json names in `model`, which has them as attributes, and switch to eval mode."""
    for name in fixture.config["modules"]:
        if not hasattr(model, name):
            raise FixtureError(f"{fixture.folder / 'config.json'}: this method has no module {name!r}")
        fixture.fill(model.get_submodule(name), name)
    return model.eval()


def both_alignments(fixture: Fixture, make: Callable[[bool], M]) -> tuple[M, M]:
    """The fixture's networks with align_corners off and on, sharing their weights.

    Args:
        fixture: gives the weights.
        make: builds the networks for one value of align_corners.
    """
    model = fill_modules(fixture, make(False))
    with torch.device("meta"):
        aligned = make(True)
    aligned.load_state_dict(model.state_dict(), assign=True)
    return model, aligned.eval()


def aligned_array(
    fixture: Fixture, aligned: MotionMethod, source: Source[Any], mode: str, driving: Keypoints
) -> Arrays:
    """`ac1_<mode>_prediction`, rendered only where the fixture stores it."""
    name = f"ac1_{mode}_prediction"
    return {name: aligned.render(source, driving).numpy()} if name in fixture.io else {}


def arrays(prefix: str, values: Mapping[str, Tensor | None]) -> Arrays:
    """Named tensors as arrays under `<prefix>_<name>`; None is left out."""
    return {f"{prefix}_{name}": value.numpy() for name, value in values.items() if value is not None}


def keypoint_arrays(prefix: str, keypoints: Keypoints) -> Arrays:
    """`<prefix>_value` and, where there are Jacobians, `<prefix>_jacobian`."""
    return arrays(prefix, {"value": keypoints.value, "jacobian": keypoints.jacobian})


def motion_arrays(prefix: str, motion: DenseMotion) -> Arrays:
    """`<prefix>_mask`, `_deformation` and `_occlusion_map`."""
    values = {"mask": motion.mask, "deformation": motion.deformation, "occlusion_map": motion.occlusion}
    return arrays(prefix, values)


def moved(source: Keypoints, driving: Keypoints) -> dict[str, Keypoints]:
    """Keypoints handed to the generator in each of `MODES`; the first driving frame is the initial one."""
    return {
        mode: relative_motion(source, driving[:1], scaled)(driving) if relative else driving
        for mode, (relative, scaled) in MODES.items()
    }


def scale_array(source: Keypoints, driving: Keypoints) -> Arrays:
    """`relscale_movement_scale`."""
    return {"relscale_movement_scale": np.asarray(movement_scale(source, driving[:1]))}
