"""Sounds: samples in time, kept as 16-bit FLAC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.sound import Sound

QUIET = 0.0004
"""Root mean square, of full scale, up to which there is nothing to be heard: -68 dB."""


class Audio(Modality):
    """Sounds of one or more channels, float32 in steps of 16 bit (`models/sound.Sound`)."""

    name = "audio"
    media_type = "audio/flac"
    suffix = ".flac"
    classifier = "audio_classifier"
    copy_tolerance = 0.14
    leak_tolerance = 0.04
    column = "audio"
    default_filters = (*Modality.default_filters, "silent", "clipped", "signal_to_noise")

    def check(self, payload: Any) -> None:
        import numpy as np

        from synthgen.models.sound import STEPS, Sound

        if not isinstance(payload, Sound):
            raise ValueError(f"a sound is a synthgen.models.sound.Sound, not {type(payload).__name__}")
        samples = payload.samples
        if samples.dtype != np.float32 or samples.ndim != 2 or not 1 <= samples.shape[1] <= 8:
            raise ValueError(f"samples are float32 (n, 1 to 8), not {samples.dtype} {samples.shape}")
        if len(samples) < 1:
            raise ValueError("the sound has no sample")
        if not 1 <= payload.rate <= 655_350:
            raise ValueError(f"{payload.rate} samples a second are more than FLAC holds, or none")
        steps = samples * np.float32(STEPS)
        if not (np.abs(samples) <= 1).all() or (steps != np.rint(steps)).any() or steps.max() >= STEPS:
            raise ValueError("samples lie from -1 to 1, in steps of 16 bit: make sounds by sound.rounded")

    def encode(self, payload: Sound, marker: Mapping[str, str]) -> bytes:
        from synthgen.models.sound_file import encoded

        return encoded(payload, marker)

    def decode(self, data: bytes) -> Sound:
        from synthgen.models.sound_file import decoded

        return decoded(data)

    def content(self, payload: Sound) -> bytes:
        return f"{payload.rate} {payload.samples.shape[1]} ".encode() + payload.samples.tobytes()

    def preview(self, payload: Sound, size_px: int) -> bytes:
        from synthgen.models import sound_picture

        return sound_picture.picture(payload, size_px)

    def played(self, payload: Sound) -> tuple[str, bytes] | None:
        from synthgen.models import sound_picture

        return sound_picture.played(payload)

    def embed(self, payloads: Sequence[Sound]) -> np.ndarray:
        from synthgen.models import sound_features

        return sound_features.embed(payloads)

    def signature(self, payloads: Sequence[Sound]) -> np.ndarray:
        from synthgen.models import sound_features

        return sound_features.signature(payloads)

    def fingerprint(self, payloads: Sequence[Sound]) -> np.ndarray:
        from synthgen.models import sound_features

        return sound_features.fingerprint(payloads)

    def parts(self, payload: Sound) -> np.ndarray:
        from synthgen.models import sound_features

        return sound_features.parts(payload)

    def extent(self, payload: Sound) -> tuple[float, ...]:
        return (payload.seconds,)

    def copies(self, payload: Sound, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import sound_defects

        return sound_defects.copies(payload, rng)

    def disguises(self, payload: Sound, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import sound_defects

        return sound_defects.disguises(payload, rng)

    def emptied(self, payload: Sound) -> Sound:
        from synthgen.models import sound_defects

        return sound_defects.silenced(payload)

    def blank(self, payload: Sound) -> str | None:
        spread = float(payload.samples.std(axis=0).max())
        if spread > QUIET:
            return None
        return f"blank: it swings by {spread:.5f} of full scale on average, more than {QUIET} is needed"

    def oddities(self, rng: np.random.Generator) -> list[Sound]:
        from synthgen.models import sound_defects

        return sound_defects.oddities(rng)

    def specimen(self, rng: np.random.Generator) -> Sound:
        from synthgen.models import sound_defects

        return sound_defects.specimen(rng)

    def specimen_annotations(self, payload: Sound) -> dict[str, Any]:
        third = round(payload.seconds / 3, 3)
        return {"transcript": "do re", "alignment": [["do", 0.0, third], ["re", third, 2 * third]]}


PLUGIN = Audio
