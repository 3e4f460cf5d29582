"""Coefficients of networks that evalkit does not run: the user runs them and brings one npz file per clip.

Only names and shapes are known here; `evalkit/scoring/coefficients.py` finds and reads the files. Source of the names:
EMOCA (`radekd91/emoca`, the dictionary that `encode` returns) and SMIRK (`georgeretsi/smirk`, the encoders' outputs).
Both describe a FLAME face; their terms do not allow the networks to be shipped or fetched without registration.
"""

from functools import partial
from typing import NoReturn

from evalkit.errors import WeightsError
from evalkit.extractors.base import Extractor, ImportedArray

HALF_TURN = 3.1416
"""An axis-angle vector in radians is no longer than this; degrees are."""


def _refuse(network: str) -> NoReturn:
    raise WeightsError(f"evalkit does not run {network}: bring its coefficients with --coefficients {network}=DIR.")


def _extractor(id: str, *arrays: ImportedArray) -> Extractor:
    names = "+".join(f"{a.array}:{a.columns}" for a in arrays)
    return Extractor(id, f"{id}-imported|{names}", (), partial(_refuse, id), imported=arrays)


EMOCA = _extractor("emoca", ImportedArray("expression", "expcode", 50))
SMIRK = _extractor(
    "smirk",
    ImportedArray("expression", "expression_params", 50),
    ImportedArray("pose", "pose_params", 3, longest=HALF_TURN),
)
