#!/usr/bin/env python3
"""Converts a .pt file of PyTorch to a safetensors file, which gradus loads.

    python3 pt_to_safetensors.py model.pt model.safetensors
    python3 pt_to_safetensors.py checkpoint.pt model.safetensors --key model --rename '^module\\.' ''

Loads with weights_only=True, so nothing in the file is executed. Takes a dictionary of tensors, nested ones and lists too
(names are joined by dots); integers and floats become tensors of one element, what is neither is left out and said so.
Tensors that share memory, such as tied weights, are written as one copy each. --key picks an entry of the file first
(a.b: entry b of entry a); --rename PATTERN REPLACEMENT (a regular expression, any number of times, in order) changes
names. Needs torch alone. Exits with 1 and a message, without writing, where something does not fit.
"""
import argparse
import ctypes
import json
import os
import re
import struct
import sys

try:
    import torch
except ImportError:
    sys.exit("this script needs PyTorch: pip install torch")

DTYPES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.bool: "BOOL",
}


def flatten(value, prefix=""):
    """Yields (name, tensor) of nested dictionaries and lists; says what it leaves out."""
    if isinstance(value, torch.Tensor):
        yield prefix, value
    elif isinstance(value, (dict, list, tuple)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from flatten(item, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, (bool, int)):
        yield prefix, torch.tensor(int(value))
    elif isinstance(value, float):
        yield prefix, torch.tensor(value, dtype=torch.float64)
    else:
        print(f"left out: '{prefix}' is of type {type(value).__name__}, not a tensor or a number", file=sys.stderr)


def load(path):
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        sys.exit(f"cannot read '{path}': {error.strerror}")
    except Exception as error:  # of many types: a damaged archive, a pickle that would run something
        sys.exit(f"'{path}' is not a file of weights alone: {str(error).splitlines()[0]}\n"
                 "Where it holds a whole module, save its state_dict() instead.")


def entry(content, key, path):
    parts = [] if not key else [key] if isinstance(content, dict) and key in content else key.split(".")
    for part in parts:
        if not isinstance(content, dict) or part not in content:
            there = ", ".join(map(str, content)) if isinstance(content, dict) else type(content).__name__
            sys.exit(f"'{path}' has no entry '{key}'; there is {there}")
        content = content[part]
    return content


def collect(content, renames):
    tensors = {}
    for name, tensor in flatten(content):
        for pattern, replacement in renames:
            name = re.sub(pattern, replacement, name)
        if not name or name == "__metadata__":
            sys.exit(f"a tensor cannot be called '{name}'")
        if name in tensors:
            sys.exit(f"two entries are called '{name}'")
        if tensor.layout != torch.strided or tensor.is_quantized:
            kind = "quantized" if tensor.is_quantized else str(tensor.layout)
            sys.exit(f"'{name}' is {kind}, which safetensors files cannot hold")
        if tensor.dtype not in DTYPES:
            sys.exit(f"'{name}' is of {tensor.dtype}, which gradus does not have")
        tensors[name] = tensor
    return tensors


def write_safetensors(tensors, path):
    # Largest elements first, then by name, so that all are aligned.
    order = sorted(tensors, key=lambda name: (-tensors[name].element_size(), name))
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name in order:
        size = tensors[name].numel() * tensors[name].element_size()
        header[name] = {"dtype": DTYPES[tensors[name].dtype], "shape": list(tensors[name].shape),
                        "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".tmp", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            data = tensors[name].detach().cpu().contiguous()
            file.write(ctypes.string_at(data.data_ptr(), data.numel() * data.element_size()) if data.numel() else b"")
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--key", help="an entry of the file, such as 'state_dict'")
    parser.add_argument("--rename", nargs=2, action="append", default=[], metavar=("PATTERN", "REPLACEMENT"))
    arguments = parser.parse_args()

    tensors = collect(entry(load(arguments.source), arguments.key, arguments.source), arguments.rename)
    if not tensors:
        sys.exit(f"'{arguments.source}' holds no tensors; nothing was written")
    write_safetensors(tensors, arguments.target)
    print(f"{len(tensors)} tensors -> {arguments.target}")


if __name__ == "__main__":
    main()
