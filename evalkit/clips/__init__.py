"""Pictures in and out.

kinds          what a file is by its name or first bytes
special_files  what cannot be a clip: pipes, sockets, devices
video          what the rest of evalkit calls: frames of clips, sizes, layouts; writes clips without loss
streams        the frames of a video file: which stream, what is refused, what a reader of scores has to know
whole          whether a video file is all there
rgb            a decoded frame as RGB, by one of two rules
display        frames turned, mirrored and stretched as the file says
pictures       picture files of every mode; animations
panels         pictures side by side in one frame, and the rectangle of each
resize         frames of outputs at another size, by a filter that is named
quick_png      pictures for another program, written fast
sound          what is heard beside the frames of a video
silence        a silent sound track for programs that want one
web_copy       H.264 and JPEG for browsers: encodes only, and loses detail
"""
