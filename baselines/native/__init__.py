"""What the adapters of the native methods share: pictures in and out, batches, checkpoint files, initial frames.

An adapter names its networks (`networks.Networks`, as the module's `NETWORKS`, and what evalkit asks of their weights,
`checkpoints.NativeCheckpoints`, as its `CHECKPOINTS`), turns options into an `Animator` and hands both to
`NativeMethod`.

Sizes. A network works at its own size. Sources and driving frames are brought to it, and generated frames back to the
size of the protocol, by `evalkit.video.fit` (Pillow bicubic, antialiased when shrinking) on 8-bit frames. A frame that
has the size already is not touched.
"""
