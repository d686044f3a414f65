"""The filters of videos as a whole, on drawn gestures of which two classes are thin, and on real clips where these are
at hand: what is planted is found, what is good is kept."""

import os
from functools import partial

import numpy as np
import pytest

from synthgen.chain import Fitted, key_of
from synthgen.generators.video.temporal_crop import TemporalCrop
from synthgen.models import clip_defects
from synthgen.models.clip import cut
from synthgen.recipe import parse_recipe
from synthgen.sample import Candidate, Job
from synthgen.seeds import numpy_rng
from synthgen.stages.filter import filter_
from synthgen.stages.read import read

REAL = os.environ.get("SYNTHGEN_SPOKEN_COMMANDS_VIDEO")
"""The folder of real clips with train, test and words.csv."""
GESTURES = {"reader": "gestures", "per_class": 10, "cut": {"open": 5, "nod": 5}, "holdout_per_class": 6}
COMMANDS = {
    "reader": "video_folder",
    "path": f"{REAL}/train",
    "holdout": f"{REAL}/test",
    "spans": "words.csv",
}
EACH = 22
FILTERS = ("readable", "near_copy", "leakage", "fidelity", "short", "black", "frozen", "flicker", "span_kept")
"""All but label_agreement, which has nothing to say of these defects and trains for minutes."""
CROP = TemporalCrop(cut_range=(0.1, 0.5))
GOOD = "good: crops with the span"


@pytest.fixture(
    scope="module",
    params=[
        "gestures",
        pytest.param("commands", marks=pytest.mark.skipif(not REAL, reason="no real clips are named")),
    ],
)
def table(request, tmp_path_factory):
    """By kind of defect: how many were planted, how many rejected, and by which filters."""
    source = GESTURES if request.param == "gestures" else COMMANDS
    recipe = parse_recipe({
        "name": "planted", "seed": 3, "source": source, "targets": {"balance_to": 30},
        "contract": {"every": {"crop_time": 0.8}}, "generate": [{"use": "video/temporal_crop"}],
        "filter": [{"use": name} for name in FILTERS],
    })  # fmt: skip
    index = read(recipe)
    train, holdout = index.samples("train"), index.samples("holdout")
    models = {}
    for name, one in recipe.filters:
        folder = tmp_path_factory.mktemp(name)
        given = holdout if one.sees_holdout else None
        one.fit(recipe.modality, train, given, recipe.contract, folder, recipe.seed, lambda *_: None)
        models[key_of("filter", one)] = Fitted(
            f"{request.param} {name}", partial(one.load, recipe.modality, folder, "cpu")
        )
    rows: dict[str, list] = {}
    step = max(1, len(train) // EACH)
    for kind, candidate, asked in plants(train[::step], holdout[:: max(1, len(holdout) // EACH)]):
        said = filter_(recipe, [candidate], models)[0]
        against = [name for name, verdict in said.items() if name in asked and not verdict.passed]
        rows.setdefault(kind, []).append(against)
    print(f"\n{request.param}\n{'planted':34} {'samples':>7} rejected        by")
    for kind, every in rows.items():
        by = {name: sum(name in one for one in every) for name in sorted({n for one in every for n in one})}
        share = np.mean([bool(one) for one in every])
        print(f"{kind:34} {len(every):7} {sum(map(bool, every)):8} {share:.3f} {by}")
    return {kind: float(np.mean([bool(one) for one in every])) for kind, every in rows.items()}


def plants(train, holdout):
    """Kind, candidate, and the filters that are asked about it: the one that knows the holdout is not, of clips that
    come from there."""
    rng = numpy_rng("planted video")
    every = set(FILTERS)
    for sample in train:
        clip, label, parents = sample.payload, str(sample.label), (sample,)
        first, end = sample.annotations["span"]
        draw = CROP.draw(Job(0, label, 0, (sample.id,), {}, 0), parents, rng)
        part = cut(clip, draw["first"], draw["end"])
        yield GOOD, Candidate(part, label, parents=parents), every - {"leakage"}
        for kind, other in {
            "cut through the span": clip_defects.unspanned(clip, (first, end), rng),
            "played backwards": clip_defects.backwards(clip),
            "frozen": clip_defects.frozen(clip, rng),
            "black": clip_defects.blackened(clip, rng),
            "flickering": clip_defects.flickering(clip, rng),
            "train copy, re-encoded": clip_defects.again(clip, int(rng.integers(18, 27))),
        }.items():
            if other is not None:
                yield kind, Candidate(other, label, parents=parents), every
    for sample in holdout:
        clip, label = sample.payload, str(sample.label)
        yield "good: real and unseen", Candidate(clip, label), every - {"leakage"}
        copies = clip_defects.copies(clip, rng) | clip_defects.disguises(clip, rng)
        for kind, other in copies.items():
            yield f"holdout copy, {kind}", Candidate(other, label), every


@pytest.mark.slow
def test_seven_of_ten_good_clips_are_kept_at_least(table):
    assert table["good: real and unseen"] <= 0.3
    assert table[GOOD] <= 0.3


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    ["cut through the span", "played backwards", "frozen", "black", "flickering", "train copy, re-encoded"],
)
def test_what_is_wrong_with_a_clip_is_caught(table, kind):
    assert table[kind] >= 0.95


@pytest.mark.slow
def test_copies_of_the_holdout_are_caught_also_cut_out_at_an_offset(table):
    copies = {kind.split(", ")[1]: share for kind, share in table.items() if kind.startswith("holdout copy")}
    assert min(copies[kind] for kind in ("re-encoded", "cut at an offset", "cut and encoded again")) >= 0.95
    assert min(copies.values()) >= 0.8
