#include "nn/utils/parametrize.h"

#include "autograd/grad_mode.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/swap_tensors.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/uninitialized.h"
#include "nn/modules/container.h"
#include "nn/modules/conv.h"

namespace gradus::nn::utils {

namespace parametrize {

namespace {

// Holds the originals of one parameter, and what computes it as its children "0", "1", ...
class ParametrizationList : public Module {
 public:
  ParametrizationList(const std::vector<Tensor>& originals, bool requires_grad)
      : Module("ParametrizationList") {
    for (size_t i = 0; i < originals.size(); ++i) {
      const std::string name = originals.size() == 1 ? "original" : "original" + std::to_string(i);
      originals_.push_back(register_parameter(name, originals[i].detach().clone(), requires_grad));
    }
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device) const override {
    auto copy = std::make_shared<ParametrizationList>(originals_, originals_[0].requires_grad());
    for (const auto& parametrization : chain_)
      copy->append(std::static_pointer_cast<Parametrization>(parametrization->clone(device)));
    copy->train(is_training());
    return copy;
  }

  void append(std::shared_ptr<Parametrization> parametrization) {
    register_module(std::to_string(chain_.size()),
                    std::static_pointer_cast<Module>(parametrization));
    chain_.push_back(std::move(parametrization));
  }
  Tensor compute() const {
    Tensor weight = chain_[0]->forward(originals_);
    for (size_t i = 1; i < chain_.size(); ++i) weight = chain_[i]->forward({weight});
    return weight;
  }
  const std::vector<Tensor>& originals() const { return originals_; }
  const std::vector<std::shared_ptr<Parametrization>>& chain() const { return chain_; }

 private:
  std::vector<Tensor> originals_;
  std::vector<std::shared_ptr<Parametrization>> chain_;
};

constexpr const char* kChild = "parametrizations";

std::shared_ptr<ParametrizationList> find_list(const Module& module, const std::string& name) {
  const auto children = module.named_children();
  const std::shared_ptr<Module>* all = children.find(kChild);
  if (all == nullptr) return nullptr;
  const auto lists = (*all)->named_children();
  const std::shared_ptr<Module>* list = lists.find(name);
  return list == nullptr ? nullptr : std::dynamic_pointer_cast<ParametrizationList>(*list);
}

}  // namespace

Tensor detail::current_weight(const char* op, const Module& module, const std::string& name) {
  module.update_computed();
  const auto parameters = module.named_parameters(/*recurse=*/false);
  const Tensor* const parameter = parameters.find(name);
  const Tensor weight = parameter != nullptr ? *parameter : module.find_computed(name);
  GRADUS_CHECK(weight.defined(), "{}: {} has no parameter '{}'", op, module.name(), name);
  require_initialized(op, weight);
  return weight.detach();
}

std::shared_ptr<Module> Parametrization::clone(const std::optional<Device>&) const {
  std::shared_ptr<Parametrization> copy = make_copy();
  NoGradGuard no_grad;
  for (const auto& item : state_dict()) {
    Tensor own = copy->state_dict()[item.key()];
    own.set_data(item.value().detach().clone());
  }
  copy->train(is_training());
  return copy;
}

namespace {

// Throws where the parametrization makes something else than a weight of this shape of `inputs`.
void check_result(Parametrization& parametrization, const std::vector<Tensor>& inputs,
                  const Tensor& weight) {
  NoGradGuard no_grad;
  parametrization.eval();  // so that nothing moves
  const Tensor result = parametrization.forward(inputs);
  GRADUS_CHECK_VALUE(
      result.defined() && result.sizes() == weight.sizes() && result.dtype() == weight.dtype(),
      "register_parametrization: {} makes {} of a weight of shape {} and dtype {}; that "
      "takes unsafe = true",
      parametrization.name(),
      result.defined() ? fmt::format("{} {}", result.dtype(), result.sizes())
                       : "an undefined tensor",
      weight.sizes(), weight.dtype());
}

}  // namespace

void register_parametrization(Module& module, const std::string& name,
                              std::shared_ptr<Parametrization> parametrization, bool unsafe) {
  GRADUS_CHECK(parametrization != nullptr, "register_parametrization: there is none for '{}'",
               name);
  if (const std::shared_ptr<ParametrizationList> list = find_list(module, name)) {
    module.update_computed();
    const Tensor weight = module.find_computed(name).detach();
    if (!unsafe) check_result(*parametrization, {weight}, weight);
    parametrization->train(module.is_training());
    list->append(std::move(parametrization));
    module.update_computed();
    return;
  }
  const auto parameters = module.named_parameters(/*recurse=*/false);
  const Tensor* const weight = parameters.find(name);
  GRADUS_CHECK(weight != nullptr, "register_parametrization: {} has no parameter '{}'",
               module.name(), name);
  require_initialized("register_parametrization", *weight);
  std::vector<Tensor> originals;
  {
    NoGradGuard no_grad;
    originals = parametrization->right_inverse(weight->detach());
  }
  GRADUS_CHECK(!originals.empty(), "register_parametrization: right_inverse returned nothing");
  if (!unsafe) check_result(*parametrization, originals, *weight);
  parametrization->train(module.is_training());
  auto list = std::make_shared<ParametrizationList>(originals, weight->requires_grad());
  list->append(std::move(parametrization));
  Tensor slot = module.unregister_parameter(name);
  if (!module.named_children().contains(kChild))
    module.register_module(kChild, std::make_shared<ModuleDictImpl>());
  std::static_pointer_cast<ModuleDictImpl>(module.named_children()[kChild])->insert(name, list);
  module.register_computed(
      name, slot, [list] { return list->compute(); },
      [name, list](Module& copy) {
        for (const auto& entry : list->chain())
          register_parametrization(copy, name, entry->make_copy(), /*unsafe=*/true);
      });
  module.update_computed();
}

void remove_parametrizations(Module& module, const std::string& name, bool leave_parametrized) {
  const std::shared_ptr<ParametrizationList> list = find_list(module, name);
  GRADUS_CHECK(list != nullptr, "remove_parametrizations: '{}' of {} is not parametrized", name,
               module.name());
  GRADUS_CHECK(leave_parametrized || list->originals().size() == 1,
               "remove_parametrizations: '{}' has {} originals: leave it parametrized", name,
               list->originals().size());
  module.update_computed();
  const Tensor slot = module.unregister_computed(name);
  const Tensor value = leave_parametrized ? slot : list->originals()[0];
  swap_tensors(slot, value.detach().clone());
  const auto all = std::static_pointer_cast<ModuleDictImpl>(module.named_children()[kChild]);
  all->pop(name);
  if (all->empty()) module.unregister_module(kChild);
  module.register_parameter(name, slot, list->originals()[0].requires_grad());
}

bool is_parametrized(const Module& module) {
  return module.named_children().contains(kChild);
}

bool is_parametrized(const Module& module, const std::string& name) {
  return find_list(module, name) != nullptr;
}

}  // namespace parametrize

namespace parametrizations {

namespace {

using parametrize::Parametrization;

class WeightNorm : public Parametrization {
 public:
  explicit WeightNorm(std::optional<int64_t> dim) : dim_(dim) {}
  Tensor forward(const std::vector<Tensor>& originals) override {
    GRADUS_CHECK(originals.size() == 2,
                 "weight_norm: expected the originals g and v, got {} tensors: it must be the "
                 "first parametrization of a weight",
                 originals.size());
    return originals[1] * (originals[0] / length(originals[1]));
  }
  std::vector<Tensor> right_inverse(const Tensor& weight) override {
    return {length(weight), weight};
  }
  std::shared_ptr<Parametrization> make_copy() const override {
    return std::make_shared<WeightNorm>(dim_);
  }
  std::string extra_repr() const override { return dim_ ? fmt::format("dim={}", *dim_) : ""; }

 private:
  Tensor length(const Tensor& v) const {
    if (!dim_ || *dim_ == -1) return norm(v);
    const int64_t kept = wrap_dim("weight_norm", *dim_, v.dim());
    DimVector dims;
    for (int64_t d = 0; d < v.dim(); ++d) {
      if (d != kept) dims.push_back(d);
    }
    return dims.empty() ? v.abs() : norm(v, Scalar(2), dims, /*keepdim=*/true);
  }
  std::optional<int64_t> dim_;
};

class SpectralNorm : public Parametrization {
 public:
  SpectralNorm(int64_t n_power_iterations, double eps, int64_t dim)
      : n_power_iterations_(n_power_iterations), eps_(eps), dim_(dim) {}

  /// Estimates the singular vectors of `weight`.
  void start(const Tensor& weight) {
    if (weight.dim() == 1) return;
    const Tensor matrix = as_matrix(weight);
    u_ = register_buffer("_u", direction(randn({matrix.size(0)}, weight.options())));
    v_ = register_buffer("_v", direction(randn({matrix.size(1)}, weight.options())));
    iterate(matrix, 15);
  }
  Tensor forward(const std::vector<Tensor>& originals) override {
    const Tensor& weight = originals[0];
    if (weight.dim() == 1) return weight / norm(weight).clamp_min(eps_);
    const Tensor matrix = as_matrix(weight);
    if (is_training()) iterate(matrix.detach(), n_power_iterations_);
    // Copies: the next call changes the vectors.
    return weight / dot(u_.clone(), mv(matrix, v_.clone()));
  }
  std::shared_ptr<Parametrization> make_copy() const override {
    auto copy = std::make_shared<SpectralNorm>(n_power_iterations_, eps_, dim_);
    if (u_.defined()) {
      copy->u_ = copy->register_buffer("_u", u_.clone());
      copy->v_ = copy->register_buffer("_v", v_.clone());
    }
    return copy;
  }

 private:
  Tensor as_matrix(const Tensor& weight) const {
    const Tensor first = dim_ == 0 ? weight : weight.movedim(dim_, 0);
    return first.reshape({first.size(0), -1});
  }
  Tensor direction(const Tensor& x) const { return x / norm(x).clamp_min(eps_); }
  void iterate(const Tensor& matrix, int64_t times) {
    NoGradGuard no_grad;
    for (int64_t i = 0; i < times; ++i) {
      u_.copy_(direction(mv(matrix, v_)));
      v_.copy_(direction(mv(matrix.t(), u_)));
    }
  }

  int64_t n_power_iterations_;
  double eps_;
  int64_t dim_;
  Tensor u_, v_;
};

}  // namespace

void weight_norm(Module& module, const std::string& name, std::optional<int64_t> dim) {
  parametrize::register_parametrization(module, name, std::make_shared<WeightNorm>(dim));
}

void spectral_norm(Module& module, const std::string& name, int64_t n_power_iterations, double eps,
                   std::optional<int64_t> dim) {
  GRADUS_CHECK_VALUE(n_power_iterations > 0,
                     "spectral_norm: n_power_iterations must be positive, got {}",
                     n_power_iterations);
  const Tensor weight = parametrize::detail::current_weight("spectral_norm", module, name);
  // The outputs of a transposed convolution are dim 1 of its weight.
  const bool transposed = module.as<ConvTranspose1d>() != nullptr ||
                          module.as<ConvTranspose2d>() != nullptr ||
                          module.as<ConvTranspose3d>() != nullptr;
  const int64_t first = wrap_dim("spectral_norm", dim.value_or(transposed ? 1 : 0), weight.dim());
  auto spectral = std::make_shared<SpectralNorm>(n_power_iterations, eps, first);
  spectral->start(weight);
  parametrize::register_parametrization(module, name, std::move(spectral));
}

}  // namespace parametrizations

}  // namespace gradus::nn::utils
