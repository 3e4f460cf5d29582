"""A corpus to try evalkit with: drawn talking heads whose head pose and expression are known exactly.

The people do not exist: `render_clip` draws them from integers with numpy alone, the same bytes on every run.
"""

from evalkit.demo.clip import DemoClip, render_clip
from evalkit.demo.pose import rotation_matrix

__all__ = ["DEMO_VERSION", "DemoClip", "render_clip", "rotation_matrix"]

DEMO_VERSION = 1
"""Changes whenever the pixels of any clip change."""
