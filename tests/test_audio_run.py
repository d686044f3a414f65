"""Sounds go through the whole pipeline as pictures do: same digest however they are made, and made again alone."""

import pytest
import soundfile
from sounds import speechlike

from synthgen.exports.hf_parquet import HfParquet
from synthgen.measuring import measure
from synthgen.pipeline import run
from synthgen.recipe import parse_recipe
from synthgen.report_page import page
from synthgen.stages.audit import audit
from synthgen.stages.replay import replay
from synthgen.stages.verify import verify


def recipe(source, place, **changes):
    return parse_recipe({
        "name": "sounds", "seed": 2,
        "source": {
            "reader": "audio_folder", "path": str(source / "train"), "transcripts": "said.csv", "max_unreadable": 0.1,
        },
        "targets": {"balance_to": 14}, "filter": [{"use": n} for n in ("readable", "near_copy", "silent", "clipped")],
        "generate": [
            {"steps": [{"use": "audio/speed"}, {"use": "audio/background", "noises": str(source / "noises")}]},
            {"steps": [{"use": "audio/pitch"}, {"use": "audio/room", "rooms": 2}, {"use": "audio/gain", "p": 0.5}]},
        ],
        "publish": {"to": str(place)}, "shard": 100,
    } | changes)  # fmt: skip


def sources(folder):
    """Two classes, one thin, a file that is none, what is said in some files, and a folder of noises."""
    lines = ["file,transcript"]
    for i in range(12):
        label = "many" if i < 8 else "few"
        path = folder / "train" / label / f"{i}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, speechlike(i).samples, 8000)
        lines.append(f"train/{label}/{i}.wav,word {i}")
    (folder / "train/few/bad.wav").write_bytes(path.read_bytes()[:500])
    (folder / "said.csv").write_text("\n".join(lines))
    (folder / "noises").mkdir()
    soundfile.write(folder / "noises/a.ogg", speechlike(99, 3.0, 0.1).samples, 8000)
    return folder


def test_thin_classes_are_filled_shown_played_made_again_and_exported(tmp_path):
    source = sources(tmp_path)
    answer = run(recipe(source, tmp_path / "out"))
    version = answer.version
    rows = list(version.rows())
    kept = [row for row in rows if row["decision"] == "kept"]
    assert [sum(row["label"] == label for row in kept) for label in ("few", "many")] == [10, 6]
    assert {row["media_type"] for row in kept} == {"audio/flac"}
    assert all('"transcript":"word ' in row["annotations"] for row in kept)

    ids = [row["id"] for row in rows if row["decision"] in ("kept", "surplus", "rejected")]
    assert all(replay(version, one).identical for one in ids[::3])
    assert verify(version).ok

    report = audit(version)
    html = page(report)
    assert html.count("<audio controls") >= 2 * len(kept), "the sample and its parent"
    assert "header promises" in html, "the damaged file is told"

    assert HfParquet().write(version, tmp_path / "parquet") == len(kept)
    again = run(recipe(source, tmp_path / "other", shard=3)).version
    assert again.digest == version.digest


@pytest.mark.slow
def test_lift_is_measured_on_sounds(tmp_path):
    quick = {
        "seeds": 3, "steps": 20, "size": 16, "searches": 1, "reaches": [1], "shares": [0.5], "weights": [],
        "starts": [], "replacements": [],
    }  # fmt: skip
    tones = parse_recipe({
        "name": "tones", "source": {"reader": "tones", "per_class": 6, "holdout_per_class": 4, "cut": {"rise": 3}},
        "targets": {"counts": {"rise": 6}}, "filter": [{"use": "readable"}], "generate": [{"use": "audio/pitch"}],
        "publish": {"to": str(tmp_path)}, "lift": quick,
    })  # fmt: skip
    report = measure(tones, run(tones).version)
    arms = {row["arm"] for row in report.tables["arms"].rows}
    assert {"naive", "synthetic"} <= {arm.split(",")[0] for arm in arms}
    assert any(row["class"] == "rise" and row["Vendi"] for row in report.tables["data"].rows)
