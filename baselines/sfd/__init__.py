"""SFD: semantic facial descriptors in learned orthogonal subspaces of identity and motion."""
