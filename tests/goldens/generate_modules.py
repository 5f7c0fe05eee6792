"""Layers and losses of torch.nn: modules.safetensors.

Case NAME holds the state before (`NAME/state.KEY`), the inputs (`NAME/x0`, ...), the output `NAME/y`, a gradient `NAME/dy`,
the gradients of the float inputs that take part (`NAME/dx0`, ...) and of the parameters (`NAME/dp.KEY`), and buffers that the
forward changed (`NAME/after.KEY`). float64; inputs and state are multiples of 2^-10, which float32 holds exactly, so
that the same cases serve float32 (margins are none, so that no difference hits a kink). The C++ side of each case stands in tests/nn/layer_golden_test.cpp.

Run in this folder: python3 generate_modules.py
"""

import os
import warnings

import torch
from torch import nn
from torch.nn import functional as F

import safetensors_file

warnings.simplefilter("ignore")
torch.set_default_dtype(torch.float64)
torch.manual_seed(7)

TENSORS = {}


def grid(t):
    return torch.round(t * 1024) / 1024


def randn(*shape):
    return grid(torch.randn(shape))


def rand(low, high, *shape):
    return grid(low + (high - low) * torch.rand(shape))


def case(name, module, *inputs, fixed=()):
    """fixed: inputs that take no gradient although they are floats."""
    if isinstance(module, nn.Module):
        with torch.no_grad():
            for p in module.parameters():
                p.copy_(grid(p + 0.1 * torch.randn_like(p)))
        for key, value in module.state_dict().items():
            TENSORS[f"{name}/state.{key}"] = value.clone()
        before = {k: v.clone() for k, v in module.state_dict().items()}
    xs = [x.clone() for x in inputs]
    for i, x in enumerate(xs):
        TENSORS[f"{name}/x{i}"] = x.detach().clone()
        if x.is_floating_point() and i not in fixed:
            x.requires_grad_()
    y = module(*xs)
    dy = randn(*y.shape)
    y.backward(dy)
    TENSORS[f"{name}/y"] = y
    TENSORS[f"{name}/dy"] = dy
    for i, x in enumerate(xs):
        if x.grad is not None:
            TENSORS[f"{name}/dx{i}"] = x.grad
    if isinstance(module, nn.Module):
        for key, p in module.named_parameters():
            if p.grad is not None:
                TENSORS[f"{name}/dp.{key}"] = p.grad
        for key, value in module.state_dict().items():
            if not torch.equal(value, before[key]):
                TENSORS[f"{name}/after.{key}"] = value.clone()


def shapes():
    case("linear", nn.Linear(4, 3), randn(2, 4))
    case("bilinear", nn.Bilinear(3, 4, 2), randn(5, 3), randn(5, 4))
    case("unflatten", nn.Unflatten(1, (2, 3)), randn(2, 6))
    case("pixel_shuffle", nn.PixelShuffle(2), randn(1, 8, 2, 3))
    case("pixel_unshuffle", nn.PixelUnshuffle(2), randn(1, 2, 4, 6))
    case("channel_shuffle", nn.ChannelShuffle(3), randn(2, 6, 2, 1))
    case("cosine_similarity", nn.CosineSimilarity(), randn(3, 4), randn(3, 4))
    case("pairwise_distance", nn.PairwiseDistance(p=1.5, keepdim=True), randn(3, 4), randn(3, 4))
    case("pdist", F.pdist, randn(4, 3))


def pads():
    for d in 1, 2, 3:
        x = randn(1, 2, *[4, 3, 4][:d])
        p = [2, 1, 1, 2, 0, 1][: 2 * d]
        for kind in "Reflection Replication Circular Zero".split():
            case(f"{kind}Pad{d}d", getattr(nn, f"{kind}Pad{d}d")(tuple(p)), x)
        case(f"ConstantPad{d}d", getattr(nn, f"ConstantPad{d}d")(tuple(p), 1.5), x)
    x = randn(1, 2, 5, 4)
    for mode in "constant reflect replicate circular".split():
        case(f"pad_{mode}_negative", lambda x: F.pad(x, (2, -1, -1, 1), mode), x)


def norms():
    case("batch_norm1d", nn.BatchNorm1d(3), randn(4, 3, 2))
    case("batch_norm2d_average", nn.BatchNorm2d(2, momentum=None), randn(2, 2, 2, 3))
    case("batch_norm3d_eval", nn.BatchNorm3d(2, affine=False).eval(), randn(2, 2, 2, 1, 2))
    case("sync_batch_norm", nn.BatchNorm2d(2), randn(3, 2, 2, 2))
    case("instance_norm1d", nn.InstanceNorm1d(3), randn(2, 3, 4))
    case("instance_norm1d_unbatched", nn.InstanceNorm1d(3, affine=True), randn(3, 4))
    case("instance_norm2d", nn.InstanceNorm2d(2, affine=True, track_running_stats=True), randn(2, 2, 2, 3))
    m = nn.InstanceNorm3d(2, affine=True, track_running_stats=True).eval()
    m.running_mean.copy_(randn(2))
    m.running_var.copy_(rand(0.5, 2, 2))
    case("instance_norm3d_eval", m, randn(2, 2, 2, 1, 2))
    case("layer_norm", nn.LayerNorm([3, 2]), randn(4, 3, 2))
    case("group_norm", nn.GroupNorm(2, 4, eps=1e-3), randn(2, 4, 3))
    case("rms_norm", nn.RMSNorm([3, 2], eps=1e-4), randn(2, 3, 2))
    case("rms_norm_default", nn.RMSNorm([4], elementwise_affine=False), randn(2, 4))
    case("local_response_norm", nn.LocalResponseNorm(3, alpha=0.5, k=2), randn(2, 5, 3))
    case("local_response_norm_even", nn.LocalResponseNorm(4, alpha=0.5, beta=1.5), randn(1, 5, 2, 2))
    case("local_response_norm_wide", nn.LocalResponseNorm(9, alpha=0.5), randn(2, 3, 2))
    case("normalize", lambda x: F.normalize(x, p=3, dim=-1), randn(2, 3))


def activations():
    x = randn(2, 3, 4) * 2
    cases = dict(
        ELU=(0.7,), SELU=(), CELU=(0.5,), GELU=(), GLU=(), SiLU=(), Mish=(), Hardshrink=(0.4,), Hardtanh=(-0.6, 0.8),
        LeakyReLU=(0.2,), LogSigmoid=(), ReLU=(), ReLU6=(), Sigmoid=(), Softmax=(1,), Softmin=(1,),
        LogSoftmax=(1,), Softplus=(2.0, 1.5), Softshrink=(0.4,), Softsign=(), Tanh=(), Tanhshrink=(), Threshold=(0.1, 0.5),
        Hardswish=(), Hardsigmoid=(), Softmax2d=(),
    )  # fmt: skip
    for name, arguments in cases.items():
        case(name, getattr(nn, name)(*arguments), x)
    case("GELU_tanh", nn.GELU("tanh"), x)
    case("PReLU", nn.PReLU(), x)
    case("PReLU_channels", nn.PReLU(3, init=0.3), x)
    case("RReLU_eval", nn.RReLU(0.1, 0.4).eval(), x)


def embeddings():
    indices = torch.tensor([1, 0, 4, 4, 2, 1])
    offsets = torch.tensor([0, 2, 2, 5])
    case("embedding", nn.Embedding(5, 3, padding_idx=-1, scale_grad_by_freq=True), indices)
    case("embedding_max_norm", nn.Embedding(5, 3, max_norm=1.0, norm_type=1.5), indices)
    for mode in "sum mean max".split():
        case(f"embedding_bag_{mode}", nn.EmbeddingBag(5, 3, mode=mode), indices, offsets)
        m = nn.EmbeddingBag(5, 3, mode=mode, padding_idx=1, include_last_offset=True)
        case(f"embedding_bag_{mode}_padding", m, indices, torch.tensor([0, 2, 2, 5, 6]))
        case(f"embedding_bag_{mode}_rows", nn.EmbeddingBag(5, 3, mode=mode), indices.view(2, 3))
    m = nn.EmbeddingBag(5, 3, mode="sum")
    case("embedding_bag_weights", m, indices, offsets, randn(6))
    m = nn.EmbeddingBag(5, 3, mode="mean", scale_grad_by_freq=True)
    case("embedding_bag_freq", m, indices, offsets)


class Adaptive(nn.AdaptiveLogSoftmaxWithLoss):
    what = "output"

    def forward(self, x, *target):
        return super().forward(x, *target).output if target else self.log_prob(x)


def losses():
    classes = torch.tensor([1, 0, 3, 1])
    weight = torch.tensor([0.5, 1.0, 2.0, 1.5])
    ce = nn.CrossEntropyLoss
    case("cross_entropy", ce(), randn(4, 4), classes)
    case("cross_entropy_weight", ce(weight=weight, label_smoothing=0.25, ignore_index=1), randn(4, 4), classes)
    case("cross_entropy_none", ce(weight=weight, reduction="none", label_smoothing=0.25), randn(2, 4, 2), classes.view(2, 2))
    case("cross_entropy_sum", ce(reduction="sum", ignore_index=0), randn(4, 4), classes)
    q = F.softmax(randn(4, 4), 1)
    case("cross_entropy_probabilities", ce(label_smoothing=0.25, weight=weight), randn(4, 4), grid(q), fixed=[1])
    case("nll", nn.NLLLoss(weight=weight, ignore_index=3), randn(4, 4), classes)
    pm = torch.where(randn(4, 3) > 0, 1.0, -1.0)
    for reduction in "none mean sum".split():
        r = dict(reduction=reduction)
        case(f"l1_{reduction}", nn.L1Loss(**r), randn(4, 3), randn(4, 3))
        case(f"mse_{reduction}", nn.MSELoss(**r), randn(4, 3), randn(4, 3))
        case(f"smooth_l1_{reduction}", nn.SmoothL1Loss(beta=0.5, **r), randn(4, 3), randn(4, 3))
        case(f"huber_{reduction}", nn.HuberLoss(delta=0.5, **r), randn(4, 3), randn(4, 3))
        case(f"bce_{reduction}", nn.BCELoss(weight=weight[:3], **r), rand(0.1, 0.9, 4, 3), rand(0, 1, 4, 3), fixed=[1])
        m = nn.BCEWithLogitsLoss(weight=weight[:3], pos_weight=weight[1:], **r)
        case(f"bce_logits_{reduction}", m, randn(4, 3), rand(0, 1, 4, 3), fixed=[1])
        case(f"poisson_{reduction}", nn.PoissonNLLLoss(full=True, **r), randn(4, 3), rand(0, 5, 4, 3), fixed=[1])
        case(f"poisson_rate_{reduction}", nn.PoissonNLLLoss(log_input=False, eps=0.125, **r), rand(0.1, 3, 4, 3), rand(0, 5, 4, 3), fixed=[1])
        case(f"gaussian_{reduction}", nn.GaussianNLLLoss(full=True, eps=0.25, **r), randn(4, 3), randn(4, 3), rand(0, 2, 4, 1))
        case(f"kl_div_{reduction}", nn.KLDivLoss(**r), randn(4, 3), rand(0, 1, 4, 3))
        case(f"margin_ranking_{reduction}", nn.MarginRankingLoss(margin=0.3, **r), randn(4, 3), randn(4, 3), pm, fixed=[2])
        case(f"hinge_embedding_{reduction}", nn.HingeEmbeddingLoss(margin=0.7, **r), randn(4, 3), pm, fixed=[1])
        case(f"soft_margin_{reduction}", nn.SoftMarginLoss(**r), randn(4, 3), pm, fixed=[1])
        labels = torch.tensor([[3, 0, -1, 1], [1, -1, 0, 0], [-1, 0, 0, 0]])
        case(f"multilabel_margin_{reduction}", nn.MultiLabelMarginLoss(**r), randn(3, 4), labels)
        m = nn.MultiLabelSoftMarginLoss(weight=weight[:3], **r)
        case(f"multilabel_soft_margin_{reduction}", m, randn(4, 3), (pm + 1) / 2, fixed=[1])
        case(f"multi_margin_{reduction}", nn.MultiMarginLoss(p=2, margin=0.7, weight=weight, **r), randn(4, 4), classes)
        case(f"multi_margin_1_{reduction}", nn.MultiMarginLoss(**r), randn(4, 4), classes)
        case(f"cosine_embedding_{reduction}", nn.CosineEmbeddingLoss(margin=-0.25, **r), randn(4, 3), randn(4, 3), pm[:, 0], fixed=[2])
        case(f"triplet_{reduction}", nn.TripletMarginLoss(margin=1.5, p=3, swap=True, **r), randn(4, 3), randn(4, 3), randn(4, 3))
        m = nn.TripletMarginWithDistanceLoss(margin=1.5, distance_function=lambda a, b: (a - b).abs().sum(-1), **r)
        case(f"triplet_distance_{reduction}", m, randn(4, 3), randn(4, 3), randn(4, 3))
    case("kl_div_batch", nn.KLDivLoss(reduction="batchmean", log_target=True), randn(4, 3), randn(4, 3))
    target = torch.tensor([0, 6, 9, 2, 4, 9])
    case("adaptive", Adaptive(8, 10, [4, 6], div_value=2.0, head_bias=True), randn(6, 8), target)
    case("adaptive_log_prob", Adaptive(8, 10, [4, 6], div_value=2.0), randn(3, 8))


shapes()
pads()
norms()
activations()
embeddings()
losses()
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules.safetensors")
safetensors_file.save(path, TENSORS, generator="generate_modules.py")
