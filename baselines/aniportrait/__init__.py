"""The external method `aniportrait`: a card; its code is in a repository of its own."""
