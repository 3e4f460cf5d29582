"""Where relative motion starts: the driving frame whose face is posed most like the source's.

The rule is `baselines._shared.best_frame`, which FOMM's demo introduced. Official demos take the 68 landmarks of the
`face-alignment` package; here they are dlib's.
"""

from collections.abc import Iterable

import numpy as np

from baselines._shared.best_frame import best_frame
from evalkit.errors import MethodError
from evalkit.extractors import dlib68
from evalkit.types import Frames


def best_initial(source: Frames, driving: Iterable[Frames]) -> Frames:
    """The (1, H, W, 3) frame of `driving` that fits the (H, W, 3) source best; decodes the clip once.

    Raises `MethodError` when dlib finds no face in the source or in any driving frame.
    """
    extract = dlib68.load()
    wanted = extract(source[None], {})["points"][0]
    chunks = [extract(chunk, {})["points"] for chunk in driving]
    try:
        index = best_frame(wanted, np.concatenate(chunks))
    except ValueError as error:
        raise MethodError(f"best_frame=search: {error}. Use best_frame=first.") from error
    for chunk in driving:
        if index < len(chunk):
            return chunk[index : index + 1]
        index -= len(chunk)
    raise MethodError("best_frame=search: the driving clip changed while it was read.")
