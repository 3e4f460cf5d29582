"""General helpers that know nothing about faces.

files             files that are whole or absent: atomic writes, digests, canonical JSON
digests           digests of files, computed once per state of a file
csvfile           CSV rows whose errors name file, line and column
registry          name -> object, or a "module:attribute" string that is imported when asked for
plugins           code from outside: entry points, and files named on the command line
world             the process as code from outside sees it, put back when that code is left
own_code          the code of a plugin as one hash
variables         the environment variables that evalkit reads
text              what of a stranger's text may be part of a path, or be printed; durations in words
validation        pydantic's findings as one paragraph a person can act on
places            where protocols, baselines, leaderboards and the cache are
processes         worker processes that end with their parent
stopwatch         where the time of a task goes
git               questions to git about a folder
imports           what Python files import, read from their text
extras            optional libraries, and which extra provides each
names             names of files: compared, cut, shown
refusals          what a system answered about a file, in one sentence
yamlfile          YAML files that users write, with one kind of error
garbage           the search for reference cycles, paused
system_libraries  libraries of the operating system, and the package that provides each
"""
