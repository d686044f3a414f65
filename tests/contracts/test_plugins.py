"""A plug-in is one file and its test."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import synthgen
from synthgen import registry
from synthgen.errors import UnknownName

ROOT = Path(__file__).parents[2]
PACKAGE = Path(synthgen.__file__).parent

INVERT = '''
"""Colours turned over."""

from synthgen.contract import Effect
from synthgen.generator import Generator
from synthgen.sample import Made


class Invert(Generator):
    """The negative of a picture.

    Payload: uint8 (h, w, 3). Label: kept. Source: none needed.
    """

    modality = "image"

    def effects(self):
        return (Effect.on_off("invert", True, harmless=True),)

    def applied(self, draw):
        return {"invert": draw["invert"]}

    def draw(self, job, parents, rng):
        return {"invert": float(rng.random() < 0.5)}

    def make(self, batch, model):
        return [Made(255 - w.parents[0].payload if w.draw["invert"] else w.parents[0].payload.copy()) for w in batch]


PLUGIN = Invert
'''

USE_IT = """
import sys
from synthgen import registry
from synthgen.chain import run_chain
from synthgen.recipe import parse_recipe
from synthgen.sample import Job, Made, Sample
from synthgen.seeds import numpy_rng

name = sys.argv[1]
assert name in registry.names("generators"), registry.names("generators")
recipe = parse_recipe({
    "name": "tried", "source": {"reader": "digits"}, "targets": {"balance_to": 200},
    "filter": [], "generate": [{"use": name}],
    "contract": {"label": {"6": {"invert": False}}},
})
specimen = recipe.modality.specimen(numpy_rng(1))
parent = Sample("p", "image", "9", lambda: specimen)
jobs = [Job(0, "9", i, ("p",), {"invert": (0.0, 1.0)}, 0) for i in range(20)]
made = [o.made for o in run_chain(recipe.generate[0], jobs, [(parent,)] * 20, {})]
assert all(isinstance(m, Made) for m in made), made
inverted = sum(bool((m.payload == 255 - specimen).all()) for m in made)
print(registry.name_of("generators", recipe.generate[0].generators[0]), 0 < inverted < 20)
"""

IDENTITIES = """
import json
from synthgen import registry

for kind in ("generators", "filters", "readers"):
    for name in registry.names(kind):
        plugin = registry.find(kind, name)()
        said = plugin.shaping() if kind == "readers" else plugin.identity()
        print(kind, name, json.dumps(said), sorted(plugin.listing) if kind == "readers" else "")
"""

MIRRORED = [
    f"{kind}/{name}"
    for kind in ("modalities", "readers", "generators", "filters", "exports")
    for name in registry.names(kind)
]


def use(name: str, *places: Path) -> str:
    env = {"PYTHONPATH": ":".join(map(str, places)), "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", USE_IT, name],
        env=env,
        cwd=places[0],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_one_new_file_is_a_new_generator(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "synthgen", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "synthgen/generators/image/invert.py").write_text(INVERT)
    assert use("image/invert", tmp_path) == "image/invert True"


def test_another_package_adds_a_generator_by_an_entry_point(tmp_path):
    (tmp_path / "their_invert.py").write_text(INVERT)
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[synthgen.generators]\nimage/their_invert = their_invert:Invert\n"
    )
    assert use("image/their_invert", tmp_path, ROOT) == "image/their_invert True"


def test_identities_are_the_same_in_every_process():
    said = [
        subprocess.run(
            [sys.executable, "-c", IDENTITIES], env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"}, cwd=ROOT,
            capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2", "3")
    ]  # fmt: skip
    assert len(said[0].splitlines()) == sum(
        len(registry.names(kind)) for kind in ("generators", "filters", "readers")
    )
    assert said[0] == said[1] == said[2]


@pytest.mark.parametrize("place", MIRRORED)
def test_every_plugin_has_a_test_of_its_name(place):
    kind_and_folder, _, name = place.rpartition("/")
    assert (ROOT / "tests" / kind_and_folder / f"test_{name}.py").is_file() or kind_and_folder == "modalities"


@pytest.mark.parametrize("place", MIRRORED)
def test_every_plugin_lies_where_its_name_says(place):
    kind, _, name = place.partition("/")
    assert registry.name_of(kind, registry.find(kind, name)()) == name


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'digits'"):
        registry.find("readers", "digit")
