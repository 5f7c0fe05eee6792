#include "nn/modules/dropout.h"

#include <ostream>
#include <utility>

#include "nn/functional/dropout.h"

namespace gradus::nn {

namespace {

void check_options(const char* name, const DropoutOptions& options) {
  GRADUS_CHECK_VALUE(options.p() >= 0 && options.p() <= 1,
                     "{}: dropout probability has to be between 0 and 1, but got {}", name,
                     options.p());
}

void print_options(std::ostream& stream, const char* name, const DropoutOptions& options) {
  stream << std::boolalpha << "gradus::nn::" << name << "(p=" << options.p()
         << ", inplace=" << options.inplace() << ")";
}

template <class FuncOptions = functional::DropoutFuncOptions>
FuncOptions function_options(const DropoutOptions& options, bool training) {
  return FuncOptions().p(options.p()).training(training).inplace(options.inplace());
}

}  // namespace

DropoutImpl::DropoutImpl(double p) : DropoutImpl(DropoutOptions(p)) {}

DropoutImpl::DropoutImpl(const DropoutOptions& options) : options(options) {
  DropoutImpl::reset();
}
void DropoutImpl::reset() {
  check_options("Dropout", options);
}
void DropoutImpl::pretty_print(std::ostream& stream) const {
  print_options(stream, "Dropout", options);
}
Tensor DropoutImpl::forward(Tensor input) {
  return functional::dropout(std::move(input), function_options(options, is_training()));
}

Dropout1dImpl::Dropout1dImpl(double p) : Dropout1dImpl(DropoutOptions(p)) {}

Dropout1dImpl::Dropout1dImpl(const DropoutOptions& options) : options(options) {
  Dropout1dImpl::reset();
}
void Dropout1dImpl::reset() {
  check_options("Dropout1d", options);
}
void Dropout1dImpl::pretty_print(std::ostream& stream) const {
  print_options(stream, "Dropout1d", options);
}
Tensor Dropout1dImpl::forward(Tensor input) {
  return functional::dropout1d(std::move(input), function_options(options, is_training()));
}

Dropout2dImpl::Dropout2dImpl(double p) : Dropout2dImpl(DropoutOptions(p)) {}

Dropout2dImpl::Dropout2dImpl(const DropoutOptions& options) : options(options) {
  Dropout2dImpl::reset();
}
void Dropout2dImpl::reset() {
  check_options("Dropout2d", options);
}
void Dropout2dImpl::pretty_print(std::ostream& stream) const {
  print_options(stream, "Dropout2d", options);
}
Tensor Dropout2dImpl::forward(Tensor input) {
  return functional::dropout2d(std::move(input), function_options(options, is_training()));
}

Dropout3dImpl::Dropout3dImpl(double p) : Dropout3dImpl(DropoutOptions(p)) {}

Dropout3dImpl::Dropout3dImpl(const DropoutOptions& options) : options(options) {
  Dropout3dImpl::reset();
}
void Dropout3dImpl::reset() {
  check_options("Dropout3d", options);
}
void Dropout3dImpl::pretty_print(std::ostream& stream) const {
  print_options(stream, "Dropout3d", options);
}
Tensor Dropout3dImpl::forward(Tensor input) {
  return functional::dropout3d(std::move(input), function_options(options, is_training()));
}

AlphaDropoutImpl::AlphaDropoutImpl(double p) : AlphaDropoutImpl(DropoutOptions(p)) {}

AlphaDropoutImpl::AlphaDropoutImpl(const DropoutOptions& options) : options(options) {
  AlphaDropoutImpl::reset();
}
void AlphaDropoutImpl::reset() {
  check_options("AlphaDropout", options);
}
void AlphaDropoutImpl::pretty_print(std::ostream& stream) const {
  print_options(stream, "AlphaDropout", options);
}
Tensor AlphaDropoutImpl::forward(Tensor input) {
  return functional::alpha_dropout(
      std::move(input),
      function_options<functional::AlphaDropoutFuncOptions>(options, is_training()));
}

FeatureAlphaDropoutImpl::FeatureAlphaDropoutImpl(double p)
    : FeatureAlphaDropoutImpl(DropoutOptions(p)) {}

FeatureAlphaDropoutImpl::FeatureAlphaDropoutImpl(const DropoutOptions& options) : options(options) {
  FeatureAlphaDropoutImpl::reset();
}
void FeatureAlphaDropoutImpl::reset() {
  check_options("FeatureAlphaDropout", options);
}
void FeatureAlphaDropoutImpl::pretty_print(std::ostream& stream) const {
  print_options(stream, "FeatureAlphaDropout", options);
}
Tensor FeatureAlphaDropoutImpl::forward(Tensor input) {
  return functional::feature_alpha_dropout(
      std::move(input),
      function_options<functional::AlphaDropoutFuncOptions>(options, is_training()));
}

}  // namespace gradus::nn
