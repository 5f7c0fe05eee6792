#include "autograd/func.h"

#include "autograd/derivatives.h"
#include "autograd/node.h"
#include "autograd/ops/join.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/generator.h"
#include "core/shape.h"

namespace gradus::func::detail {

using autograd::joined_sizes;
using autograd::seeds_like;
using autograd::unit_like;
using autograd::vjp_or_undefined;

namespace {

Tensors filled(Tensors results, const Tensors& like) {
  for (size_t i = 0; i < results.size(); ++i) {
    if (!results[i].defined()) results[i] = zeros_like(like[i]);
  }
  return results;
}

Tensors detached(Tensors tensors) {
  for (Tensor& tensor : tensors) tensor = tensor.detach();
  return tensors;
}

void check_vectors(const char* op, const Tensors& v, const Tensors& like) {
  GRADUS_CHECK(v.size() == like.size(), "{}: expected {} tensors v, got {}", op, like.size(),
               v.size());
  for (size_t i = 0; i < v.size(); ++i) {
    GRADUS_CHECK(v[i].defined() && v[i].sizes() == like[i].sizes(),
                 "{}: v {} must have shape {}, got {}", op, i, like[i].sizes(),
                 v[i].defined() ? v[i].sizes() : IntArrayRef());
  }
}

}  // namespace

// --- Differentiation

Differentiation::Differentiation(const char* op)
    : op_(op), records_(GradMode::is_enabled() && !InferenceMode::is_enabled()) {}

Tensors Differentiation::prepare(const Tensors& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const Tensor& x = arguments[i];
    GRADUS_CHECK(x.defined(), "{}: tensor {} of the arguments is undefined", op_, i);
    GRADUS_CHECK_TYPE(x.is_floating_point(),
                      "{}: tensor {} of the arguments must be of a floating-point dtype, got {}",
                      op_, i, x.dtype());
    if (records_ && x.requires_grad()) {
      connected_ = true;
      x_.push_back(
          record("func_input", {x}, x.detach(), [](const Tensor& dy) -> Grads { return {dy}; }));
    } else {
      x_.push_back(x.detach().requires_grad_());
    }
  }
  return x_;
}

bool Differentiation::is_recorded(const Tensors& y) const {
  return records_ && (connected_ || autograd::depends_on_others(y, x_));
}

Tensors Differentiation::results(const Tensors& y) {
  return is_recorded(y) ? y : detached(y);
}

Tensors Differentiation::gradient(const Tensor& y) {
  GRADUS_CHECK(y.defined() && y.dim() == 0,
               "{}: the function must return a 0-d tensor, got {} dims", op_,
               y.defined() ? y.dim() : -1);
  return vjp({y}, {ones_like(y)});
}

Tensors Differentiation::vjp(const Tensors& y, const Tensors& v) {
  check_vectors(op_, v, y);
  const bool recorded = is_recorded(y);
  const Tensors product = filled(vjp_or_undefined(y, x_, v, recorded), x_);
  return recorded ? product : detached(product);
}

Tensors Differentiation::jvp(const Tensors& y, const Tensors& v) {
  check_vectors(op_, v, x_);
  const bool recorded = is_recorded(y);
  const Tensors u = seeds_like(y);
  const Tensors g = vjp_or_undefined(y, x_, u, /*create_graph=*/true);
  const Tensors product = filled(vjp_or_undefined(g, u, v, recorded), y);
  return recorded ? product : detached(product);
}

Tensors Differentiation::reverse_jacobian(const Tensor& y) {
  GRADUS_CHECK(y.defined(), "{}: the function returned an undefined tensor", op_);
  const bool recorded = is_recorded({y});
  std::vector<Tensors> rows(x_.size());
  for (int64_t i = 0; i < y.numel(); ++i) {
    const Tensors row = filled(vjp_or_undefined({y}, x_, {unit_like(y, i)}, recorded), x_);
    for (size_t k = 0; k < x_.size(); ++k) rows[k].push_back(row[k]);
  }
  Tensors jacobians;
  for (size_t k = 0; k < x_.size(); ++k) {
    const DimVector sizes = joined_sizes(y, x_[k]);
    jacobians.push_back(rows[k].empty() ? zeros(sizes, y.options()) : stack(rows[k]).view(sizes));
  }
  return recorded ? jacobians : detached(jacobians);
}

Tensors Differentiation::forward_jacobian(const Tensor& y) {
  GRADUS_CHECK(y.defined(), "{}: the function returned an undefined tensor", op_);
  const bool recorded = is_recorded({y});
  const Tensors u = seeds_like({y});
  const Tensors g = vjp_or_undefined({y}, x_, u, /*create_graph=*/true);
  Tensors jacobians;
  for (size_t k = 0; k < x_.size(); ++k) {
    Tensors columns;
    for (int64_t i = 0; i < x_[k].numel(); ++i) {
      columns.push_back(
          filled(vjp_or_undefined({g[k]}, u, {unit_like(x_[k], i)}, recorded), {y})[0]);
    }
    const DimVector sizes = joined_sizes(y, x_[k]);
    jacobians.push_back(columns.empty() ? zeros(sizes, y.options())
                                        : stack(columns, -1).reshape(sizes));
  }
  return recorded ? jacobians : detached(jacobians);
}

// --- Mapping

Mapping::Mapping(InDims in_dims, int64_t out_dim, std::string_view randomness)
    : in_dims_(std::move(in_dims)), out_dim_(out_dim) {
  GRADUS_CHECK_VALUE(randomness == "error" || randomness == "different" || randomness == "same",
                     "func::vmap: randomness must be 'error', 'different' or 'same', got '{}'",
                     randomness);
  randomness_ = randomness == "error"       ? Randomness::Error
                : randomness == "different" ? Randomness::Different
                                            : Randomness::Same;
}

void Mapping::start(const std::vector<Tensors>& arguments) {
  if (in_dims_.empty()) in_dims_.assign(arguments.size(), 0);
  GRADUS_CHECK(in_dims_.size() == arguments.size(), "func::vmap: got {} in_dims for {} arguments",
               in_dims_.size(), arguments.size());
  arguments_ = arguments;
  size_ = -1;
  for (size_t a = 0; a < arguments.size(); ++a) {
    if (!in_dims_[a]) continue;
    for (const Tensor& x : arguments[a]) {
      GRADUS_CHECK(x.defined(), "func::vmap: a tensor of argument {} is undefined", a);
      GRADUS_CHECK_INDEX(x.dim() > 0, "func::vmap: argument {} has no dim to map over", a);
      const int64_t size = x.size(wrap_dim("func::vmap", *in_dims_[a], x.dim()));
      GRADUS_CHECK(size_ == -1 || size == size_,
                   "func::vmap: argument {} has size {} in the mapped dim, others have {}", a, size,
                   size_);
      size_ = size;
    }
  }
  GRADUS_CHECK(size_ != -1, "func::vmap: no tensor to map over");
  GRADUS_CHECK(size_ > 0, "func::vmap: cannot map over a dim of size 0");
}

Tensors Mapping::slices(int64_t i) const {
  Tensors slices;
  for (size_t a = 0; a < arguments_.size(); ++a) {
    for (const Tensor& x : arguments_[a]) {
      slices.push_back(in_dims_[a] ? x.select(*in_dims_[a], i) : x);
    }
  }
  return slices;
}

Tensors Mapping::run(const Callable<Tensors(int64_t)>& call) const {
  const GeneratorState before = default_generator().get_state();
  std::vector<Tensors> results;
  for (int64_t i = 0; i < size_; ++i) {
    // The last one leaves the generator where f leaves it.
    if (randomness_ == Randomness::Same) default_generator().set_state(before);
    Tensors result = call(i);
    GRADUS_CHECK(randomness_ != Randomness::Error || default_generator().get_state() == before,
                 "func::vmap: the function drew random numbers, which randomness 'error' forbids; "
                 "say 'different' or 'same'");
    if (results.empty()) results.resize(result.size());
    GRADUS_CHECK(result.size() == results.size(),
                 "func::vmap: the function returned {} tensors for index {}, {} before",
                 result.size(), i, results.size());
    for (size_t k = 0; k < result.size(); ++k) {
      GRADUS_CHECK(result[k].defined(), "func::vmap: the function returned an undefined tensor");
      results[k].push_back(std::move(result[k]));
    }
  }
  Tensors stacked;
  for (const Tensors& result : results) stacked.push_back(stack(result, out_dim_));
  return stacked;
}

}  // namespace gradus::func::detail
