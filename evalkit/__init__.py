"""evalkit: benchmark and evaluation suite for face reenactment.

Rooms from the ground up; a room imports only rooms above it in this list (`tests/test_imports.py`, and
`python -m tests.architecture --dot` draws it):

types        the words of the project: clips, source frames, pairs
errors       everything that is raised for a reason the user can act on
base         files, CSV, registries, processes: nothing of faces
statistics   intervals, tests and ranks, on numbers alone
clips        pictures in and out
records      what a run leaves on disk
metrics      pure functions of arrays
weights      network files by name
extractors   one network or formula per file, each says something of every frame
protocol     what is measured, on which pairs
tables       results as tables, beside those of papers
datasets     clips on the user's disk, prepared or drawn
figures      pictures of finished runs
method       the border to methods: card, adapter, checkpoints, cost
scoring      from two clips to scores
runs         one run from beginning to end
adapter      the old name of `evalkit.method.interface`, for one release
calibration  how metrics answer to known damage
leaderboard  measured rows, committed
contract     what metrics, extractors, datasets and methods have to keep, from wherever they come
doctor       what works on this machine and what does not
gate         is this checkpoint worse than the baseline
study        user studies
report       runs, and the history of the gate, as pages
cli          the command line
"""

__version__ = "0.2.0"
