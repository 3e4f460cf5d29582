"""What `import evalkit` offers to programs (docs/python.md); the command line calls the same functions below.

run        `ek.run`
score      `ek.score`
finished   `ek.read_run`, and `ek.Run`
table      `ek.table`
site       `ek.site`
gate       `ek.gate`
metric     `ek.metric` on arrays
wrappers   metrics in the clothes of other libraries
callbacks  `ek.callbacks`
track      `ek.track`
trackers   where a run can be logged
frames     arrays of any layout and range as frames; a wrong statement is an error
html       tables in notebooks
progress   what a program hears of a run
"""
