"""The external method `fomm_official`: a card; its code is in a repository of its own."""
