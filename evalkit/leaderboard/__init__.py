"""Leaderboards: one JSON file per protocol and method, tables rendered from them, papers' numbers beside them."""
