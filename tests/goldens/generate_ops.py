"""Results and gradients of single operations in float64: ops.safetensors.

Case OP/N holds its inputs (`OP/N/x`, ...), outputs `y` (or `y0`, `y1`, ... of several), a gradient `dy` (`dy0`, ...)
for each float output and the resulting gradient `dx` of each float input `x`. The metadata gives the
Python expression of each case. Random numbers are multiples of 2^-10, so that float32 holds them
exactly and the same cases serve float32. A new case of an op goes behind its others: tests know cases by number.

Run in this folder: python3 generate_ops.py
"""

import math
import os
import warnings

import torch
from torch.nn import functional as F

import safetensors_file

warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float64)
generator = torch.Generator().manual_seed(42)
inf, nan = math.inf, math.nan
f32, f64, i64, i32, u8, i8 = (
    torch.float32, torch.float64, torch.int64, torch.int32, torch.uint8, torch.int8,
)

CASES = []


def case(op, expression, no_grad=(), **inputs):
    CASES.append((op, expression, inputs, no_grad))


def grid(t):
    return torch.round(t * 1024) / 1024


def randn(*shape):
    return grid(torch.randn(shape, generator=generator))


def rand(low, high, *shape):
    """Strictly inside (low, high)."""
    margin = (high - low) * 0.02
    return grid(low + margin + (high - low - 2 * margin) * torch.rand(shape, generator=generator))


def randint(high, *shape):
    return torch.randint(high, shape, generator=generator)


def tensor(values, dtype=None):
    return torch.tensor(values, dtype=dtype)


def unary():
    for name in "neg exp expm1 sin cos tan tanh sigmoid erf erfc square atan sinh cosh asinh exp2".split():
        case(name, f"{name}(x)", x=randn(3, 4))
    for name in "log log1p log2 log10 sqrt rsqrt reciprocal".split():
        case(name, f"{name}(x)", x=rand(0.1, 3.0, 3, 4))
    for name in "asin acos atanh erfinv".split():
        case(name, f"{name}(x)", x=rand(-0.95, 0.95, 3, 4))
    case("acosh", "acosh(x)", x=rand(1.1, 3.0, 3, 4))
    for name in "floor ceil round trunc frac".split():
        case(name, f"{name}(x)", x=randn(3, 4) * 3)
    case("round", "round(x)", x=tensor([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]))  # half to even
    kinks = tensor([-2.0, -1.0, -0.0, 0.0, 1.0, 2.0])
    for name in "abs sign relu".split():
        case(name, f"{name}(x)", x=randn(3, 4))
        case(name, f"{name}(x)", x=kinks)
    case("clamp", "clamp(x, -0.5, 0.75)", x=randn(3, 4))
    # Not at the bounds: there the gradient is 1 in PyTorch 1.13 and 0 in 2.15.
    case("clamp", "clamp(x, -1.5, 1.5)", x=kinks)
    case("clamp", "clamp(x, None, 0.5)", x=randn(5))
    case("clamp_min", "clamp_min(x, 0.25)", x=randn(5))
    case("clamp_max", "clamp_max(x, 0.25)", x=randn(5))
    special = tensor([0.0, -1.5, inf, -inf, nan])
    for name in "isnan isinf isfinite logical_not".split():
        case(name, f"{name}(x)", no_grad=["x"], x=special)
    case("bitwise_not", "bitwise_not(x)", x=tensor([0, 1, -2, 77]))
    case("bitwise_not", "bitwise_not(x)", x=tensor([True, False]))
    case("exp", "exp(x)", x=tensor([1, 2, 3]))  # integers promote to the default float
    case("neg", "neg(x)", x=tensor([1, -2, 3]))
    case("abs", "abs(x)", x=tensor([1, -2, 3], i32))
    case("pow", "pow(x, 2)", x=randn(3, 4))
    case("pow", "pow(x, 0.5)", x=rand(0.1, 3.0, 3, 4))
    case("pow", "pow(x, -1.5)", x=rand(0.1, 3.0, 3, 4))
    case("pow", "pow(x, 3)", x=tensor([0.0, -1.0, 2.0]))
    case("pow", "pow(x, 0)", x=tensor([0.0, -1.0, 2.0]))
    case("pow", "pow(2.0, x)", x=randn(3, 4))
    case("pow", "pow(a, b)", a=rand(0.1, 3.0, 3, 4), b=randn(4))
    case("pow", "pow(a, b)", a=tensor([0.0, 0.0, 1.0]), b=tensor([0.0, 2.0, 0.0]))
    case("pow", "pow(a, b)", a=tensor([2, 3, -4]), b=tensor([3, 0, 1]))
    case("leaky_relu", "leaky_relu(x, 0.2)", x=randn(3, 4))
    case("gelu", "gelu(x)", x=randn(3, 4) * 2)
    case("gelu", "gelu(x, approximate='tanh')", x=randn(3, 4) * 2)
    case("silu", "silu(x)", x=randn(3, 4))
    case("mish", "mish(x)", x=randn(3, 4))
    case("elu", "elu(x)", x=randn(3, 4))
    case("elu", "elu(x, 0.5)", x=randn(3, 4))
    case("softplus", "softplus(x)", x=randn(3, 4) * 3)
    case("softplus", "softplus(x, 2, 1)", x=randn(3, 4))
    case("hardtanh", "hardtanh(x, -0.5, 0.75)", x=randn(3, 4))
    case("relu6", "relu6(x)", x=randn(3, 4) * 6)
    case("logsigmoid", "logsigmoid(x)", x=randn(3, 4) * 5)


def binary():
    shapes = [((3, 4), (3, 4)), ((2, 3, 4), (4,)), ((3, 1), (1, 4)), ((), (2, 3))]
    for name in "add sub mul div".split():
        for a, b in shapes:
            case(name, f"{name}(a, b)", a=randn(*a), b=rand(0.5, 2.0, *b))
    case("add", "add(a, b, alpha=2.5)", a=randn(2, 3), b=randn(3))
    case("sub", "sub(a, b, alpha=2.5)", a=randn(2, 3), b=randn(3))
    case("add", "x + 1.5", x=randn(2, 3))
    case("sub", "1.5 - x", x=randn(2, 3))
    case("div", "1.5 / x", x=rand(0.5, 2.0, 2, 3))
    for mode in "floor", "trunc":
        case("div", f"div(a, b, rounding_mode='{mode}')", a=randn(3, 4) * 5, b=rand(0.5, 2.0, 4))
        case("div", f"div(a, b, rounding_mode='{mode}')", a=tensor([7, -7, 7, -7]), b=tensor([2, 2, -2, -2]))
    for name in "fmod remainder".split():
        case(name, f"{name}(a, b)", a=randn(3, 4) * 5, b=rand(0.5, 2.0, 4))
        case(name, f"{name}(a, b)", a=tensor([7, -7, 7, -7]), b=tensor([3, 3, -3, -3]))
    for name in "maximum minimum".split():
        case(name, f"{name}(a, b)", a=randn(3, 4), b=randn(4))
        # A tie halves the gradient; NaN propagates.
        case(name, f"{name}(a, b)", a=tensor([1.0, 2.0, nan, 3.0]), b=tensor([1.0, 3.0, 0.0, nan]))
    case("atan2", "atan2(a, b)", a=randn(3, 4), b=randn(4))
    for name in "eq ne lt le gt ge".split():
        case(name, f"{name}(a, b)", no_grad=["a", "b"], a=tensor([[1.0], [2.0]]), b=tensor([1.0, 2.0, nan]))
        case(name, f"{name}(x, 2)", x=tensor([1, 2, 3]))
    for name in "logical_and logical_or logical_xor".split():
        case(name, f"{name}(a, b)", no_grad=["a", "b"], a=tensor([0.0, 1.0, 2.0, 0.0]), b=tensor([True, True, False, False]))
    for name in "bitwise_and bitwise_or bitwise_xor".split():
        case(name, f"{name}(a, b)", a=tensor([12, 5, -1]), b=tensor([10, 3, 6]))
    case("lerp", "lerp(a, b, 0.3)", a=randn(3, 4), b=randn(4))
    case("lerp", "lerp(a, b, w)", a=randn(3, 4), b=randn(3, 4), w=rand(0, 1, 4))
    case("addcmul", "addcmul(x, a, b, value=0.5)", x=randn(3, 4), a=randn(3, 1), b=randn(4))
    case("addcdiv", "addcdiv(x, a, b, value=0.5)", x=randn(3, 4), a=randn(3, 1), b=rand(0.5, 2, 4))
    mask = tensor([[True, False, True], [False, False, True]])
    case("where", "where(mask, a, b)", mask=mask, a=randn(2, 3), b=randn(3))
    # The branch that is not taken gives gradient 0, not NaN.
    case("where", "where(mask, x, x.new_zeros([])) * 2", mask=mask[0], x=tensor([1.0, inf, 2.0]))
    # Type promotion: dimension beats category only within it; scalars and 0-d tensors are weak.
    one = tensor([1, 2, 3])
    case("promote", "a + b", a=one, b=tensor([0.5, 1.5, 2.5], f32))
    case("promote", "a + b", a=tensor([0.5, 1.5], f32), b=tensor([0.25, 0.75], f64))
    case("promote", "a + b", a=tensor([0.5, 1.5], f32), b=tensor(0.25, dtype=f64))
    case("promote", "a + b", a=tensor([1, 2], i32), b=tensor(3, i64))
    case("promote", "a + b", a=tensor([1, 2], i32), b=tensor([3, 4], i64))
    case("promote", "a + b", a=tensor([1, 200], u8), b=tensor([-3, 4], i8))
    case("promote", "a * b", a=tensor([True, False, True]), b=one)
    case("promote", "a + b", a=tensor([True, False]), b=tensor([True, True]))
    case("promote", "x * 2.5", x=one)
    case("promote", "x * 2.5", x=tensor([1.0, 2.0], f32))
    case("promote", "x + 1", x=tensor([250, 255], u8))
    case("promote", "a / b", a=one, b=tensor([2, 2, 2]))
    case("promote", "a + b", a=tensor(0.5, dtype=f32), b=one)


def reductions():
    for name in "sum mean".split():
        case(name, f"{name}(x)", x=randn(3, 4))
        case(name, f"{name}(x, [1])", x=randn(2, 3, 4))
        case(name, f"{name}(x, [0, -1], True)", x=randn(2, 3, 4))
        case(name, f"{name}(x)", x=randn())
    case("sum", "sum(x)", x=tensor([True, True, False]))
    case("sum", "sum(x, [0])", x=tensor([[1, 2], [3, 4]], i32))
    case("sum", "sum(x, [1])", x=torch.zeros(2, 0))
    case("mean", "mean(x, [1])", x=torch.zeros(2, 0))
    case("prod", "prod(x)", x=randn(2, 3))
    case("prod", "prod(x, 1)", x=randn(3, 4))
    case("prod", "prod(x, 1)", x=tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0]]))
    for name in "var std".split():
        case(name, f"{name}(x)", x=randn(3, 4))
        case(name, f"{name}(x, [1])", x=randn(3, 4))
        case(name, f"{name}(x, [0, 2], False, True)", x=randn(2, 3, 4))
    case("norm", "norm(x)", x=randn(3, 4))
    case("norm", "norm(x, 1)", x=randn(3, 4))
    case("norm", "norm(x, 2, [1], True)", x=randn(3, 4))
    case("norm", "norm(x, inf, [1])", x=randn(3, 4))
    case("norm", "norm(x, 3, [0])", x=randn(3, 4))
    case("norm", "norm(x)", x=torch.zeros(3))  # gradient 0
    case("logsumexp", "logsumexp(x, [1])", x=randn(3, 4))
    case("logsumexp", "logsumexp(x, [0, 1], True)", x=randn(3, 4))
    # A row of -inf has no gradient worth a promise (PyTorch's is NaN).
    case("logsumexp", "logsumexp(x, [1])", no_grad=["x"], x=tensor([[-inf, -inf], [1.0, -inf]]))
    case("logsumexp", "logsumexp(x, [1])", x=tensor([[1.0, -inf], [100.0, 99.0]]))
    ties = tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
    for name in "amax amin".split():
        case(name, f"{name}(x, [1])", x=randn(3, 4))
        case(name, f"{name}(x, [0, 2], True)", x=randn(2, 3, 4))
        case(name, f"{name}(x, [1])", x=ties)
    for name in "max min".split():
        case(name, f"{name}(x)", x=randn(3, 4))
        case(name, f"{name}(x, 1)", x=randn(3, 4))
        case(name, f"{name}(x, 0, True)", x=randn(3, 4))
        case(name, f"{name}(x)", x=ties)
        case(name, f"{name}(x, 1)", no_grad=["x"], x=tensor([[1.0, nan, 2.0], [inf, 1.0, -inf]]))
    for name in "argmax argmin".split():
        case(name, f"{name}(x)", no_grad=["x"], x=randn(3, 4))
        case(name, f"{name}(x, 1)", no_grad=["x"], x=randn(3, 4))
        case(name, f"{name}(x, 0, True)", no_grad=["x"], x=randn(3, 4))
    mask = tensor([[True, False, True], [True, True, True]])
    for name in "all any".split():
        case(name, f"{name}(x)", x=mask)
        case(name, f"{name}(x, 1)", x=mask)
        case(name, f"{name}(x, 1)", x=torch.zeros(2, 0, dtype=torch.bool))
    case("count_nonzero", "count_nonzero(x)", x=tensor([[0, 1, 2], [0, 0, 3]]))
    case("cumsum", "cumsum(x, 1)", x=randn(3, 4))
    case("cumsum", "cumsum(x, 0)", x=tensor([[1, 2], [3, 4]], i32))
    for name in "softmax log_softmax".split():
        for dim in 0, 1, -1:
            case(name, f"{name}(x, {dim})", x=randn(2, 3, 4))
        case(name, f"{name}(x, 1)", x=tensor([[1000.0, 999.0, -1000.0], [-inf, 0.0, 1.0]]))
    case("softmax", "softmax(x, 0)", x=randn())


def matrices():
    shapes = [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
              ((2, 3), (5, 3, 4)), ((5, 1, 2, 3), (2, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)),
              ((2, 0), (0, 3))]
    for a, b in shapes:
        case("matmul", "matmul(a, b)", a=randn(*a), b=randn(*b))
    case("matmul", "matmul(a.t(), b)", a=randn(3, 2), b=randn(3, 4))
    case("matmul", "matmul(a, b)", a=randint(9, 2, 3), b=randint(9, 3, 2))
    case("mm", "mm(a, b)", a=randn(2, 3), b=randn(3, 4))
    case("bmm", "bmm(a, b)", a=randn(5, 2, 3), b=randn(5, 3, 4))
    case("mv", "mv(a, b)", a=randn(2, 3), b=randn(3))
    case("dot", "dot(a, b)", a=randn(4), b=randn(4))
    case("outer", "outer(a, b)", a=randn(3), b=randn(4))
    case("addmm", "addmm(x, a, b)", x=randn(4), a=randn(2, 3), b=randn(3, 4))
    case("addmm", "addmm(x, a, b, beta=0.5, alpha=2.0)", x=randn(2, 4), a=randn(2, 3), b=randn(3, 4))
    case("linear", "linear(x, w)", x=randn(2, 3), w=randn(4, 3))
    case("linear", "linear(x, w, b)", x=randn(2, 3), w=randn(4, 3), b=randn(4))
    case("linear", "linear(x, w, b)", x=randn(2, 5, 3), w=randn(4, 3), b=randn(4))
    case("linear", "linear(x, w, b)", x=randn(3), w=randn(4, 3), b=randn(4))


def shapes():
    x = randn(2, 3, 4)
    for expression in [
        "reshape(x, [4, -1])", "x.view([3, 8])", "permute(x, [2, 0, 1])", "transpose(x, 0, -1)",
        "unsqueeze(x, 1)", "unsqueeze(x, -1)", "flatten(x, 1)", "flatten(x)", "select(x, 1, -1)",
        "narrow(x, 2, 1, 2)", "x[:, 1:3, ::2]", "unflatten(x, 2, [2, 2])", "movedim(x, [0], [2])",
        "x.repeat([2, 1, 2])", "tile(x, [2, 1])", "flip(x, [0, 2])", "roll(x, [1, -2], [0, 2])",
        "repeat_interleave(x, 2, 1)", "diagonal(x, 1, 1, 2)", "x.unfold(2, 2, 1)", "tril(x, -1)",
        "triu(x)", "chunk(x, 2, 2)", "split(x, 2, 1)", "split(x, [1, 3], 2)", "unbind(x, 1)",
    ]:  # fmt: skip
        op = expression.split("(")[0].replace("x.", "")
        case("slice" if "x[" in expression else op, expression, x=x)
    case("t", "t(x)", x=randn(2, 3))
    case("squeeze", "squeeze(x)", x=randn(1, 3, 1))
    case("squeeze", "squeeze(x, [0])", x=randn(1, 3, 1))
    case("expand", "x.expand([2, -1, 4])", x=randn(3, 1))
    case("cat", "cat([a, b], 1)", a=randn(2, 3), b=randn(2, 1))
    case("cat", "cat([a, b])", a=randn(2, 3), b=tensor([[1, 2, 3]]))
    case("stack", "stack([a, b], 1)", a=randn(2, 3), b=randn(2, 3))


def indexing():
    x = randn(4, 5)
    index = tensor([[0, 1, 1], [4, 0, 2]])
    case("gather", "gather(x, 1, index)", x=x, index=index)
    case("scatter", "scatter(x, 1, index, src)", x=x, index=tensor([[0, 1], [4, 2]]), src=randn(2, 2))
    case("scatter", "scatter(x, 1, index, 1.5)", x=x, index=tensor([[0, 1], [4, 2]]))
    case("scatter_add", "scatter_add(x, 1, index, src)", x=x, index=index, src=randn(2, 3))
    case("index_select", "index_select(x, 1, index)", x=x, index=tensor([4, 0, 0]))
    case("index_add", "index_add(x, 0, index, src, alpha=2)", x=x, index=tensor([3, 0, 3]), src=randn(3, 5))
    mask = tensor([True, False, True, True, False])
    case("masked_fill", "masked_fill(x, mask, -1.5)", x=x, mask=mask)
    case("masked_select", "masked_select(x, mask)", x=x, mask=mask)
    case("index", "x[index]", x=x, index=index[0])
    case("index", "x[a, b]", x=x, a=tensor([[0], [3]]), b=tensor([1, -1]))
    case("index", "x[:, index]", x=x, index=index)
    case("index", "x[mask]", x=x, mask=tensor([True, False, True, False]))
    case("index_put", "index_put(x, [index], src)", x=x, index=tensor([2, 0]), src=randn(2, 5))
    case("index_put", "index_put(x, [index], src, True)", x=x, index=tensor([2, 0, 2]), src=randn(3, 5))
    case("nonzero", "nonzero(x)", x=tensor([[0, 1], [2, 0], [3, 4]]))
    case("embedding", "F.embedding(index, w)", index=tensor([[1, 2], [1, 0]]), w=randn(4, 3))
    case("embedding", "F.embedding(index, w, 1)", index=tensor([[1, 2], [1, 0]]), w=randn(4, 3))
    case("one_hot", "F.one_hot(index, 4)", index=tensor([[1, 2], [3, 0]]))


def images():
    x = randn(2, 4, 6, 5)
    case("conv2d", "conv2d(x, w)", x=x, w=randn(3, 4, 3, 2))
    case("conv2d", "conv2d(x, w, b, [1, 1], [1, 1])", x=x, w=randn(3, 4, 3, 3), b=randn(3))
    case("conv2d", "conv2d(x, w, b, [2, 1], [1, 2])", x=x, w=randn(3, 4, 3, 3), b=randn(3))
    case("conv2d", "conv2d(x, w, b, [1, 1], [2, 1], [2, 1])", x=x, w=randn(3, 4, 3, 3), b=randn(3))
    case("conv2d", "conv2d(x, w, b, [1, 1], [0, 0], [1, 1], 2)", x=x, w=randn(6, 2, 3, 3), b=randn(6))
    case("conv2d", "conv2d(x, w, b, [2, 2], [1, 1], [1, 1], 4)", x=x, w=randn(4, 1, 3, 3), b=randn(4))
    case("conv2d", "conv2d(x, w, b)", x=x, w=randn(3, 4, 1, 1), b=randn(3))
    case("conv1d", "conv1d(x, w, b, [2], [1])", x=randn(2, 3, 7), w=randn(4, 3, 3), b=randn(4))
    x = randn(2, 2, 6, 5)
    case("max_pool2d", "max_pool2d(x, [2, 2])", x=x)
    case("max_pool2d", "max_pool2d(x, [3, 2], [2, 1], [1, 1])", x=x)
    case("max_pool2d", "max_pool2d(x, [2, 2], [2, 2], [0, 0], [2, 1])", x=x)
    case("max_pool2d", "max_pool2d(x, [2, 2], [2, 2], [0, 0], [1, 1], True)", x=x)
    case("max_pool2d", "max_pool2d(x, [2, 2])", x=torch.ones(1, 1, 4, 4))  # ties: the first
    case("avg_pool2d", "avg_pool2d(x, [2, 2])", x=x)
    case("avg_pool2d", "avg_pool2d(x, [3, 2], [2, 1], [1, 1])", x=x)
    case("avg_pool2d", "avg_pool2d(x, [3, 2], [2, 1], [1, 1], False, False)", x=x)
    case("avg_pool2d", "avg_pool2d(x, [2, 2], [2, 2], [0, 0], True)", x=x)
    case("adaptive_avg_pool2d", "F.adaptive_avg_pool2d(x, [1, 1])", x=x)
    case("adaptive_avg_pool2d", "F.adaptive_avg_pool2d(x, [4, 3])", x=x)


def normalization():
    running = dict(no_grad=["running_mean", "running_var"], running_mean=randn(3), running_var=rand(0.5, 2, 3))
    wb = dict(w=rand(0.5, 1.5, 3), b=randn(3))
    for x in randn(4, 3), randn(2, 3, 2, 2):
        case("batch_norm", "F.batch_norm(x, running_mean, running_var, w, b, False, 0.1, 1e-5)", x=x, **wb, **running)
        # The running statistics in the file are those before, y1 and y2 those after.
        case("batch_norm", "F.batch_norm(x, running_mean, running_var, w, b, True, 0.1, 1e-5), running_mean, running_var", x=x, **wb, **running)
    case("batch_norm", "F.batch_norm(x, None, None, None, None, True)", x=randn(4, 3))
    case("layer_norm", "layer_norm(x, [4])", x=randn(2, 3, 4))
    case("layer_norm", "layer_norm(x, [4], w, b, 1e-3)", x=randn(2, 3, 4), w=rand(0.5, 1.5, 4), b=randn(4))
    case("layer_norm", "layer_norm(x, [3, 4], w, b)", x=randn(2, 3, 4), w=rand(0.5, 1.5, 3, 4), b=randn(3, 4))
    case("layer_norm", "layer_norm(x, [3])", x=torch.ones(2, 3))  # constant rows
    case("dropout", "dropout(x, 0.5, False)", x=randn(3, 4))


def losses():
    x, target = randn(5, 4), tensor([1, 0, 3, 3, 2])
    ignored = tensor([1, -100, 3, -100, 2])
    w = rand(0.5, 2, 4)
    for reduction in "mean", "sum", "none":
        r = f"reduction='{reduction}'"
        case("cross_entropy", f"F.cross_entropy(x, target, {r})", x=x, target=target)
        case("cross_entropy", f"F.cross_entropy(x, target, w, {r})", no_grad=["w"], x=x, target=ignored, w=w)
        case("cross_entropy", f"F.cross_entropy(x, target, w, label_smoothing=0.1, {r})", no_grad=["w"], x=x, target=ignored, w=w)
        case("nll_loss", f"F.nll_loss(x, target, w, {r})", no_grad=["w"], x=x, target=ignored, w=w)
        case("mse_loss", f"F.mse_loss(x, target, {r})", x=randn(2, 3), target=randn(2, 3))
        case("l1_loss", f"F.l1_loss(x, target, {r})", x=randn(2, 3), target=randn(2, 3))
        case("smooth_l1_loss", f"F.smooth_l1_loss(x, target, {r})", x=randn(2, 3) * 2, target=randn(2, 3))
        case("huber_loss", f"F.huber_loss(x, target, {r}, delta=0.5)", x=randn(2, 3), target=randn(2, 3))
        case("binary_cross_entropy", f"F.binary_cross_entropy(x, target, {r})",
             no_grad=["target"], x=rand(0, 1, 2, 3), target=rand(0, 1, 2, 3))
        case("binary_cross_entropy_with_logits", f"F.binary_cross_entropy_with_logits(x, target, {r})",
             no_grad=["target"], x=randn(2, 3) * 4, target=rand(0, 1, 2, 3))
        case("kl_div", f"F.kl_div(x, target, {r})", x=randn(2, 3), target=rand(0, 1, 2, 3))
    case("cross_entropy", "F.cross_entropy(x, target)", x=randn(2, 4, 3), target=randint(4, 2, 3))
    case("cross_entropy", "F.cross_entropy(x, target)", x=randn(4), target=tensor(2))
    case("cross_entropy", "F.cross_entropy(x, target, ignore_index=3)", x=x, target=target)
    # Probabilities as targets.
    case("cross_entropy", "F.cross_entropy(x, target, label_smoothing=0.2)",
         no_grad=["target"], x=randn(3, 4), target=rand(0, 1, 3, 4))
    case("binary_cross_entropy_with_logits", "F.binary_cross_entropy_with_logits(x, target, w, pos_weight=b)",
         no_grad=["target", "w", "b"], x=randn(2, 3), target=rand(0, 1, 2, 3), w=rand(0.5, 2, 3), b=rand(0.5, 2, 3))


def more():
    x, positive, rows = randn(3, 4), rand(0.2, 3.0, 3, 4), randn(2, 3, 4)
    for name in "deg2rad rad2deg sinc lgamma digamma".split():
        case(name, f"{name}(x)", x=positive)
    case("logit", "logit(x)", x=rand(0.0, 1.0, 3, 4))
    case("logit", "logit(x, 0.2)", x=rand(0.0, 1.0, 3, 4))
    case("polygamma", "polygamma(1, x)", x=positive)
    case("polygamma", "polygamma(2, x)", x=positive)
    case("nan_to_num", "nan_to_num(x, 0.5, 2.0, -2.0)", x=tensor([1.0, nan, inf, -inf, -3.0]))
    for name in "selu celu hardswish hardsigmoid tanhshrink softsign hardshrink softshrink".split():
        case(name, f"F.{name}(x)", x=x * 3)
    case("threshold", "F.threshold(x, 0.25, 7.0)", x=x)
    case("glu", "F.glu(x, 1)", x=x)
    case("prelu", "F.prelu(x, w)", x=rows, w=randn(3))
    for name in "hypot logaddexp logaddexp2 xlogy copysign fmax fmin".split():
        case(name, f"{name}(a, b)", a=positive, b=rand(0.2, 3.0, 4))
    case("heaviside", "heaviside(a, b)", no_grad=["a", "b"], a=tensor([-1.0, 0.0, 2.0]), b=tensor([0.5, 0.25, 3.0]))
    for name in "gcd lcm bitwise_left_shift bitwise_right_shift".split():
        case(name, f"{name}(a, b)", a=tensor([12, -18, 0, 7]), b=tensor([8, 12, 5, 0]))
    case("floor_divide", "floor_divide(a, b)", a=tensor([7, -7, 7, -7]), b=tensor([2, 2, -2, -2]))
    holes = tensor([[1.0, nan, 3.0], [nan, 0.5, -2.0]])
    case("nansum", "nansum(x, [1])", x=holes)
    case("nanmean", "nanmean(x, [1])", x=holes)
    case("var_mean", "var_mean(x, [1], correction=0)", x=x)
    case("std_mean", "std_mean(x, [0, 2], correction=1)", x=rows)
    for order in 0.5, 2, 3:
        case("linalg_vector_norm", f"linalg.vector_norm(x, {order}, [1])", x=x)
    case("aminmax", "list(aminmax(x, dim=1))", x=x)
    case("cumprod", "cumprod(x, 1)", x=x)
    case("cumprod", "cumprod(x, 0)", x=tensor([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0], [1.5, 2.0, 0.5]]))
    case("sum_to_size", "x.sum_to_size([3, 1])", x=rows)
    case("addmv", "addmv(x, a, b, beta=0.5, alpha=2.0)", x=randn(2), a=randn(2, 3), b=randn(3))
    case("baddbmm", "baddbmm(x, a, b, beta=0.5, alpha=2.0)", x=randn(2), a=randn(3, 2, 4), b=randn(3, 4, 2))
    for expression in [
        "rot90(x, 1, [0, 2])", "fliplr(x)", "flipud(x)", "diag_embed(x, 1, 0, -1)", "diagflat(x)",
        "tensor_split(x, 3, -1)", "hsplit(x, [1])", "swapaxes(x, 0, 2)",
    ]:  # fmt: skip
        case(expression.split("(")[0], expression, x=rows)
    case("diag", "diag(x, -1)", x=x)
    case("diag", "diag(x, 1)", x=randn(3))
    for name in "hstack vstack dstack column_stack block_diag".split():
        call = "block_diag(a, b)" if name == "block_diag" else f"{name}([a, b])"
        case(name, call, a=randn(2, 3), b=randn(2, 3))
    case("meshgrid", "meshgrid(a, b, indexing='xy')", a=randn(2), b=randn(3))
    case("take", "take(x, index)", x=x, index=tensor([[11, 0], [-1, 5]]))
    case("take_along_dim", "take_along_dim(x, index, 1)", x=x, index=tensor([[3], [0], [1]]))
    case("index_copy", "index_copy(x, 1, index, src)", x=x, index=tensor([3, 0]), src=randn(3, 2))
    case("index_fill", "index_fill(x, 1, index, 1.5)", x=x, index=tensor([3, 0, 3]))
    case("masked_scatter", "masked_scatter(x, mask, src)", x=x, mask=x > 0, src=randn(12))
    for reduce in "sum prod mean amax amin".split():
        for include_self in True, False:
            case("scatter_reduce", f"scatter_reduce(x, 1, index, src, '{reduce}', include_self={include_self})",
                 x=x, index=tensor([[3, 3], [2, 2], [1, 0]]), src=randn(3, 2))
    images, wb = randn(2, 4, 3, 2), dict(w=rand(0.5, 1.5, 4), b=randn(4))
    case("group_norm", "F.group_norm(x, 2, w, b, 1e-3)", x=images, **wb)
    case("instance_norm", "F.instance_norm(x, None, None, w, b, eps=1e-3)", x=images, **wb)
    case("rms_norm", "F.rms_norm(x, [4], w, 1e-3)", x=rows, w=rand(0.5, 1.5, 4))
    case("conv3d", "conv3d(x, w, b, [1, 2, 1], [1, 0, 1])", x=randn(1, 2, 3, 4, 3), w=randn(2, 2, 2, 2, 2), b=randn(2))
    case("max_pool2d_with_indices", "list(max_pool2d_with_indices(x, [2, 2], [1, 1]))", x=randn(1, 2, 4, 3))
    case("kl_div", "F.kl_div(x, target, reduction='sum', log_target=True)", x=-positive, target=-rand(0.2, 3.0, 3, 4))


def evaluate(op, expression, inputs, no_grad):
    names = {**vars(torch), **vars(torch._C._nn), "leaky_relu": F.leaky_relu, "silu": F.silu,
             "mish": F.mish, "elu": F.elu, "hardtanh": F.hardtanh, "relu6": F.relu6, "softplus": F.softplus,
             "F": F, "logsigmoid": F.logsigmoid, "linear": F.linear, "layer_norm": F.layer_norm,
             "dropout": F.dropout, "avg_pool2d": F.avg_pool2d, "inf": inf}  # fmt: skip
    leaves = {}
    arguments = {}
    for name, value in inputs.items():
        arguments[name] = value.clone()
        if value.dtype == f64 and name not in no_grad:
            leaves[name] = arguments[name].requires_grad_()
    torch.set_default_dtype(f32)  # what integers promote to
    result = eval(expression, names, arguments)
    torch.set_default_dtype(f64)
    outputs = [result] if isinstance(result, torch.Tensor) else list(result)
    tensors = {name: value for name, value in inputs.items()}
    objective = None
    for i, y in enumerate(outputs):
        suffix = "" if len(outputs) == 1 else str(i)
        tensors["y" + suffix] = y
        if y.requires_grad:
            dy = randn(*y.shape)
            tensors["dy" + suffix] = dy
            term = (y * dy).sum()
            objective = term if objective is None else objective + term
    if objective is not None:
        used = list(leaves)
        grads = torch.autograd.grad(objective, [leaves[n] for n in used], allow_unused=True)
        for name, grad in zip(used, grads):
            if grad is not None:
                tensors["d" + name] = grad
    return tensors


def main():
    for make in unary, binary, reductions, matrices, shapes, indexing, images, normalization, losses, more:
        make()
    tensors, expressions, counts = {}, {}, {}
    for op, expression, inputs, no_grad in CASES:
        name = f"{op}/{counts.setdefault(op, 0)}"
        counts[op] += 1
        expressions[name] = expression
        for key, value in evaluate(op, expression, inputs, no_grad).items():
            tensors[f"{name}/{key}"] = value
    print(f"{len(counts)} ops, {len(expressions)} cases")
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops.safetensors")
    safetensors_file.save(path, tensors, generator="generate_ops.py", **expressions)


main()
