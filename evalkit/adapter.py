"""The old name of `evalkit.method.interface`, for one release: methods outside the repository may still import it."""

import warnings

from evalkit.method.interface import Driving, Method, MethodCard, MethodConfig, MethodOption

__all__ = ["Driving", "Method", "MethodCard", "MethodConfig", "MethodOption"]

warnings.warn(
    "evalkit.adapter is now evalkit.method.interface; import it from there.", DeprecationWarning, stacklevel=2
)
