"""G3FA's inference networks: FNeVR's, with 15 keypoints and without the auxiliary decoder.

Source: Javanmardi, Pagani, Stricker, G3FA: Geometry-guided GAN for Face Animation, BMVC 2024. The geometry guidance
(inverse rendering, depth and normal discriminators) belongs to training; at test time G3FA is `Fnevr(VOX_256)`.
"""

from __future__ import annotations

import dataclasses

from baselines.fnevr.model import VOX_256 as FNEVR_VOX_256
from baselines.fnevr.model import FnevrConfig

VOX_256 = FnevrConfig(
    generator=dataclasses.replace(FNEVR_VOX_256.generator, num_kp=15),
    kp_detector=dataclasses.replace(FNEVR_VOX_256.kp_detector, num_kp=15),
    mini_decoder=False,
)
"""Official vox-256.yaml."""
