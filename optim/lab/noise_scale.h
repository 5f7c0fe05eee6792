#pragma once

#include <cstdint>
#include <vector>

#include "core/state.h"

namespace gradus::optim {

/// The noise of gradients.
struct NoiseScale {
  double grad_norm_sq = 0;  ///< |G|^2, of the true gradient
  double trace = 0;         ///< S, the trace of the covariance of the gradient of one example
  /// S / |G|^2: about the batch size up to which larger batches pay.
  double b_simple() const { return trace / grad_norm_sq; }
};

/// Unbiased estimates of |G|^2 and S from the squared norms of gradients of two batch sizes B1 < B2
/// (McCandlish et al., "An empirical model of large-batch training", arXiv:1812.06162, appendix A):
///
///     |G|^2 = (B2 |G2|^2 - B1 |G1|^2) / (B2 - B1)
///     S = (|G1|^2 - |G2|^2) / (1 / B1 - 1 / B2)
///
/// @throws ValueError unless 0 < B1 < B2
GRADUS_API NoiseScale noise_scale(double small_batch, double small_norm_sq, double large_batch,
                                  double large_norm_sq);

/// The sum of the squares of all elements, in double.
GRADUS_API double squared_norm(const std::vector<Tensor>& tensors);

/// Measures the noise scale from the batches that gradient accumulation, or workers, have anyway:
///
///     meter.add(gradients_of_a_small_batch, batch_size);   // several times
///     meter.finish();                                      // together they are the large batch
///
/// |G|^2 and S are averaged over the calls of finish() with the weight 1 - decay for new ones (both
/// are noisy, their quotient more so).
class GRADUS_API NoiseScaleMeter : public Stateful {
 public:
  /// @param decay  0: only the last large batch counts. @throws ValueError unless in [0, 1)
  explicit NoiseScaleMeter(double decay = 0.95);
  ~NoiseScaleMeter() override;

  /// @param grads     the mean gradient over the batch, of each parameter
  /// @param examples  how many the batch has; the same in all calls between two of finish()
  /// @throws ValueError for another number of gradients or examples
  void add(const std::vector<Tensor>& grads, int64_t examples);
  /// Estimates from what was added. @throws Error unless there were two batches
  void finish();
  /// @throws Error before the first finish()
  NoiseScale estimate() const;

  /// Without what was added since the last finish().
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  double decay_;
  double grad_norm_sq_ = 0, trace_ = 0, weight_ = 0;
  std::vector<Tensor> sum_;
  double small_norm_sq_ = 0;
  int64_t batches_ = 0, examples_ = 0;
};

}  // namespace gradus::optim
