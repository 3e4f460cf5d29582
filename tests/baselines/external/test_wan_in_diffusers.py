"""The worker of Wan2.2-Animate drives the pipeline of diffusers: with a stand-in of it, and with a tiny real one."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest

from evalkit.clips import video
from evalkit.method.find import find_method
from evalkit.method.foreign.workfolder import DROP_IN
from tests.baselines.external.conftest import expected
from tests.baselines.external.wan_in_diffusers import FOLDER


def test_its_pipeline_is_loaded_once(standin, begin):
    clone = standin("wan_animate_diffusers")
    animate = begin("wan_animate_diffusers", clone)
    first, second = animate(), animate(seed=1)
    assert np.array_equal(first, expected(5, 512)) and np.array_equal(second, expected(5, 512, seed=1))
    assert (clone / "loads.txt").read_text() == "Wan2.2-Animate-14B-Diffusers bfloat16"


@pytest.mark.parametrize("name", ["wan_animate", "wan_animate_diffusers"])
def test_its_preparation_loses_no_frame_by_rounding(name):
    rate = find_method(name).card.external.driving.fps
    assert all(int(count / rate * rate) == count for count in range(1, 5000))
    assert int(29 / 25 * 25) == 28


@pytest.fixture
def worker(standin, monkeypatch):
    """The worker as a module, with a stand-in of the preparation alone."""
    clone = standin("wan_animate_diffusers")
    for name in ("torch", "diffusers"):
        (clone / FOLDER / f"{name}.py").unlink()
    for folder in (find_method("wan_animate_diffusers").folder, DROP_IN, clone / FOLDER):
        monkeypatch.syspath_prepend(str(folder))
    names = ("worker", "evalkit_worker", "process_pipepline", "border", "ftfy")
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("worker")
    for name in names:
        sys.modules.pop(name, None)


def write_tiny(folder: Path) -> None:
    """A pipeline of the right classes with random weights of a few hundred kilobytes."""
    import torch
    from diffusers import AutoencoderKLWan, UniPCMultistepScheduler, WanAnimatePipeline, WanAnimateTransformer3DModel
    from tokenizers import Tokenizer, models
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        CLIPVisionModel,
        PreTrainedTokenizerFast,
        UMT5Config,
        UMT5EncoderModel,
    )

    torch.manual_seed(0)
    words = Tokenizer(models.WordLevel({"<pad>": 0, "</s>": 1, "<unk>": 2}, unk_token="<unk>"))
    WanAnimatePipeline(
        tokenizer=PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", unk_token="<unk>"),
        text_encoder=UMT5EncoderModel(
            UMT5Config(vocab_size=8, d_model=32, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
        ).eval(),
        vae=AutoencoderKLWan(
            base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1, temperal_downsample=[False, True, True]
        ),
        scheduler=UniPCMultistepScheduler(
            prediction_type="flow_prediction", use_flow_sigmas=True, flow_shift=5.0, num_train_timesteps=1000
        ),
        image_processor=CLIPImageProcessor(crop_size=4, size=4),
        image_encoder=CLIPVisionModel(
            CLIPVisionConfig(
                hidden_size=4,
                projection_dim=4,
                num_hidden_layers=2,
                num_attention_heads=2,
                image_size=4,
                intermediate_size=16,
                patch_size=1,
            )
        ).eval(),
        transformer=WanAnimateTransformer3DModel(
            patch_size=(1, 2, 2),
            num_attention_heads=2,
            attention_head_dim=12,
            in_channels=36,
            latent_channels=16,
            out_channels=16,
            text_dim=32,
            freq_dim=256,
            ffn_dim=32,
            num_layers=2,
            cross_attn_norm=True,
            qk_norm="rms_norm_across_heads",
            image_dim=4,
            rope_max_seq_len=32,
            motion_encoder_channel_sizes={"4": 16, "8": 16, "16": 16},
            motion_encoder_size=16,
            motion_style_dim=8,
            motion_dim=4,
            motion_encoder_dim=16,
            face_encoder_hidden_dim=16,
            face_encoder_num_heads=2,
            inject_face_latents_blocks=2,
        ),
    ).save_pretrained(folder)


# Releases before 0.42 know no other name of this argument.
@pytest.mark.filterwarnings("ignore:.*torch_dtype:FutureWarning")
@pytest.mark.slow
def test_a_tiny_pipeline_makes_a_frame_of_every_driving_frame(worker, tmp_path, monkeypatch):
    pytest.importorskip("diffusers")
    write_tiny(tmp_path / "weights")
    monkeypatch.setattr(worker, "WINDOW", 5)
    pipelines = importlib.import_module("diffusers.pipelines.wan.pipeline_wan_animate")
    monkeypatch.setattr(pipelines, "ftfy", worker.ftfy, raising=False)
    options = {
        "weights": str(tmp_path / "weights"),
        "process": str(tmp_path / "process_checkpoint"),
        "precision": "fp32",
        "offload": "no",
        "retarget": "no",
        "sampling_steps": "2",
        "side": "32",
    }
    frames = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), np.uint8)
    video.write_video(tmp_path / "driving.mp4", [frames], 16)
    video.write_image(tmp_path / "source.png", frames[0])
    pair = {"driving": str(tmp_path / "driving.mp4"), "source": str(tmp_path / "source.png"), "frames": 7, "seed": 3}
    model = worker.load(options)
    first, again, other = (
        np.concatenate(list(worker.animate(model, {**pair, "seed": seed, "options": options}))) for seed in (3, 3, 4)
    )
    assert first.shape == (7, 32, 32, 3) and first.min() >= 0 and first.max() <= 1
    assert np.array_equal(first, again) and not np.array_equal(first, other)
