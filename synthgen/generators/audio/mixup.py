"""Blend two sounds and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Above0, Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work, mixed_weights

if TYPE_CHECKING:
    import numpy as np

LessThanHalf = Annotated[float, Field(ge=0, lt=0.5)]


class Mixup(Generator):
    """A sound with another one below it.

    Payload: a sound of the first parent's rate and channels, as long as the longer one. Label: mixed by the same
    shares; the wanted class has the larger one. Source: Zhang et al. 2018 (mixup), section 2; Tokozume et al. 2018
    (between-class learning), section 3, by which shares count power and not samples.
    """

    modality: ClassVar[str] = "audio"
    parents: ClassVar[int] = 2
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "mixed"

    partner_share_range: Annotated[tuple[LessThanHalf, LessThanHalf], AfterValidator(ordered)] = (0.05, 0.4)
    alpha: Above0 = 1.0
    """Small: most shares lie near the lower bound; 1: all are equally likely."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("mix", *self.partner_share_range, unit="of the partner"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        low, high = job.bounds.get("mix", self.partner_share_range)
        share = float(rng.beta(self.alpha, self.alpha))
        return {"partner_share": low + (high - low) * 2 * min(share, 1 - share), "place": float(rng.random())}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"mix": draw["partner_share"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [_mixed(work) for work in batch]


def _mixed(work: Work) -> Made | Failed:
    import numpy as np

    from synthgen.models.sound import rounded, within
    from synthgen.models.sound_noise import fitted, power

    first, second = work.parents
    if first.label is None or second.label is None:
        return Failed("a parent has no label to mix")
    sound, share = first.payload, work.draw["partner_share"]
    one, other = sound.samples, fitted(second.payload, sound)
    n = max(len(one), len(other))
    blended = np.zeros((n, one.shape[1]), np.float32)
    for samples, level in ((one, 1 - share), (other, share)):
        at = int(work.draw["place"] * (n - len(samples) + 1))
        blended[at : at + len(samples)] += samples * np.float32(level / max(power(samples), 1e-9) ** 0.5)
    loud = np.float32(max(power(one), 1e-9) ** 0.5)
    return Made(rounded(within(blended * loud, 1.0), sound.rate), mixed_weights(first, second, share))


PLUGIN = Mixup
