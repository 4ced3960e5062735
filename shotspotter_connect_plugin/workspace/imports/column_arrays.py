"""Arrays with one value for each row of a file, by the type of the value."""
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
"""Of moments: nanoseconds since 1970, ``forecast.instants.NAT`` where there is none."""
Flags = NDArray[np.bool_]
Objects = NDArray[np.object_]
"""Texts, or None where there is none."""
