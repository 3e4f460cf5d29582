"""The gate: is this checkpoint worse than the baseline, shown to be as good, or neither?

side -> comparable? -> paired statistics -> verdict -> terminal, markdown, JUnit, JSON, annotations, history.

side            a run folder, a baseline file or a leaderboard entry, seen as the same thing
baseline        what a gate needs of a run in one JSON file
baseline_file   JSON files a gate reads: whole, of a known schema, with the digest they state
candidate       the one-go form: generate, score and judge
rules           what counts as worse, and what has to be excluded
comparable      may two sides be compared at all
evidence        what is known of one metric on both sides
views           a loss in the metric's unit, and as each clip's own share
set_features    uncertainty of set metrics
decision        the rule as functions of numbers: corrected p-values, a word per metric
significance    how sure a loss is, in each metric and over all that are judged
power           how small a loss a comparison can see, and what margin it can show
needs           what `gate power` answers: margins, clips, proposed rules
quick           the quick stage: stop when the verdict is certain
judge           better, same, worse, not proven, suspicious, broken
verdict         two sides and rules -> a verdict with an exit code
verdict_record  a verdict as JSON
formats         markdown, JUnit XML, annotations
comment         a verdict as a comment on a pull request
strips          pictures of the worst pairs
history         one JSON line per gated checkpoint
history_series  the history as one series per metric, with its level changes
"""
