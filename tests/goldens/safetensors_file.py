"""Writes safetensors files by hand, exactly: torch tensors in, no numpy needed."""

import json
import struct

import torch

# name in the file, struct code, bytes
_DTYPES = {
    torch.float64: ("F64", "d", 8),
    torch.int64: ("I64", "q", 8),
    torch.float32: ("F32", "f", 4),
    torch.int32: ("I32", "i", 4),
    torch.int16: ("I16", "h", 2),
    torch.int8: ("I8", "b", 1),
    torch.uint8: ("U8", "B", 1),
    torch.bool: ("BOOL", "?", 1),
}


def save(path, tensors, **metadata):
    """Saves tensors (name -> tensor), largest element first, then by name, as gradus does."""
    header = {"__metadata__": {"torch": torch.__version__.split("+")[0], **metadata}}
    data = b""
    for name in sorted(tensors, key=lambda n: (-_DTYPES[tensors[n].dtype][2], n)):
        tensor = tensors[name].detach()
        dtype, code, _ = _DTYPES[tensor.dtype]
        values = tensor.reshape(-1).tolist()
        raw = struct.pack(f"<{len(values)}{code}", *values)
        header[name] = {
            "dtype": dtype,
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(raw)],
        }
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)
    print(f"{path}: {len(tensors)} tensors, {8 + len(text) + len(data)} bytes")
