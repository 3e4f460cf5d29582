"""Bytes of tensors that live at once, in closed form, and what of MagicPortrait's stages needs less."""

import pytest
import torch

pytest.importorskip("diffusers", reason="needs the extra `diffusion`")

from baselines.magicportrait.model import MagicPortrait
from baselines.magicportrait.sizes import RELEASED, TINY
from benchmarks.tensor_memory import Live, calculated, defaults

THOUSAND = 4 * 1000


def test_storages_count_from_their_making_to_their_end():
    with torch.device("meta"), Live() as live:
        kept = torch.zeros(1000)
        view = kept[:10].reshape(2, 5)
        assert live.now == live.peak == THOUSAND
        added = kept + 1
        assert live.most(lambda made=added: (made * 2) * 3) == 4 * THOUSAND
        assert live.now == 2 * THOUSAND
        added.add_(1)
        del added, kept
        assert live.now == THOUSAND and live.most(lambda: None) == THOUSAND
        del view
        assert live.now == 0


@pytest.mark.slow
def test_stages_of_a_pair():
    peaks = calculated(TINY, 64, torch.float16)
    with torch.device("meta"):
        model = MagicPortrait(TINY)
    weights = sum(tensor.numel() for tensor in model.state_dict().values())
    assert peaks["networks"] == pytest.approx(2 * weights, rel=0.01)  # position codes are made besides
    assert min(peaks.values()) == peaks["networks"]
    assert peaks["window, halves apart"] < peaks["window"] and peaks["frame, tiled"] < peaks["frame"]
    twice = calculated(TINY, 64, torch.float32)
    assert {name: size / peaks[name] for name, size in twice.items()} == pytest.approx(dict.fromkeys(peaks, 2), rel=0.1)


def test_released_tiles_have_the_side_the_autoencoder_was_trained_with():
    with torch.device("meta"):
        vae = MagicPortrait(RELEASED).vae
    assert (vae.tile_sample_min_size, vae.tile_latent_min_size) == (256, 32)


def test_new_tensors_are_of_the_type_asked_for():
    with defaults(torch.float16, "meta"):
        made = torch.zeros(1)
    assert (made.dtype, made.device.type) == (torch.float16, "meta")
    assert (torch.get_default_dtype(), torch.zeros(1).device.type) == (torch.float32, "cpu")
