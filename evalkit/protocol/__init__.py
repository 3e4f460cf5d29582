"""What is measured, and on which pairs.

schema       `protocols/<id>.yaml` with its lists, validated, and the hash that travels with every number
rules        the parts of a protocol that are rules
presets      how a paper measured, to be put on a protocol
pairs        clips of a dataset -> the pairs of a protocol
check        a protocol against the clips of a root: all that is wrong
diff         what differs between two protocols
import_list  published pair lists as protocols
"""
