#include "nn/utils/prune.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "autograd/ops/join.h"
#include "autograd/ops/reduce.h"
#include "autograd/swap_tensors.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/uninitialized.h"

namespace gradus::nn::utils::prune {

namespace {

Tensor find(const OrderedDict<std::string, Tensor>& tensors, const std::string& name) {
  const Tensor* tensor = tensors.find(name);
  return tensor == nullptr ? Tensor() : *tensor;
}

void compute_from_mask(Module& module, const std::string& name, const Tensor& original,
                       const Tensor& mask, const Tensor& slot) {
  module.register_computed(
      name, slot, [original, mask] { return original * mask; },
      [name](Module& copy) { identity(copy, name); });
  module.update_computed();
}

struct Pruned {
  Tensor original, mask;
};

// Original and mask of the parameter, made where it is not pruned yet.
Pruned prepare(Module& module, const std::string& name) {
  const auto parameters = module.named_parameters(/*recurse=*/false);
  const auto buffers = module.named_buffers(/*recurse=*/false);
  Pruned pruned{find(parameters, name + "_orig"), find(buffers, name + "_mask")};
  if (pruned.original.defined() && pruned.mask.defined()) return pruned;
  const Tensor weight = find(parameters, name);
  GRADUS_CHECK(weight.defined(), "prune: {} has no parameter '{}'", module.name(), name);
  require_initialized("prune", weight);
  const Tensor slot = module.unregister_parameter(name);
  pruned.original =
      module.register_parameter(name + "_orig", weight.detach().clone(), weight.requires_grad());
  pruned.mask = module.register_buffer(name + "_mask", ones_like(weight.detach()));
  compute_from_mask(module, name, pruned.original, pruned.mask, slot);
  return pruned;
}

int64_t count_of(Amount amount, int64_t total) {
  if (const double* fraction = std::get_if<double>(&amount)) {
    GRADUS_CHECK_VALUE(*fraction >= 0 && *fraction <= 1,
                       "prune: amount must be from 0 to 1, got {}", *fraction);
    return static_cast<int64_t>(std::nearbyint(*fraction * static_cast<double>(total)));
  }
  const int64_t count = std::get<int64_t>(amount);
  GRADUS_CHECK_VALUE(count >= 0 && count <= total, "prune: amount must be from 0 to {}, got {}",
                     total, count);
  return count;
}

// Zeroes the `amount` entries of the mask with the least importance among those that are left.
void drop_least(Tensor mask, const Tensor& importance, Amount amount) {
  const Tensor left = mask.to(kDouble).contiguous(), value = importance.to(kDouble).contiguous();
  std::vector<int64_t> places;
  for (int64_t i = 0; i < left.numel(); ++i) {
    if (left.data_ptr<double>()[i] != 0) places.push_back(i);
  }
  const int64_t count = count_of(amount, static_cast<int64_t>(places.size()));
  std::stable_sort(places.begin(), places.end(), [&](int64_t a, int64_t b) {
    return value.data_ptr<double>()[a] < value.data_ptr<double>()[b];
  });
  for (int64_t i = 0; i < count; ++i) left.data_ptr<double>()[places[static_cast<size_t>(i)]] = 0;
  mask.copy_(left);
}

}  // namespace

void identity(Module& module, const std::string& name) {
  prepare(module, name);
}

void random_unstructured(Module& module, const std::string& name, Amount amount) {
  count_of(amount, INT64_MAX);
  const Pruned pruned = prepare(module, name);
  drop_least(pruned.mask, rand(pruned.mask.sizes(), kDouble), amount);
  module.update_computed();
}

void l1_unstructured(Module& module, const std::string& name, Amount amount) {
  count_of(amount, INT64_MAX);
  const Pruned pruned = prepare(module, name);
  drop_least(pruned.mask, pruned.original.detach().abs(), amount);
  module.update_computed();
}

void ln_structured(Module& module, const std::string& name, Amount amount, double n, int64_t dim) {
  count_of(amount, INT64_MAX);
  const Pruned pruned = prepare(module, name);
  const Tensor weight = pruned.original.detach();
  const int64_t kept = wrap_dim("prune: ln_structured", dim, weight.dim());
  DimVector others, shape(weight.sizes().size(), 1);
  for (int64_t d = 0; d < weight.dim(); ++d) {
    if (d != kept) others.push_back(d);
  }
  shape[kept] = weight.size(kept);
  const Tensor size = others.empty() ? weight.abs() : norm(weight * pruned.mask, Scalar(n), others);
  // A slice is left where one of its elements is.
  Tensor slices = others.empty() ? pruned.mask.clone() : pruned.mask.amax(others);
  drop_least(slices, size, amount);
  Tensor(pruned.mask).mul_(slices.reshape(shape));
  module.update_computed();
}

void custom_from_mask(Module& module, const std::string& name, const Tensor& mask) {
  const Pruned pruned = prepare(module, name);
  GRADUS_CHECK(mask.defined() && mask.sizes() == pruned.mask.sizes(),
               "prune: expected a mask of shape {}, got {}", pruned.mask.sizes(),
               mask.defined() ? to_string(mask.sizes()) : "an undefined tensor");
  Tensor(pruned.mask).mul_(mask.to(pruned.mask.dtype()));
  module.update_computed();
}

void global_unstructured(const std::vector<Target>& parameters, Method method, Amount amount,
                         const std::vector<Tensor>& importance_scores) {
  GRADUS_CHECK_VALUE(!parameters.empty(), "prune: global_unstructured: there are no parameters");
  GRADUS_CHECK_VALUE(importance_scores.empty() || importance_scores.size() == parameters.size(),
                     "prune: global_unstructured: got {} importance_scores for {} parameters",
                     importance_scores.size(), parameters.size());
  int64_t left = 0;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const auto& [module, name] = parameters[i];
    const Tensor mask = find(module.named_buffers(/*recurse=*/false), name + "_mask");
    const Tensor weight =
        find(module.named_parameters(/*recurse=*/false), mask.defined() ? name + "_orig" : name);
    GRADUS_CHECK(weight.defined(), "prune: {} has no parameter '{}'", module.name(), name);
    require_initialized("prune", weight);
    left += mask.defined() ? mask.ne(0).sum().item<int64_t>() : weight.numel();
    if (importance_scores.empty()) continue;
    const Tensor& score = importance_scores[i];
    GRADUS_CHECK_VALUE(score.defined() && score.sizes() == weight.sizes(),
                       "prune: global_unstructured: expected an importance of shape {}, got {}",
                       weight.sizes(),
                       score.defined() ? to_string(score.sizes()) : "an undefined tensor");
  }
  count_of(amount, left);
  // All errors are behind.
  std::vector<Tensor> masks, scores;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Pruned pruned = prepare(parameters[i].module, parameters[i].name);
    masks.push_back(pruned.mask.reshape({-1}).to(kDouble));
    const Tensor importance =
        importance_scores.empty() ? pruned.original.detach().abs() : importance_scores[i].detach();
    scores.push_back(importance.reshape({-1}).to(kDouble));
  }
  const Tensor mask = cat(masks);
  const bool random = method == Method::RandomUnstructured;
  drop_least(mask, random ? rand(mask.sizes(), kDouble) : cat(scores), amount);
  int64_t at = 0;
  for (const auto& [module, name] : parameters) {
    Tensor own = find(module.named_buffers(/*recurse=*/false), name + "_mask");
    own.copy_(mask.narrow(0, at, own.numel()).reshape(own.sizes()));
    at += own.numel();
    module.update_computed();
  }
}

void remove(Module& module, const std::string& name) {
  GRADUS_CHECK(module.find_computed(name).defined() &&
                   find(module.named_buffers(/*recurse=*/false), name + "_mask").defined(),
               "prune: '{}' of {} is not pruned", name, module.name());
  module.update_computed();
  const Tensor slot = module.unregister_computed(name);
  const Tensor original = module.unregister_parameter(name + "_orig");
  module.unregister_buffer(name + "_mask");
  swap_tensors(slot, slot.detach().clone());
  module.register_parameter(name, slot, original.requires_grad());
}

bool is_pruned(const Module& module) {
  for (const auto& item : module.named_buffers()) {
    const std::string& key = item.key();
    const std::string suffix = "_mask";
    if (key.size() > suffix.size() &&
        key.compare(key.size() - suffix.size(), suffix.size(), suffix) == 0)
      return true;
  }
  return false;
}

}  // namespace gradus::nn::utils::prune
