"""Judge drafts: every filter answers on every sample that was made, blind to how."""

from __future__ import annotations

from collections.abc import Sequence

from synthgen.chain import Models, key_of
from synthgen.errors import BalanceError
from synthgen.recipe import Recipe
from synthgen.sample import Candidate, Verdict

Verdicts = dict[str, Verdict]


def filter_(recipe: Recipe, candidates: Sequence[Candidate], models: Models) -> list[Verdicts]:
    """The verdicts on each candidate by filter name, in the recipe's order.

    The candidates come with their parents as samples: a filter that compares with them gets their payloads, the others
    don't see them. Once one filter has
    rejected a sample, the later ones are still asked: an audit shows every reason.
    """
    every: list[Verdicts] = [{} for _ in candidates]
    blind = [c._replace(parents=()) for c in candidates]
    for name, one in recipe.filters:
        fitted = models.get(key_of("filter", one))
        seen = _with_parents(candidates) if one.sees_parents else blind
        if fitted is None:
            verdicts = one.score(recipe.modality, seen, one.load(recipe.modality, None, "cpu"))
        else:
            held = fitted.held()
            with held.lock:
                verdicts = one.score(recipe.modality, seen, held.model)
        if len(verdicts) != len(candidates):
            raise BalanceError(f"{name} gave {len(verdicts)} verdicts on {len(candidates)} samples")
        for verdict, all_of_one in zip(verdicts, every, strict=True):
            all_of_one[name] = verdict
    return every


def _with_parents(candidates: Sequence[Candidate]) -> list[Candidate]:
    return [c._replace(parents=tuple(parent.payload for parent in c.parents)) for c in candidates]
