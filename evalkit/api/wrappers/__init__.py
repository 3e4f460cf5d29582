"""Metrics in the clothes of other libraries: gathered clip by clip, the mean at the end.

gathered      sums over clips, which can be added to those of another process
evaluate      as a module of Hugging Face's `evaluate`
torchmetrics  as a `torchmetrics.Metric`
"""
