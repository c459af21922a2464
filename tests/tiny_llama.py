"""llama.cpp's own server with a model of 250 kB: nobody here wrote it, and it decodes pictures and streams like any.

    python -m tests.tiny_llama FOLDER KEY    # makes the weights in FOLDER, prints the address, serves until ended

The weights are random but for one thing: each token of SENTENCE makes the next one certain, and the colon that ends
the prompt the first. A vision tower of one layer looks at the picture; what it sees moves nothing.
"""

from __future__ import annotations

import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SENTENCE = ("It", " says", " grün\u2028zu", " 字🙂", " open.")
CONTEXT = 2048
"""Tokens, which are bytes here: the system prompt takes half of them."""

_WIDTH, _INNER, _HEADS = 64, 64, 2
_IMAGE, _PATCH = 56, 14  # pixels


def make(folder: Path) -> tuple[Path, Path]:
    """The model and its vision tower as GGUF files in `folder`."""
    text, vision = folder / "tiny.gguf", folder / "tiny-vision.gguf"
    _text(text)
    _vision(vision)
    return text, vision


def _text(path: Path) -> None:
    import gguf

    letters = _letters()
    special = ["<s>", "</s>"]
    tokens = [*letters, *("".join(letters[byte] for byte in word.encode()) for word in SENTENCE), *special]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_INNER)
    writer.add_head_count(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * (len(tokens) - 2) + [3, 3])
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(len(tokens) - 2)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:")

    numbers = np.random.default_rng(1)
    embedding = numbers.standard_normal((len(tokens), _WIDTH)).astype(np.float32)
    output = np.zeros_like(embedding)
    spoken = [ord(":"), *range(len(letters), len(letters) + len(SENTENCE)), len(tokens) - 1]
    for token, following in pairwise(spoken):
        output[following] += embedding[token]
    writer.add_tensor("token_embd.weight", embedding)
    writer.add_tensor("output.weight", output)
    for name in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(_WIDTH, np.float32))
    for name in ("attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", _noise(numbers, _WIDTH, _WIDTH))
    for name in ("attn_output", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((_WIDTH, _WIDTH), np.float32))
    _write(writer)


def _vision(path: Path) -> None:
    """A tower as LLaVA has it."""
    import gguf

    writer = gguf.GGUFWriter(path, "clip")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", True)
    numbers_of = {"image_size": _IMAGE, "patch_size": _PATCH, "embedding_length": _WIDTH, "feed_forward_length": _INNER}
    for name, number in (
        numbers_of | {"projection_dim": _WIDTH, "block_count": 1, "attention.head_count": _HEADS}
    ).items():
        writer.add_uint32(f"clip.vision.{name}", number)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", [0.5, 0.5, 0.5])
    writer.add_array("clip.vision.image_std", [0.5, 0.5, 0.5])

    numbers = np.random.default_rng(2)
    writer.add_tensor("v.class_embd", _noise(numbers, _WIDTH))
    writer.add_tensor("v.patch_embd.weight", _noise(numbers, _WIDTH, 3, _PATCH, _PATCH))
    writer.add_tensor("v.position_embd.weight", _noise(numbers, (_IMAGE // _PATCH) ** 2 + 1, _WIDTH))
    layers = [f"v.blk.0.{name}" for name in ("attn_q", "attn_k", "attn_v", "attn_out", "ffn_up", "ffn_down")]
    for name in (*layers, "mm.0", "mm.2"):
        writer.add_tensor(f"{name}.weight", _noise(numbers, _WIDTH, _WIDTH))
        writer.add_tensor(f"{name}.bias", _noise(numbers, _WIDTH))
    for name in ("v.pre_ln", "v.post_ln", "v.blk.0.ln1", "v.blk.0.ln2"):
        writer.add_tensor(f"{name}.weight", _noise(numbers, _WIDTH))
        writer.add_tensor(f"{name}.bias", _noise(numbers, _WIDTH))
    _write(writer)


def _noise(numbers: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return (numbers.standard_normal(shape) * 0.1).astype(np.float32)


def _write(writer: Any) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _letters() -> list[str]:
    """How GPT-2's vocabulary writes each byte as a character that can be printed."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(others)) for byte in range(256)]


def main() -> None:
    import xllamacpp

    folder, key = Path(sys.argv[1]), sys.argv[2]
    settings = xllamacpp.CommonParams()
    text, vision = make(folder)
    settings.model.path, settings.mmproj.path = str(text), str(vision)
    settings.hostnames, settings.port, settings.api_keys = ["127.0.0.1"], 0, [key]
    settings.n_ctx, settings.n_parallel, settings.warmup, settings.verbosity = CONTEXT, 1, False, -1
    settings.cpuparams.n_threads = 1
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
