"""What makes another picture of a parent's class from the parent and noise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models.conditional_gan import Modulation
from synthgen.models.resizing import resized

if TYPE_CHECKING:
    import numpy as np

    Pixels = np.ndarray[Any, np.dtype[np.uint8]]

NOISE = 16
WIDTHS = (32, 64, 96)
STYLE = 64
# Together no further than a silent label contract lets pictures be turned (degrees), resized and shifted.
MOST_TURN, MOST_LOG_SCALE, MOST_SHIFT = 15.0, 0.28, 0.15
MOST_FLOW = 0.15  # of the side, by which single parts are shifted on top
MOST_COVER = 0.3  # of what is there: more of it paints the mean of a class over its things
LIGHTS = 4  # a side: finer light would draw things of its own
MOST_LOG_GAIN, MOST_LIFT = 0.6, 0.2


class Change(NamedTuple):
    """What is done to a batch of pictures: moved by an affine map and a flow, lit by a field, painted over in part."""

    moved: Tensor  # (n, 4): turn, log scale, shift right, shift down, each from -1 to 1
    flow: Tensor  # (n, 2, coarse, coarse), from -1 to 1
    light: Tensor  # (n, 2 x channels, 4, 4): log gain and lift, from -1 to 1
    paint: Tensor  # (n, channels, half, half)
    cover: Tensor  # (n, 1, half, half), from 0 to MOST_COVER: how far the paint hides what is moved and lit


class Variator(nn.Module):  # type: ignore[misc]
    """The change that makes of pictures (n, 1 or 3, size, size) in [-1, 1], by noise (n, 16), others of their class."""

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        self.config = {"size": size, "channels": channels}
        a, b, c = WIDTHS
        self.style = nn.Sequential(
            nn.Linear(NOISE, STYLE), nn.LeakyReLU(0.2), nn.Linear(STYLE, STYLE), nn.LeakyReLU(0.2)
        )
        self.first = nn.Conv2d(4 * channels, a, 3, padding=1)
        self.down = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(i, o, 4, 2, 1), nn.GroupNorm(8, o)) for i, o in ((a, b), (b, c))]
        )
        self.mix = nn.Conv2d(c + NOISE, c, 3, padding=1)
        self.up = nn.ModuleList([nn.Conv2d(c + b, b, 3, padding=1), nn.Conv2d(b + a, a, 3, padding=1)])
        self.modulation = nn.ModuleList([Modulation(width, STYLE) for width in (c, b, a)])
        self.moved = nn.Linear(c + NOISE, 4)
        self.flow = nn.Conv2d(b, 2, 3, padding=1)
        self.light = nn.Conv2d(b, 2 * channels, 1)
        self.paint = nn.Conv2d(a, channels + 1, 3, padding=1)
        for head in (self.moved, self.flow, self.light):  # at first almost nothing is changed
            nn.init.normal_(head.weight, 0, 0.01)
            nn.init.zeros_(head.bias)

    def forward(self, pictures: Tensor, noise: Tensor) -> Change:
        style = self.style(noise)
        half = F.leaky_relu(self.first(F.pixel_unshuffle(pictures, 2)), 0.2)
        quarter = F.leaky_relu(self.down[0](half), 0.2)
        eighth = F.leaky_relu(self.down[1](quarter), 0.2)
        everywhere = noise[:, :, None, None].expand(-1, -1, *eighth.shape[2:])
        x = self.modulation[0](self.mix(torch.cat([eighth, everywhere], 1)), style)
        moved = self.moved(torch.cat([x.mean((2, 3)), noise], 1))
        x = torch.cat([F.interpolate(x, scale_factor=2.0), quarter], 1)
        x = self.modulation[1](self.up[0](x), style)
        flow, light = self.flow(x), self.light(F.adaptive_avg_pool2d(x, LIGHTS))
        x = torch.cat([F.interpolate(x, scale_factor=2.0), half], 1)
        paint = self.paint(self.modulation[2](self.up[1](x), style))
        moved, flow, light, colour = map(torch.tanh, (moved, flow, light, paint[:, :-1]))
        return Change(moved, flow, light, colour, MOST_COVER * torch.sigmoid(paint[:, -1:] - 1))


class Most(NamedTuple):
    """How far a change may go, from and to: degrees of turn, log of the size, share of the side, log gain; and the
    share of the differences between the gains of colours, which move hues."""

    turn: tuple[float, float] = (-MOST_TURN, MOST_TURN)
    log_size: tuple[float, float] = (-MOST_LOG_SCALE, MOST_LOG_SCALE)
    shift: tuple[float, float] = (-MOST_SHIFT, MOST_SHIFT)
    log_gain: tuple[float, float] = (-MOST_LOG_GAIN, MOST_LOG_GAIN)
    tint: float = 1.0


WHOLE = Most()


def changed(pictures: Tensor, change: Change, strength: float = 1.0, most: Most = WHOLE) -> Tensor:
    """The pictures (n, c, h, w), of any size, with a share of the change, no farther than `most`."""
    size = list(pictures.shape[2:])
    turn, scale, right, down = (strength * change.moved).unbind(1)
    angle = (turn * MOST_TURN).clamp(*most.turn).deg2rad()
    times = torch.exp(-(-scale * MOST_LOG_SCALE).clamp(*most.log_size))
    right, down = (-(-MOST_SHIFT * by).clamp(*most.shift) for by in (right, down))
    cos, sin = torch.cos(angle) * times, torch.sin(angle) * times
    rows = [cos, -sin, 2 * right, sin, cos, 2 * down]
    grid = F.affine_grid(torch.stack(rows, 1).view(-1, 2, 3), list(pictures.shape), align_corners=False)
    grid = grid + 2 * MOST_FLOW * strength * _widened(change.flow, size).permute(0, 2, 3, 1)
    moved = F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    gain, lift = (_tinted(strength * _widened(part, size), most.tint) for part in change.light.chunk(2, 1))
    gain = (MOST_LOG_GAIN * gain).clamp(*most.log_gain)
    lit = moved * torch.exp(gain) + 2 * MOST_LIFT * lift
    return torch.lerp(lit, _widened(change.paint, size), strength * _widened(change.cover, size))


def _tinted(field: Tensor, share: float) -> Tensor:
    """A field (n, channels, h, w) with a share of what its channels differ by."""
    return field if share == 1 else torch.lerp(field.mean(1, keepdim=True).expand_as(field), field, share)


def _widened(field: Tensor, size: list[int]) -> Tensor:
    return F.interpolate(field, size=size, mode="bilinear", align_corners=False)


def load(folder: Path, device: str) -> Variator:
    """The network that `variation_gan.train` wrote to `folder`."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model = Variator(**json.loads((folder / "config.json").read_text("utf-8")))
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no network that `image/variation` saved ({type(error).__name__}: {error}). "
            f'It needs config.json and model.safetensors; or write model = "fit".'
        ) from error
    return model.to(device).eval().requires_grad_(False)  # type: ignore[no-any-return]


def vary(
    model: Variator, pictures: Sequence[Pixels], noise: np.ndarray[Any, np.dtype[np.float32]],
    strengths: Sequence[float], most: Sequence[Most], network_batch: int = 32,
) -> list[Pixels]:  # fmt: skip
    """Variations uint8 (h, w, 3) of pictures of any sizes; each depends on its own picture, noise and bounds alone.

    The network sees them small and always runs on `network_batch` rows, padded: another batch shape would change
    floats. What it says is done to each picture at its own size, so that nothing but what is painted gets coarse.
    """
    one_thread()
    device, size = next(model.parameters()).device, model.config["size"]
    made: list[Pixels] = []
    for start in range(0, len(pictures), network_batch):
        some = pictures[start : start + network_batch]
        seen = torch.zeros(network_batch, model.config["channels"], size, size)
        rows = torch.zeros(network_batch, NOISE)
        for row, picture in enumerate(some):
            seen[row] = _as_tensor(resized(picture, size, size), model.config["channels"])
        rows[: len(some)] = torch.from_numpy(noise[start : start + len(some)])
        with torch.inference_mode():
            change = model(seen.to(device), rows.to(device))
            for row, picture in enumerate(some):
                own = Change(*(field[row : row + 1] for field in change))
                whole = _as_tensor(picture, model.config["channels"]).to(device)[None]
                made.append(_as_bytes(changed(whole, own, strengths[start + row], most[start + row])[0]))
    return made


def _as_tensor(picture: Pixels, channels: int) -> Tensor:
    return torch.from_numpy(picture[..., :channels].copy()).permute(2, 0, 1).float().div(127.5).sub(1)


def _as_bytes(picture: Tensor) -> Pixels:
    import numpy as np

    levels = ((picture + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().permute(1, 2, 0).numpy()
    return np.ascontiguousarray(np.broadcast_to(levels, (*levels.shape[:2], 3)))
