"""How SFD is trained: data, losses, steps, checkpoints, logs. Nothing of it is needed to run the method."""
