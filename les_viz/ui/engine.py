"""The engine within the app's process."""

import os

from les_viz.heap import keep_freed_memory


def load_engine() -> None:
    """Import the engine, which takes seconds, and leave half of the processors to the browser.

    OpenMP's threads wait for each other busily. Where the browser wants the same processors, a prediction of 192 atoms
    in two threads took 300 ms, in one 20 ms. `OMP_NUM_THREADS` in the environment has the last word.
    """
    import pandas.io.formats.style  # noqa: F401 - what tables of the first page need
    import torch

    import les_viz.response.predict  # noqa: F401 - what else it needs

    keep_freed_memory()
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
