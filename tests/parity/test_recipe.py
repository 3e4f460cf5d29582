from __future__ import annotations

import zlib

import numpy as np
import pytest
import torch
from torch import nn

from tests.parity.recipe import Recipe, RecipeError, draw_missing, fill


def seeded(text: str) -> np.random.RandomState:
    return np.random.RandomState(zlib.crc32(text.encode("utf-8")))


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)


def test_defaults_depend_on_name_and_shape():
    module = Layers()
    fill(module, "net", Recipe.from_config({"version": 1, "salt": "s", "overrides": []}))
    state = module.state_dict()
    weight = seeded("s:net/conv.weight").standard_normal(size=(4, 3, 3, 3)) / np.sqrt(27)
    np.testing.assert_array_equal(state["conv.weight"].numpy(), weight.astype(np.float32))
    variance = seeded("s:net/norm.running_var").uniform(0.5, 1.5, size=(4,))
    np.testing.assert_array_equal(state["norm.running_var"].numpy(), variance.astype(np.float32))
    gain = 1 + 0.1 * seeded("s:net/norm.weight").standard_normal(size=(4,))
    np.testing.assert_array_equal(state["norm.weight"].numpy(), gain.astype(np.float32))
    bias = 0.1 * seeded("s:net/conv.bias").standard_normal(size=(4,))
    np.testing.assert_array_equal(state["conv.bias"].numpy(), bias.astype(np.float32))
    assert state["norm.num_batches_tracked"] == 0
    assert not module.training


def test_first_matching_override_wins_and_lists_may_be_per_module():
    overrides = {"net": [["^conv\\.weight$", "faninT(2)"], ["weight", "keep"]], "other": [["", "normal(7,0)"]]}
    recipe = Recipe.from_config({"salt": "s", "overrides": overrides})
    kept = nn.Linear(2, 2)
    before = kept.weight.clone()
    fill(kept, "net", recipe)
    torch.testing.assert_close(kept.weight, before, rtol=0, atol=0)
    layers = Layers()
    fill(layers, "net", recipe)
    expected = 2 / np.sqrt(4 * 9) * seeded("s:net/conv.weight").standard_normal(size=(4, 3, 3, 3))
    np.testing.assert_array_equal(layers.conv.weight.detach().numpy(), expected.astype(np.float32))
    fill(kept, "other", recipe)
    assert (kept.weight == 7).all()


def test_spectral_vectors_are_one_hot_and_first_row():
    module = nn.Module()
    module.weight_orig = nn.Parameter(torch.zeros(3, 2, 1, 1))
    module.register_buffer("weight_u", torch.zeros(3))
    module.register_buffer("weight_v", torch.zeros(2))
    recipe = Recipe.from_config({"salt": "s", "overrides": []})
    state = draw_missing(module, "net", recipe, {})
    assert state["weight_u"].tolist() == [1.0, 0.0, 0.0]
    row = state["weight_orig"][0].flatten().double()
    torch.testing.assert_close(state["weight_v"], (row / row.norm()).float(), rtol=0, atol=0)


def test_stored_entries_are_not_drawn():
    module = Layers()
    stored = {"conv.bias": torch.full((4,), 5.0)}
    state = draw_missing(module, "net", Recipe.from_config({"salt": "s"}), stored)
    assert state["conv.bias"] is stored["conv.bias"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"version": 2, "salt": "s"}, "version 2"),
        ({"version": 1}, "no salt"),
        ({"salt": "s", "overrides": [["a"]]}, "pattern, kind"),
        ({"salt": "s", "overrides": [["(", "keep"]]}, "regular expression"),
        ({"salt": "s", "overrides": [["", "gauss(0,1)"]]}, "unknown"),
        ({"salt": "s", "overrides": [["", "normal(0)"]]}, "1 arguments, expected 2"),
        ({"salt": "s", "overrides": [["", "normal(0,x)"]]}, "not a number"),
    ],
)
def test_a_wrong_recipe_says_why(config, message):
    with pytest.raises(RecipeError, match=message):
        fill(nn.Linear(2, 2), "net", Recipe.from_config(config))
