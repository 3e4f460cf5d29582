"""Many workers for one command: pairs of all its methods at once, on every GPU and CPU slot that it was given.

An engine has workers and carries tasks to them; who gets what, and what happens when a worker dies, is decided in one
place. A worker does one task at a time, so that its death says which pair it was.

tasks      what workers are asked, and what they answer
bench      a worker's side: makes and scores pairs, keeps its method loaded
dispatch   which worker gets which pair; deaths, poisoned pairs, stragglers
local      an engine of processes on this machine
choice     the engine that a command asked for
"""
