"""Whether evalkit works on this machine, and what is missing: facts gathered in child processes, judged in one place.

facts      what is found; `docs/doctor.md` describes the JSON form
children   checks in child processes, which may crash or hang
probe      the checks that a child runs
libraries  libraries of the core and of every extra
folders    the folders evalkit reads and writes
lacking    metrics and methods with missing requirements
plugged    the plugins that are installed or named, and what of them is broken
rows       whether what is installed differs from what the leaderboards were measured with
diagnose   gather everything, and judge it
contract   what metrics, extractors, datasets and methods have to keep, from wherever they come
"""
