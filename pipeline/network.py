"""Networks in ONNX, all run alike: quiet, frugal, and asleep while they wait."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def network(model: Path, threads: int = 1, *, mapped: bool = False) -> Any:
    """The `onnxruntime.InferenceSession` of a file, silent but for its errors, on so many threads of the processor.

    Small networks are no faster with more than one. With `mapped`, weights that have a file
    of their own are used where it is mapped, and cost memory that the system can take back; otherwise kernels of
    convolutions are copied into another order, which is faster. Raises what onnxruntime raises.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads, options.intra_op_num_threads = 1, threads
    options.log_severity_level = 3
    # The arena keeps the most that was ever taken, beside what malloc keeps.
    options.enable_cpu_mem_arena = False
    # Threads that spin while they wait for each other were 28 % of the work of reading, beside other work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if mapped:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
