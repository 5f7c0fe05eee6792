"""Values and gradients of linear algebra in float64: linalg.safetensors.

Case OP/N holds its inputs `a` and `b`, outputs `y0`, `y1`, ..., a gradient `dy0`, ... for each float output that has one,
and the resulting gradients `da` and `db`. The metadata gives the Python expression of each case. Of singular vectors and
eigenvectors, whose signs are arbitrary, outputs are what does not depend on them. Random numbers are multiples of
2^-10. A new case of an op goes behind its others: the test knows cases by number.

Run in this folder: python3 generate_linalg.py
"""

import os

import torch
from torch import linalg

import safetensors_file

torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(7)
CASES = []


def case(op, expression, **inputs):
    CASES.append((op, expression, inputs))


def randn(*shape):
    return torch.round(torch.randn(shape, generator=generator) * 1024) / 1024


def regular(*shape):
    return randn(*shape) * 0.5 + 3 * torch.eye(shape[-2], shape[-1])


def positive(*shape):
    x = randn(*shape)
    return x @ x.mT + torch.eye(shape[-1])


def symmetric(*shape):
    x = randn(*shape)
    return (x + x.mT) / 2


def svd_parts(u, s, vh):
    w = 1 + 0.5 * torch.arange(s.shape[-1])
    return s, u * u, vh * vh, (u * w) @ vh


def eigh_parts(l, v):
    w = 1 + 0.5 * torch.arange(l.shape[-1])
    return l, v * v, (v * w) @ v.mT


def factors():
    for shape in (3, 3), (2, 4, 4), (12, 12):
        case("cholesky", "linalg.cholesky(a)", a=positive(*shape))
        case("inv", "linalg.inv(a)", a=regular(*shape))
        case("det", "linalg.det(a)", a=regular(*shape))
        case("slogdet", "linalg.slogdet(a)", a=regular(*shape))
        case("solve", "linalg.solve(a, b)", a=regular(*shape), b=randn(*shape[:-1], 2))
    case("cholesky_upper", "linalg.cholesky(a, upper=True)", a=positive(3, 3))
    case("solve_right", "linalg.solve(a, b, left=False)", a=regular(2, 3, 3), b=randn(4, 3))
    case("solve", "linalg.solve(a, b)", a=regular(2, 3, 3), b=randn(2, 3))
    case("solve", "linalg.solve(a, b)", a=regular(3, 3), b=randn(5, 3, 2))
    case("solve_upper", "linalg.solve_triangular(a, b, upper=True)", a=regular(3, 3), b=randn(2, 3, 2))
    case("solve_lower_unit", "linalg.solve_triangular(a, b, upper=False, left=False, unitriangular=True)", a=regular(3, 3), b=randn(2, 3))
    case("cholesky_solve", "torch.cholesky_solve(b, torch.tril(a))", a=regular(3, 3), b=randn(3, 2))
    case("cholesky_inverse", "torch.cholesky_inverse(torch.tril(a))", a=regular(3, 3))
    case("logdet", "torch.logdet(a)", a=positive(2, 3, 3))
    # More columns than a panel of the factorization has.
    for shape in (37, 35), (35, 37):
        case("lu_factor", "linalg.lu_factor(a)", a=randn(*shape))
    for shape in (4, 4), (2, 3, 5), (5, 3):
        case("lu", "linalg.lu(a)", a=randn(*shape))
        case("lu_factor", "linalg.lu_factor(a)", a=randn(*shape))
        case("qr", "linalg.qr(a)", a=randn(*shape))
    case("lu_solve", "linalg.lu_solve(*linalg.lu_factor(a), b)", a=randn(4, 4), b=randn(4, 2))
    case("lu_solve_adjoint", "linalg.lu_solve(*linalg.lu_factor(a), b, left=False, adjoint=True)", a=randn(4, 4), b=randn(2, 4))
    case("qr_complete", "linalg.qr(a, mode='complete')", a=randn(3, 5))
    case("householder_product", "linalg.householder_product(a, b)", a=randn(4, 3), b=randn(2))


def spectra():
    for shape in (3, 3), (2, 4, 3), (3, 5), (12, 10):
        case("svd", "svd_parts(*linalg.svd(a, full_matrices=False))", a=randn(*shape))
        case("svdvals", "linalg.svdvals(a)", a=randn(*shape))
        case("pinv", "linalg.pinv(a)", a=randn(*shape))
        case("nuc", "linalg.norm(a, 'nuc', dim=(-2, -1))", a=randn(*shape))
        case("norm2", "linalg.matrix_norm(a, 2)", a=randn(*shape))
        case("lstsq", "linalg.lstsq(a, b)[0]", a=randn(*shape), b=randn(*shape[:-1], 2))
    for shape in (3, 3), (2, 4, 4), (10, 10):
        case("eigh", "eigh_parts(*linalg.eigh(a))", a=symmetric(*shape))
        case("eigvalsh", "linalg.eigvalsh(a, UPLO='U')", a=symmetric(*shape))
        case("pinv_hermitian", "linalg.pinv(a, hermitian=True)", a=symmetric(*shape))
    column = randn(4, 1)
    case("pinv_atol", "linalg.pinv(a, atol=1e-6)", a=column @ column.mT)
    case("lstsq_residuals", "linalg.lstsq(a, b, driver='gelsd')[:2]", a=randn(5, 3), b=randn(5, 2))
    case("matrix_rank", "linalg.matrix_rank(a)", a=column @ column.mT)
    case("cond", "linalg.cond(a)", a=randn(2, 3, 4))
    # PyTorch 2.15 cannot differentiate these, nor torch.vander below.
    case("cond_1", "linalg.cond(a.detach(), 1)", a=randn(3, 3))
    case("cond_fro", "linalg.cond(a.detach(), 'fro')", a=randn(3, 3))


def functions():
    for p in 1, -1, float("inf"), -float("inf"):
        case("matrix_norm", f"linalg.matrix_norm(a, float('{p}'), dim=(0, 2))", a=randn(3, 2, 4))
    case("fro", "linalg.matrix_norm(a, keepdim=True)", a=randn(2, 3, 4))
    case("norm_3", "linalg.norm(a, 3, dim=1)", a=randn(2, 3, 4))
    for scale in 0.01, 1, 30:
        case("matrix_exp", "linalg.matrix_exp(a)", a=scale * symmetric(3, 3) / 4)
    case("matrix_exp", "linalg.matrix_exp(a)", a=randn(2, 5, 5))
    case("matrix_power", "linalg.matrix_power(a, -3)", a=regular(3, 3))
    case("matrix_power_5", "linalg.matrix_power(a, 5)", a=randn(2, 3, 3))
    case("multi_dot", "linalg.multi_dot([a, b, a])", a=randn(3, 2), b=randn(2, 3))
    case("vecdot", "linalg.vecdot(a, b)", a=randn(2, 3), b=randn(3))
    case("cross", "linalg.cross(a, b)", a=randn(2, 3), b=randn(1, 3))
    case("cross_first", "torch.cross(a, b, dim=0)", a=randn(3, 2), b=randn(3, 2))
    case("vander", "linalg.vander(a, N=4)", a=randn(2, 3))
    case("vander_1d", "torch.vander(a.detach())", a=randn(4))
    case("tensorinv", "linalg.tensorinv(a, ind=1)", a=regular(6, 6).reshape(6, 2, 3))
    case("tensorsolve", "linalg.tensorsolve(a, b, dims=(0,))", a=regular(6, 6).reshape(2, 3, 6).permute(2, 0, 1).contiguous(), b=randn(2, 3))
    case("kron", "torch.kron(a, b)", a=randn(2, 3), b=randn(2))
    case("trace", "torch.trace(a)", a=randn(2, 3))
    case("inner", "torch.inner(a, b)", a=randn(2, 3), b=randn(4, 3))
    case("tensordot", "torch.tensordot(a, b, dims=([0, 2], [1, 0]))", a=randn(2, 3, 4), b=randn(4, 2, 5))
    case("addbmm", "torch.addbmm(a[0, :, :1], a, b, beta=0.5, alpha=2)", a=randn(3, 2, 4), b=randn(3, 4, 2))
    case("addr", "torch.addr(a, a[:, 0], b, beta=0.5, alpha=2)", a=randn(2, 3), b=randn(3))
    equations = ["ij,jk->ik", "...ij,jk", "ijk,kj->i", "ikj,jk->jk"]
    for i, (equation, shape) in enumerate(zip(equations, [(2, 3), (2, 2, 3), (2, 4, 3), (2, 4, 3)])):
        case(f"einsum_{i}", f"torch.einsum('{equation}', a, b)", a=randn(*shape), b=randn(3, 4))
    for p in 0, 0.5, 1, 1.5, 2, 3, float("inf"):
        case("cdist", f"torch.cdist(a, b, p=float('{p}'))", a=randn(2, 3, 4), b=randn(2, 5, 4))
    case("cdist_mm", "torch.cdist(a, b)", a=randn(30, 3), b=randn(4, 3))


def evaluate(expression, inputs):
    leaves = {name: value.clone().requires_grad_() for name, value in inputs.items()}
    names = {"torch": torch, "linalg": linalg, "svd_parts": svd_parts, "eigh_parts": eigh_parts}
    result = eval(expression, names, leaves)
    outputs = [result] if isinstance(result, torch.Tensor) else list(result)
    tensors = dict(inputs)
    objective = 0
    for i, y in enumerate(outputs):
        tensors[f"y{i}"] = y
        if y.requires_grad:
            tensors[f"dy{i}"] = randn(*y.shape)
            objective = objective + (y * tensors[f"dy{i}"]).sum()
    if isinstance(objective, torch.Tensor):
        grads = torch.autograd.grad(objective, list(leaves.values()), allow_unused=True)
        for name, grad in zip(leaves, grads):
            if grad is not None:
                tensors["d" + name] = grad
    return tensors


def main():
    for make in factors, spectra, functions:
        make()
    tensors, expressions, counts = {}, {}, {}
    for op, expression, inputs in CASES:
        name = f"{op}/{counts.setdefault(op, 0)}"
        counts[op] += 1
        expressions[name] = expression
        for key, value in evaluate(expression, inputs).items():
            tensors[f"{name}/{key}"] = value
    print(f"{len(counts)} ops, {len(expressions)} cases")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "linalg.safetensors")
    safetensors_file.save(path, tensors, generator="generate_linalg.py", **expressions)


main()
