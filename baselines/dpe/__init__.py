"""DPE: disentanglement of pose and expression, native network.

adapter  DPE in evalkit
model    pose and expression edited one after the other
"""
