import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined
from synthgen.readers.image_folder import ImageFolder

READER = ImageFolder()


def picture(width=24, height=16):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 8, y * 12, x * 3 + y * 2], 2).astype(np.uint8)


def encoded(image, format, **options):
    out = io.BytesIO()
    (Image.fromarray(image) if isinstance(image, np.ndarray) else image).save(out, format, **options)
    return out.getvalue()


def fill(root: Path, files: dict[str, bytes]) -> Path:
    for place, data in files.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_bytes(data)
    return root


def reason_of(raw: bytes, reader=READER) -> str:
    with pytest.raises(UnreadableItem) as caught:
        reader.decode(raw)
    return str(caught.value)


def header_only_png(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_come_back_exactly(format):
    np.testing.assert_array_equal(READER.decode(encoded(picture(), format)), picture())


@pytest.mark.parametrize("format", ["JPEG", "WEBP"])
def test_lossy_formats_come_back_nearly(format):
    got = READER.decode(encoded(picture(), format, quality=95))
    assert got.shape == picture().shape
    assert np.abs(got.astype(int) - picture()).mean() < 4


def test_the_content_decides_and_not_the_name(tmp_path):
    root = fill(tmp_path, {"cat/really-a.png": encoded(picture(), "JPEG"), "cat/text.png": b"just words"})
    READER.decode(READER.raw(root, "cat/really-a.png"))
    assert "no PNG, JPEG" in reason_of(READER.raw(root, "cat/text.png"))


@pytest.mark.parametrize(
    "name", ["no", "NA", "null", "1e5", "007", "<script>", "🦊", "a b", "..x", "x" * 250, "é|`"]
)
def test_class_names_are_the_folder_names(tmp_path, name):
    if name.startswith("."):
        name = name.lstrip(".")
    root = fill(tmp_path, {f"{name}/1.png": encoded(picture(), "PNG")})
    assert list(READER.items(root, "train")) == [Found(f"{name}/1.png", name)]


def test_order_is_by_name_and_subfolders_belong_to_their_class(tmp_path):
    data = encoded(picture(), "PNG")
    root = fill(tmp_path, dict.fromkeys(("b/2.png", "b/10.png", "a/deep/er/1.png", "a/0.png"), data))
    assert [(f.place, f.label) for f in READER.items(root, "train")] == [
        ("a/0.png", "a"), ("a/deep/er/1.png", "a"), ("b/10.png", "b"), ("b/2.png", "b"),
    ]  # fmt: skip


def test_nothing_is_skipped_in_silence(tmp_path):
    data = encoded(picture(), "PNG")
    root = fill(
        tmp_path,
        dict.fromkeys(("a/1.png", "a/.hidden.png", "beside.png", ".cache/1.png", "a/.thumbs/1.png"), data),
    )
    (root / "empty").mkdir()
    found = list(READER.items(root, "holdout"))
    assert [f.place for f in found if isinstance(f, Found)] == ["a/1.png"]
    quarantined = {f.place: f.reason for f in found if isinstance(f, Quarantined)}
    assert set(quarantined) == {"a/.hidden.png", "beside.png", ".cache", "a/.thumbs", "empty/"}
    assert "beside the class folders" in quarantined["beside.png"]
    assert quarantined["empty/"] == "the class folder is empty"
    assert {f.split for f in found if isinstance(f, Quarantined)} == {"holdout"}


def test_links_are_read_inside_and_quarantined_when_they_leave(tmp_path):
    data = encoded(picture(), "PNG")
    root = fill(tmp_path / "source", {"a/1.png": data})
    fill(tmp_path, {"secret/1.png": data})
    (root / "a/inside.png").symlink_to(root / "a/1.png")
    (root / "a/outside.png").symlink_to(tmp_path / "secret/1.png")
    (root / "a/gone.png").symlink_to(root / "a/nothing.png")
    (root / "a/loop.png").symlink_to(root / "a/loop.png")
    (root / "b").symlink_to(tmp_path / "secret")
    found = {f.place: f for f in READER.items(root, "train")}
    assert isinstance(found["a/inside.png"], Found)
    assert "leaves the source" in found["a/outside.png"].reason
    assert "link to nothing" in found["a/gone.png"].reason
    assert isinstance(found["a/loop.png"], Quarantined)
    assert "leaves the source" in found["b"].reason


@pytest.mark.parametrize("place", ["../secret.png", "a/../../secret.png"])
def test_no_place_leads_out_of_the_folder(tmp_path, place):
    root = fill(tmp_path / "source", {"a/1.png": b"x"})
    fill(tmp_path, {"secret.png": encoded(picture(), "PNG")})
    with pytest.raises(UnreadableItem, match="outside"):
        READER.raw(root, place)
    with pytest.raises(UnreadableItem, match="outside"):
        READER.raw(root, str(tmp_path / "secret.png"))


def test_pipes_and_names_that_are_no_utf8_are_quarantined(tmp_path):
    root = fill(tmp_path, {"a/1.png": encoded(picture(), "PNG")})
    os.mkfifo(root / "a/pipe.png")
    with open(os.fsencode(root / "a") + b"/\xff.png", "wb") as file:
        file.write(b"x")
    reasons = {f.place: f.reason for f in READER.items(root, "train") if isinstance(f, Quarantined)}
    assert reasons["a/pipe.png"] == "it is no regular file"
    assert "UTF-8" in reasons["a/\\xff.png"]


def test_a_folder_without_class_folders_says_what_is_expected(tmp_path):
    root = fill(tmp_path / "photos", {"1.png": b"x"})
    with pytest.raises(SourceError, match=r"no class folders.*photos/cat/1\.png"):
        list(READER.items(root, "train"))
    with pytest.raises(SourceError, match="does not exist"):
        list(READER.items(tmp_path / "nowhere", "train"))
    with pytest.raises(SourceError, match="is not a folder"):
        list(READER.items(root / "1.png", "train"))


def test_a_bomb_is_refused_by_its_header():
    bomb = header_only_png(30_000, 30_000)
    assert "30000 x 30000 pixels" in reason_of(bomb)
    with pytest.raises(UnreadableItem, match="not decoded"):
        READER.glance(bomb)


def test_a_file_over_the_limit_is_not_read_whole(tmp_path):
    root = fill(tmp_path, {"a/1.bmp": encoded(picture(), "BMP")})
    with pytest.raises(UnreadableItem, match="more than max_bytes = 100"):
        ImageFolder(max_bytes=100).raw(root, "a/1.bmp")


def test_empty_truncated_and_tiny_files_have_their_reasons():
    whole = encoded(picture(200, 200), "PNG")
    assert "0 bytes" in reason_of(b"")
    assert "damaged" in reason_of(whole[: len(whole) // 2])
    assert "damaged" in reason_of(encoded(picture(200, 200), "JPEG")[:-400])
    assert "1 x 1 pixels" in reason_of(encoded(picture(1, 1), "PNG"))


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_several_frames_are_quarantined(format):
    frames = [Image.fromarray(np.roll(picture(), i, 1)) for i in range(3)]
    raw = encoded(frames[0], format, save_all=True, append_images=frames[1:])
    assert "several frames" in reason_of(raw)


def test_a_gif_is_not_on_the_list():
    assert "no PNG" in reason_of(encoded(picture(), "GIF"))


def test_exif_turns_the_picture_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = np.rot90(picture())
    np.testing.assert_array_equal(
        READER.decode(encoded(np.ascontiguousarray(lying), "PNG", exif=exif)), picture()
    )


def test_sixteen_bit_grey_is_scaled():
    grey = np.linspace(0, 65535, 64, dtype=np.uint16).reshape(8, 8)
    for format in ("PNG", "TIFF"):
        got = READER.decode(encoded(grey, format))
        np.testing.assert_array_equal(got[..., 0], np.round(grey / 257).astype(np.uint8))


def test_thirty_two_bit_levels_have_no_known_white():
    assert "32-bit" in reason_of(encoded(np.ones((8, 8), np.float32), "TIFF"))


def test_transparency_lies_over_white():
    clear = np.zeros((8, 8, 4), np.uint8)
    assert (READER.decode(encoded(clear, "PNG")) == 255).all()
    palette = Image.fromarray(np.zeros((8, 8), np.uint8), "L").convert("P")
    assert (READER.decode(encoded(palette, "PNG", transparency=0)) == 255).all()


@pytest.mark.parametrize(
    ("mode", "format"),
    [
        ("1", "PNG"),
        ("L", "PNG"),
        ("P", "PNG"),
        ("LA", "PNG"),
        ("CMYK", "JPEG"),
        ("CMYK", "TIFF"),
        ("L", "JPEG"),
    ],
)
def test_other_colour_modes_become_rgb(mode, format):
    white = Image.new("RGB", (16, 8), "white").convert(mode)
    got = READER.decode(encoded(white, format))
    assert got.shape == (8, 16, 3)
    assert got.dtype == np.uint8
    assert (got >= 254).all()


@pytest.mark.parametrize(
    ("settings_", "shape"),
    [
        ({"size": 32}, (32, 32, 3)),
        ({"size": [20, 10]}, (10, 20, 3)),
        ({"size": 8}, (8, 8, 3)),
        ({}, (16, 24, 3)),
    ],
)
@pytest.mark.parametrize("fit", ["cover", "contain", "stretch"])
def test_pictures_are_brought_to_size(settings_, shape, fit):
    reader = ImageFolder.model_validate({**settings_, "fit": fit})
    assert reader.decode(encoded(picture(), "PNG")).shape == shape
    assert reader.decode(encoded(picture(800, 600), "JPEG")).shape in {shape, (600, 800, 3)}


def test_cover_keeps_proportions_and_contain_keeps_everything():
    half = np.zeros((16, 32, 3), np.uint8)
    half[:, 16:] = 200
    covered = ImageFolder(size=16, fit="cover").decode(encoded(half, "PNG"))
    assert (covered[:, :7] < 20).all()
    assert (covered[:, 9:] > 180).all()
    contained = ImageFolder(size=16, fit="contain").decode(encoded(half, "PNG"))
    assert (contained[:3] == 255).all()


WHOLE = {f: encoded(picture(40, 30), f) for f in ("PNG", "JPEG", "WEBP", "BMP", "TIFF")}


@given(
    st.sampled_from(sorted(WHOLE)),
    st.floats(0, 1),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@pytest.mark.filterwarnings("ignore:.*:UserWarning:PIL")
def test_damaged_bytes_give_a_picture_or_a_reason(format, cut, flips):
    data = bytearray(WHOLE[format][: max(1, round(cut * len(WHOLE[format])))])
    for where, value in flips:
        data[int(where * (len(data) - 1))] = value
    try:
        got = READER.decode(bytes(data))
    except UnreadableItem:
        return
    assert got.dtype == np.uint8
    assert got.shape[2] == 3
