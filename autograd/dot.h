#pragma once

#include <map>
#include <string>
#include <type_traits>

#include "core/ordered_dict.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// The graph that made `y` as text for Graphviz (`dot -Tsvg`): a box for each op with its name and
/// the shapes of its results, one for each leaf with its name and shape. Edges run as the
/// computation does.
///
///     std::ofstream("net.dot") << autograd::make_dot(y, net->named_parameters());
///
/// @param names  what leaves are called
/// @throws Error where y has no history
GRADUS_API std::string make_dot(const Tensor& y, const std::map<std::string, Tensor>& names = {});
template <class T, class = std::enable_if_t<std::is_same_v<T, Tensor>>>
std::string make_dot(const Tensor& y, const OrderedDict<std::string, T>& names) {
  std::map<std::string, Tensor> map;
  for (const auto& item : names) map.emplace(item.key(), item.value());
  return make_dot(y, map);
}

}  // namespace gradus::autograd
