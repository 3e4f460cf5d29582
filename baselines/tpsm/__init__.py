"""Thin-Plate Spline Motion Model for Image Animation (Zhao and Zhang, CVPR 2022).

adapter       TPSM in evalkit
model         groups of five keypoints, a spline per group, inpainting at several sizes
keypoints     keypoints, background motion, disentanglement
dense_motion  splines, blended into a dense flow
inpainting    features of every size, warped and fused
"""
