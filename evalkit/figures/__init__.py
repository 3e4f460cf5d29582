"""Figures for papers, as vector PDF, SVG or PNG."""
