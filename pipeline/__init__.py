"""What happens to the data: listen, look, ask, speak. Knows no device, no screen, no file format."""

import os

# onnxruntime 1.29 and later tells Microsoft what networks are run, and keeps an identifier of the machine; it looks
# here once, when it is loaded (https://github.com/microsoft/onnxruntime/pull/27379). Nothing leaves but what is asked.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
