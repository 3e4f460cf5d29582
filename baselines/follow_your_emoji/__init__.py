"""The external method `follow_your_emoji`: a card; its code is in a repository of its own.

landmarks  runs there: the landmark file that its notebook makes
"""
