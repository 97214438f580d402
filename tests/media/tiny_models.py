"""Models of the real shape with random weights, made on the spot: for code paths, never for quality."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEADS, MELS, FRAMES, LONGEST = 16, 2, 80, 1500, 448
LIKELY = dict.fromkeys("abcdefghijklmnopqrstuvwxyz", 9.0) | {"Ġ": 9.5}
SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]


def make_whisper(folder: Path) -> Path:
    """Write a CTranslate2 Whisper of one layer over single bytes, with its tokenizer; returns the folder."""
    from ctranslate2.specs.whisper_spec import WhisperSpec
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*alphabet, *SPECIAL, *(f"<|{index * 0.02:.2f}|>" for index in range(1501))]
    tokenizer = Tokenizer(models.BPE({token: index for index, token in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in words[len(alphabet) :]])

    spec = WhisperSpec(1, HEADS, 1, HEADS)
    rng = np.random.default_rng(0)

    def random(*shape: int) -> NDArray[np.float32]:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    encoder, decoder = spec.encoder, spec.decoder
    for conv, inputs in ((encoder.conv1, MELS), (encoder.conv2, WIDTH)):
        conv.weight, conv.bias = random(WIDTH, inputs, 3), random(WIDTH)
    encoder.position_encodings.encodings = random(FRAMES, WIDTH)
    decoder.position_encodings.encodings = random(LONGEST, WIDTH)
    decoder.embeddings.weight = random(len(words), WIDTH)
    decoder.projection.weight = random(len(words), WIDTH)
    # Letters and spaces are likely, so that it writes words of a sort.
    decoder.projection.bias = np.array([LIKELY.get(word, 0.0) for word in words], np.float32)
    for norm in (encoder.layer_norm, decoder.layer_norm):
        norm.gamma, norm.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
    for layer in (*encoder.layer, *decoder.layer):
        attentions = [layer.self_attention, *([layer.attention] if hasattr(layer, "attention") else [])]
        for attention in attentions:
            # Own attention has one matrix for query, key and value; attention to the sound has two.
            sizes = [3, 1] if attention is layer.self_attention else [1, 2, 1]
            for linear, size in zip(attention.linear, sizes, strict=True):
                linear.weight, linear.bias = random(size * WIDTH, WIDTH), random(size * WIDTH)
            attention.layer_norm.gamma = np.ones(WIDTH, np.float32)
            attention.layer_norm.beta = np.zeros(WIDTH, np.float32)
        layer.ffn.layer_norm.gamma, layer.ffn.layer_norm.beta = np.ones(WIDTH, np.float32), np.zeros(WIDTH, np.float32)
        layer.ffn.linear_0.weight, layer.ffn.linear_0.bias = random(4 * WIDTH, WIDTH), random(4 * WIDTH)
        layer.ffn.linear_1.weight, layer.ffn.linear_1.bias = random(WIDTH, 4 * WIDTH), random(WIDTH)

    spec.register_vocabulary(words)
    spec.config.suppress_ids, spec.config.suppress_ids_begin = [], []
    spec.config.lang_ids = [words.index("<|en|>")]
    spec.config.alignment_heads = [(0, 0), (0, 1)]
    spec.validate()
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def make_wav2vec2(folder: Path) -> Path:
    """Write a wav2vec2 of two layers over letters, with its processor; returns the folder."""
    from transformers import (
        Wav2Vec2Config,
        Wav2Vec2CTCTokenizer,
        Wav2Vec2FeatureExtractor,
        Wav2Vec2ForCTC,
        Wav2Vec2Processor,
    )

    folder.mkdir(parents=True, exist_ok=True)
    letters = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyz'"]
    (folder / "vocab.json").write_text(json.dumps({letter: index for index, letter in enumerate(letters)}))
    tokenizer = Wav2Vec2CTCTokenizer(str(folder / "vocab.json"))
    extractor = Wav2Vec2FeatureExtractor(return_attention_mask=False)
    Wav2Vec2Processor(feature_extractor=extractor, tokenizer=tokenizer).save_pretrained(folder)
    config = Wav2Vec2Config(
        vocab_size=len(letters),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(16,) * 7,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
    )
    Wav2Vec2ForCTC(config).eval().save_pretrained(folder)
    return folder
