"""The external method `magicportrait_official`: a card; its code is in a repository of its own.

copy_inputs  runs there: in the place of a crop that is not wanted
"""
