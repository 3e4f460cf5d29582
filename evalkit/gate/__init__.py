"""The gate: is this checkpoint worse than the baseline, and could we have seen it?

side -> comparable? -> paired statistics -> verdict -> terminal, markdown, JUnit, JSON, annotations, history.
"""
