"""nn.utils.parametrizations and antialiased interpolation in float64: utils.safetensors.

Case orthogonal/N holds the weight `w` before, the `start` of its original, the buffer `base` where there is one, another
`original` and the `weight` that it gives, and for the gradient `dy` of that the gradient `doriginal`. Case chain/0 is a
weight_norm with a spectral_norm behind it in eval mode, chain/1 an orthogonal that is doubled behind. Case antialias/N
holds `x`, `y`, `dy` and `dx`. The metadata gives the settings of each case.

Run in this folder: python3 generate_utils.py
"""

import json
import os

import torch
from torch import nn
from torch.nn.utils import parametrizations, parametrize

import safetensors_file

torch.set_default_dtype(torch.float64)
torch.manual_seed(5)
tensors, settings = {}, {}


def randn(*shape):
    return torch.round(torch.randn(shape) * 1024) / 1024


class Holder(nn.Module):
    def __init__(self, w):
        super().__init__()
        self.weight = nn.Parameter(w.clone())


class Double(nn.Module):
    def forward(self, x):
        return 2 * x


def orthogonal(name, shape, orthogonal_map, trivialization, doubled=False):
    w = randn(*shape)
    module = Holder(w)
    parametrizations.orthogonal(module, "weight", orthogonal_map, use_trivialization=trivialization)
    if doubled:
        parametrize.register_parametrization(module, "weight", Double())
    state = module.parametrizations.weight
    case = {"w": w, "start": state.original.detach().clone()}
    if trivialization:
        case["base"] = state[0].base
    with torch.no_grad():
        state.original += randn(*shape) * 0.5
        if orthogonal_map == "householder":  # whose diagonal is signs
            state.original.diagonal(dim1=-2, dim2=-1).copy_(case["start"].diagonal(dim1=-2, dim2=-1))
    case["original"] = state.original.detach().clone()
    weight = module.weight
    case["weight"], case["dy"] = weight.detach(), randn(*shape)
    (case["doriginal"],) = torch.autograd.grad(weight, state.original, case["dy"])
    settings[name] = {"map": orthogonal_map, "trivialization": int(trivialization)}
    tensors.update({f"{name}/{key}": value.clone() for key, value in case.items()})


number = 0
for shape in [(4, 4), (5, 3), (3, 5), (2, 4, 3)]:
    for orthogonal_map in ["matrix_exp", "cayley", "householder"]:
        for trivialization in [True, False]:
            orthogonal(f"orthogonal/{number}", shape, orthogonal_map, trivialization)
            number += 1

w = randn(4, 3)
module = Holder(w)
parametrizations.weight_norm(module)
parametrizations.spectral_norm(module)
module.eval()
state = module.parametrizations.weight
weight, dy = module.weight, randn(4, 3)
d0, d1 = torch.autograd.grad(weight, [state.original0, state.original1], dy)
case = {"w": w, "u": state[1]._u, "v": state[1]._v, "weight": weight, "dy": dy, "d0": d0, "d1": d1}
tensors.update({f"chain/0/{key}": value.detach().clone() for key, value in case.items()})
settings["chain/0"] = {"keys": list(module.state_dict())}
orthogonal("chain/1", (4, 3), "householder", True, doubled=True)

number = 0
for mode in ["bilinear", "bicubic"]:
    for size, corners in [((3, 4), False), ((3, 4), True), ((11, 9), False), ((2, 12), False), ((1, 1), True)]:
        x = randn(2, 2, 7, 9).requires_grad_()
        y = nn.functional.interpolate(x, size, mode=mode, align_corners=corners, antialias=True)
        dy = randn(*y.shape)
        (dx,) = torch.autograd.grad(y, x, dy)
        tensors.update({f"antialias/{number}/{k}": t for k, t in {"x": x, "y": y, "dy": dy, "dx": dx}.items()})
        settings[f"antialias/{number}"] = {"mode": mode, "size": list(size), "corners": corners}
        number += 1
    x = randn(1, 2, 7, 9).requires_grad_()
    y = nn.functional.interpolate(x, scale_factor=(0.4, 0.7), mode=mode, antialias=True)
    dy = randn(*y.shape)
    (dx,) = torch.autograd.grad(y, x, dy)
    tensors.update({f"antialias/{number}/{k}": t for k, t in {"x": x, "y": y, "dy": dy, "dx": dx}.items()})
    settings[f"antialias/{number}"] = {"mode": mode, "scale_factor": [0.4, 0.7]}
    number += 1

here = os.path.dirname(os.path.abspath(__file__))
safetensors_file.save(os.path.join(here, "utils.safetensors"), tensors, cases=json.dumps(settings))
