"""One run from beginning to end.

session          one protocol over its data, opened once for everything that is run or scored over it
choices          the options of a run, as commands and programs give them
devices          where a method runs, and where networks of metrics do
progress         how far a run is, for whoever waits: a bar, or lines
run              the main job: run a method in a session, or score somebody's outputs
one_pair         a drawn pair through one method or two, to look at
plugged          which code from outside a run used
plan             what a run has to do
producers        where its clips come from: a method, or outputs made elsewhere
kept             what there is of a pair, and whether it still holds
run_pairs        every pair made by a producer, scored, and kept
engine           the same with many workers at once
foreign_clips    somebody else's clips, matched to the pairs of a protocol and made to fit its frames
output_names     which pair a file belongs to: by its name, or by a list
prepared_output  an output's frames chosen, cut and resized, and which option makes it fit
shard            a part of the pairs, for one of several machines
profile          where the time of runs went
speed            how fast this machine is: `evalkit bench`
status           how far runs are, for another process
merge            run folders of parts joined to one
aggregate        frame -> clip -> protocol, coverage beside every number
slices           results over groups of driving frames
as_paper         finished runs in the columns of a paper
common_frames    runs compared on the frames that all of them have
notes            what has to stand beside the value of a metric
summary          `frames.parquet`, `clips.parquet`, `summary.json`
contact_sheet    source | driving | generated, worst pairs first
forecast         what a run will cost, said before it starts
find_clips       where the clips of a finished run are
shown            pairs and frames of finished runs, chosen and read, for figures that show them
pair_grid        the grid figure of papers
paper            all tables and figures of a paper from one file
pair_video       the side-by-side video of supplements
"""
