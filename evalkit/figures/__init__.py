"""Figures for papers, as vector PDF, SVG or PNG.

from_runs  the figures of finished runs
pareto     identity against motion against speed
radar      one spoke per metric, one outline per method
frames     a metric over the frames of a clip
files      figures as files: the same figure gives the same bytes
"""
