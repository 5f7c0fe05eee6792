// Sorting, selecting, searching and counting.

#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using BadCalls = std::vector<std::function<void()>>;
using Results = std::vector<Tensor>;

Results pair_of(const std::tuple<Tensor, Tensor>& y) {
  return {std::get<0>(y), std::get<1>(y)};
}
Results triple_of(const std::tuple<Tensor, Tensor, Tensor>& y) {
  return {std::get<0>(y), std::get<1>(y), std::get<2>(y)};
}

// Each of them has elements along both dims.
std::vector<Sample> rows_and_columns() {
  return {
      {"contiguous", {values({3, 4}, -2, 2, 1)}},
      {"transposed", {values({4, 3}, -2, 2, 2).t()}},
      {"every second column", {values({3, 8}, -2, 2, 3).slice(1, 0, 8, 2)}},
      {"offset slice", {values({5, 4}, -2, 2, 4).narrow(0, 1, 3)}},
      {"three dims", {values({2, 3, 2}, -2, 2, 5)}},
      {"one row", {values({1, 5}, -2, 2, 6)}},
  };
}

// Integers with repetitions.
std::vector<Sample> repeated_integers() {
  const Tensor x = tensor({{3, 1, 2, 1}, {0, 3, 3, 1}, {2, 2, 0, 5}});
  return {
      {"contiguous", {x}},
      {"transposed", {x.t()}},
      {"every second column", {x.slice(1, 0, 4, 2)}},
      {"offset slice", {x.narrow(0, 1, 2)}},
      {"number", {tensor({3}).squeeze()}},
      {"no elements", {zeros({0}, kLong)}},
      {"bytes", {x.to(kByte)}},
  };
}

std::vector<Sample> lists(const std::vector<Sample>& samples) {
  std::vector<Sample> flat;
  for (const Sample& sample : samples) flat.push_back({sample.what, {sample.inputs[0].flatten()}});
  return flat;
}

}  // namespace

void add_sorting_ops(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, OpInfo::Function op, std::vector<Sample> samples,
                       BadCalls errors = {}, size_t required = 1) {
    table.push_back({name, std::move(op), std::move(samples), std::move(errors), required});
  };

  row("sort", [](const Results& x) { return pair_of(sort(x[0])); }, layouts(),
      {[] {
         sort(ones({2, 3}), 2);
       },
       [] {
         sort(ones({2, 3}), -3);
       },
       [] { sort(Tensor()); }, [] { sort(ones({}), 1); },
       [] {
         Tensor values = empty({2}, kLong), indices = empty({0}, kLong);
         sort_out(values, indices, ones({2, 3}));
       },
       [] {
         Tensor values = empty({0}), indices = empty({0}, kBool);
         sort_out(values, indices, ones({2, 3}));
       }});
  row(
      "sort", [](const Results& x) { return pair_of(sort(x[0], 0, /*descending=*/true)); },
      layouts());
  row("argsort", [](const Results& x) { return Results{argsort(x[0], 0)}; }, layouts(),
      {[] {
         argsort(ones({2, 3}), 2);
       },
       [] {
         argsort(ones({2, 3}), -3);
       },
       [] { argsort(Tensor()); }, [] { argsort(ones({}), 1); },
       [] { argsort(ones({2}), /*stable=*/true, 1); }});
  row("msort", [](const Results& x) { return Results{msort(x[0])}; }, layouts(),
      {[] { msort(Tensor()); },
       [] {
         Tensor out = empty({3}, kBool);
         msort_out(out, ones({2}));
       },
       [] {
         Tensor out = empty({2}, kLong);
         msort_out(out, ones({2}));
       },
       [] {
         Tensor out;
         msort_out(out, ones({2}));
       },
       [] {
         Tensor out = empty({2});
         msort_out(out, ones({2}).requires_grad_());
       }});
  row("topk", [](const Results& x) { return pair_of(topk(x[0], 2, 0)); },
      {{"contiguous", {values({3, 4}, -2, 2, 1)}},
       {"transposed", {values({4, 3}, -2, 2, 2).t()}},
       {"every second column", {values({3, 8}, -2, 2, 3).slice(1, 0, 8, 2)}},
       {"offset slice", {values({5, 4}, -2, 2, 4).narrow(0, 1, 3)}},
       {"three dims", {values({2, 3, 2}, -2, 2, 5)}},
       {"no elements", {values({3, 0}, -2, 2, 6)}}},
      {[] {
         topk(ones({2, 3}), 4);
       },
       [] {
         topk(ones({2, 3}), -1);
       },
       [] {
         topk(ones({2, 3}), 1, 2);
       },
       [] { topk(ones({2}) > 0, 1); }, [] { topk(Tensor(), 1); }, [] { topk(ones({}), 2); },
       [] {
         topk(ones({2, 3}), INT64_MIN);
       }});
  row(
      "topk", [](const Results& x) { return pair_of(topk(x[0], 1, -1, /*largest=*/false)); },
      layouts());
  row("kthvalue", [](const Results& x) { return pair_of(kthvalue(x[0], 2, -1)); },
      rows_and_columns(),
      {[] {
         kthvalue(ones({2, 3}), 4);
       },
       [] {
         kthvalue(ones({2, 3}), 0);
       },
       [] {
         kthvalue(ones({2, 3}), 1, 2);
       },
       [] { kthvalue(ones({2}) > 0, 1); },
       [] {
         kthvalue(ones({2, 0}), 1);
       }});
  row("kthvalue", [](const Results& x) { return pair_of(kthvalue(x[0], 1, 0, true)); },
      {{"number", {values({}, -2, 2, 1)}}, {"no rows", {values({2, 0}, -2, 2, 2)}}});
  row(
      "median", [](const Results& x) { return Results{median(x[0])}; }, rows_and_columns());
  row("median", [](const Results& x) { return pair_of(median(x[0], 1)); }, rows_and_columns(),
      {[] {
         median(ones({2, 3}), 2);
       },
       [] {
         median(ones({0, 3}), 0);
       },
       [] { median(ones({2}) > 0); }, [] { median(ones({2}) > 0, 0); }, [] { median(Tensor()); }});
  row(
      "median", [](const Results& x) { return pair_of(median(x[0], -1, true)); }, layouts());
  row(
      "nanmedian", [](const Results& x) { return Results{nanmedian(x[0])}; }, rows_and_columns());
  row("nanmedian", [](const Results& x) { return pair_of(nanmedian(x[0], 0)); }, rows_and_columns(),
      {[] {
         nanmedian(ones({2, 3}), 2);
       },
       [] {
         nanmedian(ones({0, 3}), 0);
       },
       [] { nanmedian(ones({2}) > 0); }, [] { nanmedian(ones({2}) > 0, 0); },
       [] { nanmedian(Tensor()); }});
  row("mode", [](const Results& x) { return pair_of(mode(x[0])); }, layouts(),
      {[] {
         mode(ones({2, 3}), 2);
       },
       [] {
         mode(ones({0, 3}), 0);
       },
       [] { mode(Tensor()); }, [] { mode(zeros({0})); }, [] { mode(ones({}), -2); }});
  row("mode", [](const Results& x) { return pair_of(mode(x[0].reshape({-1}), 0, true)); },
      {{"integers", {tensor({3, 1, 1, 3, 2})}}, {"bytes", {tensor({7, 7, 9}, kByte)}}});
  row(
      "quantile",
      [](const Results& x) { return Results{quantile(x[0], scalar_tensor(0.3, x[0].dtype()))}; },
      rows_and_columns());
  row("quantile",
      [](const Results& x) { return Results{quantile(x[0], x[1].to(x[0].dtype()), 1, true)}; },
      {{"contiguous", {values({3, 4}, -2, 2, 1), tensor({0.21, 0.8}, kDouble)}},
       {"transposed", {values({4, 3}, -2, 2, 2).t(), tensor({0.4}, kDouble)}},
       {"three dims", {values({2, 3, 2}, -2, 2, 5), tensor({0.3, 0.7}, kDouble)}},
       {"offset slice", {values({5, 4}, -2, 2, 4).narrow(0, 1, 3), tensor({0.15}, kDouble)}}},
      {[] {
         quantile(ones({2, 3}), 1.5);
       },
       [] {
         quantile(ones({2, 3}), -0.1);
       },
       [] {
         quantile(ones({2, 3}), 0.5, 2);
       },
       [] { quantile(ones({0}), 0.5); }, [] { quantile(ones({2}, kLong), 0.5); },
       [] { quantile(ones({2}), ones({1}, kDouble)); },
       [] {
         quantile(ones({2}), ones({1, 1}));
       },
       [] { quantile(ones({2}), NAN); }, [] { quantile(ones({2}), 0.5, 0, false, "cubic"); },
       [] { quantile(Tensor(), 0.5); }, [] { quantile(ones({2}), full({1}, NAN)); }});
  row(
      "quantile",
      [](const Results& x) { return Results{quantile(x[0], 0.6, 0, false, "midpoint")}; },
      rows_and_columns());
  row("nanquantile",
      [](const Results& x) {
        return Results{nanquantile(x[0], scalar_tensor(0.3, x[0].dtype()), -1)};
      },
      rows_and_columns(),
      {[] {
         nanquantile(ones({2, 3}), 1.5);
       },
       [] {
         nanquantile(ones({2, 3}), 0.5, 2);
       },
       [] { nanquantile(ones({0}), 0.5); }, [] { nanquantile(ones({2}, kLong), 0.5); },
       [] { nanquantile(ones({2}), 0.5, 0, false, "cubic"); }, [] { nanquantile(Tensor(), 0.5); }});

  // --- searching and counting
  const Tensor steps = tensor({{1.0, 3.0, 5.0}, {0.0, 2.0, 2.0}}, kDouble);
  row(
      "searchsorted",
      [](const Results& x) { return Results{searchsorted(x[0], x[1], false, /*right=*/true)}; },
      {{"rows", {steps, tensor({{3.0, 0.0}, {2.0, 9.0}}, kDouble)}},
       {"transposed", {steps.t().contiguous().t(), tensor({{3.0, 2.0}, {0.0, 9.0}}, kDouble).t()}},
       {"one row", {steps[0], values({2, 3}, 0, 6, 1)}},
       {"number", {steps[0], values({}, 0, 6, 1)}},
       {"no values", {steps, zeros({2, 0}, kDouble)}},
       {"no boundaries", {zeros({0}, kDouble), values({2}, 0, 6, 1)}}},
      {[] {
         searchsorted(ones({2, 3}), ones({3, 3}));
       },
       [] {
         searchsorted(ones({2, 3}), ones({}));
       },
       [] { searchsorted(ones({}), ones({2})); },
       [] { searchsorted(ones({2}), ones({2}), false, false, "middle"); },
       [] { searchsorted(ones({2}), ones({2}), false, true, "left"); },
       [] {
         searchsorted(ones({2}), ones({2}), false, false, "left", tensor({0, 2}));
       },
       [] { searchsorted(ones({2}), ones({2}), false, false, "left", tensor({0})); },
       [] { searchsorted(ones({2}), ones({2}), false, false, "left", ones({2})); },
       [] { searchsorted(ones({2}) > 0, ones({2}) > 0); }},
      2);
  row(
      "bucketize", [](const Results& x) { return Results{bucketize(x[0], x[1])}; },
      {{"contiguous", {values({2, 3}, 0, 6, 1), steps[0]}},
       {"transposed", {values({2, 3}, 0, 6, 2).t(), steps[0]}},
       {"number", {values({}, 0, 6, 1), steps[0]}},
       {"no elements", {zeros({0, 3}, kDouble), steps[0]}},
       {"every second boundary", {values({4}, 0, 6, 3), arange(6.0, kDouble).slice(0, 0, 6, 2)}},
       {"no boundaries", {values({2}, 0, 6, 1), zeros({0}, kDouble)}}},
      {[] {
         bucketize(ones({2}), ones({1, 2}));
       },
       [] { bucketize(ones({2}), ones({})); },
       [] {
         bucketize(1, ones({1, 2}));
       },
       [] { bucketize(1, Tensor()); }, [] { bucketize(ones({2}) > 0, ones({2}) > 0); }},
      2);
  const Tensor some = tensor({2, 3, 9});
  row(
      "isin", [](const Results& x) { return Results{isin(x[0], x[1])}; },
      {{"contiguous", {repeated_integers()[0].inputs[0], some}},
       {"transposed", {repeated_integers()[1].inputs[0], some}},
       {"every second column", {repeated_integers()[2].inputs[0], some}},
       {"number", {repeated_integers()[4].inputs[0], some}},
       {"no elements", {zeros({0, 3}, kLong), some}},
       {"no tests", {some, zeros({0}, kLong)}},
       {"floats", {some.to(kDouble), tensor({2.5, 9.0}, kDouble)}}},
      {[] { isin(ones({2}) > 0, ones({2}) > 0); }, [] { isin(Tensor(), ones({2})); },
       [] { isin(ones({2}), Tensor()); }, [] { isin(Tensor(), 1); }, [] { isin(1, Tensor()); }},
      2);
  row("unique",
      [](const Results& x) {
        return triple_of(unique(x[0], true, /*return_inverse=*/true, /*return_counts=*/true));
      },
      repeated_integers(),
      {[] { unique(Tensor()); },
       [] {
         unique(ones({2, 3}), true, false, false, 2);
       },
       [] {
         unique(ones({2, 3}), true, false, false, -3);
       },
       [] { unique(ones({}), true, false, false, 0); },
       [] {
         unique(ones({2, 0}), true, false, false, 0);
       }});
  const std::vector<Sample> slices = {
      {"contiguous", {tensor({{3, 1}, {1, 2}, {3, 1}})}},
      {"transposed", {tensor({{3, 1}, {1, 2}, {3, 1}}).t()}},
      {"every second row", {tensor({{3, 1}, {1, 2}, {3, 1}}).slice(0, 0, 3, 2)}},
      {"three dims", {arange(8).view({2, 2, 2}).remainder(2)}},
      {"one dim", {tensor({2, 1, 2})}},
      {"no slices", {zeros({0, 3}, kLong)}},
  };
  row("unique_dim",
      [](const Results& x) { return triple_of(unique_dim(x[0], 0, true, true, true)); }, slices,
      {[] {
         unique_dim(ones({2, 3}), 2);
       },
       [] {
         unique_dim(ones({2, 3}), -3);
       },
       [] { unique_dim(ones({}), 0); },
       [] {
         unique_dim(ones({2, 0}), 0);
       },
       [] { unique_dim(Tensor(), 0); }});
  row("unique_consecutive",
      [](const Results& x) { return triple_of(unique_consecutive(x[0], true, true)); },
      repeated_integers(),
      {[] { unique_consecutive(Tensor()); },
       [] {
         unique_consecutive(ones({2, 3}), false, false, 2);
       },
       [] {
         unique_consecutive(ones({2, 3}), false, false, -3);
       },
       [] { unique_consecutive(ones({}), false, false, 0); },
       [] {
         unique_consecutive(ones({2, 0}), false, false, 0);
       }});
  row(
      "unique_consecutive",
      [](const Results& x) { return triple_of(unique_consecutive(x[0], true, true, 0)); }, slices);
  row("bincount", [](const Results& x) { return Results{bincount(x[0])}; },
      lists(repeated_integers()),
      {[] {
         bincount(tensor({1, -1}));
       },
       [] { bincount(ones({2})); }, [] { bincount(ones({2}) > 0); },
       [] {
         bincount(tensor({{1, 2}}));
       },
       [] { bincount(tensor({1}), {}, -1); }, [] { bincount(tensor({1}), ones({2})); },
       [] { bincount(tensor({INT64_MAX})); }, [] { bincount(Tensor()); },
       [] { bincount(tensor({INT64_MIN})); }});
  row("unique_dim_consecutive",
      [](const Results& x) { return triple_of(unique_dim_consecutive(x[0], 0, true, true)); },
      slices,
      {[] {
         unique_dim_consecutive(ones({2, 3}), 2);
       },
       [] {
         unique_dim_consecutive(ones({2, 3}), -3);
       },
       [] { unique_dim_consecutive(ones({}), 0); },
       [] {
         unique_dim_consecutive(ones({2, 0}), 0);
       },
       [] { unique_dim_consecutive(Tensor(), 0); }});
  const auto bins_of = [](std::tuple<Tensor, Tensor> y) {
    return Results{std::get<0>(y), std::get<1>(y)};
  };
  const Errors histogram_errors = {[] { histogram(Tensor(), 3); },
                                   [] { histogram(ones({2}), 0); },
                                   [] { histogram(ones({2}), INT64_MAX); },
                                   [] { histogram(ones({2}, kLong), 3); },
                                   [] {
                                     histogram(ones({2}), 3, {2.0, 1.0});
                                   },
                                   [] {
                                     histogram(ones({2}), 3, {0.0, INFINITY});
                                   },
                                   [] { histogram(ones({2}), 3, 1.0); },
                                   [] { histogram(full({2}, NAN), 3); },
                                   [] { histogram(ones({2}), 3, {}, ones({3})); },
                                   [] { histogram(ones({2}), 3, {}, ones({2}, kDouble)); },
                                   [] { histogram(ones({2}), Tensor()); },
                                   [] { histogram(ones({2}), ones({1})); },
                                   [] {
                                     histogram(ones({2}), ones({2, 2}));
                                   },
                                   [] { histogram(ones({2}), ones({3}, kDouble)); }};
  row(
      "histogram",
      [=](const Results& x) {
        return bins_of(histogram(x[0], 4, {-1.0, 2.0}));
      },
      layouts(), histogram_errors);
  row("histogram",
      [=](const Results& x) {
        return bins_of(histogram(x[0], tensor({-2.0, 0.0, 0.5, 2.0}, x[0].scalar_type()),
                                 arange(x[0].numel(), x[0].scalar_type()).reshape(x[0].sizes()),
                                 /*density=*/true));
      },
      {{"contiguous", {values({3, 4})}},
       {"transposed", {values({3, 4}).t()}},
       {"every second column", {values({3, 8}).slice(1, 0, 8, 2)}}});
  row("histogramdd",
      [](const Results& x) {
        const auto [counts, edges] = histogramdd(x[0], {2, 3}, {-1.0, 1.0, -2.0, 2.0});
        return Results{counts, edges[0], edges[1]};
      },
      {{"points", {values({5, 2})}},
       {"transposed", {values({2, 5}).t()}},
       {"gaps", {values({5, 4}).slice(1, 0, 4, 2)}},
       {"more dims", {values({2, 3, 2})}},
       {"no points", {values({0, 2})}}},
      {[] { histogramdd(Tensor(), 3); }, [] { histogramdd(ones({3}), 3); },
       [] {
         histogramdd(ones({3, 2}), 0);
       },
       [] {
         histogramdd(ones({3, 2}), IntArrayRef({2, 2, 2}));
       },
       [] {
         histogramdd(ones({3, 2}), 3, {0.0, 1.0});
       },
       [] {
         histogramdd(ones({3, 2}, kLong), 3);
       },
       [] {
         histogramdd(ones({3, 2}), IntArrayRef({INT64_MAX / 2, INT64_MAX / 2}));
       },
       [] {
         histogramdd(ones({3, 2}), std::vector<Tensor>{ones({3})});
       },
       [] {
         histogramdd(ones({3, 2}), std::vector<Tensor>{ones({3}), Tensor()});
       }});
  row("histc", [](const Results& x) { return Results{histc(x[0], 4, -2, 2)}; }, layouts(),
      {[] { histc(ones({2}), 0); }, [] { histc(ones({2}), -1); }, [] { histc(ones({2}), 2, 3, 1); },
       [] { histc(ones({2}), 2, 0, INFINITY); }, [] { histc(ones({2}, kLong)); },
       [] { histc(full({2}, NAN)); }, [] { histc(Tensor()); }});
}

}  // namespace gradus::test
