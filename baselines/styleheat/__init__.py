"""The external method `styleheat`: a card; its code is in a repository of its own."""
