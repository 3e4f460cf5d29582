"""The method `copy_driving`: an anchor, the best any motion metric can say.

adapter  returns the driving frames unchanged
"""
