"""LivePortrait (Guo et al., 2024): implicit 3D keypoints with stitching and retargeting control."""
