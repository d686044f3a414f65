import datetime
import json

import numpy as np
import pyarrow as pa
import pytest

from synthgen import registry, staging
from synthgen.dataset import Dataset
from synthgen.report import Table
from synthgen.rows import DECISIONS, staged_schema
from synthgen.seeds import numpy_rng, sha256
from synthgen.stages.audit import _of_classes, audit
from synthgen.stages.publish import publish

MODALITY = registry.find("modalities", "image")()
SOURCE = "f" * 32
EVIL = "<script>alert(1)</script>"

SELFTEST = [
    {"planted": "good real ones", "should be": "kept", "samples": 10, "rejected": 1, "share": 0.1},
    {"planted": "wrong label", "should be": "rejected", "samples": 10, "rejected": 5, "share": 0.5},
    {"planted": "empty", "should be": "rejected", "samples": 10, "rejected": 10, "share": 1.0},
]


def payload(i: int) -> bytes:
    return MODALITY.encode(MODALITY.specimen(numpy_rng("audit", i)), {})


def row(i: int, decision: str, label: str = "6", **more) -> dict:
    data = None if decision == "failed" else payload(i)
    fault = decision == "rejected"
    scores = [
        {"filter": "near_copy", "value": 0.1 * i, "threshold": 0.5, "passed": not fault},
        {
            "filter": "fidelity",
            "value": 1.0,
            "threshold": 2.0,
            "passed": not (fault and i % 2),
        },
    ]
    faults = ["near_copy: the same as train/1"] + ["fidelity: too far off"] * (i % 2)
    return {
        "id": f"{i:032x}", "modality": "image", "label": label, "split": "train", "parents": [SOURCE],
        "source_ids": [SOURCE], "entry": "e", "generator": "image/affine", "settings": "[]", "draw": "[]",
        "bounds": "{}", "seed": 0, "index": i, "round": 1, "model_sha256": ["m" * 64] if i % 2 else [],
        "prompt_sha256": [], "recipe_key": "k", "scores": [] if decision == "failed" else scores,
        "decision": "candidate" if decision in ("kept", "surplus") else decision,
        "reasons": {"failed": ["the mask is empty"], "rejected": faults}.get(decision, []), "payload": data,
        "media_type": "image/png", "payload_sha256": data and sha256(data), "payload_bytes": data and len(data),
        "licence": "CC0-1.0", "source_licences": ["CC0-1.0"], "run_id": "r", "shard_key": "s", "code_version": "0",
        "created_at": datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        "embedding": np.zeros(4, np.float16), "content_sha256": data and sha256(data),
    } | more  # fmt: skip


def record(rows: list[dict], decisions: list[str], **more) -> dict:
    counts = {d: decisions.count(d) for d in DECISIONS}
    return {
        "recipe": {
            "name": "tried",
            "description": "",
            "seed": 3,
            "source": {"reader": "image_folder", "settings": {}, "path": "photos"},
        },
        "recipe_key": "k",
        "identity": "i",
        "run_key": "run1",
        "base": None,
        "extra": {},
        "modality": "image",
        "source": {
            "reader": "image_folder",
            "counts": {"train": {"6": 12, "9": 2, EVIL: 1}},
            "items": 17,
            "read": 15,
            "quarantined": [
                {"place": "6/a.png", "reason": "it is damaged", "split": "train"},
                {"place": "b", "reason": "it is hidden", "split": "train"},
            ],
            "digest": "d",
            "licence": "CC0-1.0",
        },
        "sources": {
            SOURCE: {"sha256": sha256(payload(999)), "place": "9/1.png", "label": "9", "split": "train"}
        },
        "plan": [
            {
                "round": 1,
                "entry": 0,
                "generator": "image/affine",
                "label": "6",
                "jobs": len(rows),
                "parents": 2,
                "notes": ["half_turn makes '9' into '6'"],
            }
        ],
        "refused": [{"entry": 0, "generator": "image/affine", "label": EVIL, "reason": "no room"}],
        "models": {
            "m" * 64: {
                "name": "image/gan",
                "kind": "generator",
                "weights_sha256": "w",
                "given": None,
                "compute": {"device": "cpu"},
            }
        },
        "facts": {
            "fidelity": {"notes": ["class '9' has 2 samples: a wide threshold"], "thresholds": {"6": 2.0}}
        },
        "rounds": [{"round": 1, "jobs": len(rows), **counts}],
        "targets": {"6": 20, "9": 2},
        "shortfall": {},
        "diversity": {
            "6": {
                "real": {"n": 12, "vendi": 3.5, "mean_distance": 0.3},
                "kept": {"n": 5, "vendi": 2.0, "mean_distance": 0.2},
            }
        },
        "selftest": SELFTEST,
        "counts": {"jobs": len(rows), **counts},
        "code_version": "0.1",
        "created_at": "2026-01-01T00:00:00+00:00",
    } | more


def published(place, decisions, rows=None, keep_source=True, **more):
    """A version that holds one row a decision, through the real store."""
    rows = rows or [row(i, d) for i, d in enumerate(decisions)]
    schema = staged_schema()
    table = pa.table([pa.array([r.get(f.name) for r in rows], f.type) for f in schema], schema=schema)
    dataset = Dataset(place / "tried")
    dataset.prepare()
    shard = staging.write_shard(dataset.place, "shard", table)
    if keep_source:
        dataset.keep_source(sha256(payload(999)), payload(999))
    decided = {r["id"]: d for r, d in zip(rows, decisions, strict=True) if d in ("kept", "surplus")}
    return publish(dataset, record(rows, decisions, **more), [shard], decided)


MIXED = ["kept"] * 5 + ["surplus"] * 2 + ["rejected"] * 4 + ["failed"]


@pytest.fixture
def version(tmp_path):
    return published(tmp_path, MIXED)


def rows_of(report, key):
    return [dict(r) for r in report.tables[key].rows]


def test_counts_and_classes_come_from_the_rows(version):
    report = audit(version)
    assert report.counts == {"jobs": 12, "kept": 5, "surplus": 2, "rejected": 4, "failed": 1}
    six = next(r for r in rows_of(report, "classes") if r["class"] == "6")
    assert (six["real"], six["kept"], six["together"], six["target"], six["short"]) == (12, 5, 17, 20, 3)
    assert {r["class"] for r in rows_of(report, "classes")} == {"6", "9", EVIL}


def test_a_version_in_balance_says_so(version):
    report = audit(version)
    assert report.balanced
    assert {r["holds"] for r in rows_of(report, "balance")} == {"yes"}


def test_a_record_that_contradicts_the_rows_is_out_of_balance(version):
    version.record["counts"]["kept"] = 6
    report = audit(version)
    assert not report.balanced
    assert any("kept in the record = kept rows, but 6 is not 5" in notice for notice in report.notices)


def test_generators_show_their_yield(version):
    assert rows_of(audit(version), "generators") == [
        {"generator": "image/affine", "jobs": 12, "kept": 5, "surplus": 2, "rejected": 4, "failed": 1,
         "passed share": 0.583}
    ]  # fmt: skip


def test_rejections_are_counted_by_filter_and_where_it_was_alone(version):
    copies, far = sorted(rows_of(audit(version), "rejections"), key=lambda r: r["filter"], reverse=True)
    assert (copies["filter"], copies["rejected"], copies["no other filter did"]) == ("near_copy", 4, 2)
    assert copies["for example"] == "the same as train/1"
    assert (far["filter"], far["rejected"], far["no other filter did"]) == ("fidelity", 2, 0)


def test_failures_scores_and_licences_are_listed(version):
    report = audit(version)
    assert rows_of(report, "failures") == [{"reason": "the mask is empty", "samples": 1}]
    near_copy = next(r for r in rows_of(report, "scores") if r["filter"] == "near_copy")
    assert (near_copy["judged"], near_copy["passed"]) == (11, 7)
    assert near_copy["median"] == pytest.approx(0.5)
    assert {(r["of"], r["licence"], r["samples"]) for r in rows_of(report, "licences")} == {
        ("samples", "CC0-1.0", 12), ("sources", "CC0-1.0", 12),
    }  # fmt: skip


def test_what_was_quarantined_refused_narrowed_and_relabelled_is_listed(version):
    report = audit(version)
    assert [r["item"] for r in rows_of(report, "quarantine")] == ["6/a.png", "b"]
    assert rows_of(report, "refused")[0]["class"] == EVIL
    assert rows_of(report, "bounds")[0]["what"] == "half_turn makes '9' into '6'"
    assert rows_of(report, "relabelled") == [
        {"from": "9", "to": "6", "generator": "image/affine", "samples": 12}
    ]


def test_models_diversity_and_selftest_are_shown(version):
    report = audit(version)
    assert rows_of(report, "models")[0]["samples"] == 6
    assert [(r["of"], r["Vendi"]) for r in rows_of(report, "diversity")] == [("real", 3.5), ("kept", 2.0)]
    assert rows_of(report, "selftest") == SELFTEST


def test_weak_filters_are_a_notice_and_working_ones_are_not(version):
    notices = [said for said in audit(version).notices if "self-test" in said]
    assert notices == ["In the self-test the filters caught only 50% of: wrong label."]


def test_notices_say_what_a_reader_should_know_first(version):
    notices = " ".join(audit(version).notices)
    for part in ("Class 6 is 3 short", "2 source items were quarantined", "1 job failed", "a wide threshold"):
        assert part in notices


def test_one_trouble_of_many_classes_is_one_sentence():
    def classes(n):
        rows = [{"class": f"c{i:02}", "real": 9 + i, "kept": 0, "target": 5, "short": 0} for i in range(n)]
        return list(_of_classes(Table("classes", "Classes", tuple(rows))))

    assert len(classes(8)) == 8
    assert classes(8)[0] == "Class c00 has 9 real samples, more than its target of 5."
    [one] = classes(10)
    assert one.startswith("10 classes have more real samples than their target: c00 (9), c01 (10), ")
    assert one.endswith("c07 (16) and 2 more.")


def test_the_gallery_shows_parents_beside_samples_with_reasons(version):
    report = audit(version)
    kept = [e for e in report.gallery if e.decision == "kept"]
    rejected = [e for e in report.gallery if e.decision == "rejected"]
    assert len(kept) == 5
    assert len(rejected) == 4
    assert kept[0].parents[0].label == "9"
    assert kept[0].relabelled_from == "9"
    for exhibit in report.gallery:
        assert exhibit.picture.startswith(b"\xff\xd8")
        assert exhibit.parents[0].picture.startswith(b"\xff\xd8")
    assert all("near_copy" in e.reasons[0] for e in rejected)


def test_a_large_gallery_is_thinned_evenly(tmp_path):
    version = published(tmp_path, ["kept"] * 100)
    shown = [int(e.id, 16) for e in audit(version, per_class=10).gallery]
    assert len(shown) == 6
    assert np.diff(sorted(shown)).max() <= 18
    assert audit(version, gallery=0).gallery == ()


def test_missing_sources_and_damaged_payloads_do_not_stop_an_audit(tmp_path):
    rows = [row(0, "kept"), row(1, "kept", payload=b"flipped")]
    version = published(tmp_path, ["kept", "kept"], rows, keep_source=False)
    report = audit(version)
    assert [e.picture is None for e in report.gallery] == [False, True]
    assert all(e.parents[0].picture is None for e in report.gallery)
    assert any("synthgen verify" in notice for notice in report.notices)


def test_a_report_is_json_with_and_without_pictures(version):
    report = audit(version)
    plain = json.loads(json.dumps(report.to_json()))
    assert plain["tables"]["classes"] == rows_of(report, "classes")
    assert "picture" not in plain["gallery"][0]
    assert json.loads(json.dumps(report.to_json(pictures=True)))["gallery"][0]["parents"][0]["picture"]


def test_an_empty_version_has_a_report(tmp_path):
    report = audit(published(tmp_path, [], plan=[], rounds=[], diversity={}, selftest=None))
    assert report.gallery == ()
    assert report.balanced


def test_samples_without_a_class_are_shown_too(tmp_path):
    report = audit(published(tmp_path, ["kept", "kept"], [row(0, "kept", label=None), row(1, "kept")]))
    assert [e.label for e in report.gallery] == ["", "6"]
    assert {r["class"]: r["kept"] for r in rows_of(report, "classes")} == {"": 1, "6": 1, "9": 0, EVIL: 0}


def test_soft_labels_are_no_relabelling(tmp_path):
    soft = row(0, "kept", label_weights=json.dumps({"6": 0.7, "9": 0.3}))
    exhibit = audit(published(tmp_path, ["kept"], [soft])).gallery[0]
    assert exhibit.weights == {"6": 0.7, "9": 0.3}
    assert exhibit.relabelled_from is None


def test_an_audit_reads_only_the_version(version, tmp_path):
    report = audit(version)
    again = audit(Dataset(tmp_path / "tried").open())
    assert again.to_json(pictures=True) == report.to_json(pictures=True)
