#include <cmath>

#include "tests/autograd/op_table/op_info.h"

// Random ops run with a generator of their own, so that every call draws the same numbers.

namespace gradus::test {

namespace {

using T = const Tensor&;

Generator seeded() {
  return Generator(7);
}

// What no in-place op takes.
template <class F>
Errors in_place_errors(F on) {
  return {GRADUS_CALL(on(Tensor())), GRADUS_CALL(on(ones({2}).requires_grad_())),
          GRADUS_CALL(on(ones({1}).expand({2}))),
          GRADUS_CALL(on(ones({2, 2}).requires_grad_()[0]))};
}

Errors operator+(Errors a, const Errors& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

void add_random_ops(std::vector<OpInfo>& table) {
  // Draws that depend on the input only through its distribution.
  const auto draw = [&](const char* name, auto op, std::vector<Sample> samples, Errors errors) {
    const size_t needed = samples[0].inputs.size();
    table.push_back({name, op, std::move(samples), std::move(errors), needed});
    table.back().random = true;
    table.back().differentiable = false;
  };
  const Tensor x = ones({2, 3}), integer = ones({2, 3}, kLong);
  draw("bernoulli", of_one([](T p) { return bernoulli(p, seeded()); }), layouts(0.1, 0.9),
       {GRADUS_CALL(bernoulli(x * 2)), GRADUS_CALL(bernoulli(x * -1)),
        GRADUS_CALL(bernoulli(x * NAN)), GRADUS_CALL(bernoulli(integer)),
        GRADUS_CALL(bernoulli(Tensor())), GRADUS_CALL(bernoulli(x, 1.5)),
        GRADUS_CALL(bernoulli(x, NAN))});
  draw("bernoulli", of_one([](T p) { return bernoulli(p, 0.3, seeded()); }), layouts(), {});
  draw("poisson", of_one([](T rate) { return poisson(rate, seeded()); }), layouts(0.1, 9),
       {GRADUS_CALL(poisson(x * -1)), GRADUS_CALL(poisson(x * NAN)), GRADUS_CALL(poisson(integer)),
        GRADUS_CALL(poisson(Tensor())), GRADUS_CALL(poisson(ones({2}, kBool)))});
  const Errors normal_errors = {GRADUS_CALL(normal(x, -1)),       GRADUS_CALL(normal(x, x * -1)),
                                GRADUS_CALL(normal(0, x * -1)),   GRADUS_CALL(normal(integer, 1)),
                                GRADUS_CALL(normal(0, integer)),  GRADUS_CALL(normal(x, ones({4}))),
                                GRADUS_CALL(normal(Tensor(), 1)), GRADUS_CALL(normal(x, Tensor())),
                                GRADUS_CALL(normal(x, NAN)),      GRADUS_CALL(normal(x, x * NAN))};
  draw("normal", of_two([](T mean, T std) { return normal(mean, std, seeded()); }),
       pairs(-2, 2, 0.1, 2), normal_errors);
  draw("normal", of_one([](T mean) { return normal(mean, 0.5, seeded()); }), layouts(), {});
  draw("normal", of_one([](T std) { return normal(0.5, std, seeded()); }), layouts(0.1, 2), {});
  const std::vector<Sample> weights = {{"matrix", {values({3, 4}, 0.1, 1)}},
                                       {"transposed", {values({4, 3}, 0.1, 1).t()}},
                                       {"list", {values({4}, 0.1, 1)}},
                                       {"every second", {values({8}, 0.1, 1).slice(0, 0, 8, 2)}},
                                       {"no rows", {values({0, 4}, 0.1, 1)}}};
  draw("multinomial", of_one([](T p) { return multinomial(p, 3, false, seeded()); }), weights,
       {GRADUS_CALL(multinomial(x, 4)), GRADUS_CALL(multinomial(x, 0)),
        GRADUS_CALL(multinomial(x, -1)), GRADUS_CALL(multinomial(x * 0, 1)),
        GRADUS_CALL(multinomial(x * -1, 1)), GRADUS_CALL(multinomial(x * NAN, 1)),
        GRADUS_CALL(multinomial(x * INFINITY, 1)), GRADUS_CALL(multinomial(integer, 1)),
        GRADUS_CALL(multinomial(ones({}), 1)), GRADUS_CALL(multinomial(ones({2, 2, 2}), 1)),
        GRADUS_CALL(multinomial(ones({0}), 1)), GRADUS_CALL(multinomial(Tensor(), 1)),
        GRADUS_CALL(multinomial(x, INT64_MAX, true))});
  draw("multinomial", of_one([](T p) { return multinomial(p, 9, true, seeded()); }), weights, {});

  // Fills: f(tensor, generator) in place; the gradient of what was there is zero.
  const auto fill = [&](const char* name, auto f, Errors errors) {
    table.push_back({name, of_one([f](T was) {
                       Tensor y = was * 1;
                       f(y, seeded());
                       return y;
                     }),
                     layouts(), in_place_errors([f](Tensor self) {
                                  f(self, nullopt);
                                  return self;
                                }) + errors,
                     1, [f](std::vector<Tensor>& inputs) { f(inputs[0], seeded()); }});
    table.back().random = true;
  };
  using G = std::optional<Generator>;
  const auto with = [](auto f) {  // f(tensor), on a tensor that can be written
    return [f] {
      Tensor self = ones({2});
      f(self);
    };
  };
  const auto on_integers = [](auto f) {
    return [f] {
      Tensor self = ones({2}, kLong);
      f(self);
    };
  };
  using Self = Tensor&;
  fill("bernoulli_", [](Self s, G g) { bernoulli_(s, 0.3, g); },
       {with([](Self s) { bernoulli_(s, 1.5); }), with([](Self s) { bernoulli_(s, -0.1); }),
        with([](Self s) { bernoulli_(s, NAN); }), with([](Self s) { bernoulli_(s, ones({3})); }),
        with([](Self s) { bernoulli_(s, ones({2}) * 2); }),
        with([](Self s) { bernoulli_(s, Tensor()); })});
  fill("normal_", [](Self s, G g) { normal_(s, 1, 2, g); },
       {with([](Self s) { normal_(s, 0, -1); }), with([](Self s) { normal_(s, 0, NAN); }),
        on_integers([](Self s) { normal_(s); })});
  fill("uniform_", [](Self s, G g) { uniform_(s, -1, 2, g); },
       {with([](Self s) { uniform_(s, 1, 0); }), with([](Self s) { uniform_(s, 0, INFINITY); }),
        with([](Self s) { uniform_(s, NAN, 1); }), on_integers([](Self s) { uniform_(s); })});
  fill("random_", [](Self s, G g) { random_(s, 2, 9, g); },
       {with([](Self s) { random_(s, 2, 2); }), with([](Self s) { random_(s, 3, 2); }),
        with([](Self s) { random_(s, 0); }), with([](Self s) { random_(s, INT64_MIN); }), [] {
          Tensor self = ones({2}, kByte);
          random_(self, 0, 300);
        }});
  fill("exponential_", [](Self s, G g) { exponential_(s, 1.5, g); },
       {with([](Self s) { exponential_(s, 0); }), with([](Self s) { exponential_(s, -1); }),
        with([](Self s) { exponential_(s, NAN); }), on_integers([](Self s) { exponential_(s); })});
  fill("geometric_", [](Self s, G g) { geometric_(s, 0.3, g); },
       {with([](Self s) { geometric_(s, 0); }), with([](Self s) { geometric_(s, 1); }),
        with([](Self s) { geometric_(s, NAN); })});
  fill("log_normal_", [](Self s, G g) { log_normal_(s, 0.1, 0.5, g); },
       {with([](Self s) { log_normal_(s, 0, 0); }), with([](Self s) { log_normal_(s, 0, NAN); }),
        on_integers([](Self s) { log_normal_(s); })});
  fill("cauchy_", [](Self s, G g) { cauchy_(s, 0.1, 0.5, g); },
       {with([](Self s) { cauchy_(s, 0, 0); }), with([](Self s) { cauchy_(s, 0, NAN); }),
        on_integers([](Self s) { cauchy_(s); })});

  table.push_back({"dropout",
                   of_one([](T was) {
                     manual_seed(7);
                     return dropout(was, 0.4);
                   }),
                   layouts(),
                   {GRADUS_CALL(dropout(x, -0.1)), GRADUS_CALL(dropout(x, 1.1)),
                    GRADUS_CALL(dropout(x, NAN)), GRADUS_CALL(dropout(integer, 0.5)),
                    GRADUS_CALL(dropout(Tensor(), 0.5)), GRADUS_CALL(dropout(x, -1, false))},
                   1,
                   [](std::vector<Tensor>& inputs) {
                     manual_seed(7);
                     dropout_(inputs[0], 0.4);
                   }});
  table.back().random = true;
  table.push_back({"dropout", of_one([](T was) { return dropout(was, 0.4, false); }), layouts()});
  table.push_back({"dropout", of_one([](T was) { return dropout(was, 1); }), layouts()});
}

}  // namespace gradus::test
