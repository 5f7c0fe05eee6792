#pragma once

#include <cstdint>
#include <iosfwd>
#include <utility>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/lazy_options.h"
#include "nn/module.h"

namespace gradus::nn {

/// Returns its input: a placeholder.
class GRADUS_API IdentityImpl : public Cloneable<IdentityImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input) { return input; }
};
GRADUS_MODULE(Identity);

/// Settings of Linear.
struct GRADUS_API LinearOptions : detail::LazyOptions {
  LinearOptions(int64_t in_features, int64_t out_features)
      : in_features_(in_features), out_features_(out_features) {}
  /// Size of the last dim of the input.
  GRADUS_ARG(int64_t, in_features);
  /// Size of the last dim of the output.
  GRADUS_ARG(int64_t, out_features);
  /// Whether b is added. Default: true
  GRADUS_ARG(bool, bias) = true;
};

/// y = x W^T + b; x is [..., in_features], y [..., out_features], W [out_features, in_features].
/// W and b start uniform in [-l, l], l = 1 / sqrt(in_features).
class GRADUS_API LinearImpl : public Cloneable<LinearImpl> {
 public:
  LinearImpl(int64_t in_features, int64_t out_features);
  /// @throws ValueError for negative sizes
  explicit LinearImpl(const LinearOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LinearOptions options;
  Tensor weight;
  Tensor bias;

 private:
  void infer_in_features(const Tensor& input);
};
GRADUS_MODULE(Linear);

/// Settings of Flatten.
struct GRADUS_API FlattenOptions {
  /// First dim to flatten. Default: 1
  GRADUS_ARG(int64_t, start_dim) = 1;
  /// Last dim to flatten. Default: -1
  GRADUS_ARG(int64_t, end_dim) = -1;
};

/// Joins the dims from start_dim to end_dim: [N, C, H, W] becomes [N, C * H * W].
class GRADUS_API FlattenImpl : public Cloneable<FlattenImpl> {
 public:
  explicit FlattenImpl(const FlattenOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  FlattenOptions options;
};
GRADUS_MODULE(Flatten);

/// Settings of Bilinear.
struct GRADUS_API BilinearOptions {
  BilinearOptions(int64_t in1_features, int64_t in2_features, int64_t out_features)
      : in1_features_(in1_features), in2_features_(in2_features), out_features_(out_features) {}
  /// Size of the last dim of the first input.
  GRADUS_ARG(int64_t, in1_features);
  /// Size of the last dim of the second input.
  GRADUS_ARG(int64_t, in2_features);
  /// Size of the last dim of the output.
  GRADUS_ARG(int64_t, out_features);
  /// Whether b is added. Default: true
  GRADUS_ARG(bool, bias) = true;
};

/// y_o = x1^T W_o x2 + b_o; W is [out_features, in1_features, in2_features]. W and b start uniform
/// in [-l, l], l = 1 / sqrt(in1_features).
class GRADUS_API BilinearImpl : public Cloneable<BilinearImpl> {
 public:
  BilinearImpl(int64_t in1_features, int64_t in2_features, int64_t out_features);
  /// @throws ValueError unless in1_features is positive and the other sizes not negative
  explicit BilinearImpl(const BilinearOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input1, const Tensor& input2);

  BilinearOptions options;
  Tensor weight;
  Tensor bias;
};
GRADUS_MODULE(Bilinear);

/// Settings of Unflatten.
struct GRADUS_API UnflattenOptions {
  UnflattenOptions(int64_t dim, std::vector<int64_t> sizes) : dim_(dim), sizes_(std::move(sizes)) {}
  /// The dim that is split.
  GRADUS_ARG(int64_t, dim);
  /// The sizes it is split into; one may be -1.
  GRADUS_ARG(std::vector<int64_t>, sizes);
};

/// Splits a dim: [N, 6] with dim 1 and sizes {2, 3} becomes [N, 2, 3].
class GRADUS_API UnflattenImpl : public Cloneable<UnflattenImpl> {
 public:
  UnflattenImpl(int64_t dim, std::vector<int64_t> sizes);
  explicit UnflattenImpl(UnflattenOptions options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  UnflattenOptions options;
};
GRADUS_MODULE(Unflatten);

}  // namespace gradus::nn
