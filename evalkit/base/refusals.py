"""What a system answered about a file, in one sentence: the file, the reason, and what to do."""

import errno
import os
from pathlib import Path

_ADVICE = {
    errno.EACCES: "permission denied. Fix its permissions and those of the folders above it.",
    errno.EPERM: "permission denied. Fix its permissions and those of the folders above it.",
    errno.EROFS: "the file system is read-only. Choose another place.",
    errno.ENOSPC: "no space left on the device. Free some, or choose another place.",
    errno.EDQUOT: "the disk quota is used up. Free some space, or choose another place.",
    errno.EFBIG: "the file would grow beyond what the system allows (`ulimit -f`, or the file system).",
    errno.ENAMETOOLONG: "the name is too long for the file system. Use a shorter one.",
    errno.ELOOP: "a loop of symbolic links. Fix the link.",
    errno.ENOMEM: "not enough memory. Use fewer --workers, or a smaller batch.",
    errno.EAGAIN: "the system has no more threads or memory to give. Use fewer --workers.",
    errno.EMFILE: "too many open files. Raise `ulimit -n`.",
    errno.EIO: "the device could not read or write it. Look at the disk.",
    errno.ESTALE: "the network file system no longer has it. Mount it anew.",
}
"""Answers that no program can prevent, and what to do."""
_NOT_OURS = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}
"""A path that the user gave, or keeps in it, that is something else than what is needed there."""
_ONE_FILE = {errno.ENAMETOOLONG, errno.EFBIG, errno.EILSEQ, errno.EISDIR, errno.ELOOP, errno.EINVAL}


def is_expected(error: OSError) -> bool:
    """Whether it is an answer about the user's files or machine, not a mistake of the program."""
    return error.errno in _ADVICE or (error.errno in _NOT_OURS and error.filename is not None)


def is_of_one_file(error: OSError) -> bool:
    """Whether the next file may well be written where this one could not: nothing is wrong with the disk."""
    return error.errno in _ONE_FILE


def explained(error: OSError, path: Path | None = None) -> str:
    """One sentence or two. The error's own file is named, else `path`; with neither, where else to look."""
    reason = error.strerror or os.strerror(error.errno or 0)
    named = path if error.filename is None else error.filename
    if named is None:
        # Semaphores and shared memory of worker processes have no path of the user's.
        hint = "The system named no file: check the free space and the permissions of /tmp and /dev/shm."
        return f"{os.strerror(error.errno) if error.errno else reason}. {hint}"
    return f"{named}: {_ADVICE.get(error.errno or 0, f'{reason}. Give another path.')}"
