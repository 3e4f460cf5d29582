"""First Order Motion Model for Image Animation (Siarohin et al., NeurIPS 2019).

adapter  FOMM in evalkit
model    keypoints with local affine transforms -> dense flow -> warped source features
"""
