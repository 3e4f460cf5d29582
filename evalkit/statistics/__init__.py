"""Numbers only; each file names its paper.

estimate       a mean over pairs whose people repeat: standard error, interval, one-sided tests
one_role       its spread where one person has both roles
two_roles      its spread where source and driving are different people
ratio          exact quantiles of a mean beside its estimated standard error
groups         sums over pairs by who is in them
leave_out      how sure a number for a whole set is, from leaving out people
skewness       values too skewed for an interval of their mean
couples        every method against every other over the same pairs
holm           p-values of several tests, corrected
ranking        Borda ranks over metrics, with intervals
changepoints   where a series of numbers jumps
bradley_terry  strengths from votes between couples of methods
agreement      do raters agree: Krippendorff's alpha
"""
