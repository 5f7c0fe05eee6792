#include "optim/internal/sparse_pass.h"

#include "autograd/in_place.h"
#include "core/sparse.h"

namespace gradus::optim {

Tensor SparsePass::begin(const Tensor& g) {
  SparseRows held = coalesced_rows(g);
  rows_ = std::move(held.rows);
  return keep(held.values);
}

Tensor SparsePass::rows_of(const Tensor& x) {
  parts_.push_back({x.detach(), rows_, take_rows(x, rows_)});
  return parts_.back().copy;
}

const Tensor& SparsePass::keep(const Tensor& x) {
  kept_.push_back(x);
  return kept_.back();
}

void SparsePass::write_back() {
  for (const Part& part : parts_) {
    put_rows(part.whole, part.rows, part.copy);
    bump_version(part.whole);
  }
}

void check_no_weight_decay(const std::string& optimizer, double weight_decay,
                           const std::string& what) {
  GRADUS_CHECK(weight_decay == 0,
               "{}: weight_decay is not compatible with row-sparse gradients, and {} is one",
               optimizer, what);
}

}  // namespace gradus::optim
