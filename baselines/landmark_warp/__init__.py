"""The method `landmark_warp`."""
