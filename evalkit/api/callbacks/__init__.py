"""`ek.callbacks`: a network is scored while it trains, and the training does not notice.

watch       every N steps: animate a few pairs with the network in memory, score them in the background
untouched   the state of a training, kept while a network is used in between
lightning   a watch as a callback of Lightning
accelerate  a watch on the main process of Accelerate
"""

from evalkit.api.callbacks.accelerate import accelerate
from evalkit.api.callbacks.lightning import lightning
from evalkit.api.callbacks.watch import Watch

__all__ = ["Watch", "accelerate", "lightning"]
