"""The border to methods: what one is, where it is found, how it is run.

interface    the card, the configuration, driving frames, and `Method` itself
find         read cards, build adapters: the only file that imports code it does not know
live         methods that are objects of this process
external     methods of other people's repositories, behind the same border
foreign      such a repository in its own environment: its card, commands, workers, limits, what it wrote
user_config  the user's file: aliases, and where repositories are
aliases      other names for methods that a user chose
code         the code that a method's frames depend on, as one hash
checkpoints  weights of methods: where converted ones are stored, and what a method reports about files
option_files  files and folders that options name, as a run records them
watched      content of such files and of weights, and whether it stayed as it was
made_by      what decides the frames of a method, as one digest
new          a folder for a method to be written
generate     run a method on one pair and check every frame that comes back
device       whether a GPU can still be used after an error
cost         speed, latency, peak memory
"""
