"""Are values so skewed that an interval of their mean holds the truth less often than it says?

The mean of very skewed values (a few clips far worse than the rest) is estimated from clips that mostly lie below it,
and no interval mends that: at skewness 6, 95 % intervals cover 85 to 93 % whatever is done. The values themselves show
it, the better the more there are:

* all above 0, the mean above the median, and the logs spread by more than 0.6 (a lognormal law of skewness 2.3), or
* the upper tenth lies much further from the median than the lower tenth, or the other way round: Kelly's skewness
  beyond `0.3 + 1 / sqrt(n)`, which 5 % of samples of skewness 1.3 (what distances of keypoints have) exceed.

How often either speaks, by law and number of clips: docs/statistics.md. Few values cannot show it.

Source: Kelley, Statistical Method, 1923 (the measure from tenths).
"""

import numpy as np

from evalkit.types import Values

LOG_SPREAD = 0.6
FEWEST = 4


def very_skewed(values: Values) -> bool:
    """Whether `values` (N,) show it; fewer than four never do."""
    if len(values) < FEWEST:
        return False
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9))
    if high == low:
        return False
    if values.min() > 0 and values.mean() > middle and float(np.log(values).std(ddof=1)) > LOG_SPREAD:
        return True
    return bool(abs(high + low - 2 * middle) / (high - low) > 0.3 + 1 / np.sqrt(len(values)))
