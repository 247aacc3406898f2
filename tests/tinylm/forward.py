#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Continue a prompt with a model in a Hugging Face folder, in NumPy, from the definition of Llama.

usage: forward.py DIR PROMPT N

Knows nothing of tinylm but the folder: config.json, tokenizer.json and the shards, read by
numpy.memmap. Prints the N greedy token numbers, separated by commas. Follows the Hugging Face
convention: rotary embedding of element j with element j + half (arXiv:2104.09864 for the angles).
"""
import json
import os
import sys

import numpy as np

from check_safetensors import check_folder


def read_config(folder):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        return json.load(file)


def read_weights(folder):
    weights = {}
    sys.stdout, stdout = open(os.devnull, "w", encoding="utf-8"), sys.stdout
    tensors = check_folder(folder)
    sys.stdout = stdout
    for name, (path, entry) in tensors.items():
        assert entry["dtype"] == "F32"
        with open(path, "rb") as file:
            header_len = int.from_bytes(file.read(8), "little")
        begin = 8 + header_len + entry["data_offsets"][0]
        weights[name] = np.memmap(path, "<f4", "r", begin, tuple(entry["shape"]))
    return weights


def encode(folder, text):
    """Byte fallback BPE without merges, as tokenizer.json describes it."""
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as file:
        tokenizer = json.load(file)
    assert tokenizer["model"]["merges"] == []
    vocab = tokenizer["model"]["vocab"]
    assert sorted(vocab.values()) == list(range(len(vocab)))
    tokens = list(tokenizer["post_processor"]["special_tokens"]["<s>"]["ids"])
    for char in text.replace(" ", tokenizer["normalizer"]["content"]):
        if char in vocab:
            tokens.append(vocab[char])
        else:
            tokens += [vocab[f"<0x{byte:02X}>"] for byte in char.encode("utf-8")]
    return tokens


def norm(x, weight, eps):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + eps) * weight


def rotate(x, theta):
    """x: positions x heads x head size"""
    half = x.shape[-1] // 2
    angles = np.outer(np.arange(x.shape[0]), theta ** (-np.arange(half) / half))[:, None, :]
    left, right = x[..., :half], x[..., half:]
    return np.concatenate((left * np.cos(angles) - right * np.sin(angles),
                           right * np.cos(angles) + left * np.sin(angles)), -1)


def layer(x, weights, prefix, config):
    def linear(y, name):
        return y @ weights[f"{prefix}.{name}.weight"].astype(np.float64).T

    eps, heads = config["rms_norm_eps"], config["num_attention_heads"]
    split = (len(x), heads, config["hidden_size"] // heads)
    y = norm(x, weights[f"{prefix}.input_layernorm.weight"], eps)
    q = rotate(linear(y, "self_attn.q_proj").reshape(split), config["rope_theta"])
    k = rotate(linear(y, "self_attn.k_proj").reshape(split), config["rope_theta"])
    v = linear(y, "self_attn.v_proj").reshape(split)
    scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(split[2])
    scores[:, np.triu(np.ones((len(x), len(x)), bool), 1)] = -np.inf
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    scores /= scores.sum(-1, keepdims=True)
    mixed = np.einsum("hij,jhd->ihd", scores, v).reshape(x.shape)
    x = x + linear(mixed, "self_attn.o_proj")
    y = norm(x, weights[f"{prefix}.post_attention_layernorm.weight"], eps)
    gate = linear(y, "mlp.gate_proj")
    return x + linear(gate / (1 + np.exp(-gate)) * linear(y, "mlp.up_proj"), "mlp.down_proj")


def next_token(tokens, weights, config):
    embedding = weights["model.embed_tokens.weight"].astype(np.float64)
    x = embedding[tokens]
    for index in range(config["num_hidden_layers"]):
        x = layer(x, weights, f"model.layers.{index}", config)
    x = norm(x[-1], weights["model.norm.weight"], config["rms_norm_eps"])
    assert config["tie_word_embeddings"]
    return int((embedding @ x).argmax())


def main(folder, prompt, count):
    config, weights = read_config(folder), read_weights(folder)
    tokens = encode(folder, prompt)
    first = len(tokens)
    for _ in range(int(count)):
        tokens.append(next_token(tokens, weights, config))
    print(",".join(str(token) for token in tokens[first:]))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
