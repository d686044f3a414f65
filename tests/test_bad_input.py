"""Bad input from end to end: a clear error or quarantine, and nothing lost."""

import io
import json
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synthgen import pipeline
from synthgen.dataset import Dataset
from synthgen.errors import ModelError, PublishError, RecipeError, SourceError
from synthgen.recipe import Recipe, load_recipe, parse_recipe
from synthgen.report_page import page
from synthgen.seeds import numpy_rng
from synthgen.stages.audit import audit
from synthgen.stages.verify import verify

EVIL = "<script>alert(1)<"
LONG = "x" * 250
CLASSES = {"no": 6, "NA": 4, "1e5": 4, "007": 4, EVIL: 4, "🦊 a|b": 4, LONG: 4, "only one": 1}


def png(i: int, side: int = 24) -> bytes:
    small = numpy_rng("bad input", i).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return encoded(Image.fromarray(small).resize((side, side), Image.Resampling.BICUBIC), "PNG")


def encoded(image: Image.Image, format: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, format, **options)
    return out.getvalue()


@cache
def bomb() -> bytes:
    """A picture of 200 megapixels in a file of 25 kB."""
    return encoded(Image.new("1", (20_000, 10_000)), "PNG")


def odd_files() -> dict[str, bytes]:
    whole = png(1000, 64)
    frames = [Image.new("RGB", (16, 16), c) for c in ("red", "green", "blue")]
    return {
        "truncated.png": whole[: len(whole) // 2],
        "zero.png": b"",
        "text.png": b"I am no picture",
        "bomb.png": bomb(),
        "animated.webp": encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
        "one-by-one.png": encoded(Image.new("RGB", (1, 1)), "PNG"),
        "notes.txt": b"see above",
    }


def usable_files() -> dict[str, bytes]:
    grey = numpy_rng("grey").integers(0, 65536, (24, 24), dtype=np.uint16)
    colours = Image.open(io.BytesIO(png(2000)))
    return {
        "cmyk.jpg": encoded(colours.convert("CMYK"), "JPEG"),
        "sixteen.png": encoded(Image.fromarray(grey), "PNG"),
        "palette.png": encoded(colours.convert("P"), "PNG"),
        "clear.png": encoded(Image.open(io.BytesIO(png(2001))).convert("RGBA"), "PNG"),
    }


@pytest.fixture
def source(tmp_path) -> Path:
    root = tmp_path / "source"
    for c, (label, n) in enumerate(CLASSES.items()):
        (root / label).mkdir(parents=True)
        for i in range(n):
            (root / label / f"{i}.png").write_bytes(png(100 * c + i))
    for name, data in {**odd_files(), **usable_files()}.items():
        (root / "no" / name).write_bytes(data)
    (root / "empty").mkdir()
    (root / "beside.png").write_bytes(png(3000))
    (tmp_path / "secret.png").write_bytes(png(3001))
    (root / "no" / "link.png").symlink_to(tmp_path / "secret.png")
    return root


def recipe(tmp_path: Path, place: Path, **changes) -> Recipe:
    data = {
        "name": "bad",
        "source": {"reader": "image_folder", "path": str(place), "size": 24, "max_unreadable": 0.5},
        "targets": {"balance_to": 12},
        "generate": [{"use": "image/affine"}],
        "filter": [{"use": "readable"}, {"use": "near_copy"}],
        "publish": {"to": str(tmp_path / "outputs")},
    }
    return parse_recipe(data | changes)


def test_bad_items_are_quarantined_and_the_rest_becomes_a_version(tmp_path, source):
    version = pipeline.run(recipe(tmp_path, source)).version
    said = version.record["source"]
    reasons = {q["place"]: q["reason"] for q in said["quarantined"]}
    expected = {
        "no/truncated.png": "damaged", "no/zero.png": "0 bytes", "no/text.png": "no PNG", "no/bomb.png": "not decoded",
        "no/animated.webp": "several frames", "no/one-by-one.png": "1 x 1", "no/notes.txt": "no PNG",
        "no/link.png": "leaves the source", "empty/": "empty", "beside.png": "beside the class folders",
    }  # fmt: skip
    assert set(reasons) == set(expected)
    for place, part in expected.items():
        assert part in reasons[place]
    assert (
        said["items"]
        == said["read"] + len(reasons)
        == sum(CLASSES.values()) + len(usable_files()) + len(reasons)
    )
    assert said["counts"]["train"] == {**CLASSES, "no": CLASSES["no"] + len(usable_files())}
    assert verify(version).problems == ()


def test_class_names_stay_as_they_are_up_to_the_page(tmp_path, source):
    version = pipeline.run(recipe(tmp_path, source)).version
    assert {row["label"] for row in version.rows(["label"])} == set(CLASSES)
    report = audit(version)
    assert report.balanced
    assert set(report.labels) == set(CLASSES)
    text = page(report)
    assert EVIL not in text
    assert text.count("<script>") == 1
    json.dumps(report.to_json())


def test_too_much_that_is_unreadable_stops_the_run_and_says_what(tmp_path, source):
    strict = recipe(tmp_path, source, source={"reader": "image_folder", "path": str(source), "size": 24})
    with pytest.raises(SourceError, match=r"10 of \d+ source items .*max_unreadable = 0\.05.* First: "):
        pipeline.run(strict)
    assert not Dataset(strict.place).exists


def test_every_filter_copes_with_a_class_of_one_sample(tmp_path, source):
    filters = [{"use": n} for n in ("readable", "near_copy", "leakage", "fidelity")]
    filters.append({"use": "label_agreement", "folds": 2, "steps": 4})
    holdout = tmp_path / "holdout" / "no"
    holdout.mkdir(parents=True)
    for i in range(4):
        (holdout / f"{i}.png").write_bytes(png(5000 + i))
    said = {"reader": "image_folder", "path": str(source), "holdout": str(holdout.parent), "size": 24}
    given = recipe(tmp_path, source, filter=filters, source={**said, "max_unreadable": 0.5})
    version = pipeline.run(given).version
    assert audit(version).balanced
    assert any("only one" in notice for notice in audit(version).notices)


def test_a_folder_without_classes_or_no_folder_at_all_is_explained(tmp_path):
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat" / "1.png").write_bytes(png(1))
    with pytest.raises(SourceError, match="no class folders"):
        pipeline.run(recipe(tmp_path, tmp_path / "flat"))
    with pytest.raises(SourceError, match="does not exist"):
        pipeline.run(recipe(tmp_path, tmp_path / "nowhere"))


def test_a_target_below_what_is_there_makes_nothing_and_says_so(tmp_path, source):
    low = recipe(tmp_path, source, targets={"balance_to": 1})
    version = pipeline.run(low).version
    assert len(version) == 0
    notices = audit(version).notices
    assert notices[0] == "No class was short of its target, so nothing was made."
    assert "Class NA has 4 real samples, more than its target of 1." in notices
    assert not pipeline.run(low).new


def test_a_target_for_a_class_that_does_not_exist_offers_the_nearest(tmp_path, source):
    for label in ("../x", "N A", "nope"):
        with pytest.raises(RecipeError, match="the source does not hold"):
            pipeline.run(recipe(tmp_path, source, targets={"counts": {label: 5}}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "a"\nname = "b"\n', "may stand there once only"),
        ('name = "a"\n[sourc]\n', "Did you mean 'source'"),
        ('name = "a"\n[targets]\nbalance = 3\n', "Did you mean 'balance_to'"),
        ('name = "../a"\n', "name"),
        ("name = \xff", "no valid TOML"),
        ("", "source is missing"),
    ],
)
def test_a_recipe_with_mistakes_names_each(tmp_path, text, said):
    path = tmp_path / "recipe.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(RecipeError, match=said):
        load_recipe(str(path))


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"use": "image/affine", "turn_rage": [0, 1]}, "Did you mean 'turn_range'"),
        ({"use": "image/afine"}, "Did you mean 'image/affine'"),
        ({"use": "image/affine", "turn_range": [9, 1]}, "turn_range"),
    ],
)
def test_a_generator_with_mistakes_names_each(tmp_path, source, entry, said):
    with pytest.raises(RecipeError, match=said):
        recipe(tmp_path, source, generate=[entry])


@pytest.mark.parametrize("use", ["image/img2img", "image/gan"])
def test_a_model_folder_with_only_a_pickle_is_refused_before_anything_is_loaded(tmp_path, source, use):
    folder = tmp_path / "model"
    folder.mkdir()
    parts = {"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"]}
    (folder / "model_index.json").write_text(json.dumps(parts))
    (folder / "unet").mkdir()
    (folder / "unet" / "config.json").write_text("{}")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"cos\nsystem\n(S'touch hacked'\ntR.")
    with pytest.raises(ModelError, match=r"pickle|safetensors"):
        pipeline.run(recipe(tmp_path, source, generate=[{"use": use, "model": str(folder)}]))
    assert not (tmp_path / "outputs" / "bad" / "dataset.lance").exists()


def test_without_network_a_hub_model_is_an_error_that_says_so(tmp_path, source):
    hub = [{"use": "image/img2img", "model": "some-owner/some-model"}]
    with pytest.raises(ModelError, match="some-owner/some-model"):
        pipeline.run(recipe(tmp_path, source, generate=hub))


def test_an_outputs_folder_that_cannot_be_written_is_an_error_before_anything_is_made(tmp_path, source):
    (tmp_path / "file").write_text("in the way")
    for to in (tmp_path / "file", Path("/proc/nowhere")):
        with pytest.raises(PublishError, match=r"cannot|not"):
            pipeline.run(recipe(tmp_path, source, publish={"to": str(to)}))


LIMITED = """
import resource, signal, sys
from synthgen import pipeline
from synthgen.errors import SynthgenError
from synthgen.recipe import parse_recipe
import json
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
recipe = parse_recipe(json.loads(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    pipeline.run(recipe)
except SynthgenError as error:
    print(type(error).__name__, error)
    sys.exit(error.exit_code)
"""


def test_a_full_disk_is_an_error_and_the_next_run_goes_on(tmp_path, source):
    ours = recipe(tmp_path, source)
    data = ours.model_dump(mode="json", exclude_none=True, exclude={"schedule"})
    call = [sys.executable, "-c", LIMITED, json.dumps(data), "20000"]
    full = subprocess.run(call, capture_output=True, text=True, check=False)
    assert full.returncode == PublishError.exit_code, full.stderr[-2000:]
    assert full.stdout.startswith("PublishError")
    assert not Dataset(ours.place).exists
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    version = pipeline.run(ours).version
    assert [info.tag for info in version.dataset.versions] == ["v1"]
    assert verify(version).problems == ()
