"""What the adapters of the native methods share: pictures in and out, batches, checkpoint files, initial frames.

An adapter names its networks (`networks.Networks`, as the module's `CHECKPOINTS`), turns options into an `Animator`
and hands both to `NativeMethod`.

Sizes. A network works at its own size. Sources and driving frames are brought to it by the filter of the method's
official demo (`resizing`), generated frames back to the size of the protocol by `evalkit.clips.video.fit` (Pillow
bicubic, antialiased when shrinking) on 8-bit frames. A frame that has the size already is not touched.

method        a native method as evalkit runs it
motion_field  the animator of the motion-field family
networks      which networks a method has, and how official files hold them
checkpoints   what a method reports about its weights
convert       official checkpoints into our state dicts
candidates    which of several official files the networks come from
official      reading official files without running anything they hold
harmless      what may stand beside the weights in them
load          the networks of a method with their weights, ready to run
initial       where relative motion starts
faceless      driving frames without a face
pictures      frames to tensors and back
resizing      the filters of official demos
opencv_resize  OpenCV's bilinear resize, bit for bit
batches       batches of frames
memory        the memory of a device
options       options of a method as values
fixed         what layers compute of their weights alone, computed once
precision     half precision where it is harmless
speedups      `--channels-last` and `--compile`
workers       several frames at once on a CPU
"""
