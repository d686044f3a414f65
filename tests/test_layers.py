"""Imports point down only, and what is heavy waits until it is used."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted(p for top in ("synthgen", "flows") for p in (ROOT / top).rglob("*.py"))
ORDER = ("base", "nouns", "models", "modalities", "plug-ins", "stages", "pipeline", "benches", "flows")
BASE = {"errors", "seeds", "device"}
PLUGINS = {"readers", "generators", "filters", "exports"}
HEAVY = {
    *(
        "numpy",
        "scipy",
        "sklearn",
        "pandas",
        "pyarrow",
        "lance",
        "datasets",
        "PIL",
        "cv2",
        "fpng",
        "open3d",
        "matplotlib",
    ),
    *(
        "numba",
        "rdkit",
        "networkx",
        "av",
        "soundfile",
        "soxr",
        "librosa",
        "audiomentations",
        "pyroomacoustics",
    ),
    *("torch", "torch_geometric", "safetensors", "accelerate", "diffusers", "transformers", "tokenizers"),
    *("huggingface_hub", "prefect"),
}

OWN_RANDOMNESS = re.compile(
    r"np\.random\.(?!Generator\b)\w+|np\.random\.Generator\(|^\s*(?:import|from) random\b"
    r"|torch\.Generator\(|torch\.manual_seed|torch\.rand\w*\((?!.*generator)",
    re.MULTILINE,
)


def layer(module: str) -> str:
    """The layer of `synthgen.readers.digits` or `flows.cli`."""
    top, _, rest = module.partition(".")
    room = rest.split(".")[0]
    if top == "flows":
        return "flows"
    if room in BASE:
        return "base"
    return {
        "pipeline": "pipeline",
        "making": "pipeline",
        "measuring": "pipeline",
        "lift_data": "pipeline",
        **dict.fromkeys(PLUGINS, "plug-ins"),
    }.get(room, room if room in ORDER else "nouns")


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(path: Path) -> list[str]:
    return [name for name in imports(parsed(path)) if name.split(".")[0] in ("synthgen", "flows")]


def types_only(tree: ast.AST) -> set[str]:
    """Imports under TYPE_CHECKING: names of values that flow from one stage to the next."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    return {name for block in blocks for statement in block.body for name in imports(statement)}


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at_import_time(tree: ast.Module) -> Iterator[str]:
    """Imports that run when the module is imported: not those in functions or under TYPE_CHECKING."""
    todo: list[ast.stmt] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            todo += node.orelse
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)
        todo += [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt)]


every_file = pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))


@every_file
def test_imports_point_down(path):
    mine = layer(module_of(path))
    for name in ours(path):
        if name != "synthgen.__version__":
            assert ORDER.index(layer(name)) <= ORDER.index(mine), f"{mine} must not import {name}"


@every_file
def test_plugins_and_stages_stand_alone(path):
    room = module_of(path).split(".")[1:2]
    for name in set(ours(path)) - types_only(parsed(path)):
        other = name.split(".")[1:2]
        if room == ["stages"] or set(room) & PLUGINS:
            assert other != room, f"{path.name} must not import its neighbour {name}"
        if room == ["filters"]:
            assert other != ["generators"]
        if room == ["stages"]:
            assert other[0] not in PLUGINS | {"modalities"}, f"a stage names no plug-in, but imports {name}"


@every_file
def test_the_library_knows_nothing_of_prefect(path):
    if path.is_relative_to(ROOT / "synthgen"):
        assert not [name for name in imports(parsed(path)) if name.split(".")[0] in ("prefect", "flows")]


@every_file
def test_heavy_libraries_wait_until_they_are_used(path):
    module = module_of(path)
    if module.startswith("synthgen.models.") or (module.startswith("flows.") and module != "flows.cli"):
        return
    assert not {name.split(".")[0] for name in at_import_time(parsed(path))} & HEAVY


@every_file
def test_only_seeds_makes_random_generators(path):
    if path.name == "seeds.py" or path.parent.name == "benches":  # a bench wants the cheapest noise there is
        return
    text = path.read_text(encoding="utf-8")
    made = OWN_RANDOMNESS.findall(text)
    assert not made


def test_importing_every_plugin_imports_nothing_heavy():
    code = """
import sys
from synthgen import registry
for kind in ("modalities", "readers", "generators", "filters", "exports", "benches"):
    for name in registry.names(kind):
        registry.find(kind, name)
import synthgen.recipe, synthgen.stages.plan, synthgen.stages.read
print(*sorted(set(sys.argv[1:]) & set(sys.modules)))
"""
    said = subprocess.run(
        [sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert said.stdout.split() == []


def test_a_violation_would_be_found():
    assert layer("synthgen.readers.digits") == "plug-ins"
    assert layer("synthgen.recipe") == "nouns"
    tree = ast.parse(
        "import numpy\nif TYPE_CHECKING:\n    import torch\ndef f():\n    import lance\nclass A:\n    import PIL"
    )
    assert set(at_import_time(tree)) == {"numpy", "PIL"}
