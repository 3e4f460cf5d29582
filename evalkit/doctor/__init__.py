"""Whether evalkit works on this machine, and what it lacks: facts gathered in child processes, judged in one place."""
