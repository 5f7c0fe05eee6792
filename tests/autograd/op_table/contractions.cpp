// einsum and its relatives, and distances of points.

#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Inputs = std::vector<Tensor>;
using Errors = std::vector<std::function<void()>>;

Inputs some(std::initializer_list<DimVector> sizes) {
  Inputs inputs;
  for (const DimVector& size : sizes) inputs.push_back(values(size, -2, 2, 40 + inputs.size()));
  return inputs;
}

void add_einsum(std::vector<OpInfo>& table) {
  const auto row = [&](const char* equation, std::vector<Sample> samples, Errors errors = {}) {
    const size_t operands = samples[0].inputs.size();
    table.push_back({"einsum", [=](const Inputs& x) { return Inputs{einsum(equation, x)}; },
                     std::move(samples), std::move(errors), operands});
  };
  row("ij,jk->ik",
      {{"product", some({{2, 3}, {3, 4}})},
       {"transposed", {values({3, 2}).t(), values({4, 3}, -2, 2, 5).t()}},
       {"broadcast", some({{2, 1}, {3, 4}})},
       {"nothing in between", some({{2, 0}, {0, 3}})},
       {"no rows", some({{0, 3}, {3, 2}})},
       {"every second column", {values({2, 6}).slice(1, 0, 6, 2), values({3, 2}, -2, 2, 6)}}},
      {[] {
         einsum("ij,jk->ik", {ones({2, 3}), ones({4, 4})});
       },
       [] {
         einsum("ij,jk->ik", ones({2, 3}));
       },
       [] {
         einsum("ij,jk->ik", {ones({2, 3, 4}), ones({3, 4})});
       },
       [] {
         einsum("ij->k", ones({2, 3}));
       },
       [] {
         einsum("ij->ii", ones({2, 3}));
       },
       [] {
         einsum("i.j", ones({2, 3}));
       },
       [] {
         einsum("i......", ones({2, 3}));
       },
       [] {
         einsum("i1", ones({2, 3}));
       },
       [] {
         einsum("ij->ij->", ones({2, 3}));
       },
       [] {
         einsum("ii", ones({2, 3}));
       },
       [] { einsum("ij", {}); }, [] { einsum("ij...", ones({2})); },
       [] {
         einsum("i,i", {ones({2}), ones({2}, kDouble)});
       },
       [] {
         einsum("i,i", {ones({2}, kBool), ones({2}, kBool)});
       }});
  row("ii", {{"trace", some({{3, 3}})}, {"0x0", some({{0, 0}})}});
  row("iij->ij", {{"diagonal", some({{2, 2, 3}})}});
  row("...ij,...jk",
      {{"batch", some({{2, 2, 3}, {3, 2}})}, {"dims", some({{3, 1, 2, 2}, {2, 2, 1}})}});
  row("bhqd,bhkd->bhqk", {{"attention", some({{2, 2, 3, 2}, {2, 2, 2, 2}})}});
  row("ij,ij->i", {{"rows", some({{2, 3}, {2, 3}})}, {"broadcast", some({{2, 3}, {1, 3}})}});
  row("i,j->ij", {{"outer", some({{2}, {3}})}});
  row("bA,ab", {{"capitals", some({{2, 3}, {4, 2}})}});
  row(" i j , j -> i ", {{"spaces", some({{2, 3}, {3}})}});
  row("ij,jk,kl->il", {{"chain", some({{2, 3}, {3, 1}, {1, 2}})}});
  row("ijk,il,jl,kl->l", {{"factors", some({{2, 3, 2}, {2, 2}, {3, 2}, {2, 2}})}});
  row("a,ab,bc,cd,de,ef,fg,gh,h->",
      {{"many", some({{1}, {1, 2}, {2, 1}, {1, 2}, {2, 1}, {1, 2}, {2, 1}, {1, 2}, {2}})}});
  row(",->", {{"numbers", some({{}, {}})}});
  row("i...->...", {{"sum", some({{2, 3}})}});
  row("ji", {{"letters in order", some({{2, 3}})}});
}

void add_products(std::vector<OpInfo>& table) {
  table.push_back({"tensordot",
                   of_two([](const Tensor& a, const Tensor& b) { return tensordot(a, b, 1); }),
                   {{"matrices", some({{2, 3}, {3, 4}})},
                    {"dims", some({{2, 2, 3}, {3, 1, 2}})},
                    {"transposed", {values({3, 2}).t(), values({2, 3}, -2, 2, 2).t()}},
                    {"vectors", some({{3}, {3}})},
                    {"broadcast", some({{2, 1}, {3, 2}})},
                    {"empty", some({{2, 0}, {0, 3}})}},
                   {[] {
                      tensordot(ones({2, 3}), ones({2, 3}), 3);
                    },
                    [] {
                      tensordot(ones({2, 3}), ones({2, 3}), -1);
                    },
                    [] {
                      tensordot(ones({2, 3}), ones({3, 2}), {0}, {0, 1});
                    },
                    [] {
                      tensordot(ones({2, 3}), ones({3, 2}), {0}, {0});
                    },
                    [] {
                      tensordot(ones({2, 3}), ones({3, 2}), {5}, {0});
                    },
                    [] {
                      tensordot(ones({2, 3}), ones({3, 2}), {0, 0}, {1, 1});
                    },
                    [] {
                      tensordot(ones({2, 3}), ones({3, 2}, kDouble), 1);
                    },
                    [] { tensordot(ones({2}, kBool), ones({2}, kBool), 1); }},
                   2});
  table.push_back({"tensordot",
                   of_two([](const Tensor& a, const Tensor& b) {
                     return tensordot(a, b, {0, -1}, {1, 0});
                   }),
                   {{"two dims", some({{2, 4, 3}, {3, 2, 2}})}},
                   {},
                   2});
  table.push_back({"tensordot",
                   of_two([](const Tensor& a, const Tensor& b) { return tensordot(a, b, 0); }),
                   {{"outer", some({{2}, {2, 2}})}, {"number", some({{}, {2}})}},
                   {},
                   2});
  table.push_back(
      {"kron",
       of_two([](const Tensor& a, const Tensor& b) { return kron(a, b); }),
       {{"matrices", some({{2, 3}, {3, 2}})},
        {"vector and matrix", some({{2}, {2, 2}})},
        {"number", some({{}, {2, 2}})},
        {"transposed", {values({3, 2}).t(), values({2, 2}, -2, 2, 2)}},
        {"empty", some({{0, 2}, {2, 2}})},
        {"dims", some({{1, 2, 1, 2}, {2, 1, 2, 1}})}},
       {[] { kron(ones({1}).expand({int64_t{1} << 40}), ones({1}).expand({int64_t{1} << 40})); }},
       2});
  table.push_back(
      {"inner",
       of_two([](const Tensor& a, const Tensor& b) { return inner(a, b); }),
       {{"matrices", some({{2, 3}, {4, 3}})},
        {"vectors", some({{3}, {3}})},
        {"number", some({{2, 3}, {}})},
        {"dims", some({{2, 1, 3}, {2, 3}})},
        {"transposed", {values({3, 2}).t(), values({3, 2}, -2, 2, 2).t()}},
        {"empty", some({{2, 0}, {3, 0}})}},
       {[] {
          inner(ones({2, 3}), ones({4, 2}));
        },
        [] { inner(ones({2}), ones({3})); }, [] { inner(ones({2}), ones({2}, kDouble)); },
        [] { inner(Tensor(), ones({2})); }, [] { inner(ones({2}), Tensor()); }},
       2});
  table.push_back({"trace",
                   of_one([](const Tensor& x) { return trace(x); }),
                   {{"square", {values({3, 3})}},
                    {"wide", {values({2, 3})}},
                    {"transposed", {values({2, 3}).t()}},
                    {"empty", {values({0, 3})}},
                    {"every second column", {values({2, 4}).slice(1, 0, 4, 2)}},
                    {"1x1", {values({1, 1})}}},
                   {[] { trace(ones({3})); }, [] { trace(ones({})); },
                    [] {
                      trace(ones({2, 2, 2}));
                    },
                    [] { trace(eye(2).to(kBool)); }, [] { trace(Tensor()); }}});

  const auto addbmm_inputs = [](IntArrayRef input, int64_t batch = 3) {
    return Inputs{values(input, -2, 2, 3), values({batch, 2, 3}, -2, 2, 1),
                  values({batch, 3, 2}, -2, 2, 2)};
  };
  table.push_back({"addbmm",
                   [](const Inputs& x) { return Inputs{addbmm(x[0], x[1], x[2], 0.5, 2)}; },
                   {{"matrix", addbmm_inputs({2, 2})},
                    {"row", addbmm_inputs({2})},
                    {"number", addbmm_inputs({})},
                    {"no batch", addbmm_inputs({2, 2}, 0)},
                    {"transposed",
                     {values({2, 2}).t(), values({3, 3, 2}, -2, 2, 5).transpose(1, 2),
                      values({3, 2, 3}, -2, 2, 6).transpose(1, 2)}},
                    {"column", addbmm_inputs({2, 1})}},
                   {[] {
                      addbmm(ones({2, 2}), ones({3, 2, 3}), ones({2, 3, 2}));
                    },
                    [] {
                      addbmm(ones({2, 2}), ones({3, 2, 3}), ones({3, 2, 2}));
                    },
                    [] {
                      addbmm(ones({3, 2}), ones({3, 2, 3}), ones({3, 3, 2}));
                    },
                    [] {
                      addbmm(ones({2, 2}), ones({2, 3}), ones({3, 2}));
                    },
                    [] {
                      addbmm(ones({2, 2}), ones({3, 2, 3}), ones({3, 3, 2}, kDouble));
                    }},
                   3});
  const auto addr_inputs = [](IntArrayRef input) {
    return Inputs{values(input, -2, 2, 3), values({2}, -2, 2, 1), values({3}, -2, 2, 2)};
  };
  table.push_back({"addr",
                   [](const Inputs& x) { return Inputs{addr(x[0], x[1], x[2], 0.5, 2)}; },
                   {{"matrix", addr_inputs({2, 3})},
                    {"row", addr_inputs({3})},
                    {"number", addr_inputs({})},
                    {"column", addr_inputs({2, 1})},
                    {"transposed", {values({3, 2}).t(), values({2}), values({3}, -2, 2, 2)}},
                    {"empty", {values({0, 3}), values({0}), values({3}, -2, 2, 2)}}},
                   {[] {
                      addr(ones({3, 3}), ones({2}), ones({3}));
                    },
                    [] {
                      addr(ones({2, 3}), ones({2, 1}), ones({3}));
                    },
                    [] {
                      addr(ones({2, 3}), ones({2}), ones({3, 1}));
                    },
                    [] {
                      addr(ones({2, 3}), ones({2}), Tensor());
                    },
                    [] { addr(Tensor(), ones({2}), ones({3})); }},
                   3});
}

void add_distances(std::vector<OpInfo>& table) {
  const std::vector<Sample> points = {
      {"points", some({{3, 2}, {4, 2}})},
      {"batch", some({{2, 2, 3}, {2, 3, 3}})},
      {"broadcast", some({{3, 2}, {2, 2, 2}})},
      {"transposed", {values({2, 3}).t(), values({2, 2}, -2, 2, 2).t()}},
      {"none", some({{0, 2}, {3, 2}})},
      {"no coordinates", some({{2, 0}, {3, 0}})},
      {"every second column", {values({2, 4}).slice(1, 0, 4, 2), values({2, 2}, -2, 2, 3)}}};
  const Errors errors = {[] {
                           cdist(ones({2, 3}), ones({4, 2}));
                         },
                         [] {
                           cdist(ones({3}), ones({4, 3}));
                         },
                         [] {
                           cdist(ones({2, 3}), ones({4, 3}), -1);
                         },
                         [] {
                           cdist(ones({2, 3}), ones({4, 3}), NAN);
                         },
                         [] {
                           cdist(ones({2, 3}), ones({4, 3}), 2, 3);
                         },
                         [] {
                           cdist(ones({2, 3}), ones({4, 3}, kDouble));
                         },
                         [] {
                           cdist(ones({2, 3}, kLong), ones({4, 3}, kLong));
                         },
                         [] {
                           cdist(ones({2, 2, 3}), ones({3, 2, 3}));
                         }};
  for (double p : {0.0, 0.5, 1.0, 1.5, 2.0, 3.0, static_cast<double>(INFINITY)}) {
    table.push_back({"cdist",
                     of_two([=](const Tensor& a, const Tensor& b) { return cdist(a, b, p); }),
                     points, errors, 2});
  }
  table.push_back({"cdist",
                   of_two([](const Tensor& a, const Tensor& b) { return cdist(a, b, 2, 1); }),
                   points, errors, 2});
}

}  // namespace

void add_contractions(std::vector<OpInfo>& table) {
  add_einsum(table);
  add_products(table);
  add_distances(table);
}

}  // namespace gradus::test
