"""The external method `stable_animator`: a card; its code is in a repository of its own."""
