"""The method `copy_source`: an anchor, the worst motion and the best identity.

adapter  repeats the first source image
"""
