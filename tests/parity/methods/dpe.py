"""Our values for a DPE fixture."""

import numpy as np

from baselines._shared.stylegan.images import to_tensor
from baselines.dpe.model import DPE
from tests.parity.dpe_output import to_uint8
from tests.parity.fixture import Fixture
from tests.parity.intermediates import as_stored
from tests.parity.stylegan import constructor, feature_values, frame

INPUTS = frozenset({"source_u8", "driving_u8", "pose_driving_u8"})


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Every output that the fixture stores."""
    model = DPE(**constructor(fixture))
    fixture.fill(model, "gen")
    source = model.encode(to_tensor(frame(fixture, "source_u8")))
    driving_image = to_tensor(frame(fixture, "driving_u8"))
    driving = model.motion(driving_image)
    pose_driving = model.motion(to_tensor(frame(fixture, "pose_driving_u8")))
    direction = model.dir(driving)
    pose_code, exp_code = model.mlp_pose(direction), model.mlp_exp(direction)
    middle = model.animate(source, driving, "expression")
    both = model.animate(source, driving, "both")
    values = {
        "wa_source": source.vector,
        "wa_driving": model.encode(driving_image).vector,
        "alpha_driving": driving,
        "Q": model.dir.basis(),
        "direction_driving": direction,
        "pose_code": pose_code,
        "exp_code": exp_code,
        "out_stage_exp": middle,
        "out_stage_pose": model.animate(source, driving, "pose"),
        "mid_stage_both": middle,
        "wa_mid_both": model.encode(middle).vector,
        "out_stage_both": both,
        "out_single_two_drivers": model.animate(source, driving, "both", pose=pose_driving),
        **feature_values(source.features),
    }
    for name, decoder, code in (("pose", model.dec_pose, pose_code), ("exp", model.dec_exp, exp_code)):
        for index, scale in enumerate(decoder.scales(source.vector + code, source.features)):
            values[f"flow_raw_dec_{name}_{index}"] = scale.flow
    return as_stored(values, fixture.io) | {"out_both_u8": to_uint8(both)[0]}
