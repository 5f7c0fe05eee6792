#pragma once

#include <string>
#include <vector>

#include "core/tensor.h"

namespace gradus::optim {

/// Row-sparse gradients in a fused pass: the rows of the parameter and of its state that the
/// gradient has are copied out, updated as any tensors are, and written back.
class SparsePass {
 public:
  /// Turns to the gradient g. @return its values, each row once
  Tensor begin(const Tensor& g);
  /// A copy of those rows of x, a parameter or its state.
  Tensor rows_of(const Tensor& x);
  /// Keeps x until the pass is over.
  const Tensor& keep(const Tensor& x);
  /// After the pass: the rows go back to where they came from.
  void write_back();

 private:
  struct Part {
    Tensor whole, rows, copy;
  };
  std::vector<Part> parts_;
  std::vector<Tensor> kept_;
  Tensor rows_;  // of the gradient that begin() turned to
};

/// @throws Error naming optimizer and gradient unless weight_decay is 0: it changes all rows
void check_no_weight_decay(const std::string& optimizer, double weight_decay,
                           const std::string& what);

}  // namespace gradus::optim
