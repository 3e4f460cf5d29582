"""Prepare datasets: official lists and the user's own downloads become the standard layout.

jobs      lists become clip jobs, everything else becomes a remark
lists     readers of official lists
commands  what to fetch, one row per raw video, for the user's own downloader
raw       find raw videos in the download folder
make      decode one raw video once and write all its clips on the way
faces     the face window of a clip, found in the video itself
build     lists -> jobs -> crops -> manifest and report, resumable
journal   `prepare.jsonl`, what has been prepared
check     what is missing, unreadable, of the wrong size or length in a root
names     names from lists that become file names
textfile  lines of official text lists
"""
