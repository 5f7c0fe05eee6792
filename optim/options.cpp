#include "optim/options.h"

#include <cstring>
#include <variant>
#include <vector>

#include "core/error.h"

namespace gradus::optim {

FieldVisitor::~FieldVisitor() = default;
OptimizerOptions::~OptimizerOptions() = default;
OptimizerParamState::~OptimizerParamState() = default;

std::unique_ptr<OptimizerOptions> OptimizerOptions::clone() const {
  gradus::detail::throw_error<NotImplementedError>(
      "OptimizerOptions: clone() is not implemented; derive from OptimizerCloneableOptions");
}

double OptimizerOptions::get_lr() const {
  gradus::detail::throw_error<NotImplementedError>("OptimizerOptions: get_lr() is not implemented");
}

void OptimizerOptions::set_lr(const double) {
  gradus::detail::throw_error<NotImplementedError>("OptimizerOptions: set_lr() is not implemented");
}

void OptimizerOptions::check(const std::string&) const {}

void OptimizerOptions::visit(FieldVisitor&) {}

std::unique_ptr<OptimizerParamState> OptimizerParamState::clone() const {
  gradus::detail::throw_error<NotImplementedError>(
      "OptimizerParamState: clone() is not implemented; derive from OptimizerCloneableParamState");
}

void OptimizerParamState::visit(FieldVisitor&) {}

namespace detail {

namespace {

using Pair = std::tuple<double, double>;
using Triple = std::tuple<double, double, double>;
using Value = std::variant<double, int64_t, bool, Pair, Triple, Tensor>;

class Collector final : public FieldVisitor {
 public:
  void operator()(const char*, double& value) override { values.emplace_back(value); }
  void operator()(const char*, int64_t& value) override { values.emplace_back(value); }
  void operator()(const char*, bool& value) override { values.emplace_back(value); }
  void operator()(const char*, Pair& value) override { values.emplace_back(value); }
  void operator()(const char*, Triple& value) override { values.emplace_back(value); }
  void operator()(const char*, Tensor& value, StateTensor) override { values.emplace_back(value); }

  std::vector<Value> values;
};

bool equal_tensors(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.dtype() != b.dtype() || a.sizes() != b.sizes()) return false;
  const Tensor x = a.contiguous();
  const Tensor y = b.contiguous();
  return x.numel() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

// visit() may write, so it is not const; a Collector does not.
template <class Visited>
std::vector<Value> collect(const Visited& visited) {
  Collector collector;
  const_cast<Visited&>(visited).visit(collector);
  return std::move(collector.values);
}

template <class Visited>
bool equal(const Visited& a, const Visited& b) {
  const std::vector<Value> x = collect(a);
  const std::vector<Value> y = collect(b);
  if (x.size() != y.size()) return false;
  for (size_t i = 0; i < x.size(); ++i) {
    if (x[i].index() != y[i].index()) return false;
    if (const Tensor* tensor = std::get_if<Tensor>(&x[i])) {
      if (!equal_tensors(*tensor, std::get<Tensor>(y[i]))) return false;
    } else if (const double* number = std::get_if<double>(&x[i])) {
      if (*number != std::get<double>(y[i])) return false;
    } else if (const int64_t* integer = std::get_if<int64_t>(&x[i])) {
      if (*integer != std::get<int64_t>(y[i])) return false;
    } else if (const bool* flag = std::get_if<bool>(&x[i])) {
      if (*flag != std::get<bool>(y[i])) return false;
    } else if (const Pair* pair = std::get_if<Pair>(&x[i])) {
      if (*pair != std::get<Pair>(y[i])) return false;
    } else if (std::get<Triple>(x[i]) != std::get<Triple>(y[i])) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool equal_fields(const OptimizerOptions& a, const OptimizerOptions& b) {
  return equal(a, b);
}

bool equal_fields(const OptimizerParamState& a, const OptimizerParamState& b) {
  return equal(a, b);
}

}  // namespace detail
}  // namespace gradus::optim
