"""A corpus to try evalkit with: drawn talking heads whose head pose and expression are known exactly.

The people do not exist: `render_clip` draws them from integers with numpy alone, the same bytes on every run.

clip         one clip: motion applied to a person, drawn frame by frame
motion       curves of head pose, place and expression over the frame number
pose         head pose angles and the rotation they stand for
identity     who is shown: face shape, colours and style from a seed
person       all meshes and textures of a person, ready to be drawn
base         the average head without features
geometry     from the average head to a person's neutral face
blendshapes  how an expression moves the points of a head
skin         the painted surface of the head
eyes         the open eye, painted per pixel
mouth        the inside of the mouth
hair         hair and beard
body         neck and shoulders, ears, long hair, glasses
parts        meshes as grids of points
scene        camera, lamps and background
raster       a z-buffer in numpy
seeds        random streams named by integers
"""

from evalkit.datasets.drawn.clip import DemoClip, render_clip, render_motion
from evalkit.datasets.drawn.motion import EXPRESSION_NAMES, Motion, move
from evalkit.datasets.drawn.pose import rotation_matrix

__all__ = [
    "DEMO_VERSION",
    "EXPRESSION_NAMES",
    "DemoClip",
    "Motion",
    "move",
    "render_clip",
    "render_motion",
    "rotation_matrix",
]

DEMO_VERSION = 1
"""Changes whenever the pixels of any clip change."""
