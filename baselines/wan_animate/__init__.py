"""The external method `wan_animate`: a card; its code is in a repository of its own."""
