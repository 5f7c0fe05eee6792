"""Layers and functions of nn in float64, forward and backward: layers.safetensors.

A case NAME has its inputs NAME/in.I, the weights NAME/w.KEY under PyTorch's keys, the results NAME/out.I and the
gradients NAME/grad.in.I and NAME/grad.w.KEY of sum_i <cos(0, 1, 2, ...), out_i>, which take part where they are
floating-point.

Run in this folder: python3 generate_layers.py
"""

import os

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils import rnn as rnn_utils

import safetensors_file

FOLDER = os.path.dirname(os.path.abspath(__file__))
torch.set_default_dtype(torch.float64)
tensors = {}
generator = torch.Generator()


def rand(*sizes):
    """Uniform in [-1, 1), away from one another, so that maxima have no ties."""
    return torch.rand(sizes, generator=generator) * 2 - 1


def flatten(results):
    if isinstance(results, torch.Tensor):
        return [results]
    return [t for r in results if r is not None for t in flatten(r)]


def case(name, module, *inputs, call=None):
    """module: a module or a function; call: what to call instead of module(*inputs)."""
    assert not any(key.startswith(name + "/") for key in tensors), name
    if isinstance(module, nn.Module):
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.copy_(rand(*parameter.shape) * 0.5)
        for key, value in module.state_dict().items():
            tensors[f"{name}/w.{key}"] = value.clone()
    leaves = [
        x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs
    ]
    outputs = flatten((call or module)(*leaves))
    loss = 0
    for i, y in enumerate(outputs):
        tensors[f"{name}/out.{i}"] = y.detach().clone()
        if y.is_floating_point():
            seed = torch.arange(y.numel(), dtype=y.dtype).cos().reshape(y.shape)
            loss = loss + (y * seed).sum()
    loss.backward()
    for i, x in enumerate(leaves):
        tensors[f"{name}/in.{i}"] = x.detach().clone()
        if x.requires_grad and x.grad is not None:
            tensors[f"{name}/grad.in.{i}"] = x.grad
    if isinstance(module, nn.Module):
        for key, value in module.named_parameters():
            if value.grad is not None:
                tensors[f"{name}/grad.w.{key}"] = value.grad


def convolutions():
    case("conv1d", nn.Conv1d(2, 3, 3, stride=2, padding=1), rand(2, 2, 7))
    case("conv3d", nn.Conv3d(2, 2, (1, 2, 2), padding=(0, 1, 1)), rand(1, 2, 2, 3, 3))
    case("conv2d_same", nn.Conv2d(2, 2, (2, 3), padding="same", dilation=(1, 2)), rand(1, 2, 4, 5))
    case("conv1d_unbatched", nn.Conv1d(2, 2, 2, bias=False), rand(2, 5))
    for mode in "reflect", "replicate", "circular":
        case(
            "conv2d_" + mode,
            nn.Conv2d(2, 2, 3, padding=(2, 1), padding_mode=mode),
            rand(1, 2, 4, 5),
        )
        case("conv1d_same_" + mode, nn.Conv1d(1, 2, 4, padding="same", padding_mode=mode), rand(2, 1, 6))
    case("conv3d_replicate", nn.Conv3d(1, 1, 2, padding=1, padding_mode="replicate"), rand(1, 1, 2, 2, 3))
    case("conv_transpose1d", nn.ConvTranspose1d(2, 3, 3, stride=2, padding=1, output_padding=1), rand(2, 2, 4))
    case(
        "conv_transpose2d",
        nn.ConvTranspose2d(4, 2, (3, 2), stride=(2, 1), padding=(1, 0), groups=2, dilation=(1, 2)),
        rand(1, 4, 3, 3),
    )
    case(
        "conv_transpose2d_size",
        nn.ConvTranspose2d(2, 2, 3, stride=3, bias=False),
        rand(1, 2, 2, 3),
        call=None,
    )
    net = nn.ConvTranspose2d(2, 2, 3, stride=3)
    case("conv_transpose2d_output_size", net, rand(1, 2, 2, 3), call=lambda x: net(x, output_size=[8, 9]))
    case("conv_transpose2d_dilated", nn.ConvTranspose2d(1, 1, 2, dilation=3, output_padding=2), rand(1, 1, 2, 3))
    case("conv_transpose3d", nn.ConvTranspose3d(2, 2, 2, stride=2, padding=1), rand(1, 2, 2, 2, 3))


def recurrent():
    for name, net in (
        ("rnn", nn.RNN(3, 4)),
        ("rnn_relu", nn.RNN(3, 4, nonlinearity="relu", bias=False)),
        ("gru", nn.GRU(3, 4)),
        ("lstm", nn.LSTM(3, 4)),
        ("rnn_deep", nn.RNN(3, 2, 2, bidirectional=True)),
        ("gru_deep", nn.GRU(3, 2, 2, bidirectional=True)),
        ("lstm_deep", nn.LSTM(3, 2, 2, bidirectional=True)),
        ("gru_no_bias", nn.GRU(3, 2, bias=False)),
        ("lstm_no_bias", nn.LSTM(3, 2, bias=False)),
        ("lstm_projection", nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True)),
    ):
        case(name, net, rand(5, 2, 3))
    case("lstm_unbatched", nn.LSTM(3, 2), rand(4, 3))
    case("gru_batch_first", nn.GRU(3, 2, batch_first=True), rand(2, 4, 3), rand(1, 2, 2))
    net = nn.LSTM(3, 2, batch_first=True)
    case("lstm_state", net, rand(2, 4, 3), rand(1, 2, 2), rand(1, 2, 2), call=lambda x, h, c: net(x, (h, c)))
    lengths = torch.tensor([2, 4, 3])

    def packed(net, *state):
        def run(x, *states):
            pack = rnn_utils.pack_padded_sequence(x, lengths, enforce_sorted=False)
            hx = states[0] if len(states) == 1 else (tuple(states) or None)
            y, state = net(pack, hx)
            return rnn_utils.pad_packed_sequence(y, padding_value=0.5), state

        return run

    for name, net in (
        ("rnn_packed", nn.RNN(3, 2, bidirectional=True)),
        ("gru_packed", nn.GRU(3, 2, 2, bidirectional=True)),
        ("lstm_packed", nn.LSTM(3, 2, 2, bidirectional=True)),
    ):
        case(name, net, rand(4, 3, 3), call=packed(net))
    net = nn.GRU(3, 2)
    case("gru_packed_state", net, rand(4, 3, 3), rand(1, 3, 2), call=packed(net))
    case("rnn_cell", nn.RNNCell(3, 2), rand(2, 3), rand(2, 2))
    case("rnn_cell_relu", nn.RNNCell(3, 2, nonlinearity="relu"), rand(3))
    net = nn.LSTMCell(3, 2)
    case("lstm_cell", net, rand(2, 3), rand(2, 2), rand(2, 2), call=lambda x, h, c: net(x, (h, c)))
    case("gru_cell", nn.GRUCell(3, 2), rand(2, 3), rand(2, 2))
    case("gru_cell_no_state", nn.GRUCell(3, 2, bias=False), rand(2, 3))


def attention():
    q, k, v = rand(2, 2, 3, 4), rand(2, 2, 5, 4), rand(2, 2, 5, 3)
    mask = torch.rand(2, 1, 3, 5, generator=generator) > 0.3
    case("sdpa", F.scaled_dot_product_attention, q, k, v)
    case("sdpa_mask", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m), q, k, v, mask)
    case("sdpa_bias", lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, m, scale=0.7), q, k, v, rand(3, 5))
    case("sdpa_causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), q, k, v)
    case("mha", nn.MultiheadAttention(4, 2), rand(3, 2, 4), rand(5, 2, 4), rand(5, 2, 4))
    case("mha_sizes", nn.MultiheadAttention(4, 2, kdim=3, vdim=5, bias=False), rand(3, 2, 4), rand(5, 2, 3), rand(5, 2, 5))
    net = nn.MultiheadAttention(4, 2, add_bias_kv=True, add_zero_attn=True)
    padding = torch.tensor([[False, False, False, True], [False, False, True, True]])
    mask = torch.rand(3, 4, generator=generator) > 0.7
    case(
        "mha_extras",
        net,
        rand(3, 2, 4),
        rand(4, 2, 4),
        rand(4, 2, 4),
        call=lambda q, k, v: net(q, k, v, key_padding_mask=padding, attn_mask=mask, average_attn_weights=False),
    )
    tensors["mha_extras/padding"], tensors["mha_extras/mask"] = padding, mask
    net2 = nn.MultiheadAttention(4, 2)
    case("mha_no_weights", net2, rand(3, 2, 4), call=lambda x: net2(x, x, x, need_weights=False)[0])
    options = dict(dropout=0.0, dim_feedforward=6)
    case("encoder_layer", nn.TransformerEncoderLayer(4, 2, **options), rand(3, 2, 4))
    case(
        "encoder_layer_first",
        nn.TransformerEncoderLayer(4, 2, activation="gelu", norm_first=True, **options),
        rand(3, 2, 4),
    )
    case("decoder_layer", nn.TransformerDecoderLayer(4, 2, **options), rand(3, 2, 4), rand(5, 2, 4))
    case("decoder_layer_first", nn.TransformerDecoderLayer(4, 2, norm_first=True, **options), rand(3, 2, 4), rand(5, 2, 4))
    layer = nn.TransformerEncoderLayer(4, 2, **options)
    case("encoder", nn.TransformerEncoder(layer, 2, nn.LayerNorm(4), enable_nested_tensor=False), rand(3, 2, 4))
    layer = nn.TransformerDecoderLayer(4, 2, **options)
    case("decoder", nn.TransformerDecoder(layer, 2), rand(3, 2, 4), rand(5, 2, 4))
    net3 = nn.Transformer(4, 2, 1, 1, 6, dropout=0.0)
    causal = nn.Transformer.generate_square_subsequent_mask(3)
    case("transformer", net3, rand(5, 2, 4), rand(3, 2, 4), call=lambda s, t: net3(s, t, tgt_mask=causal))


def pooling():
    for d in 1, 2, 3:
        sizes = (2, 2, 7, 6, 5)[: d + 2] if d < 3 else (1, 2, 5, 4, 6)
        x = rand(*sizes)
        pool = getattr(nn, f"MaxPool{d}d")
        case(f"max_pool{d}d", pool(3, 2, 1, ceil_mode=True), x)
        case(f"max_pool{d}d_dilated", pool(2, 1, dilation=2, return_indices=True), x)
        case(f"avg_pool{d}d", getattr(nn, f"AvgPool{d}d")(3, 2, 1, ceil_mode=True), x)
        case(f"avg_pool{d}d_inner", getattr(nn, f"AvgPool{d}d")(2, 2, 1, count_include_pad=False), x)
        case(f"adaptive_avg_pool{d}d", getattr(nn, f"AdaptiveAvgPool{d}d")(3), x)
        case(f"adaptive_max_pool{d}d", getattr(nn, f"AdaptiveMaxPool{d}d")(3, return_indices=True), x)
        case(f"lp_pool{d}d", getattr(nn, f"LPPool{d}d")(3, 2, 2), x.abs() + 0.1)
        y, indices = pool(2, return_indices=True)(x)
        case(f"max_unpool{d}d", getattr(nn, f"MaxUnpool{d}d")(2), y, indices)
        shape = list(x.shape[2:])
        case(f"max_unpool{d}d_size", lambda y, i: getattr(F, f"max_unpool{d}d")(y, i, 2, output_size=shape), y, indices)
    case("avg_pool3d_divisor", nn.AvgPool3d((1, 2, 2), (2, 1, 2), divisor_override=3), rand(1, 1, 3, 3, 4))
    case("max_pool1d_unbatched", nn.MaxPool1d(2), rand(2, 5))
    samples = torch.rand(2, 2, 2, generator=generator)
    case("fractional_max_pool2d", lambda x, s: F.fractional_max_pool2d(x, 2, (3, 2), _random_samples=s.detach(), return_indices=True), rand(2, 2, 6, 5), samples)
    samples = torch.rand(1, 2, 3, generator=generator)
    case("fractional_max_pool3d", lambda x, s: F.fractional_max_pool3d(x, 2, (2, 3, 2), _random_samples=s.detach(), return_indices=True), rand(1, 2, 4, 5, 4), samples)


def vision():
    for mode, rank in (
        ("nearest", 3), ("nearest", 4), ("nearest", 5), ("nearest-exact", 4), ("linear", 3), ("bilinear", 4),
        ("bicubic", 4), ("trilinear", 5), ("area", 4),
    ):  # fmt: skip
        x = rand(*(1, 2, 4, 3, 2)[:rank])
        size = (7, 2, 5)[: rank - 2]
        key = mode.replace("-", "_") + f"{rank}"
        case(f"interpolate_{key}", lambda x: F.interpolate(x, size, mode=mode), x)
        case(f"interpolate_{key}_scale", lambda x: F.interpolate(x, scale_factor=1.6, mode=mode), x)
        if mode not in ("nearest", "nearest-exact", "area"):
            case(f"interpolate_{key}_corners", lambda x: F.interpolate(x, size, mode=mode, align_corners=True), x)
            case(
                f"interpolate_{key}_recompute",
                lambda x: F.interpolate(x, scale_factor=1.6, mode=mode, recompute_scale_factor=True),
                x,
            )
    grid = rand(2, 3, 4, 2) * 1.4
    for mode in "bilinear", "nearest", "bicubic":
        for padding in "zeros", "border", "reflection":
            for corners in False, True:
                case(
                    f"grid_sample_{mode}_{padding}_{int(corners)}",
                    lambda x, g: F.grid_sample(x, g, mode, padding, corners),
                    rand(2, 2, 4, 3),
                    grid,
                )
    for padding in "zeros", "border", "reflection":
        for mode in "bilinear", "nearest":
            case(
                f"grid_sample3d_{mode}_{padding}",
                lambda x, g: F.grid_sample(x, g, mode, padding, False),
                rand(1, 2, 3, 2, 4),
                rand(1, 2, 3, 2, 3) * 1.4,
            )
    case("affine_grid", lambda t: F.affine_grid(t, [2, 1, 3, 4], align_corners=False), rand(2, 2, 3))
    case("affine_grid_corners", lambda t: F.affine_grid(t, [2, 1, 3, 4], align_corners=True), rand(2, 2, 3))
    case("affine_grid3d", lambda t: F.affine_grid(t, [1, 1, 2, 3, 2], align_corners=False), rand(1, 3, 4))
    case("unfold", nn.Unfold((2, 3), dilation=(2, 1), padding=1, stride=(1, 2)), rand(2, 2, 4, 5))
    case("fold", nn.Fold((4, 5), (2, 3), dilation=(2, 1), padding=1, stride=(1, 2)), rand(2, 12, 12))


def ctc():
    targets = torch.tensor([[1, 2, 2], [3, 1, 1], [2, 3, 3]])
    lengths = torch.tensor([6, 5, 6]), torch.tensor([3, 2, 0])
    x = rand(6, 3, 4).log_softmax(-1)
    for reduction in "none", "mean", "sum":
        case(f"ctc_{reduction}", lambda x, t: F.ctc_loss(x, t, *lengths, reduction=reduction), x, targets)
    flat = torch.tensor([1, 2, 2, 3, 1])
    case("ctc_flat", lambda x, t: F.ctc_loss(x, t, *lengths), x, flat)
    case("ctc_blank", lambda x, t: F.ctc_loss(x, t, *lengths, blank=0, reduction="sum"), x, targets)
    short = torch.tensor([2, 5, 6]), torch.tensor([3, 2, 1])
    case("ctc_impossible", lambda x, t: F.ctc_loss(x, t, *short, zero_infinity=True, reduction="none"), x, targets)
    case("ctc_unbatched", lambda x, t: F.ctc_loss(x, t, torch.tensor(6), torch.tensor(3)), rand(6, 4).log_softmax(-1), torch.tensor([1, 2, 2]))


for number, family in enumerate((convolutions, recurrent, attention, pooling, vision, ctc)):
    generator.manual_seed(number)
    torch.manual_seed(number)
    family()
safetensors_file.save(os.path.join(FOLDER, "layers.safetensors"), tensors, generator="generate_layers.py")
