"""Coefficients of networks that evalkit does not run: the user runs them and supplies one npz file per clip.

Only names and shapes are known here; `evalkit/scoring/coefficients.py` finds and reads the files. Source of the names:
EMOCA (`radekd91/emoca`, the dictionary that `encode` returns) and SMIRK (`georgeretsi/smirk`, the encoders' outputs in
`src/smirk_encoder.py`: 50 numbers of expression, two eyelids in [0, 1], an axis-angle of the jaw). Both describe a
FLAME face; their terms do not allow the networks to be shipped or fetched without registration. L2CS-Net (Abdelrahman
et al., 2022, `Ahmednull/L2CS-Net`) gives two angles of gaze per face: `gaze` holds the one sideways, then the other.
"""

from functools import partial
from typing import NoReturn

from evalkit.errors import WeightsError
from evalkit.extractors.base import Extractor, ImportedArray, JoinedFeature

HALF_TURN = 3.1416
"""Upper bound for the length of an axis-angle vector in radians; in degrees it would be longer."""


def _refuse(network: str) -> NoReturn:
    raise WeightsError(f"evalkit does not run {network}: supply its coefficients with --coefficients {network}=DIR.")


def _extractor(id: str, *arrays: ImportedArray, joined: tuple[JoinedFeature, ...] = ()) -> Extractor:
    """Optional arrays are not in the signature: they move only the metrics that name them in their settings."""
    names = "+".join(f"{a.array}:{a.columns}" for a in arrays if not a.optional)
    return Extractor(id, f"{id}-imported|{names}", (), partial(_refuse, id), imported=arrays, joined=joined)


L2CS = _extractor("l2cs", ImportedArray("angles", "gaze", 2, longest=HALF_TURN))
EMOCA = _extractor("emoca", ImportedArray("expression", "expcode", 50))
SMIRK = _extractor(
    "smirk",
    ImportedArray("expression", "expression_params", 50),
    ImportedArray("pose", "pose_params", 3, longest=HALF_TURN),
    ImportedArray("eyelids", "eyelid_params", 2, optional=True),
    ImportedArray("jaw", "jaw_params", 3, longest=HALF_TURN, optional=True),
    joined=(JoinedFeature("face", ("expression", "eyelids", "jaw")),),
)
