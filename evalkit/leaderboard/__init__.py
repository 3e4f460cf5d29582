"""Leaderboards: one JSON file per protocol and method, tables rendered from them, papers' numbers beside them.

entry      one row: what was measured, by what, and how sure
row        the file of a row, typed
board      all rows of one protocol, comparable, ranked, as a table
render     `leaderboards/README.md`, rendered and never typed
pareto     the Pareto figure of a board
reproduce  a paper's table beside what was measured here
"""
