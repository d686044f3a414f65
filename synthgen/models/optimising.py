"""How small networks are trained: AdamW for a number of steps, on the device that accelerate picks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from synthgen.device import one_thread, pick_device

Network = TypeVar("Network", bound=nn.Module)


def optimise(
    network: Network,
    loss_of: Callable[[nn.Module, int, torch.device], torch.Tensor],
    steps: int,
    learning_rate: float,
    progress: Callable[[int, int, float], None] | None = None,
) -> Network:
    """The network after `steps` of AdamW on what `loss_of(model, step, device)` gives; the rate rises, then falls."""
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=pick_device() == "cpu", step_scheduler_with_optimizer=False)
    one_thread()
    model = network.to(accelerator.device, memory_format=torch.channels_last)
    norms = [p for p in model.parameters() if p.ndim == 1]
    weights = [p for p in model.parameters() if p.ndim > 1]
    groups = [{"params": weights, "weight_decay": 0.05}, {"params": norms, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98))
    model, optimizer = accelerator.prepare(model, optimizer)
    model.train()
    for step in range(steps):
        warm = min(1.0, (step + 1) / (0.15 * steps))
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * warm * 0.5 * (1 + np.cos(np.pi * step / steps))
        loss = loss_of(model, step, accelerator.device)
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        if progress:
            progress(step + 1, steps, float(loss.detach()))
    done: Network = accelerator.unwrap_model(model)
    return done
