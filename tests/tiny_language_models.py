"""Folders of random language models, a few hundred kB each: sequence-to-sequence, and chat with a template."""

from synthgen.seeds import torch_init

WORDS = [
    "anna",
    "saw",
    "the",
    "good",
    "old",
    "story",
    "on",
    "a",
    "quiet",
    "day",
    "and",
    "went",
    "home",
    "early",
]
WORDS += ["then", "so", "it", "was", "there"]
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def tokenizer(template=TEMPLATE):
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    marks = ["<pad>", "<end>", "<unk>", "<|user|>", "<|system|>", "<|assistant|>", "<|end|>"]
    vocab = {word: i for i, word in enumerate([*marks, *WORDS, *"bcdefghijklmnopqrstuvwxyz<>|. "])}
    core = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    made = transformers.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", eos_token="<end>", unk_token="<unk>",
        additional_special_tokens=marks[3:],
    )  # fmt: skip
    made.chat_template = template
    return made


def write_t5(folder):
    import transformers as t

    words = tokenizer(None)
    config = t.T5Config(
        vocab_size=len(words), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_heads=4, pad_token_id=0,
        eos_token_id=1, decoder_start_token_id=0, dropout_rate=0.0,
    )  # fmt: skip
    with torch_init("t5"):
        t.T5ForConditionalGeneration(config).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def write_chat(folder, kind="llama", template=TEMPLATE):
    import transformers as t

    words = tokenizer(template)
    common = {"vocab_size": len(words), "pad_token_id": 0, "eos_token_id": 1, "bos_token_id": None}
    with torch_init("chat"):
        if kind == "llama":
            network = t.LlamaForCausalLM(
                t.LlamaConfig(
                    hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                    max_position_embeddings=2048, **common,
                )
            )  # fmt: skip
        else:
            network = t.GPT2LMHeadModel(
                t.GPT2Config(n_embd=32, n_layer=2, n_head=4, n_positions=256, **common)
            )
        network.save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
