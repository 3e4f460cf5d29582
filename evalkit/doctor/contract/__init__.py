"""The contracts of metrics, extractors, datasets and methods, evalkit's own and those of plugins.

The tests check evalkit's own, `evalkit check plugin` those of others. A check is a function that returns what
is wrong, in a sentence, or an empty text; it raises `CannotCheck` if something it needs is missing.

check       everything that a plugin provides, check by check
checks      what a check is, and how one is run
metrics     facts, signatures, direction, shapes
extractors  facts, signatures, rows
datasets    facts
methods     the card, and a few frames
"""
