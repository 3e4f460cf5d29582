"""What metrics, extractors, datasets and methods have to keep, from wherever they come.

The tests hold evalkit's own to this, `evalkit check plugin` those of others. A check is a function that returns what
is wrong, in a sentence, or an empty text; it raises `CannotCheck` where something it needs is not here.

check       everything that a plugin brings, check by check
checks      what a check is, and how one is run
metrics     facts, signatures, direction, shapes
extractors  facts, signatures, rows
datasets    facts
methods     the card, and a few frames
"""
