"""Windows of frames that are denoised together, in a closed loop.

Source: the uniform scheduler of AnimateDiff's long clips at stride 1 and with a closed loop, as MagicPortrait's
released loop uses it at every step.
"""

WINDOW, OVERLAP = 12, 1


def windows(frames: int, size: int = WINDOW, overlap: int = OVERLAP) -> list[list[int]]:
    """The frames of every window, in order; together they cover all frames.

    Windows start every `size - overlap` frames while there are frames, and go on with frame 0 after the last one. A
    clip that fits into a window is one window, of its length.

    Raises `ValueError` unless there are frames and 0 <= overlap < size.
    """
    if frames < 1 or not 0 <= overlap < size:
        raise ValueError(f"windows of {size} frames with an overlap of {overlap} over {frames} frames")
    if frames <= size:
        return [list(range(frames))]
    return [[(start + each) % frames for each in range(size)] for start in range(0, frames, size - overlap)]
