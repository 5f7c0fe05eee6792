#pragma once

#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/data/example.h"
#include "core/data/transforms.h"
#include "core/factory.h"

namespace gradus::data {

// Makes a batch of one value out of many, as Python's default_collate: tensors are stacked, numbers
// become a tensor, strings stay a list; tuples, pairs, examples and maps are taken apart and
// collated by their parts. As a transform: `dataset.map(transforms::DefaultCollate<E>())`.

/// Tensors along a new first dimension. @throws Error unless they are of one shape and dtype
inline Tensor default_collate(std::vector<Tensor> batch) {
  return transforms::detail::stack(std::move(batch));
}

/// Numbers: an int64, float64 or bool tensor [N], as Python makes of its numbers.
template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
Tensor default_collate(const std::vector<T>& batch) {
  if constexpr (std::is_same_v<T, bool>) {
    return tensor(batch);
  } else {
    using Wide = std::conditional_t<std::is_floating_point_v<T>, double, int64_t>;
    const std::vector<Wide> wide(batch.begin(), batch.end());
    return gradus::detail::tensor_of(wide.data(), static_cast<int64_t>(wide.size()),
                                     scalar_type_of<Wide>(), TensorOptions(scalar_type_of<Wide>()));
  }
}

inline std::vector<std::string> default_collate(std::vector<std::string> batch) {
  return batch;
}

inline Example<> default_collate(std::vector<Example<>> batch) {
  return transforms::Stack<>().apply_batch(std::move(batch));
}

inline TensorExample default_collate(std::vector<TensorExample> batch) {
  return transforms::Stack<TensorExample>().apply_batch(std::move(batch));
}

template <class... T>
auto default_collate(std::vector<std::tuple<T...>> batch);
template <class A, class B>
auto default_collate(std::vector<std::pair<A, B>> batch);
template <class T>
auto default_collate(std::vector<std::map<std::string, T>> batch);

namespace detail {
template <size_t I, class Tuple>
auto collate_part(std::vector<Tuple>& batch) {
  std::vector<std::tuple_element_t<I, Tuple>> part;
  part.reserve(batch.size());
  for (Tuple& element : batch) part.push_back(std::move(std::get<I>(element)));
  return default_collate(std::move(part));
}
template <class Tuple, size_t... I>
auto collate_parts(std::vector<Tuple>& batch, std::index_sequence<I...>) {
  return std::make_tuple(collate_part<I>(batch)...);
}
}  // namespace detail

template <class... T>
auto default_collate(std::vector<std::tuple<T...>> batch) {
  return detail::collate_parts(batch, std::index_sequence_for<T...>());
}

template <class A, class B>
auto default_collate(std::vector<std::pair<A, B>> batch) {
  auto first = detail::collate_part<0>(batch);
  return std::make_pair(std::move(first), detail::collate_part<1>(batch));
}

/// @throws Error where an element lacks a key of the first
template <class T>
auto default_collate(std::vector<std::map<std::string, T>> batch) {
  using Collated = decltype(default_collate(std::vector<T>()));
  std::map<std::string, Collated> result;
  GRADUS_CHECK(!batch.empty(), "default_collate: the batch is empty");
  for (const auto& item : batch.front()) {
    std::vector<T> values;
    for (const auto& element : batch) {
      const auto found = element.find(item.first);
      GRADUS_CHECK(found != element.end(), "default_collate: element {} has no '{}'",
                   &element - batch.data(), item.first);
      values.push_back(found->second);
    }
    result.emplace(item.first, default_collate(std::move(values)));
  }
  return result;
}

namespace transforms {
/// default_collate() as a transform of batches.
template <class T = Example<>>
struct DefaultCollate
    : public BatchTransform<std::vector<T>, decltype(data::default_collate(std::vector<T>()))> {
  using Output = decltype(data::default_collate(std::vector<T>()));
  Output apply_batch(std::vector<T> batch) override {
    return data::default_collate(std::move(batch));
  }
};
}  // namespace transforms

}  // namespace gradus::data
