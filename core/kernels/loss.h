#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

// Losses. Inputs have one dtype: float32, through Highway, or double, through plain loops. Sums are
// equal for any number of threads.

/// A loss of each element, with d = x - target; p is beta or delta.
enum class PointwiseLoss : uint8_t {
  Squared,                       // d^2
  Absolute,                      // |d|
  SmoothL1,                      // d^2 / (2 p) where |d| < p, else |d| - p / 2
  Huber,                         // d^2 / 2 where |d| < p, else p (|d| - p / 2)
  BinaryCrossEntropy,            // -(t max(log x, -100) + (1 - t) max(log(1 - x), -100))
  BinaryCrossEntropyWithLogits,  // max(x, 0) - x t + log(1 + e^-|x|)
};

/// The loss of each element of x, in its order of memory. Sizes are equal.
Tensor pointwise_loss(PointwiseLoss loss, const Tensor& x, const Tensor& target, double p);
/// The sum of the losses times `scale`, as a 0-d tensor.
Tensor pointwise_loss_sum(PointwiseLoss loss, const Tensor& x, const Tensor& target, double p,
                          double scale);
/// dx = f'(x) dy scale; dy has x's sizes or one element.
Tensor pointwise_loss_gradient(PointwiseLoss loss, const Tensor& dy, const Tensor& x,
                               const Tensor& target, double p, double scale);

/// Where an example's class comes from, and what it counts.
struct ClassTargets {
  Tensor classes;        // int64 [rows], valid or ignore_index; undefined: probabilities
  Tensor probabilities;  // [rows, classes]
  Tensor weight;         // [classes], or undefined
  int64_t ignore_index = -100;
  double smoothing = 0;
};

/// The sum of weight[t] over the targets that count.
double total_target_weight(const ClassTargets& targets);

struct CrossEntropy {
  Tensor losses;    // [rows], or [outer, inner]
  Tensor gradient;  // of x's shape: of each row's loss, times scale; where asked for
};

/// -sum_c weight_c q_c log softmax(x)_c for each row of x, [rows, classes] and row-major, where q
/// is one-hot or given, mixed with 1 / classes by `smoothing`. One pass gives the gradient too.
CrossEntropy cross_entropy(const Tensor& x, const ClassTargets& targets, double scale,
                           bool need_gradient);
/// The same of classes without smoothing, [outer, inner], for x [outer, classes, inner], row-major.
CrossEntropy cross_entropy_planes(const Tensor& x, const ClassTargets& targets, double scale,
                                  bool need_gradient);

/// The sum of all elements of a row-major tensor times `scale`, as a 0-d tensor.
Tensor scaled_sum(const Tensor& x, double scale);

/// -weight[t] x[t] for each row of x, [outer, classes, inner] and row-major; [outer * inner]
/// values.
Tensor nll_loss(const Tensor& x, const ClassTargets& targets, int64_t outer, int64_t inner);
/// Its gradient in x, [outer * classes * inner]; dy has outer * inner elements, row-major, or one.
Tensor nll_loss_backward(const Tensor& dy, const ClassTargets& targets, int64_t outer,
                         int64_t classes, int64_t inner, double scale);

/// At most this many places at once.
inline constexpr int64_t kPlaces = 256;

/// Places next to each other in planes [classes, stride] of logits, with what of each counts.
template <class T>
struct PlaceTargets {
  int64_t count;            // <= kPlaces
  int64_t target[kPlaces];  // any class where the weight is 0
  T weight[kPlaces];        // 0 where a place does not count
};

/// The inner loops.
template <class T>
struct LossLoops {
  double (*sum)(PointwiseLoss loss, const T* x, const T* target, T p, int64_t n);
  void (*each)(PointwiseLoss loss, const T* x, const T* target, T p, int64_t n, T* y);
  /// dx = f' factor, times dy where that is not null.
  void (*gradient)(PointwiseLoss loss, const T* dy, const T* x, const T* target, T p, T factor,
                   int64_t n, T* dx);
  /// The loss of a row of class `target` that counts `weight`; gradient g (may be null) times
  /// scale.
  T (*hard_row)(const T* x, int64_t n, int64_t target, T weight, T scale, T* g);
  /// The loss of a row with targets weight_c (share q_c + rest), where q may be null (zeros) and a
  /// `target` that is not -1 stands for a one-hot q; weight may be null (ones).
  T(*soft_row)
  (const T* x, int64_t n, const T* weight, const T* q, int64_t target, T share, T rest, T scale,
   T* g);
  /// hard_row for places whose n logits are `stride` apart; a place of weight 0 gets zeros.
  void (*hard_places)(const T* x, int64_t n, int64_t stride, const PlaceTargets<T>& targets,
                      T scale, T* losses, T* g);
};

template <class T>
LossLoops<T> plain_loss_loops();
LossLoops<float> vector_loss_loops();

}  // namespace gradus::kernel
