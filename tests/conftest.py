"""What all tests share."""

import os
import shutil

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")


def needed(program: str) -> str:
    """The path of a system program; skips the test where it is missing, or fails it where CI must run everything."""
    if path := shutil.which(program):
        return path
    reason = f"{program} is not installed (apt-get install {program})"
    if os.environ.get("SYNTHGEN_MUST_RUN"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of Debian's Chromium."""
    return needed("chromium")


@pytest.fixture(scope="session")
def tiny_diffusion(tmp_path_factory):
    """Folders of random Stable Diffusion pipelines, a few hundred kB each, by kind: sd, turbo, sdxl, sdxl-turbo."""
    folder = tmp_path_factory.mktemp("tiny-diffusion")
    for kind in ("sd", "turbo", "sdxl", "sdxl-turbo"):
        _write_tiny_diffusion(kind, folder / kind)
    return folder


@pytest.fixture(scope="session")
def tiny_clip(tmp_path_factory):
    """The folder of a CLIP that knows red, green and blue squares by their names."""
    from tiny_networks import trained_clip

    return trained_clip(tmp_path_factory.mktemp("tiny-clip"))


def _write_tiny_diffusion(kind, folder):
    import diffusers as d
    import transformers as t

    from synthgen.models.small_tokenizer import train_tokenizer
    from synthgen.seeds import torch_init

    tokenizer = train_tokenizer(["a photo of a cat", "a photo of a dog"])
    width = {
        "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "vocab_size": len(tokenizer), "max_position_embeddings": tokenizer.model_max_length, "projection_dim": 32,
        "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }  # fmt: skip
    xl = kind.startswith("sdxl")
    more = (
        {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "cross_attention_dim": 64,
         "projection_class_embeddings_input_dim": 6 * 8 + 32}
        if xl else {"cross_attention_dim": 32}
    )  # fmt: skip
    schedulers = {
        "sd": d.PNDMScheduler(skip_prk_steps=True, steps_offset=1),
        "turbo": d.EulerDiscreteScheduler(timestep_spacing="trailing", steps_offset=1),
        "sdxl": d.EulerDiscreteScheduler(steps_offset=1),
        "sdxl-turbo": d.EulerAncestralDiscreteScheduler(timestep_spacing="trailing", steps_offset=1),
    }
    with torch_init(kind):
        parts = {
            "vae": d.AutoencoderKL(
                block_out_channels=(16, 16), norm_num_groups=8, latent_channels=4,
                down_block_types=["DownEncoderBlock2D"] * 2, up_block_types=["UpDecoderBlock2D"] * 2,
            ),
            "unet": d.UNet2DConditionModel(
                sample_size=16, in_channels=4, out_channels=4, block_out_channels=(16, 32), layers_per_block=1,
                norm_num_groups=8, attention_head_dim=4, down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), **more,
            ),
            "text_encoder": t.CLIPTextModel(t.CLIPTextConfig(**width)),
            "tokenizer": tokenizer,
            "scheduler": schedulers[kind],
        }  # fmt: skip
        if xl:
            second = t.CLIPTextModelWithProjection(t.CLIPTextConfig(**width))
            parts |= {"text_encoder_2": second, "tokenizer_2": tokenizer}
            d.StableDiffusionXLPipeline(**parts, add_watermarker=False).save_pretrained(folder)
        else:
            parts |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
            d.StableDiffusionPipeline(**parts).save_pretrained(folder)
