"""Methods: a folder each (`evalkit methods list`).

_shared  what several methods have in common
"""
