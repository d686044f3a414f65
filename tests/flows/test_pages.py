from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from synthgen.readers.digits import Digits

pytestmark = [pytest.mark.server, pytest.mark.browser]
OUTPUT = Path(__file__).parents[1] / "output"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
EVIL = "<img src=x onerror=alert(1)>|`a`"
RENDERED = """() => [...document.images].filter(i => i.naturalWidth > 0).length >= 20
                     && document.body.innerText.includes("rejected")"""
RECIPE = """
name = "pages"
seed = 3
max_rounds = 1
[source]
reader = "image_folder"
path = "pictures"
[targets]
balance_to = 20
[[generate]]
use = "image/affine"
turn_range = [-15, 15]
[[generate]]
use = "image/recolour"
brightness_range = [1.0, 1.0]
contrast_range = [1.0, 1.0]
saturation_range = [0.9, 1.1]
[[filter]]
use = "readable"
[[filter]]
use = "near_copy"
"""


@pytest.fixture
def published(server, synthgen, tmp_path, api):
    """Ids of the newest artifacts of a run in which copies are rejected and a class has a hostile name."""
    from PIL import Image

    reader = Digits()
    found = [one for one in reader.items(None, "train") if one.label in ("6", "9")]
    for i, one in enumerate(found[:16]):
        folder = tmp_path / "pictures" / (EVIL if i % 2 else "plain")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = np.asarray(reader.decode(reader.raw(None, one.place)))
        Image.fromarray(pixels).save(folder / f"a|b <i>{i}.png")
    (tmp_path / "pages.toml").write_text(RECIPE)
    done = synthgen("run", "pages.toml", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["rejected"] > 0
    return {
        a["key"]: a["latest_id"]
        for a in api("/artifacts/latest/filter", {"limit": 200})
        if a["key"].startswith("pages-")
    }


@pytest.mark.parametrize("pages", ["", "/v2"])
def test_pictures_and_reject_reasons_are_shown_and_nothing_runs(server, published, chromium, pages):
    from playwright.sync_api import sync_playwright

    OUTPUT.mkdir(exist_ok=True)
    address = f"{server.removesuffix('/api')}{pages}/artifacts/artifact/"
    alerts: list[str] = []
    evil = next(k for k in published if "-class-" in k and k != "pages-class-plain")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
        for key in ("pages-class-plain", evil):
            page.goto(address + published[key])
            page.wait_for_function(RENDERED, timeout=60_000)
            page.screenshot(path=OUTPUT / f"{key.split('-')[2]}{pages.replace('/', '-')}.png")
            text = page.inner_text("body")
            assert "a train sample again" in text
            assert "a|b <i>" in text
        assert EVIL in text
        broken = page.evaluate("() => [...document.images].filter(i => i.complete && !i.naturalWidth).length")
        assert broken == 0
        page.goto(address + published["pages-summary"])
        page.wait_for_selector("text=Rejected by", timeout=60_000)
        assert EVIL in page.inner_text("body")
        page.screenshot(path=OUTPUT / f"summary{pages.replace('/', '-')}.png")
        page.goto(address + published["pages-counts"])
        page.wait_for_selector("text=surplus", timeout=60_000)
        page.screenshot(path=OUTPUT / f"counts{pages.replace('/', '-')}.png")
        browser.close()
    assert alerts == []
