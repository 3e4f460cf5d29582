"""FNeVR: Neural Volume Rendering for Face Animation (Zeng et al., NeurIPS 2022).

adapter  FNeVR in evalkit
model    FOMM's motion, volume rendering, a SPADE decoder
render   volume rendering of warped features
"""
