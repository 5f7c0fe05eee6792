#include "optim/internal/schedule_free.h"

#include "autograd/autograd.h"

namespace gradus::optim {

Tensor to_average(Tensor& p, const Tensor& z, double beta) {
  const NoGradGuard no_grad;
  const Tensor y = p.clone();
  p.copy_(z + (y.to(z.dtype()) - z) / beta);
  return y;
}

}  // namespace gradus::optim
