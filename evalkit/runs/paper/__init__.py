"""All tables and figures of a paper from one file.

schema  `paper.yaml`, typed
make    every file it asks for, the same bytes each time
"""
