"""What a run leaves on disk.

frame_scores  one row per pair, metric and frame, with a status
frame_table  those of a whole run, found by pair and metric
clip_scores  one row per pair and metric, with the mean over its frames
run_folder    names, what may be resumed, and the lock that keeps two runs apart
all_outcomes  the outcomes of a finished run in one file
json_record   JSON documents with a schema version, read into typed records
protocol_facts  the protocol of a run, typed
run           a finished run, typed: what `summary.json` and `run.json` hold
progress      how far a run is, while it goes on
trace         what every task of a run took
output_rules  what was done to outputs made elsewhere, and how signatures say it
provenance    versions, commit and machine of a run
"""
