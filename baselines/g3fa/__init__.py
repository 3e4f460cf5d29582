"""G3FA: Geometry-guided GAN for Face Animation (Javanmardi et al., BMVC 2024).

adapter  G3FA in evalkit
model    FNeVR's networks with 15 keypoints
"""
