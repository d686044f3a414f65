import json

from synthgen.models import redraw_shape


def test_a_processor_takes_one_shape_and_full_precision():
    assert redraw_shape.lanes("cpu", 512) == redraw_shape.lanes("cpu", None) == 16
    assert redraw_shape.dtype("auto", "cpu") == "float32"
    assert redraw_shape.dtype("auto", "cuda") == "bfloat16"
    assert redraw_shape.dtype("float16", "cpu") == "float16"


def test_a_model_tells_for_which_side_it_was_trained(tmp_path):
    for part, told in (("unet", {"sample_size": [48, 64]}), ("vae", {"block_out_channels": [1, 2, 3, 4]})):
        (tmp_path / part).mkdir()
        (tmp_path / part / "config.json").write_text(json.dumps(told))
    assert redraw_shape.own_size(tmp_path) == 64 * 8
