"""Values are values: no dataclass or record of the six rooms can be changed, and records take no unknown keys."""

import dataclasses
import importlib
import pkgutil

import pytest
from pydantic import BaseModel

ROOMS = ("metrics", "gating", "statistics", "protocol", "records", "clips")
OPEN = {"ProtocolFacts"}
"""Records that take keys they do not know, since protocols of other versions have some."""


@pytest.mark.parametrize("room", ROOMS)
def test_values_cannot_be_changed(room):
    package = importlib.import_module(f"evalkit.{room}")
    names = [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    for module in map(importlib.import_module, names):
        for name, kind in vars(module).items():
            if not isinstance(kind, type) or kind.__module__ != module.__name__:
                continue
            if dataclasses.is_dataclass(kind):
                assert kind.__dataclass_params__.frozen, f"{module.__name__}.{name}"
            if issubclass(kind, BaseModel):
                assert kind.model_config.get("frozen"), f"{module.__name__}.{name}"
                assert kind.model_config.get("extra") == ("allow" if name in OPEN else "forbid"), name
                assert kind.model_config.get("allow_inf_nan") is not True, name
