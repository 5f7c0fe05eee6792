#include "optim/internal/settings.h"

namespace gradus::optim {

namespace {

// Finds a setting among those that visit() shows.
class Finder final : public FieldVisitor {
 public:
  explicit Finder(const std::string& name) : name_(name) {}

  void operator()(const char* name, double& value) override {
    if (name_ == name) found = &value;
  }
  void operator()(const char*, int64_t&) override {}
  void operator()(const char*, bool&) override {}
  void operator()(const char* name, std::tuple<double, double>& value) override {
    if (is_momentum(name)) found = &std::get<0>(value);
  }
  void operator()(const char* name, std::tuple<double, double, double>& value) override {
    if (is_momentum(name)) found = &std::get<0>(value);
  }
  void operator()(const char*, Tensor&, StateTensor) override {}

  double* found = nullptr;

 private:
  bool is_momentum(const char* name) const {
    return name_ == "momentum" && std::string("betas") == name && found == nullptr;
  }
  const std::string& name_;
};

double* find(OptimizerOptions& options, const std::string& name) {
  Finder finder(name);
  options.visit(finder);
  return finder.found;
}

}  // namespace

std::optional<double> get_setting(OptimizerOptions& options, const std::string& name) {
  const double* value = find(options, name);
  return value == nullptr ? std::nullopt : std::optional<double>(*value);
}

bool set_setting(OptimizerOptions& options, const std::string& name, double value) {
  double* place = find(options, name);
  if (place != nullptr) *place = value;
  return place != nullptr;
}

}  // namespace gradus::optim
