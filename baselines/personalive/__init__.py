"""The external method `personalive`: a card; its code is in a repository of its own."""
