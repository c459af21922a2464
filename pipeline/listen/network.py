"""Small networks in ONNX, on one thread of the processor: more would only wait for each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def network(model: Path) -> Any:
    """The `onnxruntime.InferenceSession` of a file, silent but for its errors."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # it keeps the most that was ever taken, beside what malloc keeps
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
