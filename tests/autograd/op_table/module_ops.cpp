// Ops behind the layers of nn: padding, losses with margins, distances, shuffles, kinds of dropout.

#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Inputs = std::vector<Tensor>;

// `labels` one of two numbers, away from any kink.
Tensor signs(IntArrayRef sizes, uint64_t seed = 9) {
  return where(values(sizes, -2, 2, seed).gt(0), ones(sizes, kDouble), -ones(sizes, kDouble));
}

Tensor longs(std::initializer_list<int64_t> numbers) {
  return tensor(std::vector<int64_t>(numbers));
}

OpInfo row(const char* name, std::function<Tensor(const Inputs&)> f, std::vector<Sample> samples,
           Errors errors, size_t required = 1) {
  return {name, [f](const Inputs& x) { return Inputs{f(x)}; }, std::move(samples),
          std::move(errors), required};
}

// Inputs of [C, W]-like shape in many layouts; `rank` dims to pad.
std::vector<Sample> padded_layouts(int64_t rank) {
  std::vector<int64_t> shape{2};
  for (int64_t i = 0; i < rank; ++i) shape.push_back(4 - (i == 2 ? 1 : 0));
  std::vector<int64_t> batch = shape, none = shape, wide = shape;
  batch.insert(batch.begin(), 2);
  none.insert(none.begin(), 0);
  wide.back() *= 2;
  const Tensor x = values(shape, -2, 2, 1);
  return {{"contiguous", {x}},
          {"transposed",
           {values(shape, -2, 2, 2)
                .transpose(-1, -1 - (rank > 1 ? 1 : 0))
                .clone()
                .transpose(0, -1)
                .contiguous()
                .transpose(0, -1)}},
          {"batch", {values(batch, -2, 2, 3)}},
          {"no batch", {values(none, -2, 2, 4)}},
          {"every second", {values(wide, -2, 2, 5).slice(-1, 0, wide.back(), 2)}},
          {"offset slice", {values(batch, -2, 2, 6).narrow(0, 1, 1)}}};
}

template <class Pad>
Errors pad_errors(Pad pad, int64_t rank) {
  const std::vector<int64_t> pads(static_cast<size_t>(2 * rank), 1);
  std::vector<int64_t> shape(static_cast<size_t>(rank + 1), 4);
  auto with_first = [pads](int64_t value) {
    std::vector<int64_t> p = pads;
    p[0] = value;
    return p;
  };
  std::vector<int64_t> hollow = shape;
  hollow.back() = 0;
  return {[=] { pad(ones(shape), {1}); },
          [=] { pad(ones({4}), pads); },
          [=] {
            pad(ones({2, 2, 2, 2, 2, 2, 2}), pads);
          },
          [=] { pad(ones(hollow), pads); },
          [=] { pad(ones(shape), with_first(-8)); },
          [=] { pad(ones(shape), with_first(INT64_MAX)); }};
}

void add_pads(std::vector<OpInfo>& table) {
  table.push_back(
      row("constant_pad_nd",
          [](const Inputs& x) {
            return constant_pad_nd(x[0], {1, 2}, 0.5);
          },
          {{"contiguous", {values({2, 3})}},
           {"transposed", {values({3, 2}).t()}},
           {"one dim", {values({3})}},
           {"no elements", {values({0, 3})}},
           {"nothing in the padded dim", {values({3, 0})}},
           {"every second column", {values({2, 6}).slice(1, 0, 6, 2)}},
           {"channels-last", {values({1, 2, 2, 2}).contiguous(MemoryFormat::ChannelsLast)}}},
          {[] { constant_pad_nd(ones({2}), {1}); },
           [] {
             constant_pad_nd(ones({2}), {1, 1, 1, 1});
           },
           [] {
             constant_pad_nd(ones({2}), {-2, -1});
           },
           [] {
             constant_pad_nd(ones({2}), {INT64_MAX, INT64_MAX});
           },
           [] {
             constant_pad_nd(ones({2, 2}), {INT64_MAX / 2, 0, INT64_MAX / 2, 0});
           }}));
  table.push_back(row("pad",
                      [](const Inputs& x) {
                        return cat({pad(x[0], {2, -1, -1, 1}, "circular").flatten(),
                                    pad(x[0], {-1, 1, 2, -1}).flatten()});
                      },
                      padded_layouts(2),
                      {[] {
                         pad(ones({2, 2}), {1, 1}, "mirror");
                       },
                       [] {
                         pad(ones({2, 2}), {1});
                       },
                       [] {
                         pad(ones({2, 2}), {1, 1, 1, 1, 1, 1});
                       },
                       [] {
                         pad(ones({2, 2}), {3, 0}, "circular");
                       },
                       [] {
                         pad(ones({2, 2}), {1, 0}, "reflect", 2.0);
                       },
                       [] {
                         pad(ones({2, 2}), {1, 1, 1, 1}, "reflect");
                       }}));
  const auto add = [&](const char* name, Tensor (*op)(const Tensor&, IntArrayRef), int64_t rank,
                       bool reflects) {
    std::vector<int64_t> pads{2, 1, 1, -1, -1, 2};
    pads.resize(static_cast<size_t>(2 * rank));
    Errors errors = pad_errors(op, rank);
    if (reflects) {
      errors.push_back([=] {
        std::vector<int64_t> p(static_cast<size_t>(2 * rank), 4);
        op(ones(std::vector<int64_t>(static_cast<size_t>(rank + 1), 4)), p);
      });
    }
    table.push_back(row(
        name, [=](const Inputs& x) { return op(x[0], pads); }, padded_layouts(rank), errors));
  };
  add("reflection_pad1d", reflection_pad1d, 1, true);
  add("reflection_pad2d", reflection_pad2d, 2, true);
  add("reflection_pad3d", reflection_pad3d, 3, true);
  add("replication_pad1d", replication_pad1d, 1, false);
  add("replication_pad2d", replication_pad2d, 2, false);
  add("replication_pad3d", replication_pad3d, 3, false);
}

// (input, other) in layouts, with targets that are constants of the function.
std::vector<Sample> pairs_of(double low_b = -2, double high_b = 2) {
  const auto b = [&](IntArrayRef sizes, uint64_t seed) {
    return values(sizes, low_b, high_b, seed);
  };
  return {{"contiguous", {values({3, 4}, -2, 2, 1), b({3, 4}, 11)}},
          {"transposed", {values({4, 3}, -2, 2, 2).t(), b({4, 3}, 12).t()}},
          {"every second column", {values({3, 8}, -2, 2, 3).slice(1, 0, 8, 2), b({3, 4}, 13)}},
          {"offset slice", {values({5, 4}, -2, 2, 4).narrow(0, 1, 3), b({3, 4}, 14)}},
          {"one row", {values({1, 4}, -2, 2, 5), b({1, 4}, 15)}},
          {"mixed", {values({3, 4}, -2, 2, 6), b({4, 3}, 16).t()}}};
}

std::vector<Sample> singles() {
  std::vector<Sample> samples;
  for (Sample& sample : pairs_of()) samples.push_back({sample.what, {sample.inputs[0]}});
  return samples;
}

Tensor target_for(const Tensor& x, uint64_t seed = 21) {
  return signs(x.sizes(), seed).to(x.dtype());
}

void add_margin_losses(std::vector<OpInfo>& table) {
  const auto two_by_three = [] { return ones({2, 3}, kDouble); };
  const int64_t mean = Reduction::Mean, none = Reduction::None;
  table.push_back(row(
      "poisson_nll_loss",
      [=](const Inputs& x) {
        return poisson_nll_loss(x[0], x[1], true, true, 1e-8, none) +
               poisson_nll_loss(x[0].square(), x[1], false, false, 0.1, mean);
      },
      pairs_of(0.1, 4),
      {[=] { poisson_nll_loss(ones({2}), ones({3}), true, false, 1e-8, 1); },
       [=] { poisson_nll_loss(ones({2}), ones({2}), true, false, 1e-8, 7); },
       [=] { poisson_nll_loss(ones({2}), {}, true, false, 1e-8, 1); },
       [=] { poisson_nll_loss(ones({2}, kLong), ones({2}), true, false, 1e-8, 1); },
       [=] { poisson_nll_loss({}, ones({2}), true, false, 1e-8, 1); }},
      2));
  std::vector<Sample> with_var;
  for (Sample& sample : pairs_of()) {
    sample.inputs.push_back(values(sample.inputs[0].sizes(), 0.5, 2, 31));
    with_var.push_back(sample);
  }
  table.push_back(row(
      "gaussian_nll_loss",
      [=](const Inputs& x) { return gaussian_nll_loss(x[0], x[1], x[2], true, 1e-6, none); },
      with_var,
      {[=] { gaussian_nll_loss(two_by_three(), two_by_three(), ones({3})); },
       [=] { gaussian_nll_loss(two_by_three(), two_by_three(), -two_by_three()); },
       [=] { gaussian_nll_loss(two_by_three(), two_by_three(), {}); },
       [=] { gaussian_nll_loss(two_by_three(), ones({4}), two_by_three()); },
       [=] { gaussian_nll_loss(two_by_three(), two_by_three(), two_by_three(), false, 1e-6, 9); }},
      3));
  table.push_back(row(
      "margin_ranking_loss",
      [=](const Inputs& x) {
        return margin_ranking_loss(x[0], x[1], target_for(x[0]), 0.3, none) +
               margin_ranking_loss(x[0], x[1], target_for(x[0]));
      },
      pairs_of(),
      {[] { margin_ranking_loss(ones({2}), ones({3}), ones({2})); },
       [] {
         margin_ranking_loss(ones({2}), ones({2}), ones({1, 2}));
       },
       [] { margin_ranking_loss(ones({2}), ones({2}), {}); },
       [] { margin_ranking_loss(ones({2}), {}, ones({2})); },
       [] { margin_ranking_loss(ones({2}), ones({2}), ones({2}), 0, 5); }},
      2));
  table.push_back(
      row("hinge_embedding_loss",
          [=](const Inputs& x) {
            return hinge_embedding_loss(x[0], target_for(x[0]), 0.7, none) +
                   hinge_embedding_loss(x[0], target_for(x[0]));
          },
          singles(),
          {[] { hinge_embedding_loss(ones({2}), ones({3})); },
           [] { hinge_embedding_loss(ones({2}), {}); }, [] { hinge_embedding_loss({}, ones({2})); },
           [] { hinge_embedding_loss(ones({2}), ones({2}), 1, -1); },
           [] { hinge_embedding_loss(ones({2}, kInt), ones({2})); }}));
  table.push_back(row(
      "soft_margin_loss",
      [=](const Inputs& x) {
        return soft_margin_loss(x[0] * 3, target_for(x[0]), none) +
               soft_margin_loss(x[0], target_for(x[0]));
      },
      singles(),
      {[] { soft_margin_loss(ones({2}), ones({3})); }, [] { soft_margin_loss(ones({2}), {}); },
       [] { soft_margin_loss({}, ones({2})); }, [] { soft_margin_loss(ones({2}), ones({2}), -1); },
       [] { soft_margin_loss(ones({2}, kInt), ones({2})); }}));
  table.push_back(row("multi_margin_loss",
                      [=](const Inputs& x) {
                        const Tensor y = arange(x[0].size(0));
                        const Tensor weight = linspace(0.5, 1.5, 4, x[0].dtype());
                        return multi_margin_loss(x[0], y, 2, 0.9, weight, none) +
                               multi_margin_loss(x[0], y, 1, 0.9).unsqueeze(0) +
                               multi_margin_loss(x[0][0], longs({1}), 1, 0.8);
                      },
                      singles(),
                      {[] {
                         multi_margin_loss(ones({2, 3}), longs({0, 3}));
                       },
                       [] {
                         multi_margin_loss(ones({2, 3}), longs({0, -1}));
                       },
                       [] {
                         multi_margin_loss(ones({2, 3}), longs({0}));
                       },
                       [] {
                         multi_margin_loss(ones({2, 3}), longs({0, 1}), 3);
                       },
                       [] {
                         multi_margin_loss(ones({2, 3}), longs({0, 1}), 1, 1, ones({2}));
                       },
                       [] {
                         multi_margin_loss(ones({2, 3, 1}), longs({0, 1}));
                       },
                       [] {
                         multi_margin_loss(ones({2, 0}), longs({0, 1}));
                       },
                       [] {
                         multi_margin_loss(ones({2, 3}), ones({2}));
                       }}));
  table.push_back(row(
      "multilabel_margin_loss",
      [=](const Inputs& x) {
        const Tensor y =
            tensor({{3, 1, -1, 0}, {-1, 1, 2, 0}, {0, 1, 2, 3}}, kLong).narrow(0, 0, x[0].size(0));
        return multilabel_margin_loss(x[0], y, none) + multilabel_margin_loss(x[0], y) +
               multilabel_margin_loss(x[0][0], y[0]);
      },
      singles(),
      {[] {
         multilabel_margin_loss(ones({3}), longs({0, 3, -1}));
       },
       [] {
         multilabel_margin_loss(ones({3}), longs({-2, -1, -1}));
       },
       [] { multilabel_margin_loss(ones({3}), longs({0})); },
       [] { multilabel_margin_loss(ones({3}), ones({3})); },
       [] {
         multilabel_margin_loss(ones({1, 1, 3}), zeros({1, 1, 3}, kLong));
       },
       [] {
         multilabel_margin_loss(ones({3}), longs({0, 1, 2}), 8);
       }}));
  table.push_back(row("multilabel_soft_margin_loss",
                      [=](const Inputs& x) {
                        const Tensor y = target_for(x[0]).gt(0).to(x[0].dtype());
                        const Tensor weight = linspace(0.5, 1.5, 4, x[0].dtype());
                        return multilabel_soft_margin_loss(x[0], y, weight, none) +
                               multilabel_soft_margin_loss(x[0], y);
                      },
                      singles(),
                      {[] { multilabel_soft_margin_loss(ones({3}), ones({2})); },
                       [] { multilabel_soft_margin_loss(ones({3}), {}); },
                       [] { multilabel_soft_margin_loss(ones({}), ones({})); },
                       [] { multilabel_soft_margin_loss(ones({3}), ones({3}), ones({2})); },
                       [] { multilabel_soft_margin_loss(ones({3}), ones({3}), {}, 8); }}));
  table.push_back(row(
      "cosine_embedding_loss",
      [=](const Inputs& x) {
        const Tensor y = signs({x[0].size(0)}, 5).to(x[0].dtype());
        return cosine_embedding_loss(x[0], x[1], y, -0.9, none) +
               cosine_embedding_loss(x[0][0], x[1][0], y[0], -0.95);
      },
      pairs_of(),
      {[] {
         cosine_embedding_loss(ones({2, 3}), ones({2, 4}), ones({2}));
       },
       [] {
         cosine_embedding_loss(ones({2, 3}), ones({2, 3}), ones({2, 1}));
       },
       [] {
         cosine_embedding_loss(ones({2, 3}), {}, ones({2}));
       },
       [] {
         cosine_embedding_loss(ones({2, 3}), ones({2, 3}), ones({3}));
       },
       [] {
         cosine_embedding_loss(ones({2, 3}), ones({2, 3}), ones({2}), 0, 4);
       }},
      2));
  std::vector<Sample> triples;
  for (Sample& sample : pairs_of()) {
    sample.inputs.push_back(values(sample.inputs[0].sizes(), -2, 2, 41));
    triples.push_back(sample);
  }
  table.push_back(row(
      "triplet_margin_loss",
      [=](const Inputs& x) {
        return triplet_margin_loss(x[0], x[1], x[2], 3, 2, 1e-6, true, none) +
               triplet_margin_loss(x[0], x[1], x[2], 2.5, 1);
      },
      triples,
      {[] {
         triplet_margin_loss(ones({2, 3}), ones({2, 4}), ones({2, 3}));
       },
       [] {
         triplet_margin_loss(ones({2, 3}), ones({3}), ones({2, 3}));
       },
       [] {
         triplet_margin_loss(ones({2, 3}), ones({2, 3}), {});
       },
       [] {
         triplet_margin_loss(ones({2, 3}), ones({2, 3}), ones({2, 3}), 0);
       },
       [] {
         triplet_margin_loss(ones({2, 3}), ones({2, 3}), ones({2, 3}), 1, 2, 1e-6, false, 6);
       }},
      3));
}

void add_distances(std::vector<OpInfo>& table) {
  std::vector<Sample> broadcast = pairs_of();
  broadcast.push_back({"row", {values({3, 4}), values({1, 4}, -2, 2, 5)}});
  table.push_back(row(
      "cosine_similarity", [](const Inputs& x) { return cosine_similarity(x[0], x[1], -1); },
      broadcast,
      {[] {
         cosine_similarity(ones({2, 3}), ones({2, 4}));
       },
       [] {
         cosine_similarity(ones({2, 3}), ones({2, 3}), 2);
       },
       [] { cosine_similarity(ones({2}), ones({2})); },
       [] { cosine_similarity(ones({2}, kLong), ones({2}, kLong), 0); },
       [] { cosine_similarity(ones({2}), {}, 0); }},
      2));
  table.push_back(row(
      "pairwise_distance",
      [](const Inputs& x) {
        return pairwise_distance(x[0], x[1], 3) +
               pairwise_distance(x[0], x[1], 1, 1e-3, true).squeeze(-1);
      },
      broadcast,
      {[] {
         pairwise_distance(ones({2, 3}), ones({2, 4}));
       },
       [] { pairwise_distance(ones({}), ones({})); },
       [] { pairwise_distance(ones({2}, kLong), ones({2}, kLong)); },
       [] { pairwise_distance(ones({2}), {}); }, [] { pairwise_distance({}, ones({2})); }},
      2));
  std::vector<Sample> rows = singles();
  rows.push_back({"no rows", {values({0, 3})}});
  rows.push_back({"no columns", {values({3, 0})}});
  table.push_back(row("pdist", [](const Inputs& x) { return pdist(x[0], 1.5) + pdist(x[0]); }, rows,
                      {[] { pdist(ones({3})); },
                       [] {
                         pdist(ones({3, 2}), -1);
                       },
                       [] {
                         pdist(ones({3, 2}, kLong));
                       },
                       [] {
                         pdist(ones({1, 3, 2}));
                       },
                       [] { pdist({}); }}));
}

void add_shuffles(std::vector<OpInfo>& table) {
  const auto images = [](IntArrayRef sizes) {
    std::vector<int64_t> batch(sizes.begin(), sizes.end()), none = batch, wide = batch;
    batch.insert(batch.begin(), 2);
    none.insert(none.begin(), 0);
    wide.back() *= 2;
    return std::vector<Sample>{
        {"batch", {values(batch, -2, 2, 1)}},
        {"transposed", {values(batch, -2, 2, 2).transpose(0, 3).contiguous().transpose(0, 3)}},
        {"no batch", {values(none)}},
        {"channels-last", {values(batch).contiguous(MemoryFormat::ChannelsLast)}},
        {"every second column", {values(wide).slice(-1, 0, wide.back(), 2)}},
        {"offset slice", {values(batch, -2, 2, 5).narrow(0, 1, 1)}}};
  };
  table.push_back(row("pixel_shuffle", [](const Inputs& x) { return pixel_shuffle(x[0], 2); },
                      images({4, 2, 3}),
                      {[] {
                         pixel_shuffle(ones({4, 2}), 2);
                       },
                       [] {
                         pixel_shuffle(ones({4, 2, 2}), 0);
                       },
                       [] {
                         pixel_shuffle(ones({4, 2, 2}), -1);
                       },
                       [] {
                         pixel_shuffle(ones({4, 2, 2}), 3);
                       },
                       [] {
                         pixel_shuffle(ones({4, 2, 2}), INT64_MAX);
                       }}));
  table.push_back(row("pixel_unshuffle", [](const Inputs& x) { return pixel_unshuffle(x[0], 2); },
                      images({2, 2, 4}),
                      {[] {
                         pixel_unshuffle(ones({4, 2}), 2);
                       },
                       [] {
                         pixel_unshuffle(ones({4, 2, 2}), 0);
                       },
                       [] {
                         pixel_unshuffle(ones({4, 2, 2}), -1);
                       },
                       [] {
                         pixel_unshuffle(ones({4, 3, 2}), 2);
                       },
                       [] {
                         pixel_unshuffle(ones({4, 0, 0}), INT64_MAX);
                       }}));
  std::vector<Sample> channels;
  for (Sample& sample : images({4, 2, 3})) {
    if (sample.inputs[0].dim() == 4) channels.push_back(sample);
  }
  channels.push_back({"rows", {values({2, 6, 3})}});
  table.push_back(row("channel_shuffle", [](const Inputs& x) { return channel_shuffle(x[0], 2); },
                      channels,
                      {[] {
                         channel_shuffle(ones({2, 4}), 2);
                       },
                       [] {
                         channel_shuffle(ones({2, 4, 2}), 0);
                       },
                       [] {
                         channel_shuffle(ones({2, 4, 2}), -2);
                       },
                       [] {
                         channel_shuffle(ones({2, 4, 2}), 3);
                       },
                       [] { channel_shuffle({}, 3); }}));
  const auto inputs = [](IntArrayRef a, IntArrayRef b) {
    return Inputs{values(a, -2, 2, 1), values(b, -2, 2, 2), values({2, 3, 4}, -2, 2, 3),
                  values({2}, -2, 2, 4)};
  };
  Inputs transposed = inputs({5, 3}, {5, 4});
  transposed[0] = values({3, 5}).t();
  transposed[2] = values({4, 3, 2}).transpose(0, 2);
  table.push_back(row(
      "bilinear", [](const Inputs& x) { return bilinear(x[0], x[1], x[2], x[3]); },
      {{"batch", inputs({5, 3}, {5, 4})},
       {"vectors", inputs({3}, {4})},
       {"two dims in front", inputs({2, 2, 3}, {2, 2, 4})},
       {"no rows", inputs({0, 3}, {0, 4})},
       {"one row", inputs({1, 3}, {1, 4})},
       {"transposed", transposed}},
      {[] {
         bilinear(ones({2, 3}), ones({2, 4}), ones({2, 4, 3}));
       },
       [] {
         bilinear(ones({2, 3}), ones({3, 4}), ones({2, 3, 4}));
       },
       [] {
         bilinear(ones({2, 3}), ones({4}), ones({2, 3, 4}));
       },
       [] {
         bilinear(ones({2, 3}), ones({2, 4}), ones({2, 3, 4}), ones({3}));
       },
       [] {
         bilinear(ones({2, 3}), ones({2, 4}), ones({3, 4}));
       },
       [] {
         bilinear(ones({2, 3}), ones({2, 4}, kDouble), ones({2, 3, 4}));
       }},
      3));
}

// Random ops from the same state each time, so that they are functions.
template <class F>
std::function<Tensor(const Inputs&)> seeded(F f) {
  return [f](const Inputs& x) {
    manual_seed(5);
    return f(x[0]);
  };
}

void add_noise(std::vector<OpInfo>& table) {
  const auto dims = [](bool channels) {
    std::vector<Sample> samples = singles();
    if (!channels) samples.push_back({"number", {values({})}});
    samples.push_back({"images", {values({2, 3, 2, 2})}});
    return samples;
  };
  const auto add = [&](const char* name, Tensor (*op)(const Tensor&, double, bool), bool channels) {
    table.push_back(row(name, seeded([op](const Tensor& x) { return op(x, 0.4, true); }),
                        dims(channels),
                        {[op] {
                           op(ones({2, 3}), -0.1, true);
                         },
                         [op] {
                           op(ones({2, 3}), 1.1, true);
                         },
                         [op] {
                           op(ones({2, 3}), std::nan(""), false);
                         },
                         [op] {
                           op(ones({2, 3}, kLong), 0.5, true);
                         },
                         [op] { op({}, 0.5, true); }}));
    table.back().random = true;
  };
  add("feature_dropout", feature_dropout, true);
  add("alpha_dropout", alpha_dropout, false);
  add("feature_alpha_dropout", feature_alpha_dropout, true);
  table.push_back(
      row("rrelu", seeded([](const Tensor& x) { return rrelu(x, 0.1, 0.4, true); }), dims(false),
          {[] { rrelu(ones({2}), 0.5, 0.4); }, [] { rrelu(ones({2}), std::nan(""), 0.4); },
           [] { rrelu(ones({2}), 0.1, INFINITY); }, [] { rrelu(ones({2}, kLong)); },
           [] { rrelu({}); }}));
  table.back().random = true;
}

void add_embedding_bags(std::vector<OpInfo>& table) {
  const Tensor indices = longs({1, 0, 4, 4, 2, 1}), offsets = longs({0, 2, 2, 5});
  const auto bag = [=](const Inputs& x) {
    const auto sum = embedding_bag(x[0], indices, offsets, false, 0, false,
                                   x.size() > 1 ? x[1] : Tensor(), false, 2);
    const auto mean = embedding_bag(x[0], indices.view({2, 3}), {}, false, 1);
    const auto max =
        embedding_bag(x[0], indices, longs({0, 2, 2, 5, 6}), false, 2, false, {}, true);
    return cat({std::get<0>(sum), std::get<0>(mean), std::get<0>(max)});
  };
  table.push_back(row("embedding_bag", bag,
                      {{"contiguous", {values({5, 3}, -2, 2, 1)}},
                       {"weights", {values({5, 3}, -2, 2, 2), values({6}, -2, 2, 3)}},
                       {"transposed", {values({3, 5}, -2, 2, 4).t()}},
                       {"every second column", {values({5, 6}, -2, 2, 5).slice(1, 0, 6, 2)}},
                       {"offset slice", {values({7, 3}, -2, 2, 6).narrow(0, 1, 5)}},
                       {"no columns", {values({5, 0})}}},
                      {[=] {
                         embedding_bag(ones({5, 3}), longs({5}), longs({0}));
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), longs({-1}), longs({0}));
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, longs({1}));
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, longs({0, 3, 2}));
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, longs({0, 7}));
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, {});
                       },
                       [=] { embedding_bag(ones({5}), indices, offsets); },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, offsets, false, 3);
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, offsets, true, 0, true);
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, offsets, false, 2, true);
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices, offsets, false, 1, false, ones({6}));
                       },
                       [=] {
                         embedding_bag(ones({5, 3}), indices.view({2, 3}), offsets);
                       }}));
  table.push_back(
      row("embedding_renorm_",
          [=](const Inputs& x) {
            Tensor y = x[0].detach().clone();
            // As integers, for nothing is recorded.
            return (embedding_renorm_(y, longs({1, 0, 1}), 0.5, 2) * 1e4).round().to(kLong);
          },
          {{"contiguous", {values({5, 3}, -2, 2, 1)}},
           {"transposed", {values({3, 5}, -2, 2, 4).t()}},
           {"every second column", {values({5, 6}, -2, 2, 5).slice(1, 0, 6, 2)}},
           {"offset slice", {values({7, 3}, -2, 2, 6).narrow(0, 1, 5)}},
           {"one column", {values({5, 1}, -2, 2, 6)}},
           {"no columns", {values({5, 0})}}},
          {[] {
             Tensor x = ones({2});
             embedding_renorm_(x, longs({0}), 1, 2);
           },
           [] {
             Tensor x = ones({2, 2});
             embedding_renorm_(x, longs({2}), 1, 2);
           },
           [] {
             Tensor x = ones({2, 2});
             embedding_renorm_(x, longs({0}), 0, 2);
           },
           [] {
             Tensor x = ones({2, 2});
             embedding_renorm_(x, longs({0}), 1, -2);
           },
           [] {
             Tensor x;
             embedding_renorm_(x, longs({0}), 1, 2);
           }}));
}

}  // namespace

void add_layer_ops(std::vector<OpInfo>& table) {
  add_pads(table);
  add_margin_losses(table);
  add_distances(table);
  add_shuffles(table);
  add_noise(table);
  add_embedding_bags(table);
}

}  // namespace gradus::test
