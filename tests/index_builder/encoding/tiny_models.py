"""Tiny random SentenceTransformers, one of each family, each with a tokenizer of its own kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

# What the tokenizers are trained on: several languages and scripts, words that come again.
LINES = (
    "Converts, records and streams audio and video in nearly every format.",
    "Retouches photos and paints pictures in layers with brushes and colours.",
    "A garden hose of many metres with a brass nozzle for gardens and yards.",
    "Edits text with modes and commands, driven from the keyboard alone.",
    "Arrays and linear algebra for programs in Python; query: passage: search_document:",
    "Eine Regenjacke für Kinder, wasserdicht und warm, größer als gedacht.",
    "Les vêtements d'été sont légers; le café est déjà prêt à être servi.",
    "手机壳 适用于 手机 壳 保护 膜 検索 ケーブル 充電",
    "Чехол для телефона и кабель для зарядки, поиск товаров.",
)
QUERY, DOCUMENT = "query: ", "passage: "
WINDOW = 48
HIDDEN, HEADS, LAYERS, INNER = 32, 4, 2, 64
VOCABULARY = 700
# So that random layers do much, and half precision little, to a vector.
SPREAD = 0.1


WORDS = sorted({word for line in LINES for word in re.findall(r"\w+", line)})
LETTERS = sorted({letter for line in LINES for letter in f"{line}{line.lower()}" if letter != " "})


def wordpiece() -> Tokenizer:
    """Of BERT, MPNet and DistilBERT: ## continues a word."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = {_plain(word) for word in WORDS}
    letters = {_plain(letter) for letter in LETTERS}
    pieces = [*special, *sorted(words | letters), *sorted(f"##{letter}" for letter in letters)]
    vocabulary = {piece: place for place, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return _framed(tokenizer, "[CLS]", "[SEP]")


def _plain(text: str) -> str:
    return normalizers.BertNormalizer(lowercase=True).normalize_str(text).strip()


def unigram() -> Tokenizer:
    """SentencePiece, of XLM-R: ▁ begins a word."""
    special = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    marked = [(f"▁{word}", -8.0) for word in WORDS]
    letters = [(letter, -10.0) for letter in (*LETTERS, "▁")]
    tokenizer = Tokenizer(models.Unigram([*special, *marked, *letters, ("<mask>", 0.0)], unk_id=3))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return _framed(tokenizer, "<s>", "</s>")


def byte_level(*frame: str, special: Sequence[str]) -> Tokenizer:
    """BPE over bytes, of RoBERTa, ModernBERT and decoders: Ġ is the space before a word."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES * 8, trainer)
    return _framed(tokenizer, *frame)


def _framed(tokenizer: Tokenizer, first: str, last: str) -> Tokenizer:
    used = [token for token in (first, last) if token]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=" ".join(part for part in (first, "$A", last) if part),
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in used],
    )
    return tokenizer


@dataclass(frozen=True)
class TinyModel:
    """One family: its configuration by transformers, its tokenizer, and how it pools."""

    config: Callable[[int], Any]
    tokenizer: Callable[[], Tokenizer]
    special: Mapping[str, str]
    pooling: str = "mean"
    padding_side: str = "right"
    dense: int = 0
    prompts: Mapping[str, str] = field(
        default_factory=lambda: {"query": QUERY, "document": DOCUMENT}
    )
    settings: Mapping[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        """Make the weights and save the model as sentence-transformers does."""
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import (
            Dense,
            Normalize,
            Pooling,
            Transformer,
        )
        from transformers import AutoModel, PreTrainedTokenizerFast

        torch.manual_seed(7)
        raw = folder / "raw"
        tokenizer = self.tokenizer()
        config = self.config(tokenizer.get_vocab_size())
        AutoModel.from_config(config).save_pretrained(raw)  # type: ignore[no-untyped-call]
        PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=tokenizer,
            model_max_length=WINDOW,
            padding_side=self.padding_side,
            **self.special,
        ).save_pretrained(raw)
        transformer = Transformer(str(raw), max_seq_length=WINDOW)
        modules: list[Any] = [transformer, Pooling(HIDDEN, self.pooling)]
        if self.dense:
            modules.append(Dense(HIDDEN, self.dense))
        model = SentenceTransformer(
            modules=[*modules, Normalize()], prompts=dict(self.prompts), device="cpu"
        )
        model.save(str(folder / "model"), create_model_card=False)
        if self.settings:
            path = folder / "model/config_sentence_transformers.json"
            saved = json.loads(path.read_text(encoding="utf-8"))
            path.write_text(json.dumps({**saved, **self.settings}), encoding="utf-8")
        return folder / "model"


def _bert(name: str, **more: Any) -> Callable[[int], Any]:
    def config(vocabulary: int) -> Any:
        import transformers

        return getattr(transformers, name)(
            vocab_size=vocabulary,
            hidden_size=HIDDEN,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            intermediate_size=INNER,
            initializer_range=SPREAD,
            **more,
        )

    return config


def _distilbert(vocabulary: int) -> Any:
    from transformers import DistilBertConfig

    return DistilBertConfig(
        vocab_size=vocabulary,
        dim=HIDDEN,
        n_layers=LAYERS,
        n_heads=HEADS,
        hidden_dim=INNER,
        max_position_embeddings=WINDOW,
        initializer_range=SPREAD,
    )


BRACKETS = {
    "pad_token": "[PAD]",
    "unk_token": "[UNK]",
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": "[MASK]",
}
ANGLES = {
    "pad_token": "<pad>",
    "bos_token": "<s>",
    "eos_token": "</s>",
    "cls_token": "<s>",
    "sep_token": "</s>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
ENDS = {"pad_token": "<|pad|>", "eos_token": "<|end|>"}
# RoBERTa and its kin keep two positions for themselves.
OFFSET = 2


def _roberta_words() -> Tokenizer:
    return byte_level("<s>", "</s>", special=["<s>", "<pad>", "</s>", "<unk>", "<mask>"])


def _bracket_bytes() -> Tokenizer:
    return byte_level("[CLS]", "[SEP]", special=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])


def _decoder_words() -> Tokenizer:
    return byte_level("", "<|end|>", special=["<|end|>", "<|pad|>"])


FAMILIES: Mapping[str, TinyModel] = {
    "bert": TinyModel(_bert("BertConfig", max_position_embeddings=WINDOW), wordpiece, BRACKETS),
    "mpnet": TinyModel(
        _bert("MPNetConfig", max_position_embeddings=WINDOW + OFFSET, pad_token_id=1),
        wordpiece,
        BRACKETS,
        "cls",
    ),
    "roberta": TinyModel(
        _bert("RobertaConfig", max_position_embeddings=WINDOW + OFFSET, pad_token_id=1),
        _roberta_words,
        ANGLES,
        "max",
    ),
    "xlm-r": TinyModel(
        _bert("XLMRobertaConfig", max_position_embeddings=WINDOW + OFFSET, pad_token_id=1),
        unigram,
        ANGLES,
    ),
    "distilbert": TinyModel(_distilbert, wordpiece, BRACKETS, "mean", dense=16),
    "modernbert": TinyModel(
        _bert(
            "ModernBertConfig",
            max_position_embeddings=WINDOW,
            pad_token_id=0,
            local_attention=8,
            global_attn_every_n_layers=2,
        ),
        _bracket_bytes,
        BRACKETS,
        "cls",
    ),
    "decoder": TinyModel(
        _bert(
            "Qwen3Config",
            num_key_value_heads=2,
            head_dim=HIDDEN // HEADS,
            max_position_embeddings=WINDOW,
            eos_token_id=0,
            pad_token_id=1,
        ),
        _decoder_words,
        ENDS,
        "lasttoken",
        "left",
    ),
}
