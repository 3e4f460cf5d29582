"""The metrics themselves ranked: how well each orders outputs as the truth does, which the drawn corpus knows.

conditions  what outputs are audited: drawn errors of motion, damage to pictures, the wrong person
truth       how far each of them is from the true answer, without any estimator
audited     which metrics are audited, and for what
measure     draws, damages and animates the outputs, and scores them
rank        from numbers to verdicts: rank correlation and pairwise agreement, with intervals
report      verdicts as CSV, JSON, a page and a figure
"""
