"""Models in other people's repositories, each in its own environment: run, limited, and cut back to plain frames.

card            what a card says of a repository: command, files it wants, files it writes, traps
place           where the user's clone and its interpreter are, and which commit it is
task            one pair, what all pairs share, and what one cost
fill            placeholders of a command and of the files it reads
inputs          the source, the driving frames and the settings files that a repository wants
workfolder      the folder of a pair, found again when its steps are to be continued
surroundings    the environment variables of a foreign program
output          find, count, cut and check what it wrote
container       a command inside docker, podman or apptainer
process         one process tree: time and memory limits, bounded output, peak memory
proc_tree       the processes below one, and their memory
gpu_memory      what processes hold on GPUs, asked of the driver
warden          the parent of that tree, a script of its own: no descendant outlives it
command         one pair, or many through a manifest, by commands
messages        length-prefixed JSON on pipes
worker          a process that keeps its model loaded
drop_in         evalkit_worker.py, which people drop into their repository
weights         digests of weight files
setup           the commands from nothing to a clone with an environment
doctor          what is missing for a method to run
"""
