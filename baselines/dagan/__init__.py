"""Depth-Aware Generative Adversarial Network for Talking Head Video Generation (Hong et al., CVPR 2022)."""
