#include "core/uninitialized.h"

#include "core/factory.h"
#include "core/tensor_impl.h"

namespace gradus {

namespace {
char mark;  // its address is the data of an uninitialized tensor's storage, which has 0 bytes
}

Tensor uninitialized(ScalarType dtype) {
  GRADUS_CHECK_TYPE(is_floating_point(dtype),
                    "uninitialized: expected a floating-point dtype, got {}", dtype);
  Tensor tensor = empty({0}, dtype);
  tensor.impl()->storage = StorageImpl::adopt(
      &mark, 0, [](void*) {}, nullptr);
  return tensor;
}

bool is_uninitialized(const Tensor& tensor) {
  return tensor.defined() && tensor.impl()->numel == 0 && tensor.impl()->storage->data() == &mark;
}

void require_initialized(const char* op, const Tensor& tensor) {
  GRADUS_CHECK_VALUE(!is_uninitialized(tensor),
                     "{}: got an uninitialized parameter of a lazy module: call its forward with "
                     "an input (or load a state) first",
                     op);
}

}  // namespace gradus
