// The out= forms that compute first and copy then, and in-place forms of random ops: beside the op
// itself, and with outputs that cannot take the result. Forms of element-wise ops stand in their
// rows of the op table.

#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_fixture.h"
#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {
namespace {

struct Form {
  std::string name;
  std::vector<Tensor> expected;
  std::function<void(std::vector<Tensor>&)> write;
};

struct Forms {
  std::vector<Form> out, in_place_forms;

  void one(std::string name, Tensor expected, std::function<void(Tensor&)> write) {
    out.push_back({std::move(name), {std::move(expected)}, [write](std::vector<Tensor>& outputs) {
                     write(outputs[0]);
                   }});
  }
  void two(std::string name, const std::tuple<Tensor, Tensor>& expected,
           std::function<void(Tensor&, Tensor&)> write) {
    out.push_back({std::move(name),
                   {std::get<0>(expected), std::get<1>(expected)},
                   [write](std::vector<Tensor>& outputs) { write(outputs[0], outputs[1]); }});
  }
  void in_place(std::string name, const std::function<Tensor()>& op,
                std::function<void(Tensor&)> write) {
    manual_seed(4);
    in_place_forms.push_back({std::move(name), {op()}, [write](std::vector<Tensor>& self) {
                                manual_seed(4);
                                write(self[0]);
                              }});
  }

  Forms() {
    const Tensor x = values({3, 4});
    const Tensor q = values({4, 4}, -2, 2, 2), y = values({2, 3, 3}, -2, 2, 3),
                 z = values({2, 3, 3}, -2, 2, 4);
    const Tensor v3 = values({3}, -2, 2, 5), v4 = values({4}, -2, 2, 6), b = x > 0,
                 half = tensor({0.5}, kDouble);
    const Tensor sorted = tensor({-1.0, 0.0, 1.0}, kDouble), rows = tensor({2, 0, 1});
    const Tensor index = integers({3, 4}, 0, 2), permuted = argsort(x, 1);
    const std::vector<Tensor> list = {x, -x};
    one("addmm_out", addmm(x, x, q), [=](Tensor& out) { addmm_out(out, x, x, q); });
    one("addmv_out", addmv(v3, x, v4), [=](Tensor& out) { addmv_out(out, v3, x, v4); });
    one("addr_out", addr(x, v3, v4), [=](Tensor& out) { addr_out(out, x, v3, v4); });
    one("all_out", all(b, 1), [=](Tensor& out) { all_out(out, b, 1); });
    one("amax_out", amax(x, 1), [=](Tensor& out) { amax_out(out, x, 1); });
    one("amin_out", amin(x, 1), [=](Tensor& out) { amin_out(out, x, 1); });
    one("any_out", any(b, 1), [=](Tensor& out) { any_out(out, b, 1); });
    one("argmax_out", argmax(x, 1), [=](Tensor& out) { argmax_out(out, x, 1); });
    one("argmin_out", argmin(x, 1), [=](Tensor& out) { argmin_out(out, x, 1); });
    one("baddbmm_out", baddbmm(y, y, z), [=](Tensor& out) { baddbmm_out(out, y, y, z); });
    one("bmm_out", bmm(y, z), [=](Tensor& out) { bmm_out(out, y, z); });
    one("bucketize_out", bucketize(x, sorted), [=](Tensor& out) { bucketize_out(out, x, sorted); });
    one("cat_out", cat(list, 1), [=](Tensor& out) { cat_out(out, list, 1); });
    one("column_stack_out", column_stack(list), [=](Tensor& out) { column_stack_out(out, list); });
    one("cumprod_out", cumprod(x, 1), [=](Tensor& out) { cumprod_out(out, x, 1); });
    one("cumsum_out", cumsum(x, 1), [=](Tensor& out) { cumsum_out(out, x, 1); });
    one("diag_out", diag(x, 1), [=](Tensor& out) { diag_out(out, x, 1); });
    one("dot_out", dot(v3, v3), [=](Tensor& out) { dot_out(out, v3, v3); });
    one("dstack_out", dstack(list), [=](Tensor& out) { dstack_out(out, list); });
    one("gather_out", gather(x, 1, index), [=](Tensor& out) { gather_out(out, x, 1, index); });
    one("ger_out", ger(v3, v4), [=](Tensor& out) { ger_out(out, v3, v4); });
    one("histc_out", histc(x, 5, -2, 2), [=](Tensor& out) { histc_out(out, x, 5, -2, 2); });
    one("hstack_out", hstack(list), [=](Tensor& out) { hstack_out(out, list); });
    one("index_add_out", index_add(x, 0, rows, x),
        [=](Tensor& out) { index_add_out(out, x, 0, rows, x); });
    one("index_copy_out", index_copy(x, 0, rows, x),
        [=](Tensor& out) { index_copy_out(out, x, 0, rows, x); });
    one("index_select_out", index_select(x, 0, rows),
        [=](Tensor& out) { index_select_out(out, x, 0, rows); });
    one("inner_out", inner(x, x), [=](Tensor& out) { inner_out(out, x, x); });
    one("isin_out", isin(index, rows), [=](Tensor& out) { isin_out(out, index, rows); });
    one("linalg_vector_norm_out", linalg_vector_norm(x, 3, IntArrayRef(1)),
        [=](Tensor& out) { linalg_vector_norm_out(out, x, 3, IntArrayRef(1)); });
    one("log_softmax_out", log_softmax(x, 1), [=](Tensor& out) { log_softmax_out(out, x, 1); });
    one("logcumsumexp_out", logcumsumexp(x, 1), [=](Tensor& out) { logcumsumexp_out(out, x, 1); });
    one("logsumexp_out", logsumexp(x, 1), [=](Tensor& out) { logsumexp_out(out, x, 1); });
    one("masked_select_out", masked_select(x, b),
        [=](Tensor& out) { masked_select_out(out, x, b); });
    one("matmul_out", matmul(x, q), [=](Tensor& out) { matmul_out(out, x, q); });
    one("mean_out", mean(x, 1), [=](Tensor& out) { mean_out(out, x, 1); });
    one("mm_out", mm(x, q), [=](Tensor& out) { mm_out(out, x, q); });
    one("msort_out", msort(x), [=](Tensor& out) { msort_out(out, x); });
    one("mv_out", mv(x, v4), [=](Tensor& out) { mv_out(out, x, v4); });
    one("nanmean_out", nanmean(x, 1), [=](Tensor& out) { nanmean_out(out, x, 1); });
    one("nanquantile_out", nanquantile(x, half, 1),
        [=](Tensor& out) { nanquantile_out(out, x, half, 1); });
    one("nansum_out", nansum(x, 1), [=](Tensor& out) { nansum_out(out, x, 1); });
    one("nextafter_out", nextafter(x, x + 1), [=](Tensor& out) { nextafter_out(out, x, x + 1); });
    one("nonzero_out", nonzero(b), [=](Tensor& out) { nonzero_out(out, b); });
    one("norm_out", norm(x, Scalar(3), 1), [=](Tensor& out) { norm_out(out, x, Scalar(3), 1); });
    one("outer_out", outer(v3, v4), [=](Tensor& out) { outer_out(out, v3, v4); });
    one("prod_out", prod(x, 1), [=](Tensor& out) { prod_out(out, x, 1); });
    one("quantile_out", quantile(x, half, 1), [=](Tensor& out) { quantile_out(out, x, half, 1); });
    one("renorm_out", renorm(x, 2, 0, 1), [=](Tensor& out) { renorm_out(out, x, 2, 0, 1); });
    one("scatter_add_out", scatter_add(x, 1, index, x),
        [=](Tensor& out) { scatter_add_out(out, x, 1, index, x); });
    one("scatter_out", scatter(x, 1, permuted, x),
        [=](Tensor& out) { scatter_out(out, x, 1, permuted, x); });
    one("searchsorted_out", searchsorted(sorted, x),
        [=](Tensor& out) { searchsorted_out(out, sorted, x); });
    one("softmax_out", softmax(x, 1), [=](Tensor& out) { softmax_out(out, x, 1); });
    one("stack_out", stack(list, 1), [=](Tensor& out) { stack_out(out, list, 1); });
    one("std_out", std(x, 1), [=](Tensor& out) { std_out(out, x, 1); });
    one("sum_out", sum(x, 1), [=](Tensor& out) { sum_out(out, x, 1); });
    one("take_along_dim_out", take_along_dim(x, index, 1),
        [=](Tensor& out) { take_along_dim_out(out, x, index, 1); });
    one("take_out", take(x, rows), [=](Tensor& out) { take_out(out, x, rows); });
    one("tril_out", tril(x, 1), [=](Tensor& out) { tril_out(out, x, 1); });
    one("triu_out", triu(x, 1), [=](Tensor& out) { triu_out(out, x, 1); });
    one("var_out", var(x, 1), [=](Tensor& out) { var_out(out, x, 1); });
    one("vdot_out", vdot(v3, v3), [=](Tensor& out) { vdot_out(out, v3, v3); });
    one("vstack_out", vstack(list), [=](Tensor& out) { vstack_out(out, list); });
    one("where_out", where(b, x, -x), [=](Tensor& out) { where_out(out, b, x, -x); });
    two("aminmax_out", aminmax(x, 1),
        [=](Tensor& first, Tensor& second) { aminmax_out(first, second, x, 1); });
    two("cummax_out", cummax(x, 1),
        [=](Tensor& first, Tensor& second) { cummax_out(first, second, x, 1); });
    two("cummin_out", cummin(x, 1),
        [=](Tensor& first, Tensor& second) { cummin_out(first, second, x, 1); });
    two("kthvalue_out", kthvalue(x, 2, 1),
        [=](Tensor& first, Tensor& second) { kthvalue_out(first, second, x, 2, 1); });
    two("max_out", max(x, 1), [=](Tensor& first, Tensor& second) { max_out(first, second, x, 1); });
    two("median_out", median(x, 1),
        [=](Tensor& first, Tensor& second) { median_out(first, second, x, 1); });
    two("min_out", min(x, 1), [=](Tensor& first, Tensor& second) { min_out(first, second, x, 1); });
    two("mode_out", mode(x, 1),
        [=](Tensor& first, Tensor& second) { mode_out(first, second, x, 1); });
    two("nanmedian_out", nanmedian(x, 1),
        [=](Tensor& first, Tensor& second) { nanmedian_out(first, second, x, 1); });
    two("sort_out", sort(x, 1),
        [=](Tensor& first, Tensor& second) { sort_out(first, second, x, 1); });
    two("topk_out", topk(x, 2, 1),
        [=](Tensor& first, Tensor& second) { topk_out(first, second, x, 2, 1); });
    in_place(
        "alpha_dropout_", [=] { return alpha_dropout(x, 0.4, true); },
        [=](Tensor& self) { alpha_dropout_(self, 0.4, true); });
    in_place(
        "feature_alpha_dropout_", [=] { return feature_alpha_dropout(x, 0.4, true); },
        [=](Tensor& self) { feature_alpha_dropout_(self, 0.4, true); });
    in_place(
        "feature_dropout_", [=] { return feature_dropout(x, 0.4, true); },
        [=](Tensor& self) { feature_dropout_(self, 0.4, true); });
    in_place(
        "rrelu_", [=] { return rrelu(x, 0.1, 0.4, true); },
        [=](Tensor& self) { rrelu_(self, 0.1, 0.4, true); });
  }
};

const Forms& forms() {
  static const Forms all;
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
