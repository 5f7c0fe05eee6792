#!/usr/bin/env python3
"""Converts a .pt file of PyTorch to a safetensors file, which gradus loads.

    python3 pt_to_safetensors.py model.pt model.safetensors
    python3 pt_to_safetensors.py checkpoint.pt model.safetensors --key model --rename '^module\\.' ''

Loads with weights_only=True, so nothing in the file is executed. Takes a dictionary of tensors, nested ones too (names are
joined by dots). --key picks an entry of it first; --rename PATTERN REPLACEMENT (a regular expression, any number of
times, in order) changes names. Needs torch alone.
"""
import argparse
import json
import os
import re
import struct
import sys

import torch

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
        print(f"left out: '{prefix}' is {type(value).__name__}", file=sys.stderr)


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
            flat = tensors[name].detach().cpu().contiguous().reshape(-1)
            file.write(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    os.replace(path + ".tmp", path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--key", help="an entry of the file, such as 'state_dict'")
    parser.add_argument("--rename", nargs=2, action="append", default=[], metavar=("PATTERN", "REPLACEMENT"))
    arguments = parser.parse_args()

    content = torch.load(arguments.source, map_location="cpu", weights_only=True)
    if arguments.key:
        content = content[arguments.key]
    tensors = {}
    for name, tensor in flatten(content):
        for pattern, replacement in arguments.rename:
            name = re.sub(pattern, replacement, name)
        if name in tensors:
            sys.exit(f"two entries are called '{name}'")
        if tensor.dtype not in DTYPES:
            sys.exit(f"'{name}' is of {tensor.dtype}, which gradus does not have")
        tensors[name] = tensor
    write_safetensors(tensors, arguments.target)
    print(f"{len(tensors)} tensors -> {arguments.target}")


if __name__ == "__main__":
    main()
