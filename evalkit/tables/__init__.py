"""Results as tables, beside those of papers.

results       what a table needs of a result, from a run folder or a leaderboard
words         the words that options take
options       what a user says of a table
make          from results and options to the table
cells         columns and cells
table         rows are methods, columns metrics; best and second are marked
rows          which rows and metrics, under which names, in which order
extra_columns  costs, coverage, people
ranking       best and second, and what does not beat doing nothing
transposed    rows are metrics, columns methods
formats       the formats by name and suffix
markdown      GitHub-flavoured
latex         booktabs, and the layout of papers
siunitx       columns of that package
typst         a figure with a table
html          to be pasted into Word
comma_separated  CSV, unrounded
as_json       everything, unrounded
papers        numbers printed in papers: reported, never measured here
paper_tables  tables of papers in our layout
printed       what papers printed for a method, in its own row
explain       what one number of a run is
prepared      what was done to outputs before they were scored
following     what has to stand below numbers that were measured as a paper measured
uncertainty   why a number has no interval, and where one promises too much
"""
