// The out= forms that compute first and copy then (op_table/out_forms.cpp), and in-place forms of
// random ops: beside the op itself, and with outputs that cannot take the result. Other forms stand
// in the rows of the op table.

#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/forms.h"
#include "tests/autograd/op_table/op_fixture.h"
#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {
namespace {

Forms all_forms() {
  Forms forms;
  add_out_forms(forms);
  const Tensor x = values({3, 4});
  forms.in_place(
      "alpha_dropout_", [=] { return alpha_dropout(x, 0.4, true); },
      [=](std::vector<Tensor>& self) { alpha_dropout_(self[0], 0.4, true); });
  forms.in_place(
      "feature_alpha_dropout_", [=] { return feature_alpha_dropout(x, 0.4, true); },
      [=](std::vector<Tensor>& self) { feature_alpha_dropout_(self[0], 0.4, true); });
  forms.in_place(
      "feature_dropout_", [=] { return feature_dropout(x, 0.4, true); },
      [=](std::vector<Tensor>& self) { feature_dropout_(self[0], 0.4, true); });
  forms.in_place(
      "rrelu_", [=] { return rrelu(x, 0.1, 0.4, true); },
      [=](std::vector<Tensor>& self) { rrelu_(self[0], 0.1, 0.4, true); });
  return forms;
}

const Forms& forms() {
  static const Forms all = all_forms();
  return all;
}

std::vector<Tensor> like(const Form& form, const std::function<Tensor(const Tensor&)>& make) {
  std::vector<Tensor> outputs;
  for (const Tensor& y : form.expected) outputs.push_back(make(y));
  return outputs;
}

void expect_equal(const Form& form, const std::vector<Tensor>& outputs) {
  for (size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_TRUE(same_bits(outputs[i].contiguous(), form.expected[i].contiguous()))
        << form.name << ", result " << i;
  }
}

}  // namespace

std::set<std::string> tested_forms() {
  std::set<std::string> names;
  for (const Form& form : forms().out) names.insert(form.name);
  for (const Form& form : forms().in_place_forms) names.insert(form.name);
  return names;
}

TEST(OpOutForms, WriteWhatTheOpReturns) {
  for (const Form& form : forms().out) {
    // Of the shape, empty, of another shape, and with strides of its own.
    for (const auto& make : {+[](const Tensor& y) { return full_like(y, 1); },
                             +[](const Tensor& y) {
                               return full({7, 5, 3}, 1.0, y.dtype());
                             },
                             +[](const Tensor& y) { return empty({0}, y.dtype()); },
                             +[](const Tensor& y) {
                               return zeros_like(y).unsqueeze(-1).repeat_interleave(2, -1).select(
                                   -1, 1);
                             }}) {
      std::vector<Tensor> outputs = like(form, make);
      const std::vector<Tensor> handles = outputs;
      form.write(outputs);
      for (size_t i = 0; i < outputs.size(); ++i)
        EXPECT_TRUE(outputs[i].is_same(handles[i])) << form.name;
      expect_equal(form, outputs);
    }
  }
}

TEST(OpOutForms, RefuseAnotherDtypeAndChangeNothing) {
  for (const Form& form : forms().out) {
    for (const auto& make : {+[](const Tensor&) { return Tensor(); },
                             +[](const Tensor& y) { return full(y.sizes(), 1, kBool); }}) {
      std::vector<Tensor> outputs = like(form, make);
      if (form.any_dtype && outputs[0].defined()) continue;
      const bool fits = outputs[0].defined() && outputs[0].sizes() == form.expected[0].sizes() &&
                        form.expected[0].dtype() == kBool;
      if (fits) continue;
      std::vector<Tensor> before;
      for (const Tensor& y : outputs) before.push_back(y.defined() ? y.clone() : y);
      EXPECT_THROW(form.write(outputs), Error) << form.name;
      for (size_t i = 0; i < outputs.size(); ++i) {
        if (before[i].defined()) {
          EXPECT_TRUE(same_bits(outputs[i], before[i])) << form.name;
          EXPECT_EQ(outputs[i]._version(), 0u) << form.name;
        }
      }
    }
  }
}

TEST(OpInPlaceForms, DrawWhatTheOpDraws) {
  for (const Form& form : forms().in_place_forms) {
    std::vector<Tensor> self = {values({3, 4})};
    form.write(self);
    expect_equal(form, self);
    EXPECT_GT(self[0]._version(), 0u) << form.name;
    std::vector<Tensor> integer = {ones({3, 4}, kLong)}, none = {Tensor()};
    EXPECT_THROW(form.write(integer), Error) << form.name;
    EXPECT_THROW(form.write(none), Error) << form.name;
  }
}

}  // namespace gradus::test
