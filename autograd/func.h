#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/tree.h"
#include "core/callable.h"
#include "core/tensor.h"

/// Functions of functions: Python's torch.func. `f` is any callable; its arguments and results are
/// tensors, or vectors, maps, tuples of them (see Tree), or anything else, which is passed on.
///
///     auto df = func::grad([](const Tensor& x) { return x.sin().sum(); });
///     auto ddf = func::grad([&](const Tensor& x) { return df(x).sum(); });
///     Tensor y = ddf(x);  // -sin(x)
///
/// They compose. The arguments need not require grad. Where one does, or where f captures tensors
/// that do, results can be differentiated by backward(), too, unless grad mode is off.
namespace gradus::func {

namespace detail {

using Tensors = std::vector<Tensor>;

/// Makes arguments to differentiate by: leaves, or aliases connected to what requires grad.
class GRADUS_API Differentiation {
 public:
  /// To be made in the caller's grad mode, which says whether results are recorded.
  explicit Differentiation(const char* op);
  Differentiation(const Differentiation&) = delete;
  Differentiation& operator=(const Differentiation&) = delete;

  Tensors prepare(const Tensors& arguments);
  /// The gradients of `y`, a number, by what prepare() gave; zeros where there is none.
  Tensors gradient(const Tensor& y);
  /// v^T J.
  Tensors vjp(const Tensors& y, const Tensors& v);
  /// J v.
  Tensors jvp(const Tensors& y, const Tensors& v);
  /// J, of shape y.sizes() + x.sizes() for each argument x; a backward an element of y, or of x.
  Tensors reverse_jacobian(const Tensor& y);
  Tensors forward_jacobian(const Tensor& y);
  /// A value that f returned, without the history that only serves this differentiation.
  Tensors results(const Tensors& y);

 private:
  bool is_recorded(const Tensors& y) const;

  const char* op_;
  bool records_;
  bool connected_ = false;  // some argument requires grad
  Tensors x_;
};

// A function that may change when it is called inside of one that may not.
template <class F>
struct Held {
  mutable F f;
};

// Calls body(tensors of the wanted arguments, a function that puts others in their place and calls
// f).
template <size_t... Wanted, class F, class... Args, class Body>
auto with_wanted(F& f, const std::tuple<Args...>& arguments, Body body) {
  Tensors wanted;
  (flatten(std::get<Wanted>(arguments), wanted), ...);
  const auto call = [&](const Tensors& tensors) {
    std::tuple<Args...> changed = arguments;
    const Tensor* next = tensors.data();
    ((std::get<Wanted>(changed) = Tree<std::tuple_element_t<Wanted, std::tuple<Args...>>>::rebuild(
          std::get<Wanted>(changed), next)),
     ...);
    return std::apply(f, changed);
  };
  return body(wanted, call);
}

// The wanted arguments with other tensors: the argument itself where it is one, else a tuple.
template <size_t... Wanted, class... Args>
auto like_wanted(const std::tuple<Args...>& arguments, const Tensors& tensors) {
  const Tensor* next = tensors.data();
  using Tuple = std::tuple<std::tuple_element_t<Wanted, std::tuple<Args...>>...>;
  Tuple result{Tree<std::tuple_element_t<Wanted, std::tuple<Args...>>>::rebuild(
      std::get<Wanted>(arguments), next)...};
  if constexpr (sizeof...(Wanted) == 1) {
    return std::get<0>(std::move(result));
  } else {
    return result;
  }
}

template <size_t First, size_t... Rest>
struct Argnums {
  template <class F>
  static auto grad(F f) {
    return [held = Held<F>{std::move(f)}](const auto&... args) {
      const auto arguments = std::make_tuple(args...);
      return with_wanted<First, Rest...>(
          held.f, arguments, [&](const Tensors& x, const auto& call) {
            Differentiation d("func::grad");
            InferenceMode recording(false);
            return like_wanted<First, Rest...>(arguments, d.gradient(call(d.prepare(x))));
          });
    };
  }
  template <class F>
  static auto grad_and_value(F f) {
    return [held = Held<F>{std::move(f)}](const auto&... args) {
      const auto arguments = std::make_tuple(args...);
      return with_wanted<First, Rest...>(
          held.f, arguments, [&](const Tensors& x, const auto& call) {
            Differentiation d("func::grad_and_value");
            InferenceMode recording(false);
            const Tensor y = call(d.prepare(x));
            auto gradients = like_wanted<First, Rest...>(arguments, d.gradient(y));
            return std::make_tuple(std::move(gradients), d.results({y})[0]);
          });
    };
  }
  template <class F>
  static auto jacobian(F f, bool reverse) {
    return [held = Held<F>{std::move(f)}, reverse](const auto&... args) {
      const auto arguments = std::make_tuple(args...);
      return with_wanted<First, Rest...>(
          held.f, arguments, [&](const Tensors& x, const auto& call) {
            Differentiation d(reverse ? "func::jacrev" : "func::jacfwd");
            InferenceMode recording(false);
            const Tensor y = call(d.prepare(x));
            return like_wanted<First, Rest...>(
                arguments, reverse ? d.reverse_jacobian(y) : d.forward_jacobian(y));
          });
    };
  }
};

}  // namespace detail

/// The gradient of f, which returns a number (a 0-d tensor), by its first argument, or by those
/// whose places are given: `func::grad<0, 2>(f)(x, y, z)` is a tuple of two. It has the structure
/// of the argument, with zeros where f does not depend on it.
template <size_t... Argnums, class F>
auto grad(F f) {
  if constexpr (sizeof...(Argnums) == 0) {
    return detail::Argnums<0>::grad(std::move(f));
  } else {
    return detail::Argnums<Argnums...>::grad(std::move(f));
  }
}

/// The same; returns (gradient, value of f).
template <size_t... Argnums, class F>
auto grad_and_value(F f) {
  if constexpr (sizeof...(Argnums) == 0) {
    return detail::Argnums<0>::grad_and_value(std::move(f));
  } else {
    return detail::Argnums<Argnums...>::grad_and_value(std::move(f));
  }
}

/// The Jacobian of f, which returns a tensor, by backward mode: f(x).sizes() + x.sizes(), a
/// backward for each element of the result.
template <size_t... Argnums, class F>
auto jacrev(F f) {
  if constexpr (sizeof...(Argnums) == 0) {
    return detail::Argnums<0>::jacobian(std::move(f), /*reverse=*/true);
  } else {
    return detail::Argnums<Argnums...>::jacobian(std::move(f), /*reverse=*/true);
  }
}

/// The same by forward mode, a backward for each element of the argument: for functions with more
/// results than arguments.
template <size_t... Argnums, class F>
auto jacfwd(F f) {
  if constexpr (sizeof...(Argnums) == 0) {
    return detail::Argnums<0>::jacobian(std::move(f), /*reverse=*/false);
  } else {
    return detail::Argnums<Argnums...>::jacobian(std::move(f), /*reverse=*/false);
  }
}

/// The Jacobian of the Jacobian: f(x).sizes() + x.sizes() + x.sizes().
template <size_t... Argnums, class F>
auto hessian(F f) {
  return jacrev<Argnums...>(jacrev<Argnums...>(std::move(f)));
}

/// (f(primals...), a function from v, of the structure of f's result, to v^T J, a tuple with a part
/// for each of the primals). The function may be called more than once.
template <class F, class... Primals>
auto vjp(F f, const Primals&... primals) {
  auto d = std::make_shared<detail::Differentiation>("func::vjp");
  const std::tuple<Primals...> arguments(primals...);
  InferenceMode recording(false);
  const auto y = std::apply(f, rebuild(arguments, d->prepare(tensors_of(arguments))));
  return std::make_tuple(rebuild(y, d->results(tensors_of(y))),
                         [d, y, arguments](const std::decay_t<decltype(y)>& v) {
                           InferenceMode recording_again(false);
                           return rebuild(arguments, d->vjp(tensors_of(y), tensors_of(v)));
                         });
}

/// (f(primals...), J v of the same structure), v being the tangents: one for each tensor of the
/// primals.
///
///     auto [y, dy] = func::jvp(f, std::make_tuple(x), std::make_tuple(v));
template <class F, class... Primals>
auto jvp(F f, const std::tuple<Primals...>& primals, const std::tuple<Primals...>& tangents) {
  detail::Differentiation d("func::jvp");
  InferenceMode recording(false);
  const auto y = std::apply(f, rebuild(primals, d.prepare(tensors_of(primals))));
  const detail::Tensors outputs = tensors_of(y);
  return std::make_tuple(rebuild(y, d.results(outputs)),
                         rebuild(y, d.jvp(outputs, tensors_of(tangents))));
}

/// The dims that vmap maps over, an entry for each argument; nullopt: the argument is the same for
/// all. Empty: 0 for all.
using InDims = std::vector<std::optional<int64_t>>;

namespace detail {

/// The parts of vmap that do not depend on the function.
class GRADUS_API Mapping {
 public:
  Mapping(InDims in_dims, int64_t out_dim, std::string_view randomness);
  /// Takes the tensors of the arguments, argument by argument.
  void start(const std::vector<Tensors>& arguments);
  /// The tensors of all arguments for one call.
  Tensors slices(int64_t i) const;
  /// Calls `call(i)` for each i, which returns the tensors of f's result, and stacks those.
  Tensors run(const Callable<Tensors(int64_t)>& call) const;

 private:
  enum class Randomness { Error, Different, Same };
  InDims in_dims_;
  int64_t out_dim_, size_ = 0;
  Randomness randomness_;
  std::vector<Tensors> arguments_;
};

}  // namespace detail

/// f for a batch: calls f with slices of the arguments and stacks the results.
///
///     // The gradients of a model for each sample of a batch; params is a map of tensors.
///     auto per_sample = func::vmap(func::grad(loss), {std::nullopt, 0, 0})(params, x, y);
///
/// This is a loop: f runs once for each index, so it takes what a loop takes, and works for each
/// op. Where the ops of f broadcast over a leading dim by themselves, f of the whole batch is
/// faster.
/// @param in_dims     see InDims; where an argument has several tensors it holds for each
/// @param out_dim     where the results have the new dim
/// @param randomness  whether f may draw random numbers: "error" if not, "different" for each
///                    index, "same" for all
/// @throws Error where sizes differ or nothing is mapped, IndexError for a dim out of range
template <class F>
auto vmap(F f, InDims in_dims = {}, int64_t out_dim = 0, std::string_view randomness = "error") {
  detail::Mapping mapping(std::move(in_dims), out_dim, randomness);
  return [held = detail::Held<F>{std::move(f)}, prototype = mapping](const auto&... args) {
    const auto arguments = std::make_tuple(args...);
    detail::Mapping mapping = prototype;
    mapping.start({tensors_of(args)...});
    using Result = std::decay_t<decltype(std::apply(held.f, arguments))>;
    std::optional<Result> like;
    const detail::Tensors stacked = mapping.run([&](int64_t i) {
      Result result = std::apply(held.f, rebuild(arguments, mapping.slices(i)));
      detail::Tensors tensors = tensors_of(result);
      if (!like) like.emplace(std::move(result));
      return tensors;
    });
    return rebuild(*like, stacked);
  };
}

}  // namespace gradus::func
