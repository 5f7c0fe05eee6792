#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/expanding_array.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of the padding layers over D dims.
template <size_t D>
struct PadOptions {
  PadOptions(ExpandingArray<D * 2> padding) : padding_(padding) {}
  /// What is added in front of and behind each dim, the last dim first: {left, right, top, bottom}
  /// for D = 2. One number stands for all; negative ones cut off.
  GRADUS_ARG(ExpandingArray<D * 2>, padding);
};

/// Settings of ConstantPad1d, 2d and 3d.
template <size_t D>
struct ConstantPadOptions {
  ConstantPadOptions(ExpandingArray<D * 2> padding, double value)
      : padding_(padding), value_(value) {}
  /// As in PadOptions.
  GRADUS_ARG(ExpandingArray<D * 2>, padding);
  /// What is put around the input.
  GRADUS_ARG(double, value);
};

namespace detail {
GRADUS_API void print_padding(std::ostream& stream, const char* name, size_t rank,
                              IntArrayRef padding, std::optional<double> value = std::nullopt);
GRADUS_API Tensor pad_layer(const Tensor& input, IntArrayRef padding, const char* mode,
                            std::optional<double> value = std::nullopt);
}  // namespace detail

/// Mirrors the input at its edges, which are not repeated: 3 2 | 1 2 3 | 2 1. Pads the last D dims
/// of an input [C, ...] or [N, C, ...].
template <size_t D, class Derived>
class ReflectionPadImpl : public Cloneable<Derived> {
 public:
  ReflectionPadImpl(ExpandingArray<D * 2> padding) : options(padding) {}
  explicit ReflectionPadImpl(const PadOptions<D>& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override {
    detail::print_padding(stream, "ReflectionPad", D, options.padding());
  }
  Tensor forward(const Tensor& input) {
    return detail::pad_layer(input, options.padding(), "reflect");
  }

  PadOptions<D> options;
};
using ReflectionPad1dOptions = PadOptions<1>;
class GRADUS_API ReflectionPad1dImpl : public ReflectionPadImpl<1, ReflectionPad1dImpl> {
 public:
  using ReflectionPadImpl<1, ReflectionPad1dImpl>::ReflectionPadImpl;
};
GRADUS_MODULE(ReflectionPad1d);
using ReflectionPad2dOptions = PadOptions<2>;
class GRADUS_API ReflectionPad2dImpl : public ReflectionPadImpl<2, ReflectionPad2dImpl> {
 public:
  using ReflectionPadImpl<2, ReflectionPad2dImpl>::ReflectionPadImpl;
};
GRADUS_MODULE(ReflectionPad2d);
using ReflectionPad3dOptions = PadOptions<3>;
class GRADUS_API ReflectionPad3dImpl : public ReflectionPadImpl<3, ReflectionPad3dImpl> {
 public:
  using ReflectionPadImpl<3, ReflectionPad3dImpl>::ReflectionPadImpl;
};
GRADUS_MODULE(ReflectionPad3d);

/// Repeats the edges: 1 1 | 1 2 3 | 3 3. Pads the last D dims of an input [C, ...] or [N, C, ...].
template <size_t D, class Derived>
class ReplicationPadImpl : public Cloneable<Derived> {
 public:
  ReplicationPadImpl(ExpandingArray<D * 2> padding) : options(padding) {}
  explicit ReplicationPadImpl(const PadOptions<D>& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override {
    detail::print_padding(stream, "ReplicationPad", D, options.padding());
  }
  Tensor forward(const Tensor& input) {
    return detail::pad_layer(input, options.padding(), "replicate");
  }

  PadOptions<D> options;
};
using ReplicationPad1dOptions = PadOptions<1>;
class GRADUS_API ReplicationPad1dImpl : public ReplicationPadImpl<1, ReplicationPad1dImpl> {
 public:
  using ReplicationPadImpl<1, ReplicationPad1dImpl>::ReplicationPadImpl;
};
GRADUS_MODULE(ReplicationPad1d);
using ReplicationPad2dOptions = PadOptions<2>;
class GRADUS_API ReplicationPad2dImpl : public ReplicationPadImpl<2, ReplicationPad2dImpl> {
 public:
  using ReplicationPadImpl<2, ReplicationPad2dImpl>::ReplicationPadImpl;
};
GRADUS_MODULE(ReplicationPad2d);
using ReplicationPad3dOptions = PadOptions<3>;
class GRADUS_API ReplicationPad3dImpl : public ReplicationPadImpl<3, ReplicationPad3dImpl> {
 public:
  using ReplicationPadImpl<3, ReplicationPad3dImpl>::ReplicationPadImpl;
};
GRADUS_MODULE(ReplicationPad3d);

/// Continues the input as on a ring: 2 3 | 1 2 3 | 1 2. Pads the last D dims of an input [C, ...]
/// or [N, C, ...].
template <size_t D, class Derived>
class CircularPadImpl : public Cloneable<Derived> {
 public:
  CircularPadImpl(ExpandingArray<D * 2> padding) : options(padding) {}
  explicit CircularPadImpl(const PadOptions<D>& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override {
    detail::print_padding(stream, "CircularPad", D, options.padding());
  }
  Tensor forward(const Tensor& input) {
    return detail::pad_layer(input, options.padding(), "circular");
  }

  PadOptions<D> options;
};
using CircularPad1dOptions = PadOptions<1>;
class GRADUS_API CircularPad1dImpl : public CircularPadImpl<1, CircularPad1dImpl> {
 public:
  using CircularPadImpl<1, CircularPad1dImpl>::CircularPadImpl;
};
GRADUS_MODULE(CircularPad1d);
using CircularPad2dOptions = PadOptions<2>;
class GRADUS_API CircularPad2dImpl : public CircularPadImpl<2, CircularPad2dImpl> {
 public:
  using CircularPadImpl<2, CircularPad2dImpl>::CircularPadImpl;
};
GRADUS_MODULE(CircularPad2d);
using CircularPad3dOptions = PadOptions<3>;
class GRADUS_API CircularPad3dImpl : public CircularPadImpl<3, CircularPad3dImpl> {
 public:
  using CircularPadImpl<3, CircularPad3dImpl>::CircularPadImpl;
};
GRADUS_MODULE(CircularPad3d);

/// Puts zeros around the input. Pads the last D dims of an input of any rank from D.
template <size_t D, class Derived>
class ZeroPadImpl : public Cloneable<Derived> {
 public:
  ZeroPadImpl(ExpandingArray<D * 2> padding) : options(padding) {}
  explicit ZeroPadImpl(const PadOptions<D>& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override {
    detail::print_padding(stream, "ZeroPad", D, options.padding());
  }
  Tensor forward(const Tensor& input) {
    return detail::pad_layer(input, options.padding(), "constant");
  }

  PadOptions<D> options;
};
using ZeroPad1dOptions = PadOptions<1>;
class GRADUS_API ZeroPad1dImpl : public ZeroPadImpl<1, ZeroPad1dImpl> {
 public:
  using ZeroPadImpl<1, ZeroPad1dImpl>::ZeroPadImpl;
};
GRADUS_MODULE(ZeroPad1d);
using ZeroPad2dOptions = PadOptions<2>;
class GRADUS_API ZeroPad2dImpl : public ZeroPadImpl<2, ZeroPad2dImpl> {
 public:
  using ZeroPadImpl<2, ZeroPad2dImpl>::ZeroPadImpl;
};
GRADUS_MODULE(ZeroPad2d);
using ZeroPad3dOptions = PadOptions<3>;
class GRADUS_API ZeroPad3dImpl : public ZeroPadImpl<3, ZeroPad3dImpl> {
 public:
  using ZeroPadImpl<3, ZeroPad3dImpl>::ZeroPadImpl;
};
GRADUS_MODULE(ZeroPad3d);

/// Puts a value around the last D dims of an input.
template <size_t D, class Derived>
class ConstantPadImpl : public Cloneable<Derived> {
 public:
  ConstantPadImpl(ExpandingArray<D * 2> padding, double value) : options(padding, value) {}
  explicit ConstantPadImpl(const ConstantPadOptions<D>& options) : options(options) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override {
    detail::print_padding(stream, "ConstantPad", D, options.padding(), options.value());
  }
  Tensor forward(const Tensor& input) {
    return detail::pad_layer(input, options.padding(), "constant", options.value());
  }

  ConstantPadOptions<D> options;
};
using ConstantPad1dOptions = ConstantPadOptions<1>;
class GRADUS_API ConstantPad1dImpl : public ConstantPadImpl<1, ConstantPad1dImpl> {
 public:
  using ConstantPadImpl<1, ConstantPad1dImpl>::ConstantPadImpl;
};
GRADUS_MODULE(ConstantPad1d);
using ConstantPad2dOptions = ConstantPadOptions<2>;
class GRADUS_API ConstantPad2dImpl : public ConstantPadImpl<2, ConstantPad2dImpl> {
 public:
  using ConstantPadImpl<2, ConstantPad2dImpl>::ConstantPadImpl;
};
GRADUS_MODULE(ConstantPad2d);
using ConstantPad3dOptions = ConstantPadOptions<3>;
class GRADUS_API ConstantPad3dImpl : public ConstantPadImpl<3, ConstantPad3dImpl> {
 public:
  using ConstantPadImpl<3, ConstantPad3dImpl>::ConstantPadImpl;
};
GRADUS_MODULE(ConstantPad3d);

}  // namespace gradus::nn
