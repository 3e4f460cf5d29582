"""User studies: pairwise trials as a page, a server that collects answers, and what the votes say."""
