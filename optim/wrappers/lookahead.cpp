#include "optim/wrappers/lookahead.h"

#include "autograd/autograd.h"
#include "core/state_number.h"
#include "optim/internal/named_params.h"

namespace gradus::optim {

Lookahead::Lookahead(Optimizer& optimizer, int64_t k, double alpha)
    : optimizer_(&optimizer), k_(k), alpha_(alpha) {
  GRADUS_CHECK_VALUE(k >= 1, "Lookahead: k must be at least 1, got {}", k);
  GRADUS_CHECK_VALUE(alpha >= 0 && alpha <= 1, "Lookahead: alpha must be in [0, 1], got {}", alpha);
  add_slow();
}

Lookahead::~Lookahead() = default;

void Lookahead::add_slow() {
  const auto params = named_params(*optimizer_);
  for (size_t i = slow_.size(); i < params.size(); ++i) {
    slow_.push_back(state_copy(params[i].second));
  }
}

Tensor Lookahead::step(Optimizer::LossClosure closure) {
  add_slow();
  const Tensor loss = optimizer_->step(std::move(closure));
  if (++count_ % k_ != 0) return loss;
  const NoGradGuard no_grad;
  const auto params = named_params(*optimizer_);
  for (size_t i = 0; i < params.size(); ++i) {
    Tensor p = params[i].second.detach();
    slow_[i].add_(p.to(slow_[i].dtype()) - slow_[i], alpha_);
    p.copy_(slow_[i]);
  }
  return loss;
}

StateDict Lookahead::state_dict() const {
  StateDict dict;
  dict.insert("count", state_number(count_));
  const auto params = named_params(*optimizer_);
  for (size_t i = 0; i < slow_.size(); ++i) dict.insert("slow." + params[i].first, slow_[i]);
  return dict;
}

void Lookahead::load_state_dict(const StateDict& state) {
  add_slow();
  const int64_t count = read_state_number("Lookahead", state, "count");
  GRADUS_CHECK_VALUE(count >= 0, "Lookahead: 'count' of the state is {}", count);
  auto slow = named_params(*optimizer_);
  std::vector<std::string> keys = {"count"};
  for (size_t i = 0; i < slow.size(); ++i) {
    slow[i].second = slow_[i];
    keys.push_back("slow." + slow[i].first);
  }
  check_state_keys("Lookahead", state, keys);
  load_tensors("Lookahead", state, "slow.", slow);
  count_ = count;
}

}  // namespace gradus::optim
