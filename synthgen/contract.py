"""What each class tolerates: the bounds inside which a label stays true."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from synthgen.errors import RecipeError
from synthgen.registry import near

Range = tuple[float, float]
Bounds = dict[str, Range]


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing a generator does to a payload, and how far its settings let it go.

    A graded effect lies in [low, high] around `neutral` (0 adds up over steps, 1 multiplies). A switch is on or off:
    (0, 0) never, (0, 1) perhaps, (1, 1) always. `free` is what needs no word in the contract; None means all of it.
    """

    name: str
    low: float
    high: float
    neutral: float = 0.0
    free: Range | None = None
    unit: str = ""
    switch: bool = False

    @classmethod
    def on_off(cls, name: str, possible: bool, *, harmless: bool = False) -> Effect:
        """A switch; forbidden until the contract allows it unless `harmless`."""
        return cls(name, 0.0, float(possible), free=None if harmless else (0.0, 0.0), switch=True)

    def says(self, bounds: Range) -> str:
        """The bounds as a person reads them: `turn -30 to 30 degrees`."""
        if self.switch:
            return f"{self.name} {({(0.0, 0.0): 'never', (1.0, 1.0): 'always'}).get(bounds, 'allowed')}"
        low, high = bounds
        return f"{self.name} {low:g} to {high:g}{' ' + self.unit if self.unit else ''}"


class Rule(BaseModel):
    """What one class tolerates of one effect.

    Written as `true` or `"allow"`, `false` or `"forbid"`, a number (up to ± that; for ratios, from 1/x to x), a pair,
    or `{ relabel = "9" }` (the sample then belongs to that class), also as a map; what a map leaves out is forbidden.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    allow: bool = True
    up_to: float | None = Field(default=None, ge=0)
    between: Range | None = None
    relabel: str | dict[str, str] | None = None

    @model_validator(mode="before")
    @classmethod
    def _short_forms(cls, value: Any) -> Any:
        match value:
            case bool():
                return {"allow": value}
            case "allow" | "forbid":
                return {"allow": value == "allow"}
            case int() | float():
                return {"up_to": value}
            case [int() | float() as low, int() | float() as high]:
                if low > high:
                    raise ValueError(f"the bounds [{low}, {high}] are empty: write the lower one first")
                return {"between": (low, high)}
            case Mapping() | Rule():
                return value
        raise ValueError(
            'write true, "allow", false, "forbid", a number, [low, high] or { relabel = "class" }'
        )

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Rule:
        if self.relabel is not None and not self.allow:
            raise ValueError("a rule either forbids or relabels")
        return self

    def range(self, effect: Effect) -> Range | None:
        """The tolerated range of an effect; None where there is no limit."""
        if not self.allow:
            return effect.neutral, effect.neutral
        if self.between is not None:
            return self.between
        if self.up_to is None:
            return None
        if effect.neutral == 1:
            most = max(self.up_to, 1 / self.up_to if self.up_to else 1.0)
            return 1 / most, most
        return -self.up_to, self.up_to

    def target(self, label: str) -> str | None:
        """The class that a sample of `label` turns into under this effect, or None where it keeps its own."""
        return self.relabel.get(label) if isinstance(self.relabel, dict) else self.relabel


@dataclass(frozen=True, slots=True)
class Route:
    """One way to a wanted label: from parents of which class, inside which bounds, and what the contract cut off."""

    parent_label: str
    bounds: Bounds
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the contract lets a generator make nothing for a class."""

    reason: str


class LabelContract(BaseModel):
    """Per class and effect: allow, forbid, allow up to a bound, or relabel; a class's own rule goes before `every`."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    every: dict[str, Rule] = {}
    label: dict[str, dict[str, Rule]] = {}

    def rule(self, label: str, effect: str) -> Rule | None:
        """The rule that holds for a class, or None where the contract is silent."""
        return self.label.get(label, {}).get(effect, self.every.get(effect))

    def check(self, effects: Mapping[str, Effect], labels: Iterable[str] | None = None) -> None:
        """Raise RecipeError for an effect that no generator has, a rule that does not fit its effect, or a class that
        the source does not hold."""
        for where, rules in [("every", self.every), *((f"label.{c}", r) for c, r in self.label.items())]:
            for name, rule in rules.items():
                place = f"[contract.{where}] {name}"
                if name not in effects:
                    raise RecipeError(f"{place}: no generator has this effect.{near(name, effects)}")
                if effects[name].switch and (rule.up_to is not None or rule.between is not None):
                    raise RecipeError(f'{place} is on or off: write true, false or {{ relabel = "class" }}.')
                if rule.relabel is not None and not effects[name].switch:
                    raise RecipeError(
                        f"{place} relabels, but it is a matter of degree, not on or off. "
                        f"Relabel a switch, such as mirror, half_turn or reverse."
                    )
        if labels is not None:
            known = set(labels)
            named = set(self.label)
            for rules in (self.every, *self.label.values()):
                for rule in rules.values():
                    named |= (
                        set(rule.relabel.values()) | set(rule.relabel)
                        if isinstance(rule.relabel, dict)
                        else set()
                    )
                    named |= {rule.relabel} if isinstance(rule.relabel, str) else set()
            for name in sorted(named - known):
                raise RecipeError(
                    f"[contract] names the class {name!r}, which the source does not hold.{near(name, known)}"
                )

    def routes(self, effects: Iterable[Effect], wanted: str, labels: Iterable[str]) -> list[Route] | Refusal:
        """All ways to make `wanted` with these effects, the class's own parents first."""
        effects = tuple(effects)
        own = self._narrow(effects, wanted, forced=None)
        routes = [own] if isinstance(own, Route) else []
        for effect in effects:
            for label in labels:
                rule = self.rule(label, effect.name)
                if not effect.switch or effect.high == 0 or rule is None or label == wanted:
                    continue
                if rule.target(label) == wanted:
                    other = self._narrow(effects, label, forced=effect, becomes=wanted)
                    routes += [other] if isinstance(other, Route) else []
        return routes or own  # type: ignore[return-value]

    def _narrow(
        self, effects: tuple[Effect, ...], label: str, forced: Effect | None, becomes: str | None = None
    ) -> Route | Refusal:
        """Bounds that `label` tolerates, and the class that it becomes, too."""
        bounds: Bounds = {}
        notes: list[str] = []
        for effect in effects:
            asked = (effect.low, effect.high)
            if effect == forced:
                bounds[effect.name] = (1.0, 1.0)
                notes.append(f"{effect.name} makes {label!r} into {becomes!r}")
                continue
            allowed = self._allowed(effect, label)
            if becomes is not None:
                allowed = intersection(allowed, self._allowed(effect, becomes))
            low, high = intersection(asked, allowed)
            if low > high:
                return Refusal(
                    f"{effect.says(asked)} is asked for, but {label!r} tolerates {effect.says(allowed)}"
                    f"{'' if self.rule(label, effect.name) else ' (the default; [contract] may allow more)'}"
                )
            bounds[effect.name] = (low, high)
            if (low, high) != asked:
                notes.append(f"{effect.says(asked)} narrowed to {effect.says((low, high))}")
        return Route(label, bounds, tuple(notes))

    def _allowed(self, effect: Effect, label: str) -> Range:
        everything = (float("-inf"), float("inf"))
        rule = self.rule(label, effect.name)
        if rule is None:
            return effect.free or everything
        if rule.relabel is not None and rule.target(label) != label:
            return 0.0, 0.0
        if effect.switch:
            return (0.0, 1.0) if rule.allow else (0.0, 0.0)
        return rule.range(effect) or everything


def intersection(one: Range, other: Range) -> Range:
    """What lies in both ranges; the lower bound is above the upper one where nothing does."""
    return max(one[0], other[0]), min(one[1], other[1])


def either(alternatives: Iterable[Iterable[Effect]]) -> tuple[Effect, ...]:
    """The effects of a step that takes one of several generators: as far as any goes."""
    widest: dict[str, Effect] = {}
    for e in (e for effects in alternatives for e in effects):
        had = widest.get(e.name, e)
        widest[e.name] = replace(e, low=min(e.low, had.low), high=max(e.high, had.high))
    return tuple(widest.values())


def together(steps: Iterable[Iterable[Effect]]) -> tuple[Effect, ...]:
    """The effects of steps that follow each other: what they can do in sum (or product), at most."""
    whole: dict[str, Effect] = {}
    for e in (e for effects in steps for e in effects):
        if (had := whole.get(e.name)) is None:
            whole[e.name] = e
        elif e.switch:
            whole[e.name] = replace(e, high=max(e.high, had.high))
        elif e.neutral == 1:
            whole[e.name] = replace(e, low=had.low * e.low, high=had.high * e.high)
        else:
            whole[e.name] = replace(e, low=had.low + e.low, high=had.high + e.high)
    return tuple(whole.values())


def divide(bounds: Bounds, steps: Sequence[Sequence[Effect]]) -> list[Bounds] | None:
    """Each step's part of the bounds, so that the steps together stay inside; None where that cannot be.

    Steps that fit in as they are keep their ranges; else the bounds are divided evenly. What must happen happens in
    the first step that can.
    """
    parts: list[Bounds] = [{} for _ in steps]
    whole = {e.name: e for e in together(steps)}
    for name, (low, high) in bounds.items():
        having = [(i, e) for i, effects in enumerate(steps) for e in effects if e.name == name]
        fits = (low, high) == (whole[name].low, whole[name].high)
        able = next((i for i, e in having if e.high > 0), None)
        for i, e in having:
            if e.switch:
                must_be_done = (low, high) == (1.0, 1.0)
                parts[i][name] = (low, min(high, e.high)) if i == able or not must_be_done else (0.0, 0.0)
                continue
            share = (low, high) if fits or len(having) == 1 else _share(low, high, len(having), e.neutral)
            parts[i][name] = (max(share[0], e.low), min(share[1], e.high))
            if parts[i][name][0] > parts[i][name][1]:
                return None
    return parts


def _share(low: float, high: float, steps: int, neutral: float) -> Range:
    return (low ** (1 / steps), high ** (1 / steps)) if neutral == 1 else (low / steps, high / steps)
