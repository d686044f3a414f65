"""Networks too give the same dataset, whatever the batch size asked for, the shards and the workers."""

import pytest
from digits import digits
from test_pipeline import TwoThreads

from synthgen.pipeline import InProcess, run
from synthgen.stages.replay import replay
from synthgen.stages.verify import verify

IMG2IMG = {"use": "image/img2img", "prompt": "digit", "fit_steps": 2, "fit_batch": 8, "steps": 4}
GAN = {"use": "image/gan", "fit_steps": 2, "fit_batch": 8}
JUDGES = ("readable", "near_copy", "leakage", "fidelity")


def networks(place, batch_size=16, **changes):
    generate = [IMG2IMG | {"batch_size": batch_size}, GAN]
    counts = {"counts": {"6": 18}}
    return digits(
        place, filters=JUDGES, generate=generate, targets=counts, max_rounds=1, shard=100, **changes
    )


@pytest.fixture(scope="module")
def version(tmp_path_factory):
    return run(networks(tmp_path_factory.mktemp("out"))).version


@pytest.mark.parametrize(
    ("executor", "changes"), [(InProcess(), {"batch_size": 1}), (TwoThreads(), {"batch_size": 3})]
)
def test_batch_size_and_workers_do_not_change_the_digest(version, tmp_path, executor, changes):
    recipe = networks(tmp_path, **changes).model_copy(update={"shard": 3})
    assert run(recipe, executor).version.digest == version.digest


def test_every_sample_names_the_model_that_made_it_also_among_alternatives(tmp_path):
    one_of = [GAN, GAN | {"fit_steps": 3}]
    recipe = digits(tmp_path, filters=(), generate=[{"steps": [{"one_of": one_of}, {"use": "image/erase"}]}])
    version = run(recipe.model_copy(update={"max_rounds": 1})).version
    rows = list(version.rows(["id", "model_sha256"]))
    assert len({row["model_sha256"][0] for row in rows}) == 2
    assert all(row["model_sha256"][1] is None for row in rows)
    assert all(replay(version, row["id"]).identical for row in rows[::4])
    assert verify(version).ok


def test_samples_of_networks_are_made_again_alone(version):
    of_each = {row["generator"]: row["id"] for row in version.rows(["id", "generator"])}
    assert set(of_each) == {"image/img2img", "image/gan"}
    assert all(replay(version, sample).identical for sample in of_each.values())
