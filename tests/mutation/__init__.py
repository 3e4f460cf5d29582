"""Do the tests notice? Small changes of the code, each run against the tests that belong to it.

    python -m tests.mutation --sample 200 --seed 1            # all six rooms
    python -m tests.mutation gating statistics --sample 100
    python -m tests.mutation evalkit/metrics/kid.py --sample 1000

`changes.py` makes the changes, `belonging.py` finds the tests of a module, `calls.py` those among them that call what
was changed, `trial.py` runs these in a copy of the tree, `equivalent.yaml` lists the changes that no input can tell
apart, each with the reason.

Why not a tool from the index: cosmic-ray 8.7 mutates the working tree in place and neither removes statements nor
changes returns and defaults; mutmut 3.8 takes no sample and skips what is decorated and what stands outside functions,
as the tables of metrics do; fest-mutate 0.1.3 patches modules that were imported, so what others took from them by
name stays as it was, and takes no sample.
"""
