"""Ops under torch.autocast("cpu", dtype=torch.bfloat16): autocast.safetensors.

Case NAME holds its inputs (float32; those whose names begin with h are given to the op as bfloat16),
the output `y` as float32, its dtype as `bf16` (1 or 0), a gradient `dy` for the output and the resulting
gradient `dx` of each input `x`. The metadata gives the Python expression of each case.

Run in this folder: python3 generate_autocast.py
"""

import os
import warnings

import torch
from torch.nn import functional as F

import safetensors_file

warnings.simplefilter("ignore")
generator = torch.Generator().manual_seed(7)
tensors, expressions = {}, {}


def randn(*shape):
    return torch.randn(shape, generator=generator)


def case(name, expression, **inputs):
    given = {}
    for key, value in inputs.items():
        tensors[f"{name}/{key}"] = value
        given[key] = value.detach().clone().requires_grad_() if value.is_floating_point() else value
    with torch.autocast("cpu", dtype=torch.bfloat16):
        scope = {k: v.bfloat16() if k.startswith("h") else v for k, v in given.items()}
        y = eval(expression, {"torch": torch, "F": F, **scope})
    dy = randn(*y.shape)
    (y.float() * dy).sum().backward()
    tensors[f"{name}/y"] = y.float()
    tensors[f"{name}/bf16"] = torch.tensor(int(y.dtype == torch.bfloat16))
    tensors[f"{name}/dy"] = dy
    for key, value in given.items():
        if value.is_floating_point() and value.grad is not None:
            assert value.grad.dtype == torch.float32
            tensors[f"{name}/d{key}"] = value.grad
    expressions[name] = expression


def lower_precision():
    n = randn
    case("conv1d", "F.conv1d(x, w, b, padding=1)", x=n(2, 3, 9), w=n(4, 3, 3), b=n(4))
    case("conv2d", "F.conv2d(x, w, b, stride=2, padding=1)", x=n(2, 4, 9, 8), w=n(8, 4, 3, 3), b=n(8))
    case("conv2d_groups", "F.conv2d(x, w, groups=2)", x=n(2, 4, 6, 6), w=n(6, 2, 3, 3))
    case("conv3d", "F.conv3d(x, w)", x=n(1, 2, 5, 5, 5), w=n(3, 2, 3, 3, 3))
    case("conv_transpose1d", "F.conv_transpose1d(x, w, b)", x=n(2, 3, 7), w=n(3, 4, 3), b=n(4))
    case("conv_transpose2d", "F.conv_transpose2d(x, w, b, stride=2)", x=n(2, 3, 5, 5), w=n(3, 4, 3, 3), b=n(4))
    case("conv_transpose3d", "F.conv_transpose3d(x, w)", x=n(1, 2, 3, 3, 3), w=n(2, 2, 2, 2, 2))
    case("linear", "F.linear(x, w, b)", x=n(7, 33), w=n(20, 33), b=n(20))
    case("linear_3d", "F.linear(x, w)", x=n(2, 5, 16), w=n(24, 16))
    case("linear_half_input", "F.linear(hx, w, b)", hx=n(5, 8), w=n(6, 8), b=n(6))
    case("matmul", "torch.matmul(x, w)", x=n(17, 19), w=n(19, 23))
    case("matmul_batch", "torch.matmul(x, w)", x=n(2, 3, 5, 7), w=n(3, 7, 4))
    case("matmul_vector", "torch.matmul(x, w)", x=n(6, 5), w=n(5))
    case("mm", "torch.mm(x, w)", x=n(4, 5), w=n(5, 3))
    case("bmm", "torch.bmm(x, w)", x=n(3, 4, 5), w=n(3, 5, 6))
    case("addmm", "torch.addmm(b, x, w, beta=0.5, alpha=2)", b=n(4, 6), x=n(4, 5), w=n(5, 6))
    case("baddbmm", "torch.baddbmm(b, x, w)", b=n(3, 4, 6), x=n(3, 4, 5), w=n(3, 5, 6))
    case("addbmm", "torch.addbmm(b, x, w)", b=n(4, 6), x=n(3, 4, 5), w=n(3, 5, 6))
    case("scaled_dot_product_attention", "F.scaled_dot_product_attention(x, w, b)", x=n(2, 2, 6, 8), w=n(2, 2, 7, 8), b=n(2, 2, 7, 8))
    case("scaled_dot_product_attention_causal", "F.scaled_dot_product_attention(x, w, b, is_causal=True)", x=n(1, 2, 6, 8), w=n(1, 2, 6, 8), b=n(1, 2, 6, 8))
    case("prelu", "F.prelu(x, w)", x=n(3, 4), w=n(4))
    case("einsum", "torch.einsum('bij,bjk->bik', x, w)", x=n(2, 3, 4), w=n(2, 4, 5))
    case("bilinear_form", "torch.tensordot(x, w, 1)", x=n(3, 4), w=n(4, 5))


def float32():
    n = randn
    target = torch.tensor([1, 0, 2])
    case("cross_entropy", "F.cross_entropy(hx, target)", hx=n(3, 4), target=target)
    case("nll_loss", "F.nll_loss(F.log_softmax(hx, 1), target)", hx=n(3, 4), target=target)
    case("mse_loss", "F.mse_loss(hx, w)", hx=n(3, 4), w=n(3, 4))
    case("l1_loss", "F.l1_loss(hx, w)", hx=n(3, 4), w=n(3, 4))
    case("smooth_l1_loss", "F.smooth_l1_loss(hx, w)", hx=n(3, 4), w=n(3, 4))
    case("huber_loss", "F.huber_loss(hx, hw)", hx=n(3, 4), hw=n(3, 4))
    case("binary_cross_entropy", "F.binary_cross_entropy(torch.sigmoid(hx), torch.sigmoid(w).detach())", hx=n(3, 4), w=n(3, 4))
    case("binary_cross_entropy_with_logits", "F.binary_cross_entropy_with_logits(hx, torch.sigmoid(w).detach())", hx=n(3, 4), w=n(3, 4))
    case("kl_div", "F.kl_div(hx, torch.softmax(hw, -1))", hx=n(3, 4), hw=n(3, 4))
    case("soft_margin_loss", "F.soft_margin_loss(hx, torch.sign(w).detach())", hx=n(3, 4), w=n(3, 4))
    case("triplet_margin_loss", "F.triplet_margin_loss(hx, hw, hb)", hx=n(3, 4), hw=n(3, 4), hb=n(3, 4))
    case("cdist", "torch.cdist(hx, hw)", hx=n(3, 4), hw=n(5, 4))
    case("prod", "torch.prod(hx)", hx=n(5))
    case("trace", "torch.trace(hx)", hx=n(3, 3))
    case("avg_pool3d", "F.avg_pool3d(hx, 2)", hx=n(1, 2, 4, 4, 4))
    case("reflection_pad2d", "F.pad(hx, (1, 1, 1, 1), mode='reflect')", hx=n(1, 2, 4, 4))
    case("grid_sample", "F.grid_sample(hx, torch.tanh(w), align_corners=False)", hx=n(1, 2, 4, 4), w=n(1, 3, 3, 2))
    case("inverse", "torch.inverse(hx)", hx=n(3, 3))


def promoted():
    n = randn
    case("cat", "torch.cat([hx, w])", hx=n(2, 3), w=n(1, 3))
    case("stack", "torch.stack([hx, w])", hx=n(2, 3), w=n(2, 3))
    case("index_copy", "torch.index_copy(hx, 0, index, w)", hx=n(4, 3), w=n(2, 3), index=torch.tensor([3, 1]))


def as_they_come():
    n = randn
    case("add", "hx + w", hx=n(2, 3), w=n(2, 3))
    case("relu", "torch.relu(hx)", hx=n(4, 5))
    case("addmv", "torch.addmv(b, x, w)", b=n(4), x=n(4, 5), w=n(5))
    case("dot", "torch.dot(x, w)", x=n(5), w=n(5))
    case("softmax", "torch.softmax(hx, -1)", hx=n(3, 9))
    case("softmax_float", "torch.softmax(x, -1)", x=n(3, 9))
    case("layer_norm", "F.layer_norm(hx, [8], w, b)", hx=n(4, 8), w=n(8), b=n(8))
    case("group_norm", "F.group_norm(hx, 2, w, b)", hx=n(2, 4, 5), w=n(4), b=n(4))
    case("batch_norm", "F.batch_norm(hx, None, None, w, b, training=True)", hx=n(4, 3, 5, 5), w=n(3), b=n(3))
    case("rms_norm", "F.rms_norm(hx, [8], w)", hx=n(4, 8), w=n(8))
    case("max_pool2d", "F.max_pool2d(hx, 2)", hx=n(1, 2, 6, 6))
    case("cosine_similarity", "F.cosine_similarity(hx, hw)", hx=n(3, 4), hw=n(3, 4))


lower_precision()
float32()
promoted()
as_they_come()
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "autocast.safetensors")
safetensors_file.save(path, tensors, **expressions)
