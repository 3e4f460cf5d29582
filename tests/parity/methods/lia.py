"""Our values for a LIA fixture."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from baselines._shared.stylegan.images import to_tensor
from baselines.lia.model import LIA, Source
from tests.parity.fixture import Fixture
from tests.parity.intermediates import as_stored
from tests.parity.lia_output import to_uint8_stretched
from tests.parity.stylegan import constructor, feature_values, frame

INPUTS = frozenset({"source_u8", "driving0_u8", "driving_t_u8"})


def outputs(fixture: Fixture) -> dict[str, np.ndarray]:
    """Every output that the fixture stores."""
    model = LIA(**constructor(fixture))
    fixture.fill(model, "gen")
    source = model.encode_source(to_tensor(frame(fixture, "source_u8")))
    start = model.motion(to_tensor(frame(fixture, "driving0_u8")))
    driving = model.motion(to_tensor(frame(fixture, "driving_t_u8")))
    latent = model.latent(source, driving, start)
    values = {
        "wa": source.vector,
        "alpha_start": start,
        "alpha_target": driving,
        "alpha_source": source.magnitudes,
        "Q": model.dec.direction.basis(),
        "dir_start": model.dec.direction(start),
        "dir_target": model.dec.direction(driving),
        "dir_source": model.dec.direction(source.magnitudes),
        "latent_relative": latent,
        "conv1": model.dec.start(latent),
        **feature_values(source.features),
    }
    for index, scale in enumerate(model.dec.scales(latent, source.features)):
        values |= {f"flow_raw_{index}": scale.flow, f"x_{index}": scale.x, f"rgb_skip_{index}": scale.image}
        values["out_relative"] = scale.image
    values["out_absolute"] = model.animate(source, driving)
    values["out_self"] = model.dec(source.vector, source.features)
    values |= _manipulation(fixture, model, source)
    clip = torch.cat((values["out_relative"], values["out_absolute"]))
    return as_stored(values, fixture.io) | {"video_u8_relative_absolute": to_uint8_stretched(clip)}


def _manipulation(fixture: Fixture, model: LIA, source: Source) -> dict[str, Tensor]:
    """The source moved along one direction, where config.json names one."""
    if "manip" not in fixture.config:
        return {}
    magnitudes = torch.zeros_like(source.magnitudes)
    magnitudes[:, int(fixture.config["manip"]["index"])] = float(fixture.config["manip"]["degree"])
    moved = replace(source, magnitudes=magnitudes)
    image = model.animate(moved, source.magnitudes, start=torch.zeros_like(magnitudes))
    return {"alpha_manip": magnitudes, "out_manip": image}
