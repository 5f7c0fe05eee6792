#include "optim/transform.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "core/factory.h"
#include "core/kernels/clip.h"

namespace gradus::optim {

Transform::~Transform() = default;

bool Transform::before(std::vector<TransformItem>&) {
  return true;
}

std::optional<double> Transform::factor(const std::vector<TransformItem>&) {
  return std::nullopt;
}

void Transform::after(std::vector<TransformItem>&) {}

void Transform::visit(FieldVisitor&) {}

namespace {

void check_positive(const char* transform, const char* setting, double value) {
  GRADUS_CHECK_VALUE(value >= 0, "{}: {} must be at least 0, got {}", transform, setting, value);
}

class ClipByValue final : public Transform {
 public:
  explicit ClipByValue(double value) : value_(value) {
    check_positive("clip_by_value", "value", value);
  }
  const char* name() const override { return "clip_by_value"; }
  bool before(std::vector<TransformItem>& items) override {
    for (TransformItem& item : items) item.grad = item.grad.clamp(-value_, value_);
    return true;
  }

 private:
  double value_;
};

class ClipByNorm final : public Transform {
 public:
  ClipByNorm(double max_norm, double norm_type) : max_norm_(max_norm), norm_type_(norm_type) {
    check_positive("clip_by_norm", "max_norm", max_norm);
    GRADUS_CHECK_VALUE(norm_type > 0, "clip_by_norm: norm_type must be positive, got {}",
                       norm_type);
  }
  const char* name() const override { return "clip_by_norm"; }
  bool before(std::vector<TransformItem>& items) override {
    const double by = *factor(items);
    if (by == 1) return true;
    for (TransformItem& item : items) item.grad = item.grad * by;
    return true;
  }
  std::optional<double> factor(const std::vector<TransformItem>& items) override {
    kernel::TensorBatch batch;
    for (const TransformItem& item : items) batch.add({&item.grad});
    const double by = max_norm_ / (kernel::total_norm(batch, norm_type_) + 1e-6);
    return by >= 1 ? 1.0 : by;
  }

 private:
  double max_norm_, norm_type_;
};

// Rows as a matrix; vectors and numbers are one row.
Tensor rows_of(const Tensor& x) {
  return x.dim() < 2 ? x.reshape({1, -1}) : x.reshape({x.size(0), -1});
}

class ClipAdaptive final : public Transform {
 public:
  ClipAdaptive(double clipping, double eps) : clipping_(clipping), eps_(eps) {
    check_positive("clip_adaptive", "clipping", clipping);
    check_positive("clip_adaptive", "eps", eps);
  }
  const char* name() const override { return "clip_adaptive"; }
  bool before(std::vector<TransformItem>& items) override {
    for (TransformItem& item : items) {
      if (item.grad.numel() == 0) continue;
      const Tensor g = rows_of(item.grad), p = rows_of(item.param.detach());
      const Tensor bound = p.norm(Scalar(2), {1}, true).clamp_min_(eps_).mul_(clipping_);
      const Tensor norm = g.norm(Scalar(2), {1}, true).clamp_min_(1e-6);
      item.grad = (g * (bound / norm).clamp_max_(1)).reshape(item.grad.sizes());
    }
    return true;
  }

 private:
  double clipping_, eps_;
};

class Centralize final : public Transform {
 public:
  const char* name() const override { return "centralize"; }
  bool before(std::vector<TransformItem>& items) override {
    for (TransformItem& item : items) {
      if (item.grad.dim() < 2 || item.grad.numel() == 0) continue;
      const Tensor g = rows_of(item.grad);
      item.grad = (g - g.mean({1}, /*keepdim=*/true)).reshape(item.grad.sizes());
    }
    return true;
  }
};

class SkipNonFinite final : public Transform {
 public:
  explicit SkipNonFinite(int64_t max_consecutive) : max_consecutive_(max_consecutive) {
    GRADUS_CHECK_VALUE(max_consecutive >= 0,
                       "skip_non_finite: max_consecutive must be at least 0, got {}",
                       max_consecutive);
  }
  const char* name() const override { return "skip_non_finite"; }
  bool before(std::vector<TransformItem>& items) override {
    const bool finite = std::all_of(items.begin(), items.end(), [](const TransformItem& item) {
      return item.grad.isfinite().all().item<bool>();
    });
    consecutive_ = finite ? 0 : consecutive_ + 1;
    total_ += finite ? 0 : 1;
    GRADUS_CHECK(max_consecutive_ == 0 || consecutive_ <= max_consecutive_,
                 "skip_non_finite: the gradients of {} steps in a row were not finite",
                 consecutive_);
    return finite;
  }
  void visit(FieldVisitor& visitor) override {
    visitor("consecutive", consecutive_);
    visitor("total", total_);
  }

 private:
  int64_t max_consecutive_, consecutive_ = 0, total_ = 0;
};

class ZeroNonFinite final : public Transform {
 public:
  const char* name() const override { return "zero_non_finite"; }
  bool before(std::vector<TransformItem>& items) override {
    for (TransformItem& item : items) item.grad = item.grad.nan_to_num(0.0, 0.0, 0.0);
    return true;
  }
};

class AddNoise final : public Transform {
 public:
  AddNoise(double eta, double gamma, std::optional<Generator> generator)
      : eta_(eta), gamma_(gamma), generator_(std::move(generator)) {
    check_positive("add_noise", "eta", eta);
    check_positive("add_noise", "gamma", gamma);
  }
  const char* name() const override { return "add_noise"; }
  bool before(std::vector<TransformItem>& items) override {
    const double deviation = std::sqrt(eta_ / std::pow(1 + static_cast<double>(step_++), gamma_));
    for (TransformItem& item : items) {
      Tensor noise = empty_like(item.grad);
      item.grad = item.grad + noise.normal_(0, deviation, generator_);
    }
    return true;
  }
  void visit(FieldVisitor& visitor) override { visitor("step", step_); }

 private:
  double eta_, gamma_;
  std::optional<Generator> generator_;
  int64_t step_ = 0;
};

using Condition = Callable<bool(const std::string&)>;

class Mask final : public Transform {
 public:
  explicit Mask(Condition condition) : condition_(std::move(condition)) {
    GRADUS_CHECK_VALUE(bool(condition_), "mask: condition is empty");
  }
  const char* name() const override { return "mask"; }
  bool before(std::vector<TransformItem>& items) override {
    std::erase_if(items, [&](const TransformItem& item) { return !condition_(item.name); });
    return true;
  }

 private:
  Condition condition_;
};

class Partition final : public Transform {
 public:
  Partition(Condition condition, TransformPtr transform)
      : condition_(std::move(condition)), transform_(std::move(transform)) {
    GRADUS_CHECK_VALUE(bool(condition_), "partition: condition is empty");
    GRADUS_CHECK_VALUE(transform_ != nullptr, "partition: transform is null");
  }
  const char* name() const override { return "partition"; }
  bool before(std::vector<TransformItem>& items) override {
    const auto mine = [&](const TransformItem& item) { return condition_(item.name); };
    mine_.clear();
    std::copy_if(items.begin(), items.end(), std::back_inserter(mine_), mine);
    std::erase_if(items, mine);
    const bool goes_on = transform_->before(mine_);
    items.insert(items.end(), mine_.begin(), mine_.end());
    return goes_on;
  }
  void after(std::vector<TransformItem>&) override {
    transform_->after(mine_);
    mine_.clear();
  }
  void visit(FieldVisitor& visitor) override { transform_->visit(visitor); }

 private:
  Condition condition_;
  TransformPtr transform_;
  std::vector<TransformItem> mine_;
};

class Freeze final : public Transform {
 public:
  Freeze(std::vector<std::string> prefixes, int64_t until)
      : prefixes_(std::move(prefixes)), until_(until) {}
  const char* name() const override { return "freeze"; }
  bool before(std::vector<TransformItem>& items) override {
    if (step_++ >= until_) return true;
    std::erase_if(items, [&](const TransformItem& item) {
      return std::any_of(prefixes_.begin(), prefixes_.end(), [&](const std::string& prefix) {
        return item.name.compare(0, prefix.size(), prefix) == 0;
      });
    });
    return true;
  }
  void visit(FieldVisitor& visitor) override { visitor("step", step_); }

 private:
  std::vector<std::string> prefixes_;
  int64_t until_, step_ = 0;
};

class DecoupledDecay final : public Transform {
 public:
  DecoupledDecay(double weight_decay, bool matrices_only)
      : weight_decay_(weight_decay), matrices_only_(matrices_only) {
    check_positive("decoupled_decay", "weight_decay", weight_decay);
  }
  const char* name() const override { return "decoupled_decay"; }
  bool before(std::vector<TransformItem>& items) override {
    for (TransformItem& item : items) {
      if (matrices_only_ && item.param.dim() < 2) continue;
      item.param.detach().mul_(1 - item.lr * weight_decay_);
    }
    return true;
  }

 private:
  double weight_decay_;
  bool matrices_only_;
};

class Cautious final : public Transform {
 public:
  explicit Cautious(bool maximize) : maximize_(maximize) {}
  const char* name() const override { return "cautious"; }
  bool before(std::vector<TransformItem>& items) override {
    before_.clear();
    for (const TransformItem& item : items) before_.push_back(item.param.detach().clone());
    return true;
  }
  void after(std::vector<TransformItem>& items) override {
    for (size_t i = 0; i < items.size(); ++i) {
      const int64_t n = items[i].param.numel();
      if (n == 0) continue;
      Tensor p = items[i].param.detach();
      const Tensor update = p - before_[i];
      const Tensor along = update * items[i].grad;
      const Tensor keep = (maximize_ ? along > 0 : along < 0).to(p.dtype());
      const double moving = keep.sum(kDouble).item<double>();
      const double scale = static_cast<double>(n) / (moving + 1);
      p.copy_(before_[i] + update * keep * scale);
    }
    before_.clear();
  }

 private:
  bool maximize_;
  std::vector<Tensor> before_;
};

}  // namespace

TransformPtr clip_by_value(double value) {
  return std::make_shared<ClipByValue>(value);
}
TransformPtr clip_by_norm(double max_norm, double norm_type) {
  return std::make_shared<ClipByNorm>(max_norm, norm_type);
}
TransformPtr clip_adaptive(double clipping, double eps) {
  return std::make_shared<ClipAdaptive>(clipping, eps);
}
TransformPtr centralize() {
  return std::make_shared<Centralize>();
}
TransformPtr skip_non_finite(int64_t max_consecutive) {
  return std::make_shared<SkipNonFinite>(max_consecutive);
}
TransformPtr zero_non_finite() {
  return std::make_shared<ZeroNonFinite>();
}
TransformPtr add_noise(double eta, double gamma, std::optional<Generator> generator) {
  return std::make_shared<AddNoise>(eta, gamma, std::move(generator));
}
TransformPtr mask(Callable<bool(const std::string&)> condition) {
  return std::make_shared<Mask>(std::move(condition));
}
TransformPtr partition(Callable<bool(const std::string&)> condition, TransformPtr transform) {
  return std::make_shared<Partition>(std::move(condition), std::move(transform));
}
TransformPtr freeze(std::vector<std::string> prefixes, int64_t until) {
  return std::make_shared<Freeze>(std::move(prefixes), until);
}
TransformPtr decoupled_decay(double weight_decay, bool matrices_only) {
  return std::make_shared<DecoupledDecay>(weight_decay, matrices_only);
}
TransformPtr cautious(bool maximize) {
  return std::make_shared<Cautious>(maximize);
}

}  // namespace gradus::optim
