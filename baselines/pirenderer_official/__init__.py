"""The external method `pirenderer_official`: a card; its code is in a repository of its own."""
