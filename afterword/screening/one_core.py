"""Imported before numpy: a message is too small a piece of work to be shared among cores.

On a busy machine threads that wait for each other made a sentence ten times slower.
"""

import os

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
