// Householder reflections.

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

using Inputs = std::vector<Tensor>;

void add_reflections(std::vector<OpInfo>& table) {
  const auto reflections = [](IntArrayRef a, IntArrayRef tau) {
    return Inputs{values(a, -1, 1, 1), values(tau, 0.5, 1.5, 2)};
  };
  table.push_back({"linalg_householder_product",
                   of_two([](const Tensor& a, const Tensor& tau) {
                     return linalg_householder_product(a, tau);
                   }),
                   {{"tall", reflections({3, 2}, {2})},
                    {"square", reflections({3, 3}, {3})},
                    {"fewer reflections", reflections({4, 3}, {1})},
                    {"batch", reflections({2, 3, 2}, {2, 2})},
                    {"none", reflections({3, 0}, {0})},
                    {"transposed", {values({2, 3}).t(), values({2}, 0.5, 1.5, 3)}}},
                   {[] {
                      linalg_householder_product(ones({2, 3}), ones({2}));
                    },
                    [] {
                      linalg_householder_product(ones({3, 2}), ones({3}));
                    },
                    [] { linalg_householder_product(ones({3}), ones({3})); },
                    [] {
                      linalg_householder_product(ones({3, 2}), ones({2}, kDouble));
                    },
                    [] {
                      linalg_householder_product(ones({2, 3, 2}), ones({2}));
                    }},
                   2});
  // Not differentiable.
  table.push_back({"geqrf",
                   pair_of_one([](const Tensor& x) { return geqrf(x.detach()); }),
                   matrices(),
                   {GRADUS_CALL(geqrf(ones({3}))), GRADUS_CALL(geqrf(ones({}))),
                    GRADUS_CALL(geqrf(eye(2).to(kLong))), GRADUS_CALL(geqrf(eye(2).to(kHalf))),
                    GRADUS_CALL(geqrf(Tensor()))}});
  table.back().differentiable = false;
  const auto product = [&](bool left, bool transpose, std::vector<Sample> samples, Errors errors) {
    table.push_back({"ormqr", of_three([=](const Tensor& a, const Tensor& tau, const Tensor& c) {
                       return ormqr(a, tau, left ? c : mT(c), left, transpose);
                     }),
                     std::move(samples), std::move(errors), 3});
  };
  const auto three = [&](IntArrayRef a, IntArrayRef tau, IntArrayRef c) {
    Inputs inputs = reflections(a, tau);
    inputs.push_back(values(c, -1, 1, 3));
    return inputs;
  };
  for (bool left : {false, true}) {
    for (bool transpose : {false, true}) {
      product(left, transpose,
              {{"tall", three({3, 2}, {2}, {3, 2})},
               {"square", three({3, 3}, {3}, {3, 1})},
               {"fewer reflections", three({4, 3}, {1}, {4, 2})},
               {"batch", three({2, 3, 2}, {2, 2}, {2, 3, 2})},
               {"none", three({3, 0}, {0}, {3, 2})},
               {"wide", three({2, 3}, {2}, {2, 2})},
               {"nothing to reflect", three({3, 2}, {2}, {3, 0})}},
              left && transpose
                  ? Errors{GRADUS_CALL(ormqr(ones({3, 2}), ones({3}), ones({3, 3}))),
                           GRADUS_CALL(ormqr(ones({3, 2}), ones({2}), ones({2, 3}))),
                           GRADUS_CALL(ormqr(ones({3, 2}), ones({2}), ones({3, 2}), false)),
                           GRADUS_CALL(ormqr(ones({3, 2}), ones({2}, kDouble), ones({3, 3}))),
                           GRADUS_CALL(ormqr(ones({3, 2}), ones({2}), ones({3, 3}, kDouble))),
                           GRADUS_CALL(ormqr(ones({3}), ones({3}), ones({3, 3}))),
                           GRADUS_CALL(ormqr(ones({3, 2}), ones({2}), ones({3}))),
                           GRADUS_CALL(
                               ormqr(ones({3, 2}, kLong), ones({2}, kLong), ones({3, 3}, kLong)))}
                  : Errors{});
    }
  }
}

}  // namespace gradus::test
