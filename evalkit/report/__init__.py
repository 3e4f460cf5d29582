"""`evalkit report`, runs of one protocol as a static site, and `evalkit site` of several; one idea per file.

collect     runs -> what is compared: methods, pairs, matrices of clip means
ranks       who is ranked, and the order of rows
overview    the first page: the ranked table and what stands behind it
trust       how far the numbers can be trusted
groups      tables of groups of driving frames
tradeoffs   metrics against each other, with Pareto fronts
pairs       the numbers and clips of single pairs
worst       the worst pairs and frames of each metric
paged       which pairs have a page: of very many some
history     gated checkpoints: metrics over time, level changes, verdicts
failures    everything that has no value, with its reason
media       the clips of a pair as one video that a browser plays
landmarks   the points that the overlay draws
build       media and landmarks of one pair, in any process
page        templates rendered as pages of a site, or as one file
payload     data for the pages, as scripts that open from a file
folder      the folder of the site: nothing else in it is touched
write       all of it
site        several protocols and leaderboards as one site, with reports below

`templates/` holds the pages, `assets/` their scripts and styles: classic scripts, because a page that is opened from a
file may not load modules or fetch data.
"""
