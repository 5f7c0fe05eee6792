"""Two small networks in float32, forward and backward: cnn.safetensors and norms.safetensors.

Each file holds the weights under PyTorch's names, the inputs, `logits`, `loss` and `grad.NAME` for every weight
(and `grad.input` where the input is float). norms.safetensors has the running statistics after the step
as `after.NAME` and the logits in evaluation mode as `eval_logits`.

Run in this folder: python3 generate_nets.py
"""

import os

import torch
from torch import nn
from torch.nn import functional as F

import safetensors_file

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Cnn(nn.Module):
    """The CNN of the benchmarks and the demo, with fewer channels."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.fc1 = nn.Linear(16 * 7 * 7, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc2(x)


class Norms(nn.Module):
    """An image and a sentence: batch and layer norm, embedding, average pooling, dropout."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, stride=2, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(6)
        self.embedding = nn.Embedding(20, 8, padding_idx=0)
        self.ln = nn.LayerNorm([8])
        self.mix = nn.Linear(8, 8)
        self.join = nn.BatchNorm1d(6 * 4 + 8, momentum=0.2)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(6 * 4 + 8, 5)

    def forward(self, x, tokens):
        x = F.avg_pool2d(F.gelu(self.bn(self.conv(x))), 3).flatten(1)
        y = torch.tanh(self.mix(self.ln(self.embedding(tokens)))).mean(1)
        return self.fc(self.dropout(self.join(torch.cat([x, y], 1))))


def weights(net):
    return {n: t.clone() for n, t in net.state_dict().items()}


def gradients(net):
    return {"grad." + n: p.grad.clone() for n, p in net.named_parameters()}


def check(tensors, net, inputs):
    """The float32 results must be as good as their tolerance: compare with float64."""
    logits = net.double()(*inputs)
    error = (logits - tensors["logits"]).abs().max() / logits.abs().max()
    assert error < 1e-6, error


def cnn():
    torch.manual_seed(1)
    net = Cnn()
    x = torch.rand(4, 1, 28, 28).requires_grad_()
    target = torch.tensor([3, 0, 9, 3])
    tensors = weights(net)
    logits = net(x)
    loss = F.cross_entropy(logits, target)
    loss.backward()
    tensors.update(gradients(net))
    tensors.update(input=x, target=target, logits=logits, loss=loss)
    tensors["grad.input"] = x.grad
    check(tensors, net, [x.double()])
    path = os.path.join(FOLDER, "cnn.safetensors")
    safetensors_file.save(path, tensors, generator="generate_nets.py")


def norms():
    torch.manual_seed(2)
    net = Norms()
    with torch.no_grad():  # not the ones and zeros that hide a mistake
        for norm in net.bn, net.ln, net.join:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.3)
        for norm in net.bn, net.join:
            norm.running_mean.normal_(0, 0.3)
            norm.running_var.uniform_(0.5, 1.5)
    net.dropout.eval()
    x = torch.randn(6, 3, 12, 12).requires_grad_()
    tokens = torch.randint(0, 20, (6, 7))
    tokens[0, 0] = 0
    target = torch.tensor([0, 4, 2, 2, 1, 3])
    tensors = weights(net)
    logits = net(x, tokens)
    loss = F.cross_entropy(logits, target, label_smoothing=0.1)
    loss.backward()
    tensors.update(gradients(net))
    tensors.update(input=x, tokens=tokens, target=target, logits=logits, loss=loss)
    tensors["grad.input"] = x.grad
    tensors.update({"after." + n: t.clone() for n, t in net.named_buffers()})
    net.eval()
    tensors["eval_logits"] = net(x, tokens)
    net.train()
    net.dropout.eval()
    check(tensors, net, [x.double(), tokens])
    path = os.path.join(FOLDER, "norms.safetensors")
    safetensors_file.save(path, tensors, generator="generate_nets.py")


cnn()
norms()
