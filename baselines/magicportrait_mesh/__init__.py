"""MagicPortrait's networks, guided by a landmark mesh that anybody may use, instead of FLAME.

adapter   the method in evalkit
provider  meshes of source and driving clip -> maps
heads     shape of one, expression and pose of the other
topology  which points make triangles
render    depth, normal and shaded maps
"""
