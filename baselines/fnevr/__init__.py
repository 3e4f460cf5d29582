"""FNeVR: Neural Volume Rendering for Face Animation (Zeng et al., NeurIPS 2022)."""
