"""What PIL makes of an image: images.safetensors. All tensors are uint8 [3, height, width].

Run in this folder: pip install pillow torch; python3 generate_images.py
"""

import os

import PIL
import torch
from PIL import Image, ImageEnhance, ImageOps

import safetensors_file

torch.manual_seed(1)
x = torch.randint(30, 220, (3, 17, 23), dtype=torch.uint8)
image = Image.frombytes("RGB", (23, 17), bytes(x.permute(1, 2, 0).flatten().tolist()))

CASES = {
    "brightness": ImageEnhance.Brightness(image).enhance(1.3),
    "contrast": ImageEnhance.Contrast(image).enhance(0.6),
    "color": ImageEnhance.Color(image).enhance(1.4),
    "sharpness": ImageEnhance.Sharpness(image).enhance(0.3),
    "posterize": ImageOps.posterize(image, 3),
    "solarize": ImageOps.solarize(image, 128),
    "autocontrast": ImageOps.autocontrast(image),
    "equalize": ImageOps.equalize(image),
    "mirror": ImageOps.mirror(image),
    "small": image.resize((9, 8), Image.BILINEAR),
    "large": image.resize((40, 31), Image.BILINEAR),
}


def planes(image):
    width, height = image.size
    return torch.tensor(list(image.tobytes()), dtype=torch.uint8).reshape(height, width, 3).permute(2, 0, 1)


tensors = {"x": x, **{name: planes(result) for name, result in CASES.items()}}
safetensors_file.save(os.path.join(os.path.dirname(os.path.abspath(__file__)), "images.safetensors"), tensors,
                      pillow=PIL.__version__)
