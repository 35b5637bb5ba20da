"""Array types the generator passes around; all are one-dimensional, one entry an item unless said."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
