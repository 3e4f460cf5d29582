"""The external method `pirenderer_official`: a card; its code is in a repository of its own.

database  runs there: a database of one clip
"""
