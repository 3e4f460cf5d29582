"""Depth-Aware Generative Adversarial Network for Talking Head Video Generation (Hong et al., CVPR 2022).

adapter    DaGAN in evalkit
model      FOMM's motion read from colour and depth, with attention guided by depth
depth      the face depth network
generator  the two generators
"""
