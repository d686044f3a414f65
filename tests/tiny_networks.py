"""Networks of a few hundred kB that tests build, and pictures that even such a network tells apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
import transformers as t

from synthgen.device import one_thread
from synthgen.models.small_tokenizer import train_tokenizer
from synthgen.seeds import torch_init, torch_rng

SIZE = 16
KINDS = ("vit", "vit classifier", "dinov2", "resnet", "convnext", "clip", "clip vision", "siglip vision")
COLOURS = {"red": (200, 40, 40), "green": (40, 180, 40), "blue": (50, 60, 210)}
_SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
_PATCHES = {"image_size": SIZE, "patch_size": 8}


def network(kind: str, folder: Path) -> Path:
    """A folder with a random network, as save_pretrained writes it, and what its pictures must look like."""
    with torch_init(kind):
        _new(kind).save_pretrained(folder)
    look = {"size": {"height": SIZE, "width": SIZE}, "image_mean": [0.5] * 3, "image_std": [0.25] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(look))
    return folder


def _new(kind: str) -> t.PreTrainedModel:
    vision = _SHAPE | _PATCHES
    if kind == "vit":
        return t.ViTModel(t.ViTConfig(**vision))
    if kind == "vit classifier":
        return t.ViTForImageClassification(t.ViTConfig(**vision))
    if kind == "dinov2":
        return t.Dinov2Model(t.Dinov2Config(**vision, mlp_ratio=1))
    if kind == "resnet":
        shape = {"embedding_size": 32, "hidden_sizes": [32, 64], "depths": [1, 1], "layer_type": "basic"}
        return t.ResNetModel(t.ResNetConfig(**shape))
    if kind == "convnext":
        shape = {"hidden_sizes": [16, 32], "depths": [1, 1], "num_stages": 2, "patch_size": 2}
        return t.ConvNextModel(t.ConvNextConfig(**shape))
    if kind == "clip":
        return t.CLIPModel(t.CLIPConfig(text_config=_SHAPE, vision_config=vision, projection_dim=16))
    if kind == "clip vision":
        return t.CLIPVisionModel(t.CLIPVisionConfig(**vision))
    if kind == "siglip vision":
        return t.SiglipVisionModel(t.SiglipVisionConfig(**vision))
    if kind == "masked autoencoder":
        decoder = {
            "decoder_hidden_size": 16,
            "decoder_num_attention_heads": 2,
            "decoder_num_hidden_layers": 1,
        }
        return t.ViTMAEModel(t.ViTMAEConfig(**_SHAPE, image_size=SIZE, patch_size=4, **decoder))
    return t.BertModel(t.BertConfig(**_SHAPE, vocab_size=100))


def coloured(label: str, n: int, seed: int = 0) -> list[np.ndarray]:
    """Noisy pictures (16, 16, 3) with a square of one colour somewhere."""
    rng = np.random.default_rng([seed, *label.encode()])
    pictures = rng.normal(120, 25, (n, SIZE, SIZE, 3))
    for picture, (top, left) in zip(pictures, rng.integers(0, 7, (n, 2)), strict=True):
        picture[top : top + 9, left : left + 9] = rng.normal(COLOURS[label], 12, (9, 9, 3))
    return list(pictures.clip(0, 255).astype(np.uint8))


def trained_clip(folder: Path, steps: int = 40) -> Path:
    """A CLIP that has learnt, in seconds, which colour a picture of `coloured` has; with its tokenizer."""
    one_thread()
    captions = [f"a photo of a {label}" for label in COLOURS]
    tokenizer = train_tokenizer(captions)
    ids = [tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    text = dict(zip(("bos_token_id", "eos_token_id", "pad_token_id"), ids, strict=True))
    text |= _SHAPE | {"vocab_size": len(tokenizer), "max_position_embeddings": tokenizer.model_max_length}
    with torch_init("clip"):
        model = t.CLIPModel(
            t.CLIPConfig(text_config=text, vision_config=_SHAPE | _PATCHES, projection_dim=16)
        )
    words = tokenizer(captions, return_tensors="pt")
    pictures = np.stack([coloured(label, 64, seed=1) for label in COLOURS], 1).reshape(-1, SIZE, SIZE, 3)
    x = (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 127.5 - 1).reshape(64, 3, 3, SIZE, SIZE)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    rng = torch_rng("batches")
    for _ in range(steps):
        some = x[torch.randint(64, (8,), generator=rng)].flatten(0, 1)
        said = model(pixel_values=some, **words)
        loss = torch.nn.functional.cross_entropy(said.logits_per_image, torch.arange(3).repeat(8))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
