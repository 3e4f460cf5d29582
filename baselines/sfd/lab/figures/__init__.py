"""Pictures that look into a trained model: the inspection of the paper's section III-E.

gallery        the frames and people that are shown, chosen by a seed
interpolation  motion between two driving frames
directions     walks along single basis vectors
roles          what each descriptor does alone
tsne           descriptors in two dimensions
sheet          sheets of pictures with titles
"""
