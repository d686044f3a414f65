"""The game that a GAN's two players play: optimisers, falling rates, and the mean of the painter's weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from synthgen.device import pick_device

PENALTY = 0.1
PENALTY_EVERY = 4
"""The penalty costs as much as the rest of a step, and holds as well when seldom and stronger."""

Progress = Callable[[int, int, float], None]


class Game(NamedTuple):
    """Both players on their device, each with its optimiser."""

    accelerator: Any
    painter: nn.Module
    critic: nn.Module
    ours: Any
    theirs: Any

    def slow_down(self, done: float, painter_rate: float, critic_rate: float) -> None:
        """Set the rates for a step before which a share `done` of all came: they fall in the second half."""
        slower = min(1.0, 2 * (1 - done) + 0.02)
        self.ours.param_groups[0]["lr"] = painter_rate * slower
        self.theirs.param_groups[0]["lr"] = critic_rate * slower


def play(
    painter: nn.Module, critic: nn.Module, step_of: Callable[[Game, float, bool], Tensor], steps: int,
    progress: Progress | None,
) -> nn.Module:  # fmt: skip
    """The painter with the moving mean of its weights, after `steps` of `step_of(game, done, penalise)`."""
    from accelerate import Accelerator

    accelerator = Accelerator(cpu=pick_device() == "cpu")
    average = deepcopy(painter).to(accelerator.device).requires_grad_(False)
    ours, theirs = (torch.optim.Adam(player.parameters(), betas=(0.0, 0.99)) for player in (painter, critic))
    game = Game(accelerator, *accelerator.prepare(painter, critic, ours, theirs))
    for step in range(steps):
        loss = step_of(game, step / steps, step % PENALTY_EVERY == 0)
        keep = min(max(1 - 5 / steps, 0.98), 0.999, (1 + step) / (10 + step))
        with torch.no_grad():
            for mean, now in zip(average.parameters(), game.painter.parameters(), strict=True):
                mean.lerp_(now, 1 - keep)
        if progress and ((step + 1) % 20 == 0 or step + 1 == steps):
            progress(step + 1, steps, float(loss))
    return average


def steepness(said: Tensor, seen: Sequence[Tensor]) -> Tensor:
    """The penalty on how steeply the critic's words change with what it sees. Source: Huang et al. 2024, section 2."""
    slopes = torch.autograd.grad([said.sum()], seen, create_graph=True)
    steep: Tensor = sum((slope.square().sum((1, 2, 3)).mean() for slope in slopes), torch.zeros(()))
    return PENALTY * PENALTY_EVERY / 2 * steep
