#include "nn/modules/linear.h"

#include <cmath>
#include <ostream>

#include "autograd/ops/matmul.h"
#include "autograd/ops/shuffle.h"
#include "core/factory.h"
#include "nn/init.h"

namespace gradus::nn {

void IdentityImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Identity()";
}

LinearImpl::LinearImpl(int64_t in_features, int64_t out_features)
    : LinearImpl(LinearOptions(in_features, out_features)) {}

LinearImpl::LinearImpl(const LinearOptions& options) : options(options) {
  LinearImpl::reset();
}

void LinearImpl::reset() {
  const int64_t in = options.in_features(), out = options.out_features();
  GRADUS_CHECK_VALUE(options.is_lazy() || (in >= 0 && out >= 0),
                     "Linear: in_features and out_features must not be negative, got {} and {}", in,
                     out);
  weight = register_parameter("weight", detail::empty_or_uninitialized(options, {out, in}));
  bias = register_parameter(
      "bias", options.bias() ? detail::empty_or_uninitialized(options, {out}) : Tensor());
  reset_parameters();
}

void LinearImpl::reset_parameters() {
  if (options.is_lazy()) return;
  // Kaiming with slope sqrt(5) is uniform in 1 / sqrt(fan_in): PyTorch's way to write it.
  if (weight.numel() > 0) init::kaiming_uniform_(weight, std::sqrt(5));
  if (bias.defined() && bias.numel() > 0 && options.in_features() > 0) {
    const double limit = 1 / std::sqrt(static_cast<double>(options.in_features()));
    init::uniform_(bias, -limit, limit);
  }
}

void LinearImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::" << detail::lazy_prefix(options)
         << "Linear(in_features=" << options.in_features()
         << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ")";
}

void LinearImpl::infer_in_features(const Tensor& input) {
  GRADUS_CHECK(input.defined() && input.dim() > 0,
               "LazyLinear: expected an input of 1 dim or more, got {}",
               input.defined() ? "0 dims" : "an undefined tensor");
  LinearOptions plain = options;
  plain.in_features(input.size(-1)).set_lazy(false);
  if (has_uninitialized_params()) materialize_from(LinearImpl(plain));
  options = plain;
}

Tensor LinearImpl::forward(const Tensor& input) {
  if (options.is_lazy()) [[unlikely]]
    infer_in_features(input);
  return linear(input, weight, bias);
}

FlattenImpl::FlattenImpl(const FlattenOptions& options) : options(options) {}

void FlattenImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Flatten(start_dim=" << options.start_dim()
         << ", end_dim=" << options.end_dim() << ")";
}

Tensor FlattenImpl::forward(const Tensor& input) {
  return input.flatten(options.start_dim(), options.end_dim());
}

BilinearImpl::BilinearImpl(int64_t in1_features, int64_t in2_features, int64_t out_features)
    : BilinearImpl(BilinearOptions(in1_features, in2_features, out_features)) {}

BilinearImpl::BilinearImpl(const BilinearOptions& options) : options(options) {
  BilinearImpl::reset();
}

void BilinearImpl::reset() {
  const int64_t in1 = options.in1_features(), in2 = options.in2_features();
  GRADUS_CHECK_VALUE(in1 > 0, "Bilinear: in1_features must be positive, got {}", in1);
  weight = register_parameter("weight", empty({options.out_features(), in1, in2}));
  bias = register_parameter("bias", options.bias() ? empty({options.out_features()}) : Tensor());
  reset_parameters();
}

void BilinearImpl::reset_parameters() {
  const double limit = 1 / std::sqrt(static_cast<double>(options.in1_features()));
  init::uniform_(weight, -limit, limit);
  if (bias.defined()) init::uniform_(bias, -limit, limit);
}

void BilinearImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::Bilinear(in1_features=" << options.in1_features()
         << ", in2_features=" << options.in2_features()
         << ", out_features=" << options.out_features() << ", bias=" << options.bias() << ")";
}

Tensor BilinearImpl::forward(const Tensor& input1, const Tensor& input2) {
  return bilinear(input1, input2, weight, bias);
}

UnflattenImpl::UnflattenImpl(int64_t dim, std::vector<int64_t> sizes)
    : UnflattenImpl(UnflattenOptions(dim, std::move(sizes))) {}
UnflattenImpl::UnflattenImpl(UnflattenOptions options) : options(std::move(options)) {}

void UnflattenImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Unflatten(dim=" << options.dim() << ", unflattened_size={";
  const char* separator = "";
  for (int64_t size : options.sizes()) {
    stream << separator << size;
    separator = ", ";
  }
  stream << "})";
}

Tensor UnflattenImpl::forward(const Tensor& input) {
  return input.unflatten(options.dim(), options.sizes());
}

}  // namespace gradus::nn
