"""Trajectories of torch.optim's optimizers in float64: optim.safetensors.

Two parameters, weight [3, 4] and bias [5]; laid end to end they are p, of 17 numbers. The gradient at
step t = 1, 2, ... is

    g[i] = sum over j of A[i, j] * (p[j] - b[j]) + 0.3 * sin(p[i] + 0.1 * t)

negated where the case maximizes. A is symmetric and well-conditioned (eigenvalues 1 to about 2); the moving
sine keeps gradients away from zero, where Adam's quotient would amplify rounding. In cases named
`skip`, bias has no gradient when t is divisible by 3. The file holds A, b, the start `weight` and `bias`, and
`case/weight/t`, `case/bias/t` after t = 1, 2, 10, 100 and 1000 steps.

LBFGS minimizes another function, see run_lbfgs(); its cases hold t = 1, 2, 4 and how often the closure ran.

Run in this folder: python3 generate_optim.py
"""

import itertools
import math
import os

import torch

import safetensors_file

torch.set_default_dtype(torch.float64)
STEPS = (1, 2, 10, 100, 1000)
SIZES = {"weight": (3, 4), "bias": (5,)}
COUNT = 17


def problem():
    generator = torch.Generator().manual_seed(20240501)
    m = torch.randn(COUNT, COUNT, generator=generator)
    # Rounded to 2^-20, so that symmetry and the decimal value are exact.
    a = torch.round((torch.eye(COUNT) + m @ m.T / (3 * COUNT)) * 2**20) / 2**20
    b = torch.round(torch.randn(COUNT, generator=generator) * 2**10) / 2**10
    start = torch.round(torch.randn(COUNT, generator=generator) * 2**10) / 2**10
    return (a + a.T) / 2, b, start


def cases():
    """Yields name, optimizer class, options, options of the group of `bias`."""
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    flags = {"wd": dict(weight_decay=0.01), "maximize": dict(maximize=True)}

    def combinations(extra):
        for r in range(len(extra) + 1):
            for names in itertools.combinations(extra, r):
                yield "".join("_" + n for n in names), {
                    k: v for n in names for k, v in extra[n].items()
                }

    for suffix, options in combinations(flags):
        yield "sgd" + suffix, sgd, dict(lr=0.05, **options), {}
    for suffix, options in combinations(flags):
        options = dict(lr=0.05, momentum=0.9, **options)
        yield "sgd_momentum" + suffix, sgd, options, {}
        yield "sgd_dampening" + suffix, sgd, dict(options, dampening=0.25), {}
        yield "sgd_nesterov" + suffix, sgd, dict(options, nesterov=True), {}
    flags = {"amsgrad": dict(amsgrad=True), **flags}
    for suffix, options in combinations(flags):
        yield "adam" + suffix, adam, dict(lr=0.01, **options), {}
    flags["wd"] = dict(weight_decay=0.1)  # AdamW's default is 0.01
    for suffix, options in combinations(flags):
        yield "adamw" + suffix, adamw, dict(lr=0.01, **options), {}
    yield "adam_betas_eps", adam, dict(lr=0.005, betas=(0.8, 0.99), eps=1e-3), {}
    yield "adamw_betas_eps", adamw, dict(lr=0.005, betas=(0.8, 0.99), eps=1e-3), {}
    bias = dict(lr=0.02, weight_decay=0.0)
    yield "sgd_groups", sgd, dict(lr=0.05, momentum=0.9, weight_decay=0.01), bias
    yield "adam_groups", adam, dict(lr=0.01, weight_decay=0.01), bias
    yield "adamw_groups", adamw, dict(lr=0.01), bias
    yield from more_cases(combinations)
    yield "sgd_momentum_skip", sgd, dict(lr=0.05, momentum=0.9), {}
    yield "adam_skip", adam, dict(lr=0.01), {}
    yield "adamw_skip", adamw, dict(lr=0.01), {}


def more_cases(combinations):
    """The other optimizers, each with all combinations of its options that are named here."""
    wd = {"wd": dict(weight_decay=0.02)}
    decoupled = {"decoupled": dict(decoupled_weight_decay=True, weight_decay=0.02)}
    maximize = {"maximize": dict(maximize=True)}
    table = (
        ("nadam", torch.optim.NAdam, dict(lr=0.01), {**wd, **decoupled, **maximize}),
        ("radam", torch.optim.RAdam, dict(lr=0.01), {**wd, **decoupled, **maximize}),
        ("adamax", torch.optim.Adamax, dict(lr=0.01), {**wd, **maximize}),
        (
            "adagrad",
            torch.optim.Adagrad,
            dict(lr=0.05),
            {
                **wd,
                "lrdecay": dict(lr_decay=0.01),
                "init": dict(initial_accumulator_value=0.5),
                **maximize,
            },
        ),
        (
            "rmsprop",
            torch.optim.RMSprop,
            dict(lr=0.005),
            {**wd, "momentum": dict(momentum=0.9), "centered": dict(centered=True), **maximize},
        ),
        ("adadelta", torch.optim.Adadelta, dict(), {**wd, "rho": dict(rho=0.8, lr=0.5), **maximize}),
        ("rprop", torch.optim.Rprop, dict(lr=0.01), maximize),
        (
            "asgd",
            torch.optim.ASGD,
            dict(lr=0.05),
            {**wd, "t0": dict(t0=10), "lambd": dict(lambd=0.1, alpha=0.5), **maximize},
        ),
    )
    for name, optimizer_class, base, extra in table:
        for suffix, options in combinations(extra):
            yield name + suffix, optimizer_class, {**base, **options}, {}
    adafactor = {
        **wd,
        "eps": dict(eps=(1e-3, 0.1)),
        "decay": dict(beta2_decay=-0.6, d=1.5),
        **maximize,
    }
    for suffix, options in combinations(adafactor):
        yield "adafactor" + suffix, torch.optim.Adafactor, {"lr": 0.05, **options}, {}
    for suffix, options in combinations({"plain": dict(nesterov=False), **wd, **maximize}):
        yield "muon" + suffix, Muon64, {"lr": 0.01, "weight_decay": 0.0, **options}, {}
    yield "muon_rms", Muon64, dict(lr=0.01, adjust_lr_fn="match_rms_adamw"), {}
    yield "muon_unclamped", Muon64, dict(lr=0.01, adjust_lr_fn="spectral_unclamped"), {}
    yield "nadam_skip", torch.optim.NAdam, dict(lr=0.01), {}
    yield "asgd_t0_skip", torch.optim.ASGD, dict(lr=0.05, t0=10), {}


class Muon64(torch.optim.Optimizer):
    """torch.optim.Muon as it is documented, but in float64, where PyTorch iterates in bfloat16;
    what is no matrix goes to AdamW (betas 0.9, 0.95)."""

    def __init__(self, params, lr, weight_decay=0.1, momentum=0.95, nesterov=True, adjust_lr_fn=None, maximize=False, foreach=None):
        del foreach
        defaults = dict(lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov, adjust_lr_fn=adjust_lr_fn, maximize=maximize)
        super().__init__(params, defaults)
        vectors = [p for g in self.param_groups for p in g["params"] if p.ndim != 2]
        self.adamw = torch.optim.AdamW(
            vectors, lr=lr, betas=(0.9, 0.95), weight_decay=weight_decay, maximize=maximize, foreach=False
        )

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim == 2:
                    self.step_matrix(group, p)
        self.adamw.step()

    def step_matrix(self, group, p):
        a, b, c = 3.4445, -4.775, 2.0315
        mu, (rows, columns) = group["momentum"], p.shape
        g = -p.grad if group["maximize"] else p.grad
        buffer = self.state[p].setdefault("buffer", torch.zeros_like(p))
        buffer.copy_(mu * buffer + (1 - mu) * g)
        x = mu * buffer + (1 - mu) * g if group["nesterov"] else buffer.clone()
        x = x / max(float((x * x).sum().sqrt()), 1e-7)
        for _ in range(5):
            gram = x @ x.T if rows <= columns else x.T @ x
            poly = b * gram + c * (gram @ gram)
            x = a * x + (poly @ x if rows <= columns else x @ poly)
        factor = {
            None: math.sqrt(max(1, rows / columns)),
            "match_rms_adamw": 0.2 * math.sqrt(max(rows, columns)),
            "spectral_unclamped": math.sqrt(rows / columns),
        }[group["adjust_lr_fn"]]
        p.mul_(1 - group["lr"] * group["weight_decay"]).sub_(group["lr"] * factor * x)


def run(name, optimizer_class, options, bias_options, a, b, start):
    sign = -1.0 if options.get("maximize") else 1.0
    skip = name.endswith("_skip")
    weight = start[:12].reshape(3, 4).clone().requires_grad_()
    bias = start[12:].clone().requires_grad_()
    groups = [{"params": [weight]}, {"params": [bias], **bias_options}] if bias_options else [weight, bias]
    optimizer = optimizer_class(groups, foreach=False, **options)
    result = {}
    for t in range(1, STEPS[-1] + 1):
        p = weight.detach().reshape(-1).tolist() + bias.detach().tolist()
        g = []
        for i in range(COUNT):
            s = 0.0
            for j in range(COUNT):
                s += a[i][j] * (p[j] - b[j])
            g.append(sign * (s + 0.3 * math.sin(p[i] + 0.1 * t)))
        weight.grad = torch.tensor(g[:12]).reshape(3, 4)
        bias.grad = None if skip and t % 3 == 0 else torch.tensor(g[12:])
        optimizer.step()
        if t in STEPS:
            result[f"{name}/weight/{t}"] = weight.detach().clone()
            result[f"{name}/bias/{t}"] = bias.detach().clone()
    return result


LBFGS_CASES = {
    "lbfgs": dict(lr=0.1, max_iter=4),
    "lbfgs_history": dict(lr=0.1, max_iter=6, history_size=2),
    "lbfgs_wolfe": dict(max_iter=4, line_search_fn="strong_wolfe"),
    "lbfgs_wolfe_history": dict(max_iter=6, history_size=2, line_search_fn="strong_wolfe"),
}
LBFGS_STEPS = (1, 2, 4)


def run_lbfgs(name, options, start):
    """A chained Rosenbrock function of the 17 numbers, so that the line search has something to do:
    the sum over i < 16 of 2 * (p[i+1] - p[i]^2)^2 + (1 - p[i])^2."""
    weight = start[:12].reshape(3, 4).clone().requires_grad_()
    bias = start[12:].clone().requires_grad_()
    optimizer = torch.optim.LBFGS([weight, bias], **options)

    def closure():
        p = weight.detach().reshape(-1).tolist() + bias.detach().tolist()
        loss, g = 0.0, [0.0] * COUNT
        for i in range(COUNT - 1):
            u, w = p[i + 1] - p[i] * p[i], 1.0 - p[i]
            loss += 2.0 * u * u + w * w
            g[i] += -8.0 * p[i] * u - 2.0 * w
            g[i + 1] += 4.0 * u
        weight.grad = torch.tensor(g[:12]).reshape(3, 4)
        bias.grad = torch.tensor(g[12:])
        return torch.tensor(loss)

    result = {}
    for t in range(1, LBFGS_STEPS[-1] + 1):
        optimizer.step(closure)
        if t in LBFGS_STEPS:
            result[f"{name}/weight/{t}"] = weight.detach().clone()
            result[f"{name}/bias/{t}"] = bias.detach().clone()
    evaluations = optimizer.state[weight]["func_evals"]
    result[f"{name}/func_evals"] = torch.tensor(evaluations)
    return result


def main():
    a, b, start = problem()
    tensors = {"A": a, "b": b, "weight": start[:12].reshape(3, 4), "bias": start[12:]}
    description = []
    for name, optimizer_class, options, bias_options in cases():
        tensors.update(
            run(name, optimizer_class, options, bias_options, a.tolist(), b.tolist(), start)
        )
        group = f", bias: {bias_options}" if bias_options else ""
        description.append(f"{name}: {optimizer_class.__name__}({options}{group})")
    for name, options in LBFGS_CASES.items():
        tensors.update(run_lbfgs(name, options, start))
        description.append(f"{name}: LBFGS({options})")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim.safetensors")
    safetensors_file.save(path, tensors, generator="generate_optim.py", cases="; ".join(description))


main()
