"""How fast this machine decodes, extracts, computes metrics and makes tables: `evalkit bench`.

A time says little where other programs run, so each stands beside that of a reference kernel which takes turns with it:
the ratio of both is what is kept and compared.

workload   a piece of work that is timed, and how pieces are chosen by name
material   the clip and the features that the work is done on
workloads  all pieces: decode, extractors, metrics, Fréchet distance, table
kernel     the reference kernel
measure    turns of both, and the ratio with its spread
bench      all of them, one after another
baseline   measurements in a file, and what became slower since
"""
