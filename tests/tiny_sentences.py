"""A tiny sentence model of random weights."""

from __future__ import annotations

import json
from pathlib import Path

WORDS = [
    "[UNK]",
    "a",
    "short",
    "one",
    "another",
    "text",
    "with",
    "some",
    "more",
    "words",
    "in",
    "it",
    "and",
    "then",
    "few",
    "x",
]


def sentence_model(place: Path) -> Path:
    """A tiny model as sentence-transformers saves it: a transformer, pooling by the mean, a layer, normalisation."""
    import torch
    from safetensors.torch import save_file
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    BertModel(BertConfig(vocab_size=30, max_position_embeddings=64, **size)).save_pretrained(place)
    words = {w: i for i, w in enumerate(WORDS)}
    tokenizer = Tokenizer(models.WordLevel(words, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(place / "tokenizer.json"))
    (place / "tokenizer_config.json").write_text("{}")
    parts = [
        ("", "models.Transformer"),
        ("1_Pooling", "models.Pooling"),
        ("2_Dense", "models.Dense"),
        ("3_N", "models.Normalize"),
    ]
    for path, _ in parts[1:]:
        (place / path).mkdir()
    (place / "1_Pooling/config.json").write_text(json.dumps({"pooling_mode_mean_tokens": True}))
    (place / "2_Dense/config.json").write_text(
        json.dumps({"activation_function": "torch.nn.modules.activation.Tanh"})
    )
    save_file(
        {"linear.weight": torch.randn(8, 16), "linear.bias": torch.zeros(8)},
        place / "2_Dense/model.safetensors",
    )
    listed = [
        {"idx": i, "path": path, "type": f"sentence_transformers.{kind}"}
        for i, (path, kind) in enumerate(parts)
    ]
    (place / "modules.json").write_text(json.dumps(listed))
    return place
