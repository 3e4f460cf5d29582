"""The external method `wan_animate_diffusers`: a card; its code is in diffusers, and in a repository of its own.

worker  runs there: drives the pipeline, and keeps it loaded
"""
