"""Small networks of every native method, as arguments of its adapter's `build`.

An eighth of the width where a width can be set, and halvings for pictures of 32 or 64 pixels, of 128 where a face is
looked for. Options, kinds
of layers and numbers of keypoints are the method's own. Tests that sweep methods run on these, and in full size where
they are marked slow.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from baselines._shared.stylegan.encoder import Widths
from baselines.dagan.adapter import SIZES as DAGAN
from baselines.fnevr.model import VOX_256 as FNEVR
from baselines.fnevr.model import FnevrConfig
from baselines.fomm.model import VOX_256 as FOMM
from baselines.fsrt.decoder import QueryDecoder
from baselines.fsrt.encoder import SetLatentEncoder
from baselines.fsrt.encoding import Encoding
from baselines.fsrt.expression import DETECTOR, ExpressionEncoder, FeatureKeypointDetector
from baselines.fsrt.model import FSRT
from baselines.g3fa.model import VOX_256 as G3FA
from baselines.hyperreenact.sizes import TINY as HYPERREENACT
from baselines.liveportrait.adapter import Files
from baselines.liveportrait.appearance import AppearanceFeatureExtractor
from baselines.liveportrait.spade import SpadeGenerator
from baselines.liveportrait.warping import DenseMotionConfig, WarpingModule
from baselines.osfs.adapter import SIZES as OSFS
from baselines.osfs.model import OsfsConfig
from baselines.pirenderer.generator import GeneratorConfig
from baselines.tpsm.model import VOX_256 as TPSM

BLOCKS = 3
"""Halvings of an hourglass, which begins at a quarter of the size."""


def narrowed(config: Any) -> Any:
    """The configuration with an eighth of its widths and small hourglasses, also in configurations inside it."""
    changed: dict[str, Any] = {}
    for field in fields(config):
        value = getattr(config, field.name)
        if is_dataclass(value):
            changed[field.name] = narrowed(value)
        elif field.name in ("block_expansion", "max_features", "reshape_channel", "feature_channel"):
            changed[field.name] = value // 8
        elif field.name == "num_blocks":
            changed[field.name] = BLOCKS
    return replace(config, **changed)


def narrow_fnevr(config: FnevrConfig) -> FnevrConfig:
    """Between encoder and decoder there are always 256 channels."""
    motion = narrowed(config.generator.dense_motion_params)
    return replace(
        config,
        generator=replace(config.generator, max_features=256, dense_motion_params=motion),
        kp_detector=narrowed(config.kp_detector),
    )


def narrow_osfs(config: OsfsConfig) -> OsfsConfig:
    """The SPADE decoder takes 256 channels, whatever the volume has."""
    narrow: OsfsConfig = narrowed(config)
    if config.decoder == "original":
        return narrow
    return replace(narrow, generator=replace(narrow.generator, block_expansion=config.generator.block_expansion))


def narrow_liveportrait() -> Files:
    """The motion extractor has one width."""
    return Files(
        AppearanceFeatureExtractor(block_expansion=8, max_features=64, reshape_channel=4),
        WarpingModule(
            block_expansion=8,
            max_features=64,
            reshape_channel=4,
            dense_motion=DenseMotionConfig(block_expansion=4, max_features=128, num_blocks=BLOCKS),
        ),
        SpadeGenerator(block_expansion=8, out_channels=8),
    )


def narrow_fsrt(decoder: str, expression: int, keypoints: int = 10) -> FSRT:
    """Tokens and queries have one width; there are fewer layers, and a detector that small pictures are enough for."""
    encoding = Encoding(num_kp=keypoints, expression_size=expression)
    return FSRT(
        FeatureKeypointDetector(replace(DETECTOR, num_blocks=BLOCKS)),
        SetLatentEncoder(encoding, num_att_blocks=1),
        QueryDecoder(encoding, num_att_blocks=1, small=decoder == "small"),
        ExpressionEncoder(expression_size=expression),
    )


TINY: Mapping[str, Mapping[str, Any]] = {
    "fomm": {"side": 32, "sizes": narrowed(FOMM)},
    "tpsm": {"side": 32, "sizes": narrowed(TPSM)},
    "dagan": {"side": 64, "sizes": {name: narrowed(config) for name, config in DAGAN.items()}},
    "fnevr": {"side": 32, "sizes": narrow_fnevr(FNEVR)},
    "g3fa": {"side": 32, "sizes": narrow_fnevr(G3FA)},
    "lia": {"side": 32, "style_dim": 64, "widths": Widths(64, 2048)},
    "dpe": {"side": 32, "style_dim": 64, "widths": Widths(64, 2048)},
    "pirenderer": {
        "side": 64,
        "sizes": GeneratorConfig(descriptor_nc=32, max_nc=32, warping_base=4, editing_base=8),
    },
    "osfs": {"side": 32, "sizes": {name: narrow_osfs(config) for name, config in OSFS.items()}},
    "fsrt": {"side": 32, "make": narrow_fsrt},
    "liveportrait": {"side": 32, "make": narrow_liveportrait},
    "hyperreenact": {"side": 128, "sizes": HYPERREENACT},
}
"""Method -> arguments of `build`."""
