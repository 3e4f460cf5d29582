"""MagicPortrait's networks, guided by a FLAME head that is rendered here, with the user's own registered FLAME file.

adapter     the method in evalkit
provider    parameters of source and driving clip -> maps
parameters  files of parameters, as DECA, EMOCA and SMIRK name them
model_file  the FLAME file, read without running what it holds
head        shape, expression and pose -> points (linear blend skinning)
render      depth, normal and shaded maps, as the official script makes them
"""
