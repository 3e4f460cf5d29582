"""Readers of official lists: one file per format, `read(...)` gives clip jobs and remarks."""
