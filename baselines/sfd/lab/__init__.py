"""SFD's research tools: train it, take it apart, look into it. The method does not need them.

train           train SFD
training        data, losses, steps, checkpoints, logs of a training
data            draw people to train on
ablation        the ablation by one command
ablation_table  its table, the paper's beside it
stages          its stages on disk
stage_scores    its stages scored by evalkit
probe           how much identity a linear probe finds in the descriptors
erase           take identity out of the motion descriptors, in closed form
figures         pictures that look into a trained model
descriptors     what a trained model outputs for people
inspecting      arguments of the commands that look into a model
command         what all commands do alike
"""
