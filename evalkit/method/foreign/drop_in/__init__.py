"""The folder that workers of shipped cards have on their path; there is nothing else in it.

evalkit_worker  the file that people drop into their repository
"""
