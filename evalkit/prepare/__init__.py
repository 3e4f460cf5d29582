"""Prepare datasets: official lists and the user's own downloads become the standard layout."""
