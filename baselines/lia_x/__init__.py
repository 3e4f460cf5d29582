"""The external method `lia_x`: a card; its code is in a repository of its own."""
