"""What several methods share; a method's own folder holds the rest.

native      what adapters of networks share
motion      the motion-field family: fomm, tpsm, osfs, dagan, fnevr and g3fa
stylegan    StyleGAN2-type blocks: lia, dpe and sfd
linear      linear algebra that a GPU does not stop for
spectral    a convolution under spectral norm: osfs, dagan and liveportrait
best_frame  the driving frame whose face is posed most like the source's
"""
