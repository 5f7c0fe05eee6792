#include "autograd/forward_ad.h"

#include <algorithm>
#include <vector>

#include "autograd/derivatives.h"
#include "autograd/grad_mode.h"
#include "autograd/node.h"

namespace gradus::autograd::forward_ad {

namespace {

// The duals of a level. A dual is an alias with an edge to a hidden leaf: by that it is
// differentiated.
struct Level {
  std::vector<Tensor> leaves, tangents;
};

thread_local Level* level = nullptr;

}  // namespace

DualLevel::DualLevel() {
  GRADUS_CHECK(level == nullptr, "forward_ad: levels cannot be nested");
  level = new Level;
}

DualLevel::~DualLevel() {
  delete level;
  level = nullptr;
}

Tensor make_dual(const Tensor& tensor, const Tensor& tangent) {
  GRADUS_CHECK(level != nullptr, "make_dual: there is no DualLevel");
  GRADUS_CHECK(tensor.defined() && tangent.defined(), "make_dual: an argument is undefined");
  GRADUS_CHECK_TYPE(tensor.is_floating_point() && tangent.dtype() == tensor.dtype(),
                    "make_dual: tensor and tangent must have the same floating-point dtype, got {} "
                    "and {}",
                    tensor.dtype(), tangent.dtype());
  GRADUS_CHECK(tensor.sizes() == tangent.sizes(),
               "make_dual: a tangent of shape {} for a tensor of shape {}", tangent.sizes(),
               tensor.sizes());
  GRADUS_CHECK(GradMode::is_enabled() && !InferenceMode::is_enabled(),
               "make_dual: forward mode needs grad mode, which is off");
  const Tensor leaf = tensor.detach().requires_grad_();
  Tensor dual = record("make_dual", {tensor, leaf}, tensor.detach(), [](const Tensor& dy) -> Grads {
    return {dy, dy};
  });
  level->leaves.push_back(leaf);
  level->tangents.push_back(tangent);
  return dual;
}

UnpackedDual unpack_dual(const Tensor& tensor) {
  GRADUS_CHECK(level != nullptr, "unpack_dual: there is no DualLevel");
  GRADUS_CHECK(tensor.defined(), "unpack_dual: the tensor is undefined");
  if (!tensor.requires_grad()) return {tensor, Tensor()};
  const bool records = GradMode::is_enabled() && !InferenceMode::is_enabled();
  InferenceMode recording(false);
  const bool others = depends_on_others({tensor}, level->leaves);
  const bool recorded =
      records && (others || std::any_of(level->tangents.begin(), level->tangents.end(),
                                        [](const Tensor& t) { return t.requires_grad(); }));
  const std::vector<Tensor> u = seeds_like({tensor});
  const std::vector<Tensor> g = vjp_or_undefined({tensor}, level->leaves, u, /*create_graph=*/true);
  const Tensor tangent = vjp_or_undefined(g, u, level->tangents, recorded)[0];
  return {others ? tensor : tensor.detach(),
          tangent.defined() && !recorded ? tangent.detach() : tangent};
}

}  // namespace gradus::autograd::forward_ad
