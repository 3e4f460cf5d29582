"""FSRT: facial scene representation transformer, native network.

adapter      FSRT in evalkit, with any number of sources
model        a source face as tokens, rendered pixel by pixel
encoder      source images to a set of tokens
decoder      the colour of a pixel from tokens, keypoints and expression
encoding     positional encoding of pixels and keypoints
expression   keypoints and the expression vector
transformer  self-attention and cross-attention
"""
