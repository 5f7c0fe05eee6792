#include "nn/modules/adaptive.h"

#include <cmath>
#include <ostream>

#include "autograd/ops/join.h"
#include "autograd/ops/softmax.h"
#include "core/factory.h"

namespace gradus::nn {

AdaptiveLogSoftmaxWithLossImpl::AdaptiveLogSoftmaxWithLossImpl(int64_t in_features,
                                                               int64_t n_classes,
                                                               std::vector<int64_t> cutoffs)
    : AdaptiveLogSoftmaxWithLossImpl(
          AdaptiveLogSoftmaxWithLossOptions(in_features, n_classes, std::move(cutoffs))) {}

AdaptiveLogSoftmaxWithLossImpl::AdaptiveLogSoftmaxWithLossImpl(
    AdaptiveLogSoftmaxWithLossOptions options)
    : options(std::move(options)) {
  AdaptiveLogSoftmaxWithLossImpl::reset();
}

void AdaptiveLogSoftmaxWithLossImpl::reset() {
  const char* const rule =
      "AdaptiveLogSoftmaxWithLoss: cutoffs must ascend within 1 to n_classes - 1 = {}, got {}";
  int64_t previous = 0;
  for (int64_t cutoff : options.cutoffs()) {
    GRADUS_CHECK_VALUE(cutoff > previous && cutoff < options.n_classes(), fmt::runtime(rule),
                       options.n_classes() - 1, IntArrayRef(options.cutoffs()));
    previous = cutoff;
  }
  GRADUS_CHECK_VALUE(previous > 0, "AdaptiveLogSoftmaxWithLoss: cutoffs must not be empty");
  GRADUS_CHECK_VALUE(options.div_value() > 0,
                     "AdaptiveLogSoftmaxWithLoss: div_value must be positive, got {}",
                     options.div_value());
  cutoffs = options.cutoffs();
  cutoffs.push_back(options.n_classes());
  shortlist_size = cutoffs.front();
  n_clusters = static_cast<int64_t>(cutoffs.size()) - 1;
  head_size = shortlist_size + n_clusters;
  head = Linear(LinearOptions(options.in_features(), head_size).bias(options.head_bias()));
  register_module("head", head);
  tail = ModuleList();
  register_module("tail", tail);
  for (int64_t i = 0; i < n_clusters; ++i) {
    const auto inner = static_cast<int64_t>(static_cast<double>(options.in_features()) /
                                            std::pow(options.div_value(), i + 1));
    const int64_t classes = cutoffs[static_cast<size_t>(i) + 1] - cutoffs[static_cast<size_t>(i)];
    tail->push_back(Sequential(Linear(LinearOptions(options.in_features(), inner).bias(false)),
                               Linear(LinearOptions(inner, classes).bias(false))));
  }
}

void AdaptiveLogSoftmaxWithLossImpl::reset_parameters() {
  head->reset_parameters();
  for (const auto& cluster : *tail) {
    for (const auto& layer : cluster->children()) layer->as<Linear>()->reset_parameters();
  }
}

void AdaptiveLogSoftmaxWithLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::AdaptiveLogSoftmaxWithLoss";
}

ASMoutput AdaptiveLogSoftmaxWithLossImpl::forward(const Tensor& input, const Tensor& target) {
  const char* const name = "AdaptiveLogSoftmaxWithLoss";
  GRADUS_CHECK((input.dim() == 2 && target.dim() == 1 && input.size(0) == target.size(0)) ||
                   (input.dim() == 1 && target.dim() == 0),
               "{}: expected [N, {}] and target [N], got {} and {}", name, options.in_features(),
               input.sizes(), target.sizes());
  GRADUS_CHECK_TYPE(target.dtype() == kLong, "{}: expected a target of dtype Long, got {}", name,
                    target.dtype());
  if (input.dim() == 1) {
    const ASMoutput one = forward(input.unsqueeze(0), target.unsqueeze(0));
    return {one.output.squeeze(0), one.loss};
  }
  const bool inside = !target.lt(0).logical_or(target.ge(options.n_classes())).any().item<bool>();
  GRADUS_CHECK_INDEX(inside, "{}: targets must be from 0 to {}", name, options.n_classes() - 1);
  // Where each row's probability stands in the head: the class itself or its cluster.
  Tensor place = target.detach().clone();
  Tensor local = zeros({target.size(0)}, input.dtype());
  for (int64_t i = 0; i < n_clusters; ++i) {
    const int64_t low = cutoffs[static_cast<size_t>(i)], high = cutoffs[static_cast<size_t>(i) + 1];
    const Tensor rows = target.ge(low).logical_and(target.lt(high)).nonzero().squeeze(1);
    if (rows.numel() == 0) continue;
    place.index_fill_(0, rows, Scalar(shortlist_size + i));
    const Tensor logits =
        detail::call(tail->at<Sequential>(static_cast<size_t>(i)), input.index_select(0, rows));
    const Tensor relative = (target.index_select(0, rows) - low).unsqueeze(1);
    local = local.index_copy(0, rows, logits.log_softmax(1).gather(1, relative).squeeze(1));
  }
  const Tensor output = local + head(input).log_softmax(1).gather(1, place.unsqueeze(1)).squeeze(1);
  return {output, (-output).mean()};
}

Tensor AdaptiveLogSoftmaxWithLossImpl::all_log_probabilities(const Tensor& input,
                                                             const Tensor& head_output) {
  const Tensor head_log = head_output.log_softmax(1);
  std::vector<Tensor> parts{head_log.narrow(1, 0, shortlist_size)};
  for (int64_t i = 0; i < n_clusters; ++i) {
    const Tensor logits = detail::call(tail->at<Sequential>(static_cast<size_t>(i)), input);
    parts.push_back(logits.log_softmax(1) + head_log.narrow(1, shortlist_size + i, 1));
  }
  return cat(parts, 1);
}

Tensor AdaptiveLogSoftmaxWithLossImpl::log_prob(const Tensor& input) {
  return all_log_probabilities(input, head(input));
}

Tensor AdaptiveLogSoftmaxWithLossImpl::predict(const Tensor& input) {
  const Tensor head_output = head(input);
  Tensor classes = head_output.argmax(1);
  // Only rows whose best class is a cluster need the others' probabilities.
  const Tensor rows = classes.ge(shortlist_size).nonzero().squeeze(1);
  if (rows.numel() == 0) return classes;
  const Tensor all =
      all_log_probabilities(input.index_select(0, rows), head_output.index_select(0, rows));
  return classes.index_copy(0, rows, all.argmax(1));
}

}  // namespace gradus::nn
