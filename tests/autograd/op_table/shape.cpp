#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

using Errors = std::vector<std::function<void()>>;

namespace {

std::vector<Sample> matrices() {
  return {
      {"contiguous", {values({3, 4}, -2, 2, 1)}},
      {"transposed", {values({4, 3}, -2, 2, 2).t()}},
      {"every second column", {values({3, 8}, -2, 2, 3).slice(1, 0, 8, 2)}},
      {"offset slice", {values({5, 4}, -2, 2, 4).narrow(0, 1, 3)}},
      {"expanded", {values({1, 4}, -2, 2, 5).expand({3, 4}).clone()}},
  };
}

}  // namespace

void add_shape_ops(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, Errors errors = {}) {
    table.push_back({name, of_one(op), matrices(), std::move(errors)});
  };
  row("reshape",
      [](const Tensor& x) {
        return reshape(x, {2, -1});
      },
      {[] {
         reshape(ones({6}), {-1, -1});
       },
       [] { reshape(ones({6}), {4}); },
       [] {
         reshape(ones({6}), {-2, 3});
       },
       [] {
         reshape(ones({6}), {-1, 4});
       },
       [] {
         reshape(ones({0}), {-1, 0});
       }});
  row("view",
      [](const Tensor& x) {
        return view(x, {2, 6});
      },
      {[] { view(ones({6}), {4}); },
       [] {
         view(ones({6}), {-1, -1});
       }});
  row("permute",
      [](const Tensor& x) {
        return permute(x, {1, 0});
      },
      {[] {
         permute(ones({2, 3}), {0});
       },
       [] {
         permute(ones({2, 3}), {0, 0});
       },
       [] {
         permute(ones({2, 3}), {0, 2});
       }});
  row("transpose", [](const Tensor& x) { return transpose(x, 0, -1); },
      {[] {
         transpose(ones({2, 3}), 0, 2);
       },
       [] {
         transpose(ones({2, 3}), -3, 0);
       }});
  row("squeeze", [](const Tensor& x) { return squeeze(unsqueeze(x, 1)); },
      {[] { squeeze(ones({2}), 1); }});
  row("unsqueeze", [](const Tensor& x) { return unsqueeze(x, -1); },
      {[] { unsqueeze(ones({2}), 3); }});
  row("expand",
      [](const Tensor& x) {
        return expand(x, {2, 3, 4});
      },
      {[] {
         expand(ones({2, 3}), {3});
       },
       [] { expand(ones({2}), {3}); },
       [] {
         expand(ones({2}), {-1, 2, -3});
       }});
  row("flatten", [](const Tensor& x) { return flatten(x); },
      {[] {
         flatten(ones({2, 3}), 1, 0);
       },
       [] { flatten(ones({2}), 3); }});
  row("select", [](const Tensor& x) { return select(x, 1, -2); },
      {[] {
         select(ones({2, 3}), 1, 3);
       },
       [] {
         select(ones({2, 3}), 2, 0);
       },
       [] {
         select(ones({2, 3}), 0, -3);
       },
       [] { select(ones({}), 0, 0); }, [] { select(ones({2}), 0, INT64_MIN); }});
  row("narrow", [](const Tensor& x) { return narrow(x, 1, 1, 2); },
      {[] {
         narrow(ones({2, 3}), 1, 2, 2);
       },
       [] {
         narrow(ones({2, 3}), 1, 0, -1);
       },
       [] { narrow(ones({2}), 1, 0, 1); }});
  row("slice", [](const Tensor& x) { return slice(x, 1, 1, std::nullopt, 2); },
      {[] { slice(ones({2}), 0, 0, 2, 0); }, [] { slice(ones({2}), 1); },
       [] { slice(ones({2}), 0, 0, 2, -1); }});
  row("diagonal", [](const Tensor& x) { return diagonal(x, 1); },
      {[] { diagonal(ones({2})); },
       [] {
         diagonal(ones({2, 2}), 0, 1, 1);
       }});
  row("unfold", [](const Tensor& x) { return unfold(x, 1, 2, 1); },
      {[] { unfold(ones({2}), 0, 3, 1); }, [] { unfold(ones({2}), 0, 1, 0); },
       [] { unfold(ones({2}), 1, 1, 1); }});
  row("as_strided",
      [](const Tensor& x) {
        return as_strided(clone(x, MemoryFormat::Contiguous), {2, 2}, {1, 2}, 1);
      },
      {[] { as_strided(ones({2}), {3}, {1}); },
       [] {
         as_strided(ones({2}), {2}, {1, 1});
       },
       [] { as_strided(ones({2}), {-1}, {1}); }, [] { as_strided(ones({2}), {2}, {1}, -1); },
       [] { as_strided(ones({2}), {INT64_MAX}, {INT64_MAX}); }});
  row("cat",
      [](const Tensor& x) {
        return cat({x, x * 2, x.narrow(1, 0, 1)}, 1);
      },
      {[] {
         cat({ones({2, 3}), ones({3, 2})}, 0);
       },
       [] { cat(std::vector<Tensor>{}, 0); },
       [] {
         cat({ones({2}), ones({2})}, 1);
       }});
  row("stack",
      [](const Tensor& x) {
        return stack({x, x * 2}, 1);
      },
      {[] {
         stack({ones({2, 3}), ones({3, 2})}, 0);
       },
       [] { stack(std::vector<Tensor>{}, 0); }});
  row("repeat",
      [](const Tensor& x) {
        return repeat(x, {2, 1, 2});
      },
      {[] {
         repeat(ones({2, 3}), {2});
       },
       [] { repeat(ones({2}), {-1}); }});
  row("flip",
      [](const Tensor& x) {
        return flip(x, {0, 1});
      },
      {[] { flip(ones({2}), {1}); },
       [] {
         flip(ones({2, 2}), {0, 0});
       }});
  row("roll", [](const Tensor& x) { return roll(x, 1, 1); }, {[] { roll(ones({2}), 1, 1); }});
  row("tril", [](const Tensor& x) { return tril(x, 1); }, {[] { tril(ones({2})); }});
  row("triu", [](const Tensor& x) { return triu(x, -1); }, {[] { triu(ones({2})); }});
  row("clone", [](const Tensor& x) { return clone(x); });
  table.push_back({"split",
                   [](const std::vector<Tensor>& x) { return split(x[0], 2, 1); },
                   matrices(),
                   {[] { split(ones({4}), -1); }, [] { split(ones({4}), 2, 1); },
                    [] {
                      split(ones({4}), {1, 2});
                    }}});
  table.push_back({"unbind",
                   [](const std::vector<Tensor>& x) { return unbind(x[0], 0); },
                   matrices(),
                   {[] { unbind(ones({}), 0); }, [] { unbind(ones({2}), 1); }}});
  table.push_back({"chunk",
                   [](const std::vector<Tensor>& x) { return chunk(x[0], 2, 1); },
                   matrices(),
                   {[] { chunk(ones({4}), 0); }, [] { chunk(ones({4}), 2, 1); }}});
}

void add_index_ops(std::vector<OpInfo>& table) {
  using indexing::Slice;
  const auto row = [&](const char* name, auto op, Errors errors = {}) {
    table.push_back({name, of_one(op), matrices(), std::move(errors)});
  };
  const auto integers = [](std::vector<int64_t> list, IntArrayRef sizes) {
    return tensor(list, kLong).reshape(sizes);
  };
  row("index",
      [=](const Tensor& x) {
        return x.index({integers({0, 2, 0}, {3}), integers({1, 1, 3}, {3})});
      },
      {[] { ones({2}).index({tensor({2})}); }, [] { ones({2}).index({tensor({-3})}); },
       [] {
         ones({2}).index({0, 0});
       },
       [] { ones({2}).index({tensor({0.5})}); }, [] { ones({2}).index({ones({3}).to(kBool)}); }});
  row("index", [=](const Tensor& x) { return x.index({Slice(0, 2), integers({3, 0}, {2})}); });
  row("index_select",
      [=](const Tensor& x) {
        return index_select(x, 1, integers({3, 0, 3}, {3}));
      },
      {[] { index_select(ones({2}), 0, tensor({2})); },
       [] { index_select(ones({2}), 0, tensor({-1})); },
       [] { index_select(ones({2}), 1, tensor({0})); },
       [] { index_select(ones({2}), 0, tensor({0.5})); },
       [] { index_select(ones({2}), 0, tensor({INT64_MIN})); }});
  row("gather",
      [=](const Tensor& x) {
        return gather(x, 1, integers({3, 0, 3, 1, 1, 0}, {3, 2}));
      },
      {[] { gather(ones({2}), 0, tensor({2})); }, [] { gather(ones({2}), 0, tensor({-1})); },
       [] { gather(ones({2}), 1, tensor({0})); },
       [] {
         gather(ones({2, 2}), 0, tensor({0}));
       },
       [] { gather(ones({2}), 0, tensor({0.5})); }});
  row("scatter_add",
      [=](const Tensor& x) {
        return scatter_add(x, 1, integers({3, 0, 3, 1, 1, 0}, {3, 2}), x.narrow(1, 0, 2) * 2);
      },
      {[] { scatter_add(ones({2}), 0, tensor({2}), ones({1})); },
       [] { scatter_add(ones({2}), 0, tensor({-1}), ones({1})); },
       [] {
         scatter_add(ones({2}), 0, tensor({0, 1}), ones({1}));
       }});
  row("scatter",
      [=](const Tensor& x) {
        return scatter(x, 1, integers({3, 0, 2, 1, 1, 0}, {3, 2}), x.narrow(1, 0, 2) * 2);
      },
      {[] { scatter(ones({2}), 0, tensor({2}), ones({1})); }});
  row("index_add",
      [=](const Tensor& x) {
        return index_add(x, 1, integers({3, 0, 3}, {3}), x.narrow(1, 1, 3));
      },
      {[] { index_add(ones({2}), 0, tensor({2}), ones({1})); },
       [] { index_add(ones({2}), 0, tensor({0}), ones({2})); }});
  row("masked_select", [](const Tensor& x) { return masked_select(x, x.detach() > 0); },
      {[] { masked_select(ones({2}), ones({2})); },
       [] { masked_select(ones({2}), ones({3}).to(kBool)); }});
  row("embedding",
      [=](const Tensor& x) {
        return embedding(x, integers({2, 0, 2, 1}, {2, 2}));
      },
      {[] {
         embedding(ones({2, 2}), tensor({2}));
       },
       [] {
         embedding(ones({2, 2}), tensor({-1}));
       },
       [] {
         embedding(ones({2, 2}), tensor({0.5}));
       },
       [] { embedding(ones({2}), tensor({0})); },
       [] {
         embedding(ones({2, 2}), tensor({INT64_MIN}));
       }});
}

}  // namespace gradus::test
