"""What every generator promises. A new file is covered at once."""

import hashlib
import importlib.util
import json
import random
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from synthgen import registry
from synthgen.answers import Answers
from synthgen.chain import Fitted, answered, key_of, run_chain
from synthgen.contract import LabelContract
from synthgen.device import one_thread
from synthgen.generator import Generator
from synthgen.recipe_parts import GenerateEntry
from synthgen.sample import Failed, Job, Made, Sample, Work
from synthgen.seeds import folder_sha256, numpy_rng

LABELS = ("a", "b")
DRAWS = 200
SLACK = 1e-6
TESTS = Path(__file__).parents[1]
ANSWERS = Answers()


def variants() -> Iterator[tuple[str, dict]]:
    """Each generator as it comes, and with everything switched on that it may do by chance."""
    for name in registry.names("generators"):
        cls = registry.find("generators", name)
        yield name, {}
        if shares := {f: 0.5 for f in cls.model_fields if f.endswith("_share")}:
            yield name, shares


every_generator = pytest.mark.parametrize("name", registry.names("generators"))
every_variant = pytest.mark.parametrize(
    ("name", "settings"), [pytest.param(n, s, id=n + ("+shares" if s else "")) for n, s in variants()]
)


def quick(name: str, settings: dict | None = None) -> Generator:
    """The generator with few training steps, where it trains."""
    cls = registry.find("generators", name)
    steps = {f: 2 for f in cls.model_fields if f.startswith(("fit_", "train_")) and f.endswith("steps")}
    return cls(**steps, **specifics(name), **(settings or {}))


@cache
def specifics(name: str) -> dict:
    """Settings of a generator that needs a model or a server: what `contract_settings` in its own test gives."""
    path = TESTS / "generators" / name.replace("/", "/test_")
    spec = importlib.util.spec_from_file_location(path.stem, path.with_suffix(".py"))
    if "def contract_settings(" not in Path(spec.origin).read_text("utf-8"):
        return {}
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.contract_settings(Path(tempfile.mkdtemp(prefix="contract-")))


def make(generator: Generator, batch: list[Work], model) -> list[Made | Failed]:
    """What is made of a batch; a remote model is asked first, once for each question."""
    if not generator.repeatable:
        batch, _ = answered(generator, batch, model, ANSWERS)
    return generator.make(batch, model)


def some_parents(generator: Generator, n: int = 40) -> list[Sample]:
    modality = registry.find("modalities", generator.modality)()
    return [sample(modality, i, generator.carries) for i in range(n)]


def sample(modality, i: int, carried: frozenset[str] = frozenset()) -> Sample:
    payload = modality.specimen(numpy_rng("specimen", i))
    if isinstance(payload, np.ndarray):
        payload.flags.writeable = False  # as readers give it; who writes to a parent is found out
    said = {k: v for k, v in modality.specimen_annotations(payload).items() if k in carried}
    return Sample(f"{i:032x}", modality.name, LABELS[i % 2], lambda: payload, annotations=said)


@pytest.fixture(scope="session")
def fitted(tmp_path_factory):
    """The model of a generator, fitted once a session with few steps; None for one that has no model."""
    one_thread()
    held: dict[str, SimpleNamespace] = {}

    def get(name: str) -> SimpleNamespace:
        if name not in held:
            generator = quick(name)
            folder: Path | None = generator.given_model()
            if generator.learns() is not None:
                folder = tmp_path_factory.mktemp(name.replace("/", "-"))
                generator.fit(some_parents(generator), LabelContract(), folder, 7, lambda *_: None)
            held[name] = SimpleNamespace(folder=folder, model=generator.load(folder, "cpu"))
        return held[name]

    return get


def route(generator: Generator) -> dict:
    """The bounds that a silent contract leaves."""
    answer = LabelContract().routes(generator.effects(), "a", LABELS)
    return (
        answer[0].bounds
        if isinstance(answer, list)
        else {e.name: (e.low, e.high) for e in generator.effects()}
    )


def works(generator: Generator, n: int = 7, bounds: dict | None = None) -> list[Work]:
    pool = some_parents(generator)
    made = []
    for i in range(n):
        parents = tuple(pool[2 * i + k] for k in range(generator.parents))
        job = Job(0, "a", i, tuple(p.id for p in parents), bounds or route(generator), 3)
        draw = generator.draw(job, parents, numpy_rng("draw", i))
        made.append(Work(job, parents, json.loads(json.dumps(draw))))
    return made


def bytes_of(generator: Generator, made: Made | Failed) -> str:
    if isinstance(made, Failed):
        return made.reason
    modality = registry.find("modalities", generator.modality)()
    modality.check(made.payload)
    data = modality.encode(made.payload, {})
    return hashlib.sha256(data).hexdigest() + json.dumps([made.weights, made.annotations], sort_keys=True)


@every_generator
def test_settings_reject_unknown_keys(name):
    with pytest.raises(ValidationError):
        registry.find("generators", name)(no_such_key=1)


@every_generator
def test_the_docstring_says_payload_label_and_source(name):
    doc = registry.find("generators", name).__doc__ or ""
    for word in ("Payload:", "Label:", "Source:"):
        assert word in doc, f"the docstring of {name} lacks {word!r}"


@every_generator
def test_its_modality_is_that_of_its_folder(name):
    assert registry.find("generators", name).modality == name.split("/")[0]


@every_generator
def test_identity_is_json_and_free_of_what_only_executes(name):
    generator = quick(name)
    json.dumps(generator.identity())
    assert not set(generator.identity()) & generator.execution
    json.dumps(generator.learns())
    json.dumps(generator.compute("cpu"))


@every_variant
def test_the_same_draw_makes_the_same_payload_in_any_batch(name, settings, fitted):
    generator, model = quick(name, settings), fitted(name).model
    batch = works(generator)
    together = [bytes_of(generator, m) for m in make(generator, batch, model)]
    assert len(together) == len(batch)
    backwards = [bytes_of(generator, m) for m in make(generator, batch[::-1], model)][::-1]
    alone = [bytes_of(generator, m) for work in batch for m in make(generator, [work], model)]
    assert together == backwards
    assert together == alone


@every_variant
def test_what_is_made_is_usable_and_varied(name, settings, fitted):
    generator = quick(name, settings)
    made = make(generator, works(generator), fitted(name).model)
    assert [m for m in made if isinstance(m, Failed)] == []
    assert len({bytes_of(generator, m) for m in made}) == len(made)
    for one in made:
        assert set(one.annotations) <= generator.carries
        if generator.label == "mixed":
            assert one.weights is not None
            assert set(one.weights) <= set(LABELS)
            assert one.weights["a"] >= 0.5
            assert sum(one.weights.values()) == pytest.approx(1)
        else:
            assert one.weights is None


@every_variant
def test_a_loaded_model_gives_the_same_as_another_loading(name, settings, fitted):
    generator, had = quick(name, settings), fitted(name)
    if had.folder is None:
        assert generator.learns() is None
        return
    batch = works(generator, 3)
    first = [bytes_of(generator, m) for m in make(generator, batch, had.model)]
    second = [bytes_of(generator, m) for m in make(generator, batch, generator.load(had.folder, "cpu"))]
    assert first == second


@every_variant
def test_parents_stay_as_they_were(name, settings, fitted):
    generator = quick(name, settings)
    batch = works(generator)
    modality = registry.find("modalities", generator.modality)()
    before = [modality.encode(p.payload, {}) for w in batch for p in w.parents]
    make(generator, batch, fitted(name).model)
    assert [modality.encode(p.payload, {}) for w in batch for p in w.parents] == before


@every_variant
def test_no_global_random_state_is_used(name, settings, fitted):
    import torch

    generator, model = quick(name, settings), fitted(name).model

    def states():
        return random.getstate(), np.random.get_state()[1].tolist(), torch.random.get_rng_state().tolist()

    before = states()
    make(generator, works(generator, 2), model)
    assert states() == before


@every_variant
def test_the_draw_depends_on_the_rng_alone(name, settings):
    generator = quick(name, settings)
    assert [w.draw for w in works(generator)] == [w.draw for w in works(generator)]
    # What plays clips backwards, always or never, has nothing to choose.
    bounds = route(generator).values()
    assert (bounds and all(low == high for low, high in bounds)) or len(
        {json.dumps(w.draw, sort_keys=True) for w in works(generator)}
    ) > 1


@every_variant
def test_every_declared_effect_shows_in_what_is_applied(name, settings):
    generator = quick(name, settings)
    for work in works(generator):
        applied = generator.applied(work.draw)
        assert set(applied) == {e.name for e in generator.effects()}
        assert all(np.isfinite(value) for value in applied.values())


@every_variant
def test_effects_are_well_formed(name, settings):
    for effect in quick(name, settings).effects():
        assert effect.low <= effect.high
        if effect.switch:
            assert (effect.low, effect.high) in {(0, 0), (0, 1), (1, 1)}
            assert effect.neutral == 0


def narrowings(effect):
    """Bounds that a contract may leave of what the settings ask for."""
    low, high = effect.low, effect.high
    yield low, high
    if effect.switch:
        yield 0.0, 0.0
        if high > 0:
            yield 1.0, 1.0
        return
    third = (high - low) / 3
    yield low, low + third
    yield high - third, high
    yield low + third, high - third
    if low <= effect.neutral <= high:
        yield effect.neutral, effect.neutral


@every_variant
def test_draws_stay_inside_the_bounds_however_narrow(name, settings):
    generator = quick(name, settings)
    pool = some_parents(generator, 2)[: generator.parents]
    usual = route(generator)
    for effect in generator.effects():
        for bounds in narrowings(effect):
            job = Job(0, "a", 0, tuple(p.id for p in pool), {**usual, effect.name: bounds}, 3)
            for i in range(DRAWS):
                draw = generator.draw(job, tuple(pool), numpy_rng("bounds", i))
                applied = generator.applied(draw)
                for other, (low, high) in job.bounds.items():
                    assert low - SLACK <= applied[other] <= high + SLACK, f"{other} = {applied[other]}"


@every_variant
def test_a_switch_that_may_be_on_is_on_for_some_and_off_for_others(name, settings):
    generator = quick(name, settings)
    pool = some_parents(generator, 2)[: generator.parents]
    everything = {e.name: (e.low, e.high) for e in generator.effects()}
    ids = tuple(p.id for p in pool)
    jobs = [Job(0, "a", i, ids, everything, 3, turn=i) for i in range(DRAWS)]
    draws = [generator.draw(job, tuple(pool), numpy_rng("switch", i)) for i, job in enumerate(jobs)]
    for effect in generator.effects():
        if effect.switch and (effect.low, effect.high) == (0, 1):
            assert {generator.applied(d)[effect.name] for d in draws} == {0, 1}


@every_generator
def test_it_runs_as_an_entry_of_a_recipe_whatever_the_shard(name, fitted):
    generator, had = quick(name), fitted(name)
    settings = {k: v for k, v in generator.model_dump(mode="json").items() if k in generator.model_fields_set}
    entry = GenerateEntry.model_validate({"use": name, **settings})
    models = {}
    if had.folder is not None:
        key = key_of("generator", entry.generators[0])
        models[key] = Fitted(folder_sha256(had.folder), lambda: had.model)
    batch = works(generator)
    jobs, parents = [w.job for w in batch], [w.parents for w in batch]
    whole = run_chain(entry, jobs, parents, models, ANSWERS)
    halves = slice(0, 3), slice(3, None)
    parts = [o for s in halves for o in run_chain(entry, jobs[s], parents[s], models, ANSWERS)]
    assert [o.generators for o in whole] == [(name,)] * len(jobs)
    assert [o.draws for o in whole] == [o.draws for o in parts]
    assert [bytes_of(generator, o.made) for o in whole] == [bytes_of(generator, o.made) for o in parts]
