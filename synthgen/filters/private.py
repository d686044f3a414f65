"""Reject what tells somebody's address, number or key that its parent does not tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from synthgen.filter import Filter
from synthgen.modality import Modality
from synthgen.sample import Candidate, Verdict


class Private(Filter):
    """Reject a text with an e-mail address, phone number, card or account number, IP address or key that stands in none
    of its parents: made up it may be somebody's, and remembered from elsewhere it is.

    Score: how many there are. The reason names their kinds and never what they are.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"text"})
    sees_parents: ClassVar[bool] = True

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        return [self._verdict(candidate) for candidate in batch]

    def _verdict(self, candidate: Candidate) -> Verdict:
        from synthgen.models.private_data import private

        known = {one.value for parent in candidate.parents for one in private(parent)}
        digits = ["".join(c for c in parent if c.isdigit()) for parent in candidate.parents]
        new = [
            one
            for one in private(candidate.payload)
            if one.value not in known
            and not (one.value.isdigit() and any(one.value in held for held in digits))
        ]
        kinds = " and ".join(sorted({one.kind for one in new}))
        whose = "that its parent does not tell" if candidate.parents else "though it has no parent that does"
        return Verdict(not new, float(len(new)), 0.0, f"tells {kinds} {whose}" if new else "")


PLUGIN = Private
