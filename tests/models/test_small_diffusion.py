import subprocess
import sys

import numpy as np
import pytest
import torch

from synthgen.errors import ModelError
from synthgen.models.pipelines import open_img2img
from synthgen.models.redraw import Redrawer, Task
from synthgen.models.small_diffusion import Lessons, _Batches, train
from synthgen.seeds import folder_sha256, numpy_rng, torch_rng

SHADES = {"dark": 30, "light": 220}


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


def lessons(n=16, side=16, **changes):
    labels = [list(SHADES)[i % 2] for i in range(n)]
    spread = numpy_rng("lessons").integers(-20, 21, (n, side, side, 3))
    pictures = (np.array([SHADES[name] for name in labels])[:, None, None, None] + spread).astype(np.uint8)
    given = {"labels": labels, "may_mirror": [False] * n, "shift_px": [0] * n}
    return Lessons(pictures, [f"a {name} picture" for name in labels], **given | changes)


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(lessons(), tmp_path / name, steps=2, batch=4, seed=seed)
    assert folder_sha256(tmp_path / "a") == folder_sha256(tmp_path / "b")
    assert folder_sha256(tmp_path / "a") != folder_sha256(tmp_path / "c")


def test_only_safetensors_and_text_are_written(tmp_path):
    train(lessons(), tmp_path, steps=1, batch=4)
    assert {p.suffix for p in tmp_path.rglob("*.*")} <= {".safetensors", ".json", ".txt"}
    assert str(tmp_path) not in "".join(p.read_text() for p in tmp_path.rglob("*.json"))


def test_what_was_trained_opens_in_a_process_that_did_not_train(tmp_path):
    train(lessons(), tmp_path, steps=1, batch=4)
    code = (
        "import sys\nfrom pathlib import Path\nfrom synthgen.models.pipelines import open_img2img\n"
        "open_img2img(Path(sys.argv[1]), 'cpu')"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_progress_counts_the_steps(tmp_path):
    seen = []
    train(lessons(), tmp_path, steps=3, batch=4, progress=lambda *values: seen.append(values))
    assert [values[:2] for values in seen] == [(1, 3), (2, 3), (3, 3)]


def test_the_prompt_decides_what_a_picture_turns_into(tmp_path):
    train(lessons(), tmp_path, steps=100, batch=16, channels=(16, 32))
    redrawer = Redrawer(open_img2img(tmp_path, "cpu"), 16, 8, guided=False)
    grey = np.full((16, 16, 3), 125, np.uint8)
    shades = {
        name: np.mean(redrawer([Task(grey, f"a {name} picture", "", 10, 10, 1.0, i) for i in range(8)]))
        for name in SHADES
    }
    assert shades["dark"] + 60 < shades["light"]


def test_half_of_a_batch_is_drawn_alike_from_all_classes():
    labels = ["common"] * 90 + ["rare"] * 10
    batches = _Batches(None, lessons(100, labels=labels), 4, torch_rng("batches"))
    assert batches.weights[90:].sum() == pytest.approx(0.5 * 0.5 + 0.5 * 0.1)


@pytest.mark.parametrize("shape", [(4, 12, 12, 3), (4, 16, 32, 3), (0, 16, 16, 3)])
def test_pictures_of_a_wrong_shape_are_refused(shape):
    n = shape[0]
    with pytest.raises(ModelError, match="divisible by 8"):
        Lessons(np.zeros(shape, np.uint8), ["a"] * n, ["a"] * n, [False] * n, [0] * n)


def test_pictures_that_may_not_move_or_flip_stay_as_they_are():
    class Seen:
        class config:
            scaling_factor = 1.0

        def encode(self, pictures):
            self.latent_dist, self.pictures = self, pictures
            return self

        def mode(self):
            return self.pictures

    ramp = np.tile(np.arange(16, dtype=np.uint8)[None, None, :, None], (2, 16, 1, 3))
    free = Lessons(ramp, ["still", "free"], ["a", "b"], [False, True], [0, 2])
    batches = _Batches(Seen(), free, 64, torch_rng("moves"))
    pictures, texts = batches.next()
    levels = (pictures + 1) * 127.5
    still = levels[texts == batches.texts.index("still")]
    moved = levels[texts == batches.texts.index("free")]
    np.testing.assert_allclose(still[:, 0, 0], np.tile(np.arange(16), (len(still), 1)), atol=1e-4)
    assert {tuple(row.round().int().tolist()[4:12]) for row in moved[:, 0, 0]} == {
        tuple(range(4 + d, 12 + d)) for d in (-2, -1, 0, 1, 2)
    } | {tuple(range(11 + d, 3 + d, -1)) for d in (-2, -1, 0, 1, 2)}
