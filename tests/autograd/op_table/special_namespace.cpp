// Special functions, running extremes, and products and arrangements of vectors.

#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using BadCalls = std::vector<std::function<void()>>;
using Results = std::vector<Tensor>;

// Calls that fail for any function of one tensor.
template <class F>
BadCalls unary_errors(F f) {
  return {[f] { f(Tensor()); }};
}

template <class F>
BadCalls binary_errors(F f) {
  return {[f] {
            f(ones({2, 3}), ones({4}));
          },
          [f] { f(Tensor(), ones({4})); }, [f] { f(ones({4}), Tensor()); },
          [f] {
            f(ones({2, 3}), ones({2, 2}));
          },
          [f] { f(ones({0}), ones({2})); }};
}

std::vector<Sample> vectors(int64_t count) {
  std::vector<Sample> samples;
  const auto add = [&](const char* what, auto make) {
    Sample sample{what, {}};
    for (int64_t i = 0; i < count; ++i) sample.inputs.push_back(make(static_cast<uint64_t>(i)));
    samples.push_back(std::move(sample));
  };
  add("contiguous", [](uint64_t i) { return values({3}, -2, 2, i + 1); });
  add("every second", [](uint64_t i) { return values({6}, -2, 2, i + 11).slice(0, 0, 6, 2); });
  add("offset", [](uint64_t i) { return values({5}, -2, 2, i + 21).narrow(0, 2, 3); });
  add("column", [](uint64_t i) { return values({4, 2}, -2, 2, i + 31).select(1, 1); });
  add("one element", [](uint64_t i) { return values({1}, -2, 2, i + 41); });
  add("no elements", [](uint64_t) { return zeros({0}, kDouble); });
  return samples;
}

std::vector<Sample> with_dim() {
  return {
      {"contiguous", {values({3, 4}, -2, 2, 1)}},
      {"transposed", {values({4, 3}, -2, 2, 2).t()}},
      {"every second column", {values({3, 8}, -2, 2, 3).slice(1, 0, 8, 2)}},
      {"offset slice", {values({5, 4}, -2, 2, 4).narrow(0, 1, 3)}},
      {"three dims", {values({2, 3, 2}, -2, 2, 5)}},
      {"no elements", {zeros({3, 0}, kDouble)}},
  };
}

}  // namespace

void add_special_namespace(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, OpInfo::Function op, std::vector<Sample> samples,
                       BadCalls errors = {}, size_t required = 1) {
    table.push_back({name, std::move(op), std::move(samples), std::move(errors), required});
  };
  const auto unary = [&](const char* name, Tensor (*op)(const Tensor&), double low, double high) {
    row(name, of_one(op), layouts(low, high), unary_errors(op));
    table.back().few_errors = "takes one tensor";
  };
  const auto binary = [&](const char* name, Tensor (*op)(const Tensor&, const Tensor&),
                          std::vector<Sample> samples) {
    row(name, of_two(op), std::move(samples), binary_errors(op), 2);
  };

  unary("erfcx", special::erfcx, -2, 2);
  unary("ndtr", special::ndtr, -2, 2);
  unary("log_ndtr", special::log_ndtr, -4, 2);
  unary("ndtri", special::ndtri, 0.05, 0.95);
  unary("entr", special::entr, 0.1, 2);
  unary("airy_ai", special::airy_ai, -3, 3);
  unary("bessel_j0", special::bessel_j0, -6, 6);
  unary("bessel_j1", special::bessel_j1, -6, 6);
  unary("bessel_y0", special::bessel_y0, 0.3, 6);
  unary("bessel_y1", special::bessel_y1, 0.3, 6);
  unary("i0", special::i0, -4, 4);
  unary("i0e", special::i0e, -4, 4);
  unary("i1", special::i1, -4, 4);
  unary("i1e", special::i1e, -4, 4);
  unary("modified_bessel_k0", special::modified_bessel_k0, 0.3, 4);
  unary("modified_bessel_k1", special::modified_bessel_k1, 0.3, 4);
  unary("scaled_modified_bessel_k0", special::scaled_modified_bessel_k0, 0.3, 4);
  unary("scaled_modified_bessel_k1", special::scaled_modified_bessel_k1, 0.3, 4);
  unary("spherical_bessel_j0", special::spherical_bessel_j0, -6, 6);
  binary("xlog1py", special::xlog1py, pairs(-2, 2, -0.5, 2));
  // Differentiable in the second argument only, so the first one is a tensor of integers.
  const auto of_parameter = [](std::vector<Sample> samples) {
    for (Sample& sample : samples) sample.inputs[0] = (sample.inputs[0] * 2).ceil().to(kLong);
    return samples;
  };
  binary("zeta", special::zeta, of_parameter(pairs(1, 3, 0.5, 4)));
  binary("gammainc", special::gammainc, of_parameter(pairs(0.5, 3, 0.5, 4)));
  binary("gammaincc", special::gammaincc, of_parameter(pairs(0.5, 3, 0.5, 4)));
  row("multigammaln", [](const Results& x) { return Results{special::multigammaln(x[0], 3)}; },
      layouts(1.5, 4),
      {[] { special::multigammaln(ones({2}), 0); }, [] { special::multigammaln(ones({2}), -1); },
       [] { special::multigammaln(Tensor(), 1); },
       [] { special::multigammaln(ones({2}), INT64_MIN); },
       [] { special::multigammaln(ones({2}), INT64_MAX); }});

  // Not differentiable, so x comes as quarters of integers.
  const auto polynomial = [&](const char* name, Tensor (*op)(const Tensor&, const Tensor&)) {
    std::vector<Sample> samples = pairs(-1.5, 1.5, 0, 9);
    for (Sample& sample : samples) {
      sample.inputs = {(sample.inputs[0] * 4).to(kLong), sample.inputs[1].to(kLong)};
    }
    row(
        name, [op](const Results& x) { return Results{op(x[0].to(kDouble) / 4, x[1])}; },
        std::move(samples), binary_errors(op), 2);
  };
  polynomial("chebyshev_polynomial_t", special::chebyshev_polynomial_t);
  polynomial("chebyshev_polynomial_u", special::chebyshev_polynomial_u);
  polynomial("chebyshev_polynomial_v", special::chebyshev_polynomial_v);
  polynomial("chebyshev_polynomial_w", special::chebyshev_polynomial_w);
  polynomial("shifted_chebyshev_polynomial_t", special::shifted_chebyshev_polynomial_t);
  polynomial("shifted_chebyshev_polynomial_u", special::shifted_chebyshev_polynomial_u);
  polynomial("shifted_chebyshev_polynomial_v", special::shifted_chebyshev_polynomial_v);
  polynomial("shifted_chebyshev_polynomial_w", special::shifted_chebyshev_polynomial_w);
  polynomial("hermite_polynomial_h", special::hermite_polynomial_h);
  polynomial("hermite_polynomial_he", special::hermite_polynomial_he);
  polynomial("laguerre_polynomial_l", special::laguerre_polynomial_l);
  polynomial("legendre_polynomial_p", special::legendre_polynomial_p);
  row(
      "nextafter",
      [](const Results& x) {
        return Results{nextafter(x[0], x[1]).sub(x[0].detach()).abs().lt(1e-6)};
      },
      pairs(),
      {[] { nextafter(ones({2}, kLong), ones({2}, kLong)); },
       [] { nextafter(Tensor(), ones({2})); }, [] { nextafter(ones({2}), Tensor()); },
       [] { nextafter(ones({2}), ones({3})); }, [] { nextafter(ones({2}) > 0, ones({2}) > 0); }},
      2);

  // --- running results
  const auto pair_of = [](const std::tuple<Tensor, Tensor>& y) {
    return Results{std::get<0>(y), std::get<1>(y)};
  };
  row("cummax", [=](const Results& x) { return pair_of(cummax(x[0], -1)); }, layouts(),
      {[] {
         cummax(ones({2, 3}), 2);
       },
       [] {
         cummax(ones({2, 3}), -3);
       },
       [] { cummax(Tensor(), 0); }, [] { cummax(ones({}), 1); },
       [] {
         Tensor values = empty({2}, kLong), indices = empty({0}, kLong);
         cummax_out(values, indices, ones({3}), 0);
       }});
  row("cummin", [=](const Results& x) { return pair_of(cummin(x[0], 0)); }, layouts(),
      {[] {
         cummin(ones({2, 3}), 2);
       },
       [] {
         cummin(ones({2, 3}), -3);
       },
       [] { cummin(Tensor(), 0); }, [] { cummin(ones({}), 1); },
       [] {
         Tensor values = empty({2}, kLong), indices = empty({0}, kLong);
         cummin_out(values, indices, ones({3}), 0);
       }});
  row("logcumsumexp", [](const Results& x) { return Results{logcumsumexp(x[0], -1)}; }, layouts(),
      {[] {
         logcumsumexp(ones({2, 3}), 2);
       },
       [] {
         logcumsumexp(ones({2, 3}), -3);
       },
       [] { logcumsumexp(Tensor(), 0); }, [] { logcumsumexp(ones({2}, kLong), 0); },
       [] { logcumsumexp(ones({}), 1); }});
  row(
      "logcumsumexp", [](const Results& x) { return Results{logcumsumexp(x[0], 0)}; }, layouts());
  row(
      "dist", [](const Results& x) { return Results{dist(x[0], x[1])}; }, pairs(-2, 0, 0.5, 2),
      {[] {
         dist(ones({2, 3}), ones({4}));
       },
       [] { dist(Tensor(), ones({4})); }, [] { dist(ones({4}), Tensor()); },
       [] { dist(ones({2}, kLong), ones({2}, kLong)); },
       [] { dist(ones({2}) > 0, ones({2}) > 0); }},
      2);
  row("renorm", [](const Results& x) { return Results{renorm(x[0], 2, 0, 1.5)}; }, with_dim(),
      {[] { renorm(ones({2}), 2, 0, 1); },
       [] {
         renorm(ones({2, 3}), 2, 2, 1);
       },
       [] {
         renorm(ones({2, 3}), 0, 0, 1);
       },
       [] {
         renorm(ones({2, 3}), 2, 0, -1);
       },
       [] {
         renorm(ones({2, 3}, kLong), 2, 0, 1);
       },
       [] { renorm(Tensor(), 2, 0, 1); }});
  row(
      "renorm", [](const Results& x) { return Results{renorm(x[0], 3, -1, 1.0)}; }, with_dim());
  row("norm_except_dim",
      [](const Results& x) { return Results{norm_except_dim(x[0], 2, x[0].dim() == 0 ? 0 : 1)}; },
      with_dim(),
      {[] { norm_except_dim(Tensor()); },
       [] {
         norm_except_dim(ones({2, 3}), 2, 2);
       },
       [] {
         norm_except_dim(ones({2, 3}), 2, INT64_MIN);
       },
       [] {
         norm_except_dim(ones({2, 3}, kLong));
       },
       [] {
         norm_except_dim(ones({2, 3}, kBool), 2, -1);
       }});
  row(
      "norm_except_dim", [](const Results& x) { return Results{norm_except_dim(x[0], 3, -1)}; },
      with_dim());
  row("trapezoid", [](const Results& x) { return Results{trapezoid(x[0], 0.5, -1)}; }, with_dim(),
      {[] { trapezoid(ones({}), 1); },
       [] {
         trapezoid(ones({2, 3}), 1, 2);
       },
       [] {
         trapezoid(ones({2, 3}), ones({2}), 1);
       },
       [] { trapezoid(ones({2}), Tensor()); }, [] { trapezoid(Tensor(), 1); },
       [] {
         trapezoid(ones({2, 3}), ones({4, 3}));
       },
       [] { trapezoid(ones({2}), ones({})); }});
  row(
      "trapezoid", [](const Results& x) { return Results{trapezoid(x[0], x[1], 0)}; }, vectors(2),
      {}, 2);
  row("cumulative_trapezoid",
      [](const Results& x) { return Results{cumulative_trapezoid(x[0], 0.5, 1)}; }, with_dim(),
      {[] { cumulative_trapezoid(ones({}), 1); },
       [] {
         cumulative_trapezoid(ones({2, 3}), 1, 2);
       },
       [] {
         cumulative_trapezoid(ones({2, 3}), ones({2}), 1);
       },
       [] { cumulative_trapezoid(ones({2}), Tensor()); },
       [] { cumulative_trapezoid(Tensor(), 1); }});
  row(
      "cumulative_trapezoid",
      [](const Results& x) { return Results{cumulative_trapezoid(x[0], x[1])}; }, vectors(2), {},
      2);

  // --- products and arrangements
  row("inner", of_two([](const Tensor& a, const Tensor& b) { return inner(a, b); }),
      {{"vectors", {values({3}, -2, 2, 1), values({3}, -2, 2, 2)}},
       {"matrices", {values({2, 3}, -2, 2, 3), values({4, 3}, -2, 2, 4)}},
       {"transposed", {values({3, 2}, -2, 2, 5).t(), values({3, 4}, -2, 2, 6).t()}},
       {"number", {values({}, -2, 2, 7), values({2, 3}, -2, 2, 8)}},
       {"three dims", {values({2, 1, 3}, -2, 2, 9), values({3}, -2, 2, 10)}},
       {"no rows", {values({0, 3}, -2, 2, 11), values({2, 3}, -2, 2, 12)}},
       {"no terms", {values({2, 0}, -2, 2, 13), values({3, 0}, -2, 2, 14)}}},
      {[] {
         inner(ones({2, 3}), ones({4}));
       },
       [] { inner(Tensor(), ones({4})); }, [] { inner(ones({4}), Tensor()); },
       [] { inner(ones({2}), ones({2}, kDouble)); }, [] { inner(ones({0}), ones({2})); }},
      2);
  row(
      "addr", [](const Results& x) { return Results{addr(x[0].sum(), x[0], x[1], 0.5, 2)}; },
      vectors(2),
      {[] {
         addr(ones({3, 3}), ones({2}), ones({2}));
       },
       [] {
         addr(ones({}), ones({2, 1}), ones({2}));
       },
       [] { addr(ones({}), ones({2}), ones({})); }, [] { addr(Tensor(), ones({2}), ones({2})); },
       [] { addr(ones({}), Tensor(), ones({2})); },
       [] { addr(ones({}, kLong), ones({2}, kLong), ones({2}, kLong), 1, 0.5); }},
      2);
  row("vander", [](const Results& x) { return Results{vander(x[0], 4)}; }, vectors(1),
      {[] {
         vander(ones({2, 2}));
       },
       [] { vander(ones({})); }, [] { vander(ones({2}), -1); },
       [] { vander(ones({2}), INT64_MAX); }, [] { vander(Tensor()); }});
  row(
      "vander", [](const Results& x) { return Results{vander(x[0], std::nullopt, true)}; },
      vectors(1));
  row(
      "cartesian_prod",
      [](const Results& x) {
        return Results{cartesian_prod({x[0], x[1], x[0]})};
      },
      vectors(2),
      {[] { cartesian_prod({}); },
       [] {
         cartesian_prod({ones({2, 2})});
       },
       [] {
         cartesian_prod({ones({2}), ones({2}, kDouble)});
       },
       [] { cartesian_prod({ones({})}); },
       [] {
         cartesian_prod({ones({2}), Tensor()});
       }},
      2);
  row("combinations", [](const Results& x) { return Results{combinations(x[0])}; }, vectors(1),
      {[] {
         combinations(ones({2, 2}));
       },
       [] { combinations(ones({})); }, [] { combinations(ones({2}), -1); },
       [] { combinations(Tensor()); }, [] { combinations(ones({200}), 100); },
       [] { combinations(ones({2}), INT64_MAX, true); }});
  row(
      "combinations", [](const Results& x) { return Results{combinations(x[0], 3, true)}; },
      vectors(1));
  row("channel_shuffle", [](const Results& x) { return Results{channel_shuffle(x[0], 2)}; },
      {{"contiguous", {values({1, 4, 2}, -2, 2, 1)}},
       {"transposed", {values({4, 2, 2}, -2, 2, 2).transpose(0, 1).transpose(1, 0)}},
       {"channels-last", {values({2, 4, 2, 2}, -2, 2, 3).contiguous(MemoryFormat::ChannelsLast)}},
       {"offset slice", {values({2, 6, 2}, -2, 2, 4).narrow(1, 1, 4)}},
       {"every second", {values({2, 4, 4}, -2, 2, 5).slice(2, 0, 4, 2)}},
       {"no elements", {zeros({0, 4, 2}, kDouble)}}},
      {[] {
         channel_shuffle(ones({4, 4}), 2);
       },
       [] {
         channel_shuffle(ones({1, 4, 1}), 3);
       },
       [] {
         channel_shuffle(ones({1, 4, 1}), 0);
       },
       [] {
         channel_shuffle(ones({1, 4, 1}), -2);
       },
       [] { channel_shuffle(Tensor(), 2); }});
}

}  // namespace gradus::test
