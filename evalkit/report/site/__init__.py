"""`evalkit site`: runs and leaderboards of several protocols and both tasks as one static site, one idea per file.

given        paths -> results: run folders and rows of leaderboards, read
boards       results -> boards: who may be compared with whom, ranked
couples      every method against every other, for the matrix and for A against B
places       the addresses of pages and signatures
cells        tables as templates print them, with a link behind every number
overall      the first page: all protocols side by side
boardpage    the page of a protocol
methods      the page of a method
metrics      the page of a metric: its definition, and every signature with who has it
search       what can be found from every page
write        all of it; the reports lie below, one per protocol with runs

`templates/` and `assets/` hold what is not shared with the report; the report's own are used for everything else.
"""
