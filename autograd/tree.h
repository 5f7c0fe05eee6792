#pragma once

#include <map>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/ordered_dict.h"
#include "core/tensor.h"

namespace gradus::func {

/// The tensors inside of an argument or result, in a fixed order: of a Tensor, of vectors, maps,
/// tuples and pairs of what has tensors, and of nothing else (a number has none). Specialize it for
/// structs of your own.
template <class T>
struct Tree {
  static void flatten(const T&, std::vector<Tensor>&) {}
  /// A T like `like` with other tensors.
  static T rebuild(const T& like, const Tensor*&) { return like; }
};

template <class T>
void flatten(const T& value, std::vector<Tensor>& tensors) {
  Tree<T>::flatten(value, tensors);
}
template <class T>
std::vector<Tensor> tensors_of(const T& value) {
  std::vector<Tensor> tensors;
  Tree<T>::flatten(value, tensors);
  return tensors;
}
template <class T>
T rebuild(const T& like, const std::vector<Tensor>& tensors) {
  const Tensor* next = tensors.data();
  return Tree<T>::rebuild(like, next);
}

template <>
struct Tree<Tensor> {
  static void flatten(const Tensor& value, std::vector<Tensor>& tensors) {
    tensors.push_back(value);
  }
  static Tensor rebuild(const Tensor&, const Tensor*& next) { return *next++; }
};

template <class T>
struct Tree<std::vector<T>> {
  static void flatten(const std::vector<T>& value, std::vector<Tensor>& tensors) {
    for (const T& item : value) Tree<T>::flatten(item, tensors);
  }
  static std::vector<T> rebuild(const std::vector<T>& like, const Tensor*& next) {
    std::vector<T> value;
    value.reserve(like.size());
    for (const T& item : like) value.push_back(Tree<T>::rebuild(item, next));
    return value;
  }
};

template <class Key, class T>
struct Tree<std::map<Key, T>> {
  static void flatten(const std::map<Key, T>& value, std::vector<Tensor>& tensors) {
    for (const auto& [key, item] : value) Tree<T>::flatten(item, tensors);
  }
  static std::map<Key, T> rebuild(const std::map<Key, T>& like, const Tensor*& next) {
    std::map<Key, T> value;
    for (const auto& [key, item] : like) value.emplace(key, Tree<T>::rebuild(item, next));
    return value;
  }
};

template <class Key, class T>
struct Tree<OrderedDict<Key, T>> {
  static void flatten(const OrderedDict<Key, T>& value, std::vector<Tensor>& tensors) {
    for (const auto& item : value) Tree<T>::flatten(item.value(), tensors);
  }
  static OrderedDict<Key, T> rebuild(const OrderedDict<Key, T>& like, const Tensor*& next) {
    OrderedDict<Key, T> value;
    for (const auto& item : like) value.insert(item.key(), Tree<T>::rebuild(item.value(), next));
    return value;
  }
};

template <class... Ts>
struct Tree<std::tuple<Ts...>> {
  static void flatten(const std::tuple<Ts...>& value, std::vector<Tensor>& tensors) {
    std::apply([&](const Ts&... items) { (Tree<Ts>::flatten(items, tensors), ...); }, value);
  }
  static std::tuple<Ts...> rebuild(const std::tuple<Ts...>& like, const Tensor*& next) {
    // Braces, unlike parentheses, evaluate from left to right.
    return std::apply(
        [&](const Ts&... items) { return std::tuple<Ts...>{Tree<Ts>::rebuild(items, next)...}; },
        like);
  }
};

template <class A, class B>
struct Tree<std::pair<A, B>> {
  static void flatten(const std::pair<A, B>& value, std::vector<Tensor>& tensors) {
    Tree<A>::flatten(value.first, tensors);
    Tree<B>::flatten(value.second, tensors);
  }
  static std::pair<A, B> rebuild(const std::pair<A, B>& like, const Tensor*& next) {
    return std::pair<A, B>{Tree<A>::rebuild(like.first, next), Tree<B>::rebuild(like.second, next)};
  }
};

}  // namespace gradus::func
