"""User studies: pairwise trials as a page, a server that collects answers, and what the votes say.

entrants  the runs that take part, and the pairs all of them can show
design    who sees which two clips on which side, in which order
make      choose scenes, deal trials, encode, write the page and the key apart
media     what raters see of a scene
page      the page raters open
folder    a study on disk
server    serve a study on the local machine, a bounded number of connections
connection  one HTTP connection, bounded in bytes and time
replies   what is answered to a request
visitors  under which names and from which pages one may ask
answers   sheets of answers: what is taken and what is refused
store     answers in SQLite
votes     from answers to votes, and who is left out
score     preferences, scenes won, intervals, strengths and agreement
tables    a study as tables
"""
