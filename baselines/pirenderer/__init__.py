"""PIRenderer (Ren et al., ICCV 2021): portraits driven by 3DMM coefficients.

adapter            PIRenderer in evalkit
coefficients       the 73 motion numbers, by Deep3DFaceRecon
coefficient_files  motion that somebody else computed
motion             windows of 27 frames of 73 numbers
generator          mapping, warping and editing in one
mapping            a window of motion -> one descriptor
warping            source image -> coarsely warped source
editing            the generated image
blocks             layers that they share
"""
