"""Pictures in and out.

video     the only place that decodes, resizes or changes layouts, and writes clips without loss
web_copy  H.264 and JPEG for browsers: encodes only, and loses detail
"""
