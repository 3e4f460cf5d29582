"""Figures for papers, as vector PDF, SVG or PNG.

flame       where time went
from_runs  the figures of finished runs
pareto     identity against motion against speed
front      who is on a Pareto front
shares     shares with intervals, above or below chance
names      names at points, without overlap
radar      one spoke per metric, one outline per method
grid       pairs side by side
options    what a user says of figures that show pairs
words      the words that options take
flame      where time went
frames     a metric over the frames of a clip
files      figures as files: the same figure gives the same bytes
"""
