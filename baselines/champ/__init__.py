"""The external method `champ`: a card; its code is in a repository of its own."""
