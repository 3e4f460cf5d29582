"""Which of MediaPipe's face points make triangles, from the drawing tables of the `mediapipe` package.

The package lists the edges of its tessellation triangle by triangle, three edges after each other.
"""

import functools

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import MethodError


@functools.cache
def triangles() -> NDArray[np.int64]:
    """(852, 3) points of every triangle, all turning the same way. Raises `MethodError` for another table."""
    from mediapipe.tasks.python.vision import FaceLandmarksConnections

    edges = [(edge.start, edge.end) for edge in FaceLandmarksConnections.FACE_LANDMARKS_TESSELATION]
    found = np.array([edges[index][0] for index in range(len(edges))]).reshape(-1, 3)
    rings = np.array(edges).reshape(-1, 3, 2)
    if len(edges) % 3 or not np.array_equal(rings[:, :, 1], np.roll(rings[:, :, 0], -1, axis=1)):
        raise MethodError("the mesh of this release of mediapipe is not a list of triangles. Install another release.")
    return found
