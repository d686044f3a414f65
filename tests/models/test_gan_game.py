import pytest
import torch
from torch import nn

from synthgen.models.gan_game import PENALTY, PENALTY_EVERY, play, steepness


def players():
    painter, critic = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
    nn.init.zeros_(painter.weight)
    return painter, critic


def test_what_comes_out_is_the_mean_that_trails_the_painters_weights():
    seen = []

    def step(game, done, penalise):
        with torch.no_grad():
            game.painter.weight += 1
        seen.append((done, penalise))
        return torch.tensor(0.5)

    painter, critic = players()
    told = []
    average = play(painter, critic, step, 40, lambda *said: told.append(said))
    assert painter.weight.item() == 40
    assert 30 < average.weight.item() < 40
    assert [done for done, _ in seen] == [i / 40 for i in range(40)]
    assert sum(penalise for _, penalise in seen) == 40 / PENALTY_EVERY
    assert told == [(20, 40, 0.5), (40, 40, 0.5)]


def test_rates_stay_for_half_of_the_steps_and_fall_then():
    rates = []

    def step(game, done, penalise):
        game.slow_down(done, 0.1, 0.2)
        rates.append([one.param_groups[0]["lr"] for one in (game.ours, game.theirs)])
        return torch.zeros(())

    play(*players(), step, 100, None)
    assert rates[0] == rates[50] == [0.1, 0.2]
    assert rates[99] == pytest.approx([0.1 * 0.04, 0.2 * 0.04])


def test_steepness_is_the_squared_slope():
    seen = torch.ones(2, 1, 3, 3, requires_grad=True)
    found = steepness((2 * seen).sum((1, 2, 3)), [seen])
    assert found.item() == pytest.approx(PENALTY * PENALTY_EVERY / 2 * 4 * 9)
