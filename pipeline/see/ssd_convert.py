"""SSD MobileNet v2 taken from TensorFlow's format into ONNX, which needs far less memory to run than in OpenCV.

Only the network itself is taken; the rest of the graph prepares pictures and sorts boxes. Weights go into a file of
their own, which can be mapped into memory instead of being read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

MODEL, WEIGHTS = "ssd.onnx", "ssd.weights"
"""Names of the files."""

PICTURE, OFFSETS, SCORES = "picture", "offsets", "scores"
"""Names of what goes in, 1 x 3 x 300 x 300, RGB from -1 to 1, and of what comes out: how each box differs from its
prior box, 1917 x 4, and its scores, 1917 x 91."""

SIZE = 300
"""Width and height of what the network sees, in pixels."""

MAPS = 6
"""Maps of features in which things are looked for, from the finest with the smallest things to the coarsest."""

_EDGES, _KINDS = 4, 91

_PARTS = ("FeatureExtractor/", "BoxPredictor_")
_FIRST = "FeatureExtractor/MobilenetV2/MobilenetV2/input"

_OPSET, _FORMAT = 17, 8
"""Versions of ONNX's operators and of its format."""

_PAGE = 4096
"""Bytes: each kernel begins on a page of memory."""

_Values = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Convolution:
    """One that is not written yet: what its result is multiplied by becomes part of it, and what is added ends it."""

    of: str
    kernel: _Values  # channels out, channels in of each group, height, width
    groups: int
    stride: int


def convert(graph: Path, folder: Path) -> None:
    """Write MODEL and WEIGHTS into `folder`: 0.5 s, and memory for `graph`, its largest kernel and the package onnx.

    Raises ValueError or LookupError if `graph` is no such network, and OSError if nothing can be written.
    """
    import onnx
    from onnx import TensorProto, helper

    number = TensorProto.FLOAT
    with (folder / WEIGHTS).open("wb") as weights:
        writer = _Writer(weights)
        for node in _Message(np.memmap(graph, np.uint8, "r").data).messages(1):
            if node.text(1).startswith(_PARTS):
                writer.take(node)
        writer.finish()
        # A loss of power must not leave zeros of the right length: with these it would find nothing, and nobody notice.
        weights.flush()
        os.fsync(weights.fileno())
    given = helper.make_tensor_value_info(PICTURE, number, [1, 3, SIZE, SIZE])
    made = [helper.make_tensor_value_info(name, number, [None, None]) for name in (OFFSETS, SCORES)]
    whole = helper.make_graph(writer.nodes, "ssd", [given], made, writer.tensors)
    opset = helper.make_opsetid("", _OPSET)
    onnx.save(helper.make_model(whole, opset_imports=[opset], ir_version=_FORMAT), str(folder / MODEL))


class _Writer:
    """Takes the nodes of the graph one by one; each comes behind those that it needs."""

    def __init__(self, weights: BinaryIO) -> None:
        from onnx import numpy_helper

        self.nodes: list[NodeProto] = []
        constants = {
            "zero": np.float32(0),
            "six": np.float32(6),
            OFFSETS: np.array([-1, _EDGES]),
            SCORES: np.array([-1, _KINDS]),
        }
        self.tensors: list[TensorProto] = [
            numpy_helper.from_array(np.asarray(value), f"constant/{name}") for name, value in constants.items()
        ]
        self._weights = weights
        self._known: dict[str, _Values | _Convolution | str] = {_FIRST: PICTURE}

    def take(self, node: _Message) -> None:
        """A node of TensorFlow's. Raises ValueError if it is none of this network."""
        name, op = node.text(1), node.text(2)
        result: _Values | _Convolution | str | None
        match op, [self._known[of] for of in node.texts(3) if of in self._known]:
            case _ if name in self._known:
                return
            case "Const", []:
                result = _constant(_attributes(node)["value"].message(8))
            case "Identity", [value]:
                result = value
            case "Rsqrt", [np.ndarray() as value]:
                result = np.asarray(1 / np.sqrt(value), np.float32)
            case "Add" | "Sub" | "Mul", [np.ndarray() as one, np.ndarray() as other]:
                result = {"Add": np.add, "Sub": np.subtract, "Mul": np.multiply}[op](one, other)
            case "Conv2D" | "DepthwiseConv2dNative", [str() as of, np.ndarray() as kernel]:
                result = _convolution(node, of, kernel)
            case "Mul", [_Convolution() as convolution, np.ndarray() as factor]:
                result = replace(convolution, kernel=convolution.kernel * factor.reshape(-1, 1, 1, 1))
            case "Add" | "BiasAdd", [_Convolution() as convolution, np.ndarray() as bias]:
                result = self._convolved(name, convolution, bias)
            case "Add", [str() as one, str() as other]:
                result = self._node("Add", name, one, other)
            case "Relu6", [str() as of]:
                result = self._node("Clip", name, of, "constant/zero", "constant/six")
            case "Reshape", [str() as of]:
                turned = self._node("Transpose", f"{name}/turned", of, perm=[0, 2, 3, 1])
                what = OFFSETS if name.endswith("/Reshape") else SCORES
                result = self._node("Reshape", name, turned, f"constant/{what}")
            case "Shape" | "StridedSlice" | "Pack", _:  # the shapes are known
                result = None
            case _:
                raise ValueError(f"{name}: {op} is unexpected")
        if result is not None:
            self._known[name] = result

    def finish(self) -> None:
        """Join what was found in each map. Raises ValueError if something of it is missing."""
        for result, last in ((OFFSETS, "Reshape"), ("logits", "Reshape_1")):
            parts = [f"BoxPredictor_{number}/{last}" for number in range(MAPS)]
            if missing := [part for part in parts if part not in self._known]:
                raise ValueError(f"{missing[0]} is missing")
            self._node("Concat", result, *parts, axis=0)
        self._node("Sigmoid", SCORES, "logits")

    def _convolved(self, name: str, convolution: _Convolution, bias: _Values) -> str:
        kernel, added = self._stored(f"{name}/kernel", convolution.kernel), self._stored(f"{name}/bias", bias)
        strides = [convolution.stride] * 2
        given = convolution.of, kernel, added
        return self._node("Conv", name, *given, group=convolution.groups, strides=strides, auto_pad="SAME_UPPER")

    def _node(self, op: str, name: str, *inputs: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(op, inputs, [name], name, **attributes))
        return name

    def _stored(self, name: str, values: _Values) -> str:
        from onnx import StringStringEntryProto, TensorProto

        self._weights.write(bytes(-self._weights.tell() % _PAGE))
        place = {"location": WEIGHTS, "offset": str(self._weights.tell()), "length": str(values.nbytes)}
        self._weights.write(np.ascontiguousarray(values).data)
        self.tensors.append(
            TensorProto(
                name=name,
                data_type=TensorProto.FLOAT,
                dims=values.shape,
                data_location=TensorProto.EXTERNAL,
                external_data=[StringStringEntryProto(key=key, value=value) for key, value in place.items()],
            )
        )
        return name


def _convolution(node: _Message, of: str, kernel: _Values) -> _Convolution:
    attributes = _attributes(node)
    stride = attributes["strides"].message(1).part(3)[1]
    if attributes["padding"].text(2) != "SAME":
        raise ValueError(f"{node.text(1)}: padding is unexpected")
    if node.text(2) == "Conv2D":
        return _Convolution(of, kernel.transpose(3, 2, 0, 1), 1, stride)
    return _Convolution(of, kernel.transpose(2, 3, 0, 1), kernel.shape[2], stride)


def _attributes(node: _Message) -> dict[str, _Message]:
    return {attribute.text(1): attribute.message(2) for attribute in node.messages(5)}


def _constant(tensor: _Message) -> _Values | None:
    """A tensor's numbers; None if they are not of single precision."""
    if tensor.number(1) != 1:
        return None
    shape = [size.number(1) for size in tensor.message(2).messages(2)]
    values = np.frombuffer(tensor.part(4 if tensor.has(4) else 5), "<f4")
    return values.reshape(shape) if len(values) > 1 else np.full(shape, values[0], np.float32)


class _Message:
    """A message of protobuf, by the numbers of its fields: the classes for this one come with TensorFlow only.

    All raise ValueError or LookupError for what is no such message.
    """

    def __init__(self, data: memoryview) -> None:
        self._fields: dict[int, list[int | memoryview]] = {}
        at = 0
        while at < len(data):
            key, at = _varint(data, at)
            match key & 7:
                case 0:
                    value, at = _varint(data, at)
                    self._fields.setdefault(key >> 3, []).append(value)
                    continue
                case 1:
                    length = 8
                case 2:
                    length, at = _varint(data, at)
                case 5:
                    length = 4
                case kind:
                    raise ValueError(f"there is no kind {kind} of field")
            if at + length > len(data):
                raise ValueError("the message is cut off")
            self._fields.setdefault(key >> 3, []).append(data[at : at + length])
            at += length

    def has(self, field: int) -> bool:
        return field in self._fields

    def number(self, field: int) -> int:
        value = self._fields[field][-1]
        if not isinstance(value, int):
            raise ValueError(f"field {field} is no number")
        return value

    def parts(self, field: int) -> Iterator[memoryview]:
        for value in self._fields.get(field, []):
            if isinstance(value, int):
                raise ValueError(f"field {field} is a number")
            yield value

    def part(self, field: int) -> memoryview:
        *_, last = [*self.parts(field)]
        return last

    def texts(self, field: int) -> list[str]:
        return [str(part, "utf-8") for part in self.parts(field)]

    def text(self, field: int) -> str:
        return str(self.part(field), "utf-8")

    def messages(self, field: int) -> Iterator[_Message]:
        return map(_Message, self.parts(field))

    def message(self, field: int) -> _Message:
        return _Message(self.part(field))


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, lowest first, and where the next field begins."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
