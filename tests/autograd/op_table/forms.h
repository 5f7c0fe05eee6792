#pragma once

#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gradus/gradus.h>

/// Adds the out= form of `op`, called with these arguments, to `forms`: GRADUS_OUT(mm, a, b).
#define GRADUS_OUT(op, ...)              \
  forms.one(#op "_out", op(__VA_ARGS__), \
            [=](std::vector<Tensor>& outs) { op##_out(outs[0], __VA_ARGS__); })
/// The same for an op with two or three results.
#define GRADUS_OUT2(op, ...)              \
  forms.many(#op "_out", op(__VA_ARGS__), \
             [=](std::vector<Tensor>& outs) { op##_out(outs[0], outs[1], __VA_ARGS__); })
#define GRADUS_OUT3(op, ...)              \
  forms.many(#op "_out", op(__VA_ARGS__), \
             [=](std::vector<Tensor>& outs) { op##_out(outs[0], outs[1], outs[2], __VA_ARGS__); })
/// The same for a factory, which makes the dtype of `out`: here double.
#define GRADUS_FACTORY_OUT(op, ...)                         \
  forms.factory(                                            \
      #op "_out", [=] { return op(__VA_ARGS__, kDouble); }, \
      [=](std::vector<Tensor>& outs) { op##_out(outs[0], __VA_ARGS__); })
/// The same for an op that draws.
#define GRADUS_RANDOM_OUT(op, ...)                 \
  forms.random(                                    \
      #op "_out", [=] { return op(__VA_ARGS__); }, \
      [=](std::vector<Tensor>& outs) { op##_out(outs[0], __VA_ARGS__); })

namespace gradus::test {

/// A form of an op that writes its results to tensors that it is given.
struct Form {
  using Write = std::function<void(std::vector<Tensor>&)>;
  std::string name;
  std::vector<Tensor> expected;
  Write write;
  /// Whether the result is made in the dtype of `out`.
  bool any_dtype = false;
};

/// Out= forms beside the op, and in-place forms of random ops.
struct Forms {
  std::vector<Form> out, in_place_forms;

  void one(std::string name, Tensor expected, Form::Write write) {
    out.push_back({std::move(name), {std::move(expected)}, std::move(write)});
  }
  template <class... Tensors>
  void many(std::string name, const std::tuple<Tensors...>& expected, Form::Write write) {
    out.push_back({std::move(name),
                   std::apply([](const auto&... y) { return std::vector<Tensor>{y...}; }, expected),
                   std::move(write)});
  }
  void factory(std::string name, const std::function<Tensor()>& op, const Form::Write& write) {
    random(std::move(name), op, write);
    out.back().any_dtype = true;
  }
  void random(std::string name, const std::function<Tensor()>& op, const Form::Write& write) {
    manual_seed(4);
    one(std::move(name), op(), [write](std::vector<Tensor>& outs) {
      manual_seed(4);
      write(outs);
    });
  }
  void in_place(std::string name, const std::function<Tensor()>& op, const Form::Write& write) {
    manual_seed(4);
    in_place_forms.push_back({std::move(name), {op()}, [write](std::vector<Tensor>& self) {
                                manual_seed(4);
                                write(self);
                              }});
  }
};

/// Every out= form that no row of the op table has.
void add_out_forms(Forms& forms);

}  // namespace gradus::test
