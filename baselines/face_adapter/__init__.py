"""The external method `face_adapter`: a card; its code is in a repository of its own."""
