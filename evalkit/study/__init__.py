"""User studies: pairwise trials as a page, a server that collects answers, and what the votes say.

entrants  the runs that take part, and the pairs all of them can show
design    who sees which two clips on which side, in which order
make      choose scenes, deal trials, encode, write the page and the key apart
media     what raters see of a scene
page      the page raters open
folder    a study on disk
server    serve the page and collect answers on the local machine
answers   sheets of answers: what is taken and what is refused
store     answers in SQLite
votes     from answers to votes, and who is left out
score     preferences, scenes won, intervals, strengths and agreement
tables    a study as tables
"""
