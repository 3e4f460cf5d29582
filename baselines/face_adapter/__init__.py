"""The external method `face_adapter`: a card; its code is in a repository of its own.

every_frame  runs there: one run of it for every driving frame
"""
