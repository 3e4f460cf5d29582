"""The external method `liveportrait_official`: a card; its code is in a repository of its own."""
