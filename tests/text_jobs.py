"""Texts put through a text generator, as the pipeline does it."""

from __future__ import annotations

import json

from synthgen.generator import Generator
from synthgen.models.words import names, protected, tokens
from synthgen.sample import Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

REVIEW = (
    "I did not like this movie, because the story often seemed silly. Tom Hanks usually watches 3 films a day, "
    "and nobody laughed at http://a.org/x #fun, but my kids quickly started to enjoy the big house."
)


def a_text(text: str, entities: list | None = None) -> Sample:
    return Sample(
        "p", "text", "x", lambda: text, annotations={} if entities is None else {"entities": entities}
    )


def works(generator: Generator, parent: Sample, n: int = 40, bounds: dict | None = None) -> list[Work]:
    usual = {e.name: (e.low, e.high) for e in generator.effects()}
    job = Job(0, "x", 0, (parent.id,), {**usual, **(bounds or {})}, 1)
    drawn = (generator.draw(job, (parent,), numpy_rng("text", i)) for i in range(n))
    return [Work(job, (parent,), json.loads(json.dumps(draw))) for draw in drawn]


def made_of(generator: Generator, text: str, n: int = 40, model=None, **more) -> list[Made | Failed]:
    entities = more.pop("entities", None)
    return generator.make(works(generator, a_text(text, entities), n, **more), model)


def texts_of(generator: Generator, text: str, n: int = 40, **more) -> list[str]:
    """The texts made of one; that some are made and none fails is checked."""
    made = made_of(generator, text, n, **more)
    assert [m for m in made if isinstance(m, Failed)] == []
    return [m.payload for m in made]


def held(text: str) -> list[str]:
    """What may carry the label, in order: negations, numbers, names, feelings, links."""
    pieces = tokens(text)
    return [pieces[i].text for i in sorted(protected(pieces))]


def named(text: str) -> list[str]:
    pieces = tokens(text)
    return [pieces[i].text for i in sorted(names(pieces))]
