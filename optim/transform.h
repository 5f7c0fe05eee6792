#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/callable.h"
#include "core/generator.h"
#include "optim/options.h"

namespace gradus::optim {

class Optimizer;

/// What a transform is shown of a parameter in a step. `name` is empty for parameters that came
/// without names; `group` is the index of its group.
struct TransformItem {
  Tensor param;
  Tensor grad;  ///< of the parameter's shape; change it in place, or put another one here
  std::string name;
  size_t group;
  double lr;
};

/// Changes gradients before a step, or the update after it, in front of any optimizer. Transforms
/// run in the order in which they were added; their state is saved with the optimizer's.
///
///     optim::SGD optimizer(net->named_parameters(), 0.1);
///     optimizer.add_transform(optim::clip_by_norm(1.0));
///     optimizer.add_transform(optim::cautious());
class GRADUS_API Transform {
 public:
  virtual ~Transform();
  /// In errors and in the names of its state.
  virtual const char* name() const = 0;
  /// Called before the optimizer's update, after the gradients were checked. The gradients that it
  /// leaves in `items` are those that the optimizer sees; grad() of the parameters comes back as it
  /// was. Items that are removed are not updated.
  /// @return false to skip the step
  virtual bool before(std::vector<TransformItem>& items);
  /// Where all that before() would do is to multiply every gradient by one number: that number. Of
  /// the last transform it is asked instead of before(), where the optimizer can multiply in the
  /// pass of the step.
  virtual std::optional<double> factor(const std::vector<TransformItem>& items);
  /// Called after the update. `items` are those of before().
  virtual void after(std::vector<TransformItem>& items);
  /// Shows its state: numbers.
  virtual void visit(FieldVisitor& visitor);
};

using TransformPtr = std::shared_ptr<Transform>;

/// Brings every element of the gradients into [-value, value]. @throws ValueError unless value >= 0
GRADUS_API TransformPtr clip_by_value(double value);
/// Scales all gradients together so that their norm is at most max_norm. @throws ValueError unless
/// max_norm >= 0
GRADUS_API TransformPtr clip_by_norm(double max_norm, double norm_type = 2);
/// Adaptive clipping: rows of a gradient (first dim; vectors as a whole) get at most the norm
/// clipping * max(|p|, eps) of the parameter's row (Brock et al., "High-performance large-scale
/// image recognition without normalization", arXiv:2102.06171).
GRADUS_API TransformPtr clip_adaptive(double clipping = 0.01, double eps = 1e-3);
/// Takes from each row of a gradient with two dims or more its mean (Yong et al., "Gradient
/// centralization", arXiv:2004.01461).
GRADUS_API TransformPtr centralize();
/// Skips a step whose gradients are not all finite. @param max_consecutive  more in a row are an
/// Error; 0: never
GRADUS_API TransformPtr skip_non_finite(int64_t max_consecutive = 0);
/// Sets elements of gradients that are not finite to 0.
GRADUS_API TransformPtr zero_non_finite();
/// Adds normal noise with variance eta / (1 + t)^gamma at step t = 0, 1, ... (Neelakantan et al.,
/// "Adding gradient noise improves learning for very deep networks", arXiv:1511.06807).
/// @param generator  default: the global one; its state is not saved here
GRADUS_API TransformPtr add_noise(double eta = 0.01, double gamma = 0.55,
                                  std::optional<Generator> generator = std::nullopt);
/// Leaves the parameters alone whose name does not satisfy the condition.
GRADUS_API TransformPtr mask(Callable<bool(const std::string&)> condition);
/// Applies a transform to the parameters only whose name satisfies the condition; several with
/// different conditions partition the parameters.
GRADUS_API TransformPtr partition(Callable<bool(const std::string&)> condition,
                                  TransformPtr transform);
/// Leaves parameters alone whose name begins with one of the prefixes, until the step `until`.
GRADUS_API TransformPtr freeze(std::vector<std::string> prefixes, int64_t until = INT64_MAX);
/// p = (1 - lr * weight_decay) * p before the update, for any optimizer: decoupled decay
/// (Loshchilov and Hutter, arXiv:1711.05101). Parameters with fewer than two dims (biases, norms)
/// are left out where matrices_only.
GRADUS_API TransformPtr decoupled_decay(double weight_decay, bool matrices_only = false);
/// Cautious updates: elements that would move against the gradient stay, the others move farther by
/// n / (number that moves + 1) (Liang et al., "Cautious optimizers: improving training with one
/// line of code", arXiv:2411.16085). Add it after decoupled_decay(), which it then leaves alone;
/// decay that the optimizer does itself counts as part of its update.
GRADUS_API TransformPtr cautious(bool maximize = false);

}  // namespace gradus::optim
