"""Numbers only; each file names its paper.

bootstrap      intervals for a mean over pairs whose people repeat
ranking        Borda ranks over metrics, with bootstrap intervals
signflip       permutation test of paired differences whose pairs share people
changepoints   where a series of numbers jumps
bradley_terry  strengths from votes between couples of methods
agreement      do raters agree: Krippendorff's alpha
"""
