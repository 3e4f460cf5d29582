"""Results as tables, beside those of papers.

results       what a table needs of a result, from a run folder or a leaderboard
cells         columns and cells
table         rows are methods, columns metrics; best and second are marked
ranking       best and second, and what does not beat doing nothing
formats       markdown, LaTeX, CSV, JSON
latex         booktabs, and the layout of papers
papers        numbers printed in papers: reported, never measured here
paper_tables  tables of papers in our layout
explain       what one number of a run is
prepared      what was done to outputs before they were scored
uncertainty   why a number has no interval, and where one promises too much
"""
