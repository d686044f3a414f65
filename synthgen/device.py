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


def quick_precision(device: str) -> str:
    """`bfloat16` where the device multiplies it faster than float32, else `float32`: for training that is measured,
    not for what must repeat to the byte on other machines.

    On a CPU with AVX-512 BF16 a step of a small residual network took two thirds of the time.
    """
    import torch

    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "bfloat16" if device == "cpu" and supported() else "float32"
