"""Trajectories of torch.optim's optimizers with row-sparse gradients in float64: sparse.safetensors.

The parameter is a table [6, 3]. At step t = 1, 2, ... the gradient has the rows r(k) = (7 t + 3 k^2 + k t) mod 5 for
k = 0 ... 4, which repeat, and never row 5. With c the column,

    value[k, c] = 0.5 * (p[r(k), c] - b[r(k), c]) + 0.3 * sin(p[r(k), c] + 0.1 * t + k)

negated where the case maximizes. The file holds b, the start `p`, and `case/t` after t = 1, 2, 10, 100 and 1000 steps.

Run in this folder: python3 generate_sparse.py
"""

import math
import os

import torch

import safetensors_file

torch.set_default_dtype(torch.float64)
STEPS = (1, 2, 10, 100, 1000)
ROWS, COLUMNS, LOOKUPS = 6, 3, 5

CASES = {
    "sgd": (torch.optim.SGD, dict(lr=0.05)),
    "sgd_maximize": (torch.optim.SGD, dict(lr=0.05, maximize=True)),
    "sgd_momentum": (torch.optim.SGD, dict(lr=0.05, momentum=0.9)),
    "sgd_dampening": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, dampening=0.25)),
    "sgd_nesterov": (torch.optim.SGD, dict(lr=0.05, momentum=0.9, nesterov=True)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.05)),
    "adagrad_maximize": (torch.optim.Adagrad, dict(lr=0.05, maximize=True)),
    "adagrad_lrdecay": (
        torch.optim.Adagrad,
        dict(lr=0.05, lr_decay=0.01, initial_accumulator_value=0.5, eps=1e-3),
    ),
    "sparseadam": (torch.optim.SparseAdam, dict(lr=0.01)),
    "sparseadam_maximize": (torch.optim.SparseAdam, dict(lr=0.01, maximize=True)),
    "sparseadam_betas": (torch.optim.SparseAdam, dict(lr=0.005, betas=(0.8, 0.99), eps=1e-3)),
}


def main():
    generator = torch.Generator().manual_seed(20240502)
    b, start = (
        torch.round(torch.randn(ROWS, COLUMNS, generator=generator) * 2**10) / 2**10 for _ in range(2)
    )
    tensors = {"b": b, "p": start}
    target = b.tolist()
    for name, (optimizer_class, options) in CASES.items():
        sign = -1.0 if options.get("maximize") else 1.0
        p = start.clone().requires_grad_()
        optimizer = optimizer_class([p], **options)
        for t in range(1, STEPS[-1] + 1):
            now = p.detach().tolist()
            rows = [(7 * t + 3 * k * k + k * t) % 5 for k in range(LOOKUPS)]
            values = [
                [
                    sign
                    * (0.5 * (now[r][c] - target[r][c]) + 0.3 * math.sin(now[r][c] + 0.1 * t + k))
                    for c in range(COLUMNS)
                ]
                for k, r in enumerate(rows)
            ]
            p.grad = torch.sparse_coo_tensor(
                torch.tensor([rows]), torch.tensor(values), (ROWS, COLUMNS)
            )
            optimizer.step()
            if t in STEPS:
                tensors[f"{name}/{t}"] = p.detach().clone()
    description = "; ".join(f"{n}: {c.__name__}({o})" for n, (c, o) in CASES.items())
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sparse.safetensors")
    safetensors_file.save(path, tensors, generator="generate_sparse.py", cases=description)


main()
