import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from synthgen.errors import ModelError
from synthgen.models import pipelines


@pytest.fixture
def copied(tiny_diffusion, tmp_path):
    return shutil.copytree(tiny_diffusion / "sd", tmp_path / "model")


def rewrite_index(folder, **changes):
    path = folder / "model_index.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize("kind", ["sd", "turbo", "sdxl", "sdxl-turbo"])
def test_every_class_of_stable_diffusion_opens(tiny_diffusion, kind):
    pipeline = pipelines.open_img2img(tiny_diffusion / kind, "cpu")
    assert type(pipeline).__name__ in pipelines.SUPPORTED
    assert not pipeline.unet.training


@pytest.mark.parametrize("name", pipelines.SCHEDULERS)
def test_the_scheduler_is_the_one_asked_for(tiny_diffusion, name):
    pipeline = pipelines.open_img2img(tiny_diffusion / "sd", "cpu", scheduler=name)
    assert type(pipeline.scheduler).__name__ == pipelines.SCHEDULERS[name]


@pytest.mark.parametrize(
    "part",
    [
        ["os", "System"],
        ["synthgen.models.nothing", "Vae"],
        ["synthgen.errors", "ModelError"],
        ["a", "b", "c"],
    ],
)
def test_an_index_that_names_other_modules_is_refused(copied, part):
    rewrite_index(copied, unet=part)
    with pytest.raises(ModelError, match="only classes of"):
        pipelines.open_img2img(copied, "cpu")


def test_no_module_of_the_folder_is_imported(copied, monkeypatch):
    (copied / "planted_module.py").write_text("raise SystemExit('ran')")
    monkeypatch.syspath_prepend(str(copied))
    rewrite_index(copied, vae=["planted_module", "Vae"])
    with pytest.raises(ModelError):
        pipelines.check_folder(copied)
    assert "planted_module" not in sys.modules


def test_a_custom_pipeline_class_is_refused(copied):
    rewrite_index(copied, _class_name=["pipeline", "MyPipeline"])
    with pytest.raises(ModelError, match="no pipeline class"):
        pipelines.check_folder(copied)


def test_a_folder_with_only_a_pickle_says_how_to_convert_it(copied):
    weights = copied / "unet" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(ModelError, match="safe_serialization=True"):
        pipelines.open_img2img(copied, "cpu")


def test_a_folder_without_an_index_says_what_is_needed(tmp_path):
    (tmp_path / "model.ckpt").write_bytes(b"")
    with pytest.raises(ModelError, match="model_index"):
        pipelines.open_img2img(tmp_path, "cpu")


def test_a_broken_weight_file_is_a_clear_error(copied):
    weights = copied / "unet" / "diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ModelError, match="cannot be loaded"):
        pipelines.open_img2img(copied, "cpu")


def test_a_safety_checker_is_left_out_and_not_looked_for(copied):
    rewrite_index(copied, safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"])
    assert pipelines.open_img2img(copied, "cpu").safety_checker is None


def test_another_kind_of_pipeline_is_refused(copied):
    rewrite_index(copied, _class_name="FluxPipeline")
    with pytest.raises(ModelError):
        pipelines.open_img2img(copied, "cpu")


def test_a_local_folder_is_taken_as_it_is(tmp_path):
    assert pipelines.fetch(str(tmp_path)) == tmp_path


def test_a_misspelt_folder_is_told_with_the_nearest(tmp_path):
    (tmp_path / "turbo").mkdir()
    with pytest.raises(ModelError, match="Did you mean 'turbo'"):
        pipelines.fetch(str(tmp_path / "turbi"))


def test_a_single_checkpoint_file_says_how_to_convert_it(tmp_path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"")
    with pytest.raises(ModelError, match="from_single_file"):
        pipelines.fetch(str(file))


def test_a_branch_is_no_pin():
    with pytest.raises(ModelError, match="40 hex digits"):
        pipelines.fetch("owner/name@main")


def test_without_a_network_the_error_says_so(tmp_path):
    with pytest.raises(ModelError, match="local folder"):
        pipelines.fetch("owner/name@" + "0" * 40, "http://127.0.0.1:9", tmp_path)


COMMIT = "0123456789" * 4
HUB_FILES = {
    "model_index.json": b'{"_class_name": "StableDiffusionPipeline"}',
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.safetensors": b"weights",
    "unet/diffusion_pytorch_model.bin": b"a pickle",
    "v1-5.ckpt": b"a pickle",
    "README.md": b"words",
}


class Hub(BaseHTTPRequestHandler):
    """As much of the hub as a download needs."""

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.startswith("/api/models/owner/name/tree/"):
            listed = [
                {"type": "file", "path": name, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
                for name, data in HUB_FILES.items()
            ]
            return self.answer(json.dumps(listed).encode())
        if path.startswith("/api/models/owner/name"):
            about = {
                "id": "owner/name",
                "sha": COMMIT,
                "siblings": [{"rfilename": name} for name in HUB_FILES],
            }
            return self.answer(json.dumps(about).encode())
        name = path.removeprefix(f"/owner/name/resolve/{COMMIT}/")
        return self.answer(HUB_FILES[name]) if name in HUB_FILES else self.send_error(404)

    def answer(self, data):
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.send_header("ETag", f'"{hashlib.sha1(data).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def fetched(tmp_path):
    """Calls `fetch` in a process of its own, with a real HTTP server as the hub; None for a hub that is away."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def fetch(model, *, away=False):
        port = 9 if away else server.server_port
        more = {"HF_HUB_OFFLINE": "0", "HF_HOME": str(tmp_path), "HF_ENDPOINT": f"http://127.0.0.1:{port}"}
        code = "import sys; from synthgen.models.pipelines import fetch; print(fetch(sys.argv[1]))"
        return subprocess.run(
            [sys.executable, "-c", code, model],
            env=os.environ | more,
            capture_output=True,
            text=True,
            timeout=120,
        )

    yield fetch
    server.shutdown()
    server.server_close()


def test_a_hub_id_is_resolved_once_and_shown_and_only_safe_files_are_fetched(fetched):
    first = fetched("owner/name")
    folder = Path(first.stdout.strip())
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert files == {"model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"}
    assert f"owner/name@{COMMIT}" in first.stderr
    for again in (fetched("owner/name", away=True), fetched(f"owner/name@{COMMIT}", away=True)):
        assert again.stdout == first.stdout, again.stderr


def test_an_unknown_hub_id_is_a_clear_error(fetched):
    assert "ModelError" in (said := fetched("owner/other").stderr)
    assert "cannot be fetched" in said
