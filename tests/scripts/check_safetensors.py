#!/usr/bin/env python3
"""Checks a safetensors file that tests/core/safetensors_test.cpp wrote, or writes one for it to read.

Uses the safetensors package where it is installed, and a reader of 20 lines of its own in any case. The bytes of every
tensor are 0, 1, 2, ... modulo 251, those of bool 0 and 1 alternately.
"""

import ctypes
import json
import struct
import sys

EXPECTED = {  # name: dtype, shape
    "Float": ("F32", [3, 5]), "Double": ("F64", [3, 5]), "BFloat16": ("BF16", [3, 5]), "Half": ("F16", [3, 5]),
    "Long": ("I64", [3, 5]), "Int": ("I32", [3, 5]), "Short": ("I16", [3, 5]), "Char": ("I8", [3, 5]),
    "Byte": ("U8", [3, 5]), "Bool": ("BOOL", [3, 5]), "scalar": ("I64", []), "empty": ("F32", [0, 4]),
    'name "é"': ("U8", [7]),
}
SIZES = {"F32": 4, "F64": 8, "BF16": 2, "F16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
METADATA = {"format": "pt", "note": "é\n"}


def numbered(dtype, shape):
    size = SIZES[dtype]
    for extent in shape:
        size *= extent
    return bytes(i % 2 if dtype == "BOOL" else i % 251 for i in range(size))


def read(path):
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    assert (8 + length) % 8 == 0, "the header is not padded to 8"
    metadata = header.pop("__metadata__", {})
    end = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["data_offsets"][0] == end, f"hole or overlap at {name}"
        end = entry["data_offsets"][1]
    assert end == len(data), "bytes behind the last tensor"
    tensors = {n: (e["dtype"], e["shape"], data[slice(*e["data_offsets"])]) for n, e in header.items()}
    return metadata, tensors


def check(path):
    metadata, tensors = read(path)
    assert metadata == METADATA, metadata
    assert sorted(tensors) == sorted(EXPECTED), sorted(tensors)
    for name, (dtype, shape) in EXPECTED.items():
        assert tensors[name] == (dtype, shape, numbered(dtype, shape)), name
    try:
        import safetensors
    except ImportError:
        print("safetensors is not installed: checked with the script's own reader only")
        return
    with open(path, "rb") as file:
        entries = dict(safetensors.deserialize(file.read()))
    assert sorted(entries) == sorted(EXPECTED), sorted(entries)
    for name, (dtype, shape) in EXPECTED.items():
        entry = entries[name]
        assert (entry["dtype"], entry["shape"], bytes(entry["data"])) == (dtype, shape, numbered(dtype, shape)), name
    print("checked with the safetensors package")


def write_by_package(path):
    import safetensors

    names = {"F32": "float32", "F64": "float64", "BF16": "bfloat16", "F16": "float16", "I64": "int64", "I32": "int32",
             "I16": "int16", "I8": "int8", "U8": "uint8", "BOOL": "bool"}
    tensors, buffers = {}, []
    for name, (dtype, shape) in EXPECTED.items():
        data = numbered(dtype, shape)
        if hasattr(safetensors, "TensorSpec"):  # since 0.7
            buffers.append(ctypes.create_string_buffer(data, max(len(data), 1)))
            tensors[name] = safetensors.TensorSpec(
                dtype=names[dtype], shape=shape, data_ptr=ctypes.addressof(buffers[-1]), data_len=len(data))
        else:
            tensors[name] = {"dtype": names[dtype], "shape": shape, "data": data}
    safetensors.serialize_file(tensors, path, METADATA)


def write(path):
    try:
        write_by_package(path)
        print("written with the safetensors package")
        return
    except ImportError:
        print("safetensors is not installed: written with the script's own writer")
    header, data = {"__metadata__": METADATA}, b""
    for name, (dtype, shape) in EXPECTED.items():
        content = numbered(dtype, shape)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


if __name__ == "__main__":
    {"check": check, "write": write}[sys.argv[1]](sys.argv[2])
