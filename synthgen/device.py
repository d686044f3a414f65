"""Where networks run: the accelerator if there is one, else one CPU thread."""

from __future__ import annotations

import os


def pick_device() -> str:
    """`cuda`, `mps` or `cpu`; the environment variable SYNTHGEN_DEVICE decides if set."""
    import torch

    if wanted := os.environ.get("SYNTHGEN_DEVICE"):
        return wanted
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def one_thread() -> None:
    """Give torch one CPU thread in the calling thread.

    Results depend on the thread count, and small networks cost about five times the CPU time with two.
    """
    import torch

    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)
