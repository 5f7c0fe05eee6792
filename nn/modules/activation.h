#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn {

/// y = 1 / (1 + exp(-x)).
class GRADUS_API SigmoidImpl : public Cloneable<SigmoidImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Sigmoid);

/// y = tanh(x).
class GRADUS_API TanhImpl : public Cloneable<TanhImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Tanh);

/// y = x sigmoid(x). Elfwing et al. 2017.
class GRADUS_API SiLUImpl : public Cloneable<SiLUImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(SiLU);

/// y = x tanh(softplus(x)). Misra 2019.
class GRADUS_API MishImpl : public Cloneable<MishImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Mish);

/// y = log(sigmoid(x)).
class GRADUS_API LogSigmoidImpl : public Cloneable<LogSigmoidImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(LogSigmoid);

/// y = x / (1 + |x|).
class GRADUS_API SoftsignImpl : public Cloneable<SoftsignImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Softsign);

/// y = x - tanh(x).
class GRADUS_API TanhshrinkImpl : public Cloneable<TanhshrinkImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Tanhshrink);

/// y = x relu6(x + 3) / 6. Howard et al. 2019.
class GRADUS_API HardswishImpl : public Cloneable<HardswishImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Hardswish);

/// y = relu6(x + 3) / 6.
class GRADUS_API HardsigmoidImpl : public Cloneable<HardsigmoidImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Hardsigmoid);

/// Settings of ReLU.
struct GRADUS_API ReLUOptions {
  ReLUOptions(bool inplace = false) : inplace_(inplace) {}
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace);
};

/// y = max(x, 0).
class GRADUS_API ReLUImpl : public Cloneable<ReLUImpl> {
 public:
  explicit ReLUImpl(const ReLUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  ReLUOptions options;
};
GRADUS_MODULE(ReLU);

/// Settings of ReLU6.
struct GRADUS_API ReLU6Options {
  ReLU6Options(bool inplace = false) : inplace_(inplace) {}
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace);
};

/// y = min(max(x, 0), 6).
class GRADUS_API ReLU6Impl : public Cloneable<ReLU6Impl> {
 public:
  explicit ReLU6Impl(const ReLU6Options& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  ReLU6Options options;
};
GRADUS_MODULE(ReLU6);

/// Settings of SELU.
struct GRADUS_API SELUOptions {
  SELUOptions(bool inplace = false) : inplace_(inplace) {}
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace);
};

/// y = scale (max(0, x) + min(0, alpha (exp(x) - 1))), scale = 1.0507..., alpha = 1.6732....
/// Klambauer et al. 2017.
class GRADUS_API SELUImpl : public Cloneable<SELUImpl> {
 public:
  explicit SELUImpl(const SELUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  SELUOptions options;
};
GRADUS_MODULE(SELU);

/// Settings of GELU.
struct GRADUS_API GELUOptions {
  /// "none" or "tanh". Default: "none"
  GRADUS_ARG(std::string, approximate) = "none";
};

/// y = x Phi(x), Phi the normal cumulative distribution; approximate "tanh": its approximation by
/// tanh. Hendrycks and Gimpel 2016.
class GRADUS_API GELUImpl : public Cloneable<GELUImpl> {
 public:
  explicit GELUImpl(const GELUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  GELUOptions options;
};
GRADUS_MODULE(GELU);

/// Settings of LeakyReLU.
struct GRADUS_API LeakyReLUOptions {
  LeakyReLUOptions(double negative_slope = 0.01) : negative_slope_(negative_slope) {}
  /// Slope for negative x. Default: 0.01
  GRADUS_ARG(double, negative_slope);
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// y = x where x > 0, else negative_slope x.
class GRADUS_API LeakyReLUImpl : public Cloneable<LeakyReLUImpl> {
 public:
  explicit LeakyReLUImpl(const LeakyReLUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  LeakyReLUOptions options;
};
GRADUS_MODULE(LeakyReLU);

/// Settings of ELU.
struct GRADUS_API ELUOptions {
  /// Value at minus infinity, negated. Default: 1.0
  GRADUS_ARG(double, alpha) = 1.0;
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// y = x where x > 0, else alpha (exp(x) - 1). Clevert et al. 2015.
class GRADUS_API ELUImpl : public Cloneable<ELUImpl> {
 public:
  explicit ELUImpl(const ELUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  ELUOptions options;
};
GRADUS_MODULE(ELU);

/// Settings of CELU.
struct GRADUS_API CELUOptions {
  /// Value at minus infinity, negated. Default: 1.0
  GRADUS_ARG(double, alpha) = 1.0;
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// y = max(0, x) + min(0, alpha (exp(x / alpha) - 1)). Barron 2017.
class GRADUS_API CELUImpl : public Cloneable<CELUImpl> {
 public:
  explicit CELUImpl(const CELUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  CELUOptions options;
};
GRADUS_MODULE(CELU);

/// Settings of Hardtanh.
struct GRADUS_API HardtanhOptions {
  /// Lower bound. Default: -1.0
  GRADUS_ARG(double, min_val) = -1.0;
  /// Upper bound. Default: 1.0
  GRADUS_ARG(double, max_val) = 1.0;
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// y = min(max(x, min_val), max_val).
class GRADUS_API HardtanhImpl : public Cloneable<HardtanhImpl> {
 public:
  /// @throws ValueError unless min_val < max_val
  explicit HardtanhImpl(const HardtanhOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  HardtanhOptions options;
};
GRADUS_MODULE(Hardtanh);

/// Settings of Hardshrink.
struct GRADUS_API HardshrinkOptions {
  HardshrinkOptions(double lambda = 0.5) : lambda_(lambda) {}
  /// Half width of the gap. Default: 0.5
  GRADUS_ARG(double, lambda);
};

/// y = x where |x| > lambda, else 0.
class GRADUS_API HardshrinkImpl : public Cloneable<HardshrinkImpl> {
 public:
  explicit HardshrinkImpl(const HardshrinkOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  HardshrinkOptions options;
};
GRADUS_MODULE(Hardshrink);

/// Settings of Softshrink.
struct GRADUS_API SoftshrinkOptions {
  SoftshrinkOptions(double lambda = 0.5) : lambda_(lambda) {}
  /// Half width of the gap. Default: 0.5
  GRADUS_ARG(double, lambda);
};

/// y = sign(x) max(|x| - lambda, 0).
class GRADUS_API SoftshrinkImpl : public Cloneable<SoftshrinkImpl> {
 public:
  explicit SoftshrinkImpl(const SoftshrinkOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  SoftshrinkOptions options;
};
GRADUS_MODULE(Softshrink);

/// Settings of Softplus.
struct GRADUS_API SoftplusOptions {
  /// Sharpness. Default: 1.0
  GRADUS_ARG(double, beta) = 1.0;
  /// Where the identity takes over. Default: 20.0
  GRADUS_ARG(double, threshold) = 20.0;
};

/// y = log(1 + exp(beta x)) / beta; x itself where beta x > threshold.
class GRADUS_API SoftplusImpl : public Cloneable<SoftplusImpl> {
 public:
  explicit SoftplusImpl(const SoftplusOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  SoftplusOptions options;
};
GRADUS_MODULE(Softplus);

/// Settings of GLU.
struct GRADUS_API GLUOptions {
  GLUOptions(int64_t dim = -1) : dim_(dim) {}
  /// Dim that is halved. Default: -1
  GRADUS_ARG(int64_t, dim);
};

/// y = a sigmoid(b), a and b the halves of x along dim. Dauphin et al. 2016.
class GRADUS_API GLUImpl : public Cloneable<GLUImpl> {
 public:
  explicit GLUImpl(const GLUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  GLUOptions options;
};
GRADUS_MODULE(GLU);

/// Settings of Softmax.
struct GRADUS_API SoftmaxOptions {
  SoftmaxOptions(int64_t dim) : dim_(dim) {}
  /// Dim along which the values are normalized.
  GRADUS_ARG(int64_t, dim);
};

/// y_i = exp(x_i) / sum_j exp(x_j) along dim.
class GRADUS_API SoftmaxImpl : public Cloneable<SoftmaxImpl> {
 public:
  explicit SoftmaxImpl(int64_t dim);
  explicit SoftmaxImpl(const SoftmaxOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  SoftmaxOptions options;
};
GRADUS_MODULE(Softmax);

/// Settings of LogSoftmax.
struct GRADUS_API LogSoftmaxOptions {
  LogSoftmaxOptions(int64_t dim) : dim_(dim) {}
  /// Dim along which the values are normalized.
  GRADUS_ARG(int64_t, dim);
};

/// y_i = x_i - log(sum_j exp(x_j)) along dim.
class GRADUS_API LogSoftmaxImpl : public Cloneable<LogSoftmaxImpl> {
 public:
  explicit LogSoftmaxImpl(int64_t dim);
  explicit LogSoftmaxImpl(const LogSoftmaxOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LogSoftmaxOptions options;
};
GRADUS_MODULE(LogSoftmax);

/// Settings of Softmin.
struct GRADUS_API SoftminOptions {
  SoftminOptions(int64_t dim) : dim_(dim) {}
  /// Dim along which the values are normalized.
  GRADUS_ARG(int64_t, dim);
};

/// y_i = exp(-x_i) / sum_j exp(-x_j) along dim.
class GRADUS_API SoftminImpl : public Cloneable<SoftminImpl> {
 public:
  explicit SoftminImpl(int64_t dim);
  explicit SoftminImpl(const SoftminOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  SoftminOptions options;
};
GRADUS_MODULE(Softmin);

/// y_c = exp(x_c) / sum_k exp(x_k) over the channels of [N, C, H, W] or [C, H, W].
class GRADUS_API Softmax2dImpl : public Cloneable<Softmax2dImpl> {
 public:
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
GRADUS_MODULE(Softmax2d);

/// Settings of PReLU.
struct GRADUS_API PReLUOptions {
  /// Slopes: 1, or one for each channel (dim 1). Default: 1
  GRADUS_ARG(int64_t, num_parameters) = 1;
  /// The slopes to start with. Default: 0.25
  GRADUS_ARG(double, init) = 0.25;
};

/// y = x where x > 0, else weight x. He et al. 2015.
class GRADUS_API PReLUImpl : public Cloneable<PReLUImpl> {
 public:
  /// @throws ValueError unless num_parameters is positive
  explicit PReLUImpl(const PReLUOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  PReLUOptions options;
  Tensor weight;  // [num_parameters]
};
GRADUS_MODULE(PReLU);

/// Settings of RReLU.
struct GRADUS_API RReLUOptions {
  /// Least slope. Default: 1/8
  GRADUS_ARG(double, lower) = 1.0 / 8;
  /// Greatest slope. Default: 1/3
  GRADUS_ARG(double, upper) = 1.0 / 3;
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// y = x where x > 0, else a x; a is drawn from [lower, upper) for each element in training mode,
/// and the mean of both in eval mode. Xu et al. 2015.
class GRADUS_API RReLUImpl : public Cloneable<RReLUImpl> {
 public:
  explicit RReLUImpl(const RReLUOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  RReLUOptions options;
};
GRADUS_MODULE(RReLU);

/// Settings of Threshold.
struct GRADUS_API ThresholdOptions {
  ThresholdOptions(double threshold, double value) : threshold_(threshold), value_(value) {}
  /// What x must exceed.
  GRADUS_ARG(double, threshold);
  /// What stands for the others.
  GRADUS_ARG(double, value);
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// y = x where x > threshold, else value.
class GRADUS_API ThresholdImpl : public Cloneable<ThresholdImpl> {
 public:
  ThresholdImpl(double threshold, double value);
  explicit ThresholdImpl(const ThresholdOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  ThresholdOptions options;
};
GRADUS_MODULE(Threshold);

}  // namespace gradus::nn
