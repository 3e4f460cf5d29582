"""LIA: Latent Image Animator, native network.

adapter  LIA in evalkit
model    motion as a walk along learned orthogonal directions
"""
