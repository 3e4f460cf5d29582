"""Every reader of files and requests from outside, on inputs that were valid before they were mutated.

mutate       changes bytes, tokens, keys and values
reader       what a reader is, and valid inputs for one
files        readers of settings and lists
run_files    readers of records, tables and caches
study_files  readers of studies, and requests to their server
readers      all of them
watch        what no reader may do: raise something else than ours, hang, open files elsewhere, talk for long
run          one input after the other

`python -m tests.fuzz --inputs 100000` runs more of them than the suite does.
"""
