"""Every reader of files and requests from outside, on inputs that were valid before they were mutated.

mutate   changes bytes, tokens, keys and values
readers  what reads which kind, from which valid inputs
watch    what no reader may do: raise something else than ours, hang, open files elsewhere, talk for long
run      one input after the other

`python -m tests.fuzz --inputs 100000` runs more of them than the suite does.
"""
