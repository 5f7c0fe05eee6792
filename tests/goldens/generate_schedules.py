"""Learning rates of torch.optim.lr_scheduler's schedules: schedules.safetensors.

`case/momentum` holds [101]: the momentum, where the schedule changes it. `case` holds [101, 2]: the rates of two parameter groups (0.1 and 0.02 at first) before the first
step and after each of 100 steps of the schedule. ReduceLROnPlateau is stepped with the numbers of `metric` (for
`plateau_nan`, those of `metric_nan`; for `plateau_max*`, their negatives).

Run in this folder: python3 generate_schedules.py
"""

import math
import os
import warnings

import torch
from torch.optim import lr_scheduler as S

import safetensors_file

torch.set_default_dtype(torch.float64)
warnings.simplefilter("ignore")


def optimizer():
    groups = [{"params": [torch.zeros(1)]}, {"params": [torch.zeros(1)], "lr": 0.02}]
    return torch.optim.SGD(groups, lr=0.1, momentum=0.9)


CASES = {
    "step_10_0.5": lambda o: S.StepLR(o, 10, 0.5),
    "step_7": lambda o: S.StepLR(o, 7),
    "step_1_0.99": lambda o: S.StepLR(o, 1, 0.99),
    "cosine_100": lambda o: S.CosineAnnealingLR(o, 100),
    "cosine_80_eta_min": lambda o: S.CosineAnnealingLR(o, 80, 0.001),
    # Beyond T_max the rate rises again.
    "cosine_30": lambda o: S.CosineAnnealingLR(o, 30, 0.0005),
    "linear": lambda o: S.LinearLR(o),
    "linear_warmup_20": lambda o: S.LinearLR(o, 0.1, 1.0, 20),
    "linear_decay_100": lambda o: S.LinearLR(o, 1.0, 0.05, 100),
    "sequential_warmup_cosine": lambda o: S.SequentialLR(
        o, [S.LinearLR(o, 0.1, 1.0, 10), S.CosineAnnealingLR(o, 90)], [10]
    ),
    "sequential_three": lambda o: S.SequentialLR(
        o, [S.LinearLR(o, 0.25, 1.0, 5), S.StepLR(o, 8, 0.7), S.LinearLR(o, 0.5, 0.01, 30)], [5, 60]
    ),
    "plateau": lambda o: S.ReduceLROnPlateau(o),
    "plateau_patience_cooldown": lambda o: S.ReduceLROnPlateau(o, "min", 0.5, 2, cooldown=3),
    "plateau_abs": lambda o: S.ReduceLROnPlateau(
        o, "min", 0.5, 3, threshold=0.02, threshold_mode="abs"
    ),
    "plateau_max": lambda o: S.ReduceLROnPlateau(o, "max", 0.5, 3),
    "plateau_max_abs": lambda o: S.ReduceLROnPlateau(
        o, "max", 0.5, 3, threshold=0.02, threshold_mode="abs"
    ),
    "plateau_min_lr": lambda o: S.ReduceLROnPlateau(o, "min", 0.3, 1, min_lr=[0.004, 0.001]),
    "plateau_eps": lambda o: S.ReduceLROnPlateau(o, "min", 0.5, 1, eps=0.003),
    "plateau_nan": lambda o: S.ReduceLROnPlateau(o, "min", 0.5, 3),
    "multiplicative": lambda o: S.MultiplicativeLR(o, lambda k: 1 - 0.5 / (k + 1)),
    "polynomial": lambda o: S.PolynomialLR(o),
    "polynomial_60_2": lambda o: S.PolynomialLR(o, 60, 2.0),
    "restarts_10": lambda o: S.CosineAnnealingWarmRestarts(o, 10),
    "restarts_7_2": lambda o: S.CosineAnnealingWarmRestarts(o, 7, 2, 0.002),
    "cyclic": lambda o: S.CyclicLR(o, 0.01, 0.2, 10),
    "cyclic_down": lambda o: S.CyclicLR(o, [0.01, 0.02], [0.2, 0.1], 8, 15),
    "cyclic_triangular2": lambda o: S.CyclicLR(o, 0.01, 0.2, 10, mode="triangular2"),
    "cyclic_exp_range": lambda o: S.CyclicLR(o, 0.01, 0.2, 10, 12, "exp_range", 0.98),
    "cyclic_scale_fn": lambda o: S.CyclicLR(o, 0.01, 0.2, 10, scale_fn=lambda c: 1 / c),
    "cyclic_momentum": lambda o: S.CyclicLR(o, 0.01, 0.2, 9, base_momentum=0.7, max_momentum=0.99),
    "onecycle": lambda o: S.OneCycleLR(o, 0.5, 101),
    "onecycle_linear": lambda o: S.OneCycleLR(
        o, [0.5, 0.3], epochs=12, steps_per_epoch=10, pct_start=0.25, anneal_strategy="linear"
    ),
    "onecycle_three": lambda o: S.OneCycleLR(o, 0.5, 110, three_phase=True, div_factor=10, final_div_factor=100),
    "swalr": lambda o: torch.optim.swa_utils.SWALR(o, 0.01),
    "swalr_linear": lambda o: torch.optim.swa_utils.SWALR(o, 0.3, 40, "linear"),
    "swalr_0": lambda o: torch.optim.swa_utils.SWALR(o, 0.3, 0),
}


def metrics():
    """A loss that falls, stalls, jumps and falls again; no value near another's threshold."""
    generator = torch.Generator().manual_seed(7)
    noise = torch.rand(100, generator=generator)
    values = [2.0 * math.exp(-0.05 * k) + (0.4 if 40 <= k < 60 else 0.0) for k in range(100)]
    metric = torch.tensor(values) + 0.15 * noise
    metric_nan = metric.clone()
    metric_nan[10:25] = math.nan
    return metric, metric_nan


def main():
    metric, metric_nan = metrics()
    tensors = {"metric": metric, "metric_nan": metric_nan}
    for name, make in CASES.items():
        o = optimizer()
        schedule = make(o)
        rates = [[g["lr"] for g in o.param_groups]]
        momenta = [o.param_groups[0]["momentum"]]
        for k in range(100):
            o.step()
            if name.startswith("plateau"):
                values = metric_nan if name == "plateau_nan" else metric
                value = float(values[k])
                schedule.step(-value if name.startswith("plateau_max") else value)
            else:
                schedule.step()
            rates.append([g["lr"] for g in o.param_groups])
            momenta.append(o.param_groups[0]["momentum"])
        tensors[name] = torch.tensor(rates)
        if any(momentum != 0.9 for momentum in momenta):
            tensors[name + "/momentum"] = torch.tensor(momenta)
        changes = int((tensors[name][1:, 0] != tensors[name][:-1, 0]).sum())
        print(f"{name}: {changes} changes, last {rates[-1]}")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "schedules.safetensors")
    safetensors_file.save(path, tensors, generator="generate_schedules.py")


main()
