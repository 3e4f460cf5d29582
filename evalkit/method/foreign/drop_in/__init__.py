"""The folder that workers of shipped cards have on their path; there is nothing else in it."""
