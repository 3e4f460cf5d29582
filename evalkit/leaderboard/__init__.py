"""Leaderboards: one JSON file per protocol and method, tables rendered from them, papers' numbers beside them.

entry      one row: what was measured, by what, and how sure
row        the file of a row, typed
board      all rows of one protocol, comparable, ranked, as a table
render     `leaderboards/README.md`, rendered and never typed
pareto     the Pareto figure of a board
reproduce  a paper's table beside what was measured here

submitted     the files of a stranger's run, looked at before any is opened
verify        is a submitted run what it says
recomputed    its numbers, computed again
verification  what a row says of that, and the words for it
"""
