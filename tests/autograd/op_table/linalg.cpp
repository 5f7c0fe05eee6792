// Linear algebra. Inputs are made well-conditioned inside the functions, so that differences of any
// input lead to symmetric, positive or regular matrices; of singular vectors and eigenvectors only
// what does not depend on their signs is looked at.

#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Inputs = std::vector<Tensor>;
using Errors = std::vector<std::function<void()>>;

Tensor identity_of(const Tensor& x, double factor) {
  return eye(x.size(-2), x.size(-1), x.options()) * factor;
}

// With 3 on the diagonal: regular for elements in [-1, 1] up to 3x3.
Tensor regular(const Tensor& x) {
  return x * 0.5 + identity_of(x, 3);
}

Tensor spd_matrix(const Tensor& x) {
  GRADUS_CHECK(x.dim() >= 2 && x.size(-1) == x.size(-2), "spd_matrix: {} is not square", x.sizes());
  return matmul(x, mT(x)) + eye(x.size(-2), x.options());
}

// Symmetric, eigenvalues about 2 apart.
Tensor symmetric(const Tensor& x) {
  return (x + mT(x)) * 0.2 + diag_embed(arange(x.size(-1), x.dtype()) * 2 + 1);
}

// Rectangular, singular values about 2 apart.
Tensor spread(const Tensor& x) {
  return x * 0.2 + identity_of(x, 1) * (arange(x.size(-1), x.dtype()) * 2 + 1);
}

Tensor lower(const Tensor& x) {
  return tril(x * 0.5, -1) + identity_of(x, 2);
}

// Factors that tell columns apart.
Tensor weights(const Tensor& x) {
  return arange(x.size(-1), x.dtype()) * 0.7 + 1;
}

std::vector<Sample> square_matrices() {
  return {
      {"3x3", {values({3, 3}, -1, 1, 1)}},
      {"batch", {values({2, 2, 2}, -1, 1, 2)}},
      {"transposed", {values({3, 3}, -1, 1, 3).t()}},
      {"every second column", {values({2, 4}, -1, 1, 4).slice(1, 0, 4, 2)}},
      {"offset slice", {values({4, 2}, -1, 1, 5).narrow(0, 1, 2)}},
      {"1x1", {values({1, 1}, -1, 1, 6)}},
      {"0x0", {values({0, 0}, -1, 1, 7)}},
      {"no batch", {values({0, 2, 2}, -1, 1, 8)}},
      {"dims of batch", {values({2, 1, 2, 2}, -1, 1, 9)}},
  };
}

std::vector<Sample> any_matrices() {
  std::vector<Sample> samples = square_matrices();
  samples.push_back({"tall", {values({3, 2}, -1, 1, 11)}});
  samples.push_back({"wide", {values({2, 3}, -1, 1, 12)}});
  samples.push_back({"wide, transposed", {values({3, 2}, -1, 1, 13).t()}});
  samples.push_back({"batch of tall", {values({2, 3, 2}, -1, 1, 14)}});
  samples.push_back({"no columns", {values({3, 0}, -1, 1, 15)}});
  samples.push_back({"no rows", {values({0, 3}, -1, 1, 16)}});
  return samples;
}

template <class F>
Errors bad_matrices(F f) {
  return {[f] { f(ones({3})); },        [f] { f(ones({})); },         [f] { f(eye(2).to(kLong)); },
          [f] { f(eye(2).to(kBool)); }, [f] { f(eye(2).to(kHalf)); }, [f] { f(Tensor()); }};
}

template <class F>
Errors bad_squares(F f) {
  Errors errors = bad_matrices(f);
  errors.push_back([f] { f(ones({2, 3})); });
  errors.push_back([f] { f(ones({2, 2, 1})); });
  return errors;
}

Errors with(Errors errors, Errors more) {
  errors.insert(errors.end(), more.begin(), more.end());
  return errors;
}

// A as given and right sides of each kind.
std::vector<Sample> systems() {
  const auto two = [](IntArrayRef a, IntArrayRef b) {
    return Inputs{values(a, -1, 1, 1), values(b, -1, 1, 2)};
  };
  return {
      {"matrix", two({3, 3}, {3, 2})},
      {"square right side", two({2, 2}, {2, 2})},
      {"batch", two({2, 2, 2}, {2, 2, 2})},
      {"one matrix for all", two({2, 2}, {2, 2, 1})},
      {"batches broadcast", two({2, 1, 2, 2}, {3, 2, 2})},
      {"transposed", {values({3, 3}, -1, 1, 3).t(), values({2, 3}, -1, 1, 4).t()}},
      {"0x0", two({0, 0}, {0, 2})},
      {"no right sides", two({2, 2}, {2, 0})},
      {"no batch", two({0, 2, 2}, {0, 2, 1})},
  };
}

template <class F>
Errors bad_systems(F f) {
  return {[f] {
            f(eye(2), ones({3, 1}));
          },
          [f] {
            f(ones({2, 3}), ones({2, 1}));
          },
          [f] {
            f(eye(2), ones({2, 1}).to(kDouble));
          },
          [f] {
            f(eye(2).to(kLong), ones({2, 1}).to(kLong));
          },
          [f] {
            f(ones({2}), ones({2, 1}));
          },
          [f] {
            f(eye(2).expand({3, 2, 2}), ones({2, 2, 1}));
          },
          [f] { f(eye(2), ones({})); }};
}

void add_solvers(std::vector<OpInfo>& table) {
  const auto square = [&](const char* name, OpInfo::Function f, Errors errors) {
    table.push_back({name, std::move(f), square_matrices(), std::move(errors)});
  };
  for (bool upper : {false, true}) {
    square("linalg_cholesky",
           of_one([=](const Tensor& x) { return linalg_cholesky(spd_matrix(x), upper); }),
           with(bad_squares([](const Tensor& x) { linalg_cholesky(x); }),
                {[] { linalg_cholesky(-eye(2)); },
                 [] {
                   linalg_cholesky(zeros({2, 2, 2}));
                 },
                 [] { linalg_cholesky(eye(2) * NAN); }}));
  }
  square("linalg_cholesky_ex",
         of_one([](const Tensor& x) { return std::get<0>(linalg_cholesky_ex(spd_matrix(x))); }),
         bad_squares([](const Tensor& x) { linalg_cholesky_ex(x); }));
  square("cholesky", of_one([](const Tensor& x) { return cholesky(spd_matrix(x)); }),
         with(bad_squares([](const Tensor& x) { cholesky(x); }), {[] { cholesky(-eye(2)); }}));
  for (bool upper : {false, true}) {
    square("cholesky_inverse", of_one([=](const Tensor& x) {
             return cholesky_inverse(upper ? mT(lower(x)) : lower(x), upper);
           }),
           with(bad_squares([](const Tensor& x) { cholesky_inverse(x); }), {[] {
                  cholesky_inverse(zeros({2, 2}));
                }}));
    table.push_back(
        {"cholesky_solve", of_two([=](const Tensor& a, const Tensor& b) {
           return cholesky_solve(b, upper ? mT(lower(a)) : lower(a), upper);
         }),
         systems(),
         with(bad_systems([](const Tensor& a, const Tensor& b) { cholesky_solve(b, a); }),
              {[] { cholesky_solve(ones({2}), eye(2)); }}),
         2});
  }

  const auto inverse_row = [&](const char* name, auto op) {
    square(name, of_one([op](const Tensor& x) { return op(regular(x)); }),
           with(bad_squares([op](const Tensor& x) { op(x); }), {[op] {
                                                                  op(zeros({2, 2}));
                                                                },
                                                                [op] {
                                                                  op(ones({3, 2, 2}));
                                                                }}));
  };
  inverse_row("linalg_inv", [](const Tensor& x) { return linalg_inv(x); });
  inverse_row("inverse", [](const Tensor& x) { return inverse(x); });
  square("linalg_inv_ex",
         of_one([](const Tensor& x) { return std::get<0>(linalg_inv_ex(regular(x))); }),
         bad_squares([](const Tensor& x) { linalg_inv_ex(x); }));

  std::vector<Sample> with_vectors = systems();
  with_vectors.push_back({"vector", {values({3, 3}, -1, 1, 5), values({3}, -1, 1, 6)}});
  with_vectors.push_back({"vectors", {values({3, 2, 2}, -1, 1, 5), values({3, 2}, -1, 1, 6)}});
  table.push_back({"linalg_solve", of_two([](const Tensor& a, const Tensor& b) {
                     return linalg_solve(regular(a), b);
                   }),
                   with_vectors,
                   with(bad_systems([](const Tensor& a, const Tensor& b) { linalg_solve(a, b); }),
                        {[] {
                           linalg_solve(zeros({2, 2}), ones({2}));
                         },
                         [] { linalg_solve(eye(2), ones({2}), /*left=*/false); }}),
                   2});
  table.push_back(
      {"linalg_solve_ex", of_two([](const Tensor& a, const Tensor& b) {
         return std::get<0>(linalg_solve_ex(regular(a), b));
       }),
       with_vectors,
       with(bad_systems([](const Tensor& a, const Tensor& b) { linalg_solve_ex(a, b); }),
            {[] { linalg_solve_ex(eye(2), ones({2}), /*left=*/false); }}),
       2});
  table.push_back({"linalg_solve",
                   of_two([](const Tensor& a, const Tensor& b) {
                     return linalg_solve(regular(a), mT(b), /*left=*/false);
                   }),
                   systems(),
                   {},
                   2});
  for (bool upper : {false, true}) {
    for (bool left : {false, true}) {
      for (bool unit : {false, true}) {
        table.push_back({"linalg_solve_triangular", of_two([=](const Tensor& a, const Tensor& b) {
                           return linalg_solve_triangular(regular(a), left ? b : mT(b), upper, left,
                                                          unit);
                         }),
                         systems(), bad_systems([](const Tensor& a, const Tensor& b) {
                           linalg_solve_triangular(a, b, true);
                         }),
                         2});
      }
    }
  }
}

void add_determinants_and_lu(std::vector<OpInfo>& table) {
  const auto square = [&](const char* name, OpInfo::Function f, Errors errors) {
    table.push_back({name, std::move(f), square_matrices(), std::move(errors)});
  };
  square("linalg_det", of_one([](const Tensor& x) { return linalg_det(x); }),
         bad_squares([](const Tensor& x) { linalg_det(x); }));
  square("det", of_one([](const Tensor& x) { return det(x); }),
         bad_squares([](const Tensor& x) { det(x); }));
  const auto parts = [](std::tuple<Tensor, Tensor> y) {
    return Inputs{std::get<0>(y), std::get<1>(y)};
  };
  square(
      "linalg_slogdet", [=](const Inputs& x) { return parts(linalg_slogdet(regular(x[0]))); },
      bad_squares([](const Tensor& x) { linalg_slogdet(x); }));
  square(
      "slogdet", [=](const Inputs& x) { return parts(slogdet(-regular(x[0]))); },
      bad_squares([](const Tensor& x) { slogdet(x); }));
  square("logdet", of_one([](const Tensor& x) { return logdet(spd_matrix(x)); }),
         bad_squares([](const Tensor& x) { logdet(x); }));

  // A column of growing numbers, so that pivoting exchanges rows, and always the same.
  const auto shuffled = [](const Tensor& x) { return flip(spread(x), -2) * 2 + x * 0.1; };
  table.push_back({"linalg_lu",
                   [=](const Inputs& x) {
                     auto [p, l, u] = linalg_lu(shuffled(x[0]));
                     return Inputs{p, l, u};
                   },
                   any_matrices(), with(bad_matrices([](const Tensor& x) { linalg_lu(x); }), {[] {
                                          linalg_lu(eye(2), /*pivot=*/false);
                                        }})});
  table.push_back(
      {"linalg_lu_factor",
       of_one([=](const Tensor& x) { return std::get<0>(linalg_lu_factor(shuffled(x))); }),
       any_matrices(), with(bad_matrices([](const Tensor& x) { linalg_lu_factor(x); }), {[] {
                              linalg_lu_factor(zeros({2, 2}));
                            }})});
  for (bool left : {false, true}) {
    for (bool adjoint : {false, true}) {
      table.push_back({"linalg_lu_solve",
                       of_two([=](const Tensor& a, const Tensor& b) {
                         auto [lu, pivots] = linalg_lu_factor(shuffled(a));
                         return linalg_lu_solve(lu, pivots, left ? b : mT(b), left, adjoint);
                       }),
                       systems(),
                       {[] { linalg_lu_solve(eye(2), ones({2}, kInt), ones({2})); },
                        [] {
                          linalg_lu_solve(eye(2), full({2}, 3, kInt), ones({2, 1}));
                        },
                        [] {
                          linalg_lu_solve(eye(2), zeros({2}, kInt), ones({2, 1}));
                        },
                        [] {
                          linalg_lu_solve(eye(2), ones({2}, kLong), ones({2, 1}));
                        },
                        [] {
                          linalg_lu_solve(eye(2), ones({3}, kInt), ones({2, 1}));
                        },
                        [] {
                          linalg_lu_solve(eye(2), ones({2}, kInt), ones({3, 1}));
                        },
                        [] {
                          linalg_lu_solve(ones({2, 3}), ones({2}, kInt), ones({2, 1}));
                        }},
                       2});
    }
  }
  square("linalg_lu_factor_ex",
         of_one([=](const Tensor& x) { return std::get<0>(linalg_lu_factor_ex(shuffled(x))); }),
         with(bad_matrices([](const Tensor& x) { linalg_lu_factor_ex(x); }),
              {GRADUS_CALL(linalg_lu_factor_ex(eye(2), /*pivot=*/false)),
               GRADUS_CALL(
                   linalg_lu_factor_ex(zeros({2, 2}), /*pivot=*/true, /*check_errors=*/true))}));
  table.push_back(
      {"lu_unpack",
       [=](const Inputs& x) {
         auto [lu, pivots] = linalg_lu_factor(shuffled(x[0]));
         auto [p, l, u] = lu_unpack(lu, pivots);
         return Inputs{p, l, u};
       },
       any_matrices(),
       {GRADUS_CALL(lu_unpack(Tensor(), ones({2}, kInt))),
        GRADUS_CALL(lu_unpack(ones({2}), ones({2}, kInt))),
        GRADUS_CALL(lu_unpack(eye(2), Tensor())), GRADUS_CALL(lu_unpack(eye(2), ones({2}, kLong))),
        GRADUS_CALL(lu_unpack(eye(2), ones({3}, kInt))),
        GRADUS_CALL(lu_unpack(eye(2), zeros({2}, kInt))),
        GRADUS_CALL(lu_unpack(eye(2), full({2}, 3, kInt))),
        GRADUS_CALL(lu_unpack(eye(2).to(kLong), ones({2}, kInt)))}});
  table.push_back({"lu_solve",
                   of_two([=](const Tensor& a, const Tensor& b) {
                     auto [lu, pivots] = linalg_lu_factor(shuffled(a));
                     return lu_solve(b, lu, pivots);
                   }),
                   systems(),
                   {GRADUS_CALL(lu_solve(ones({2}), eye(2), ones({2}, kInt))),
                    GRADUS_CALL(lu_solve(ones({2, 1}), eye(2), full({2}, 3, kInt))),
                    GRADUS_CALL(lu_solve(ones({2, 1}), eye(2), ones({2}, kLong))),
                    GRADUS_CALL(lu_solve(ones({3, 1}), eye(2), ones({2}, kInt))),
                    GRADUS_CALL(lu_solve(Tensor(), eye(2), ones({2}, kInt)))},
                   2});
  for (bool transpose : {false, true}) {
    table.push_back({"triangular_solve",
                     [=](const Inputs& x) {
                       auto [y, a] = triangular_solve(x[1], regular(x[0]), true, transpose);
                       return Inputs{y, a};
                     },
                     systems(),
                     bad_systems([](const Tensor& a, const Tensor& b) { triangular_solve(b, a); }),
                     2});
  }
}

void add_decompositions(std::vector<OpInfo>& table) {
  table.push_back(
      {"linalg_qr",
       [](const Inputs& x) {
         auto [q, r] = linalg_qr(spread(x[0]));
         return Inputs{q, r};
       },
       any_matrices(),
       with(bad_matrices([](const Tensor& x) { linalg_qr(x); }),
            {[] { linalg_qr(eye(2), "half"); },
             [] { std::get<1>(linalg_qr(eye(2).requires_grad_(), "r")).sum().backward(); },
             [] {
               std::get<1>(linalg_qr(ones({3, 2}).requires_grad_(), "complete")).sum().backward();
             }})});
  table.push_back({"qr",
                   [](const Inputs& x) {
                     auto [q, r] = qr(spread(x[0]));
                     return Inputs{q, r};
                   },
                   any_matrices(), bad_matrices([](const Tensor& x) { qr(x); })});

  const auto invariants = [](const Tensor& u, const Tensor& s, const Tensor& vt) {
    return Inputs{s, u * u, vt * vt, matmul(u * weights(s), vt)};
  };
  table.push_back({"linalg_svd",
                   [=](const Inputs& x) {
                     auto [u, s, vt] = linalg_svd(spread(x[0]), /*full_matrices=*/false);
                     return invariants(u, s, vt);
                   },
                   any_matrices(),
                   with(bad_matrices([](const Tensor& x) { linalg_svd(x); }),
                        {[] {
                           linalg_svd(full({2, 3}, NAN));
                         },
                         [] {
                           linalg_svd(full({2, 2, 2}, INFINITY));
                         }})});
  table.push_back({"linalg_svd",
                   [=](const Inputs& x) {
                     auto [u, s, vt] = linalg_svd(spread(x[0]));
                     const int64_t k = s.size(-1);
                     return invariants(narrow(u, -1, 0, k), s, narrow(vt, -2, 0, k));
                   },
                   any_matrices()});
  table.push_back({"svd",
                   [=](const Inputs& x) {
                     auto [u, s, v] = svd(spread(x[0]));
                     return invariants(u, s, mT(v));
                   },
                   any_matrices(), bad_matrices([](const Tensor& x) { svd(x); })});
  table.push_back({"linalg_svdvals",
                   of_one([](const Tensor& x) { return linalg_svdvals(spread(x)); }),
                   any_matrices(), bad_matrices([](const Tensor& x) { linalg_svdvals(x); })});
  for (const char* uplo : {"L", "U"}) {
    table.push_back({"linalg_eigh",
                     [=](const Inputs& x) {
                       auto [l, v] = linalg_eigh(symmetric(x[0]), uplo);
                       return Inputs{l, v * v, matmul(v * weights(l), mT(v))};
                     },
                     square_matrices(),
                     with(bad_squares([](const Tensor& x) { linalg_eigh(x); }),
                          {[] { linalg_eigh(eye(2), "X"); }})});
    table.push_back({"linalg_eigvalsh",
                     of_one([=](const Tensor& x) { return linalg_eigvalsh(symmetric(x), uplo); }),
                     square_matrices(),
                     with(bad_squares([](const Tensor& x) { linalg_eigvalsh(x); }),
                          {[] { linalg_eigvalsh(eye(2), ""); }})});
  }
}

void add_ranks(std::vector<OpInfo>& table) {
  std::vector<Sample> full_rank, any = any_matrices();
  for (const Sample& sample : any) {
    const IntArrayRef sizes = sample.inputs[0].sizes();
    DimVector right = to_dims(sizes);
    right.back() = 2;
    full_rank.push_back({sample.what, {sample.inputs[0], values(right, -1, 1, 20)}});
  }
  full_rank.push_back({"vector", {values({3, 2}, -1, 1, 21), values({3}, -1, 1, 22)}});
  for (const char* driver : {"gelsy", "gels", "gelsd", "gelss"}) {
    table.push_back({"linalg_lstsq",
                     [=](const Inputs& x) {
                       auto [solution, residuals, rank, values] =
                           linalg_lstsq(spread(x[0]), x[1], std::nullopt, driver);
                       return Inputs{solution, residuals, rank};
                     },
                     full_rank,
                     with(bad_matrices([](const Tensor& a) {
                            linalg_lstsq(a, ones({2, 2}));
                          }),
                          {[] {
                             linalg_lstsq(eye(2), ones({2, 1}), std::nullopt, "qr");
                           },
                           [] {
                             linalg_lstsq(eye(2), ones({3, 1}));
                           },
                           [] {
                             linalg_lstsq(eye(2), ones({2, 1}, kDouble));
                           },
                           [] {
                             linalg_lstsq(full({2, 2}, NAN), ones({2, 1}));
                           },
                           [] {
                             linalg_lstsq(ones({3, 2}), ones({3, 2}), std::nullopt, "gels");
                           }}),
                     2});
  }
  table.push_back({"linalg_pinv", of_one([](const Tensor& x) { return linalg_pinv(spread(x)); }),
                   any, with(bad_matrices([](const Tensor& x) { linalg_pinv(x); }), {[] {
                               linalg_pinv(full({2, 2}, NAN));
                             }})});
  // Of rank 1: the gradient is that of matrices of one rank.
  table.push_back(
      {"linalg_pinv",
       of_one([](const Tensor& x) {
         const Tensor column = narrow(x, -1, 0, 1) + 2;
         return linalg_pinv(matmul(column, mT(column)), 1e-6);
       }),
       {{"3x3", {values({3, 3}, -1, 1, 1)}}, {"batch", {values({2, 2, 2}, -1, 1, 2)}}}});
  table.push_back({"linalg_pinv", of_one([](const Tensor& x) {
                     return linalg_pinv(symmetric(x), std::nullopt, std::nullopt, true);
                   }),
                   square_matrices(), bad_squares([](const Tensor& x) {
                     linalg_pinv(x, std::nullopt, std::nullopt, true);
                   })});
  table.push_back(
      {"linalg_pinv",
       of_one([](const Tensor& x) { return linalg_pinv(spread(x), full({}, 1e-9, kDouble)); }),
       any,
       {[] { linalg_pinv(eye(2), ones({2}, kLong)); },
        [] {
          linalg_pinv(ones({3, 2, 2}), ones({2}), Tensor());
        },
        [] {
          linalg_pinv(ones({2, 3}), Tensor(), Tensor(), true);
        }}});
  table.push_back({"linalg_matrix_rank",
                   of_one([](const Tensor& x) {
                     return linalg_matrix_rank(spread(x), full({}, 0.1, kDouble), Tensor());
                   }),
                   any,
                   {[] { linalg_matrix_rank(eye(2), ones({2}, kLong)); },
                    [] {
                      linalg_matrix_rank(ones({3, 2, 2}), ones({2}), Tensor());
                    }}});
  table.push_back({"pinverse", of_one([](const Tensor& x) { return pinverse(spread(x)); }), any,
                   bad_matrices([](const Tensor& x) { pinverse(x); })});
  table.push_back({"linalg_matrix_rank",
                   of_one([](const Tensor& x) { return linalg_matrix_rank(spread(x)); }), any,
                   with(bad_matrices([](const Tensor& x) { linalg_matrix_rank(x); }),
                        {[] {
                           linalg_matrix_rank(full({2, 2}, NAN));
                         },
                         [] {
                           linalg_matrix_rank(ones({2, 3}), std::nullopt, std::nullopt, true);
                         }})});
}

void add_norm_ops(std::vector<OpInfo>& table) {
  std::vector<Sample> samples;
  for (const Sample& sample : any_matrices()) {
    if (sample.inputs[0].size(-1) > 0 && sample.inputs[0].size(-2) > 0) samples.push_back(sample);
  }
  const Errors errors = {
      [] { linalg_matrix_norm(ones({3})); },        [] { linalg_matrix_norm(eye(2), 3); },
      [] { linalg_matrix_norm(eye(2), "half"); },   [] { linalg_matrix_norm(eye(2), 2, {0, 0}); },
      [] { linalg_matrix_norm(eye(2), 2, {0}); },   [] { linalg_matrix_norm(eye(2), 2, {0, 5}); },
      [] { linalg_matrix_norm(eye(2).to(kLong)); }, [] { linalg_matrix_norm(eye(2).to(kHalf), 2); },
      [] { linalg_matrix_norm(Tensor()); }};
  for (double ord : {1.0, -1.0, 2.0, -2.0, HUGE_VAL, -HUGE_VAL}) {
    table.push_back({"linalg_matrix_norm",
                     of_one([=](const Tensor& x) { return linalg_matrix_norm(spread(x), ord); }),
                     samples, errors});
  }
  for (const char* ord : {"fro", "nuc"}) {
    table.push_back({"linalg_matrix_norm", of_one([=](const Tensor& x) {
                       return linalg_matrix_norm(spread(x), ord, {-1, -2}, /*keepdim=*/true);
                     }),
                     samples, errors});
  }
  for (bool keepdim : {false, true}) {
    table.push_back({"nuclear_norm",
                     of_one([=](const Tensor& x) {
                       return nuclear_norm(spread(x), {-1, -2}, keepdim);
                     }),
                     samples,
                     {GRADUS_CALL(nuclear_norm(ones({3}))), GRADUS_CALL(nuclear_norm(Tensor())),
                      GRADUS_CALL(nuclear_norm(eye(2), {0, 0})),
                      GRADUS_CALL(nuclear_norm(eye(2), IntArrayRef(0))),
                      GRADUS_CALL(nuclear_norm(eye(2), {0, INT64_MIN})),
                      GRADUS_CALL(nuclear_norm(eye(2).to(kLong)))}});
    table.push_back(
        {"frobenius_norm",
         of_one([=](const Tensor& x) {
           return frobenius_norm(x, {-1, -2}, keepdim);
         }),
         samples,
         {GRADUS_CALL(frobenius_norm(ones({3}), 1)), GRADUS_CALL(frobenius_norm(Tensor(), 0)),
          GRADUS_CALL(frobenius_norm(ones({2, 2, 2}), {0, 1, 2})),
          GRADUS_CALL(frobenius_norm(eye(2), {0, 0})),
          GRADUS_CALL(frobenius_norm(eye(2).to(kLong), 0))}});
  }
  const Errors norm_errors = {
      [] { linalg_norm(ones({2, 2, 2}), 2); }, [] { linalg_norm(ones({}), 2); },
      [] { linalg_norm(eye(2), 3); },          [] { linalg_norm(ones({3}), "fro"); },
      [] { linalg_norm(eye(2), "half"); },     [] { linalg_norm(ones({2, 2, 2}), 2, {0, 1, 2}); },
      [] { linalg_norm(eye(2), 2, 2); },       [] { linalg_norm(eye(2).to(kLong)); },
      [] { linalg_norm(Tensor()); },           [] { linalg_norm(ones({0}), INFINITY); }};
  table.push_back({"linalg_norm", of_one([](const Tensor& x) { return linalg_norm(x); }),
                   layouts(0.5, 2), norm_errors});
  table.push_back({"linalg_norm", of_one([](const Tensor& x) { return linalg_norm(x, 3, -1); }),
                   layouts(0.5, 2)});
  table.push_back({"linalg_norm", of_one([](const Tensor& x) {
                     return linalg_norm(spread(x), "nuc", {-2, -1}, /*keepdim=*/true);
                   }),
                   samples});
  table.push_back({"linalg_norm", of_one([](const Tensor& x) {
                     return linalg_norm(spread(x), 2, {-2, -1});
                   }),
                   samples});
  for (double p : {2.0, -2.0}) {
    table.push_back({"linalg_cond",
                     of_one([=](const Tensor& x) { return linalg_cond(spread(x), p); }), samples,
                     with(bad_matrices([](const Tensor& x) { linalg_cond(x); }),
                          {[] { linalg_cond(eye(2), 3); }, [] { linalg_cond(eye(2), "half"); },
                           [] {
                             linalg_cond(ones({2, 3}), 1);
                           }})});
  }
  table.push_back({"linalg_cond",
                   of_one([](const Tensor& x) { return linalg_cond(regular(x), 1); }),
                   square_matrices()});
  table.push_back({"linalg_cond",
                   of_one([](const Tensor& x) { return linalg_cond(regular(x), "fro"); }),
                   square_matrices()});
}

void add_functions(std::vector<OpInfo>& table) {
  for (int64_t n : {-2, 0, 1, 5}) {
    const auto row = [&](const char* name, auto op) {
      table.push_back({name,
                       of_one([=](const Tensor& x) { return op(regular(x) * 0.4, n); }),
                       square_matrices(),
                       {[=] {
                          op(ones({2, 3}), 2);
                        },
                        [=] { op(ones({2}), 2); }, [=] { op(Tensor(), 2); },
                        [=] {
                          op(zeros({2, 2}), -1);
                        },
                        [=] { op(eye(2).to(kBool), 2); }, [=] { op(eye(2).to(kLong), -1); }}});
    };
    row("linalg_matrix_power",
        [](const Tensor& x, int64_t power) { return linalg_matrix_power(x, power); });
    row("matrix_power", [](const Tensor& x, int64_t power) { return matrix_power(x, power); });
  }
  table.push_back({"linalg_matrix_exp",
                   of_one([](const Tensor& x) { return linalg_matrix_exp(x * 2); }),
                   square_matrices(), bad_squares([](const Tensor& x) { linalg_matrix_exp(x); })});
  table.push_back({"matrix_exp", of_one([](const Tensor& x) { return matrix_exp(x); }),
                   square_matrices(), bad_squares([](const Tensor& x) { matrix_exp(x); })});

  const auto chain = [](std::initializer_list<DimVector> sizes) {
    Inputs matrices;
    for (const DimVector& size : sizes) {
      matrices.push_back(values(size, -1, 1, 30 + matrices.size()));
    }
    return matrices;
  };
  const std::vector<Sample> chains = {{"two", chain({{2, 3}, {3, 1}})},
                                      {"three", chain({{2, 3}, {3, 1}, {1, 4}})},
                                      {"four", chain({{1, 3}, {3, 2}, {2, 4}, {4, 1}})},
                                      {"empty", chain({{2, 0}, {0, 3}})},
                                      {"no rows", chain({{0, 2}, {2, 3}, {3, 2}})}};
  std::vector<Sample> with_ends = chains;
  with_ends.push_back({"row", chain({{3}, {3, 2}, {2, 2}})});
  with_ends.push_back({"column", chain({{2, 3}, {3, 2}, {2}})});
  with_ends.push_back({"both", chain({{3}, {3}})});
  table.push_back({"linalg_multi_dot",
                   [](const Inputs& x) { return Inputs{linalg_multi_dot(x)}; },
                   with_ends,
                   {[] { linalg_multi_dot({}); }, [] { linalg_multi_dot(eye(2)); },
                    [] {
                      linalg_multi_dot({eye(2), ones({2}), ones({2})});
                    },
                    [] {
                      linalg_multi_dot({eye(2), eye(3)});
                    },
                    [] {
                      linalg_multi_dot({eye(2), ones({2, 2, 2})});
                    },
                    [] {
                      linalg_multi_dot({eye(2), eye(2).to(kDouble)});
                    }},
                   2});
  table.push_back({"chain_matmul",
                   [](const Inputs& x) { return Inputs{chain_matmul(x)}; },
                   chains,
                   {[] { chain_matmul({}); }, [] { chain_matmul(ones({2})); },
                    [] {
                      chain_matmul({eye(2), ones({2})});
                    },
                    [] {
                      chain_matmul({eye(2), eye(3)});
                    },
                    [] {
                      chain_matmul({eye(2), Tensor()});
                    }},
                   2});
  table.push_back(
      {"linalg_vecdot",
       of_two([](const Tensor& a, const Tensor& b) { return linalg_vecdot(a, b); }),
       pairs(),
       {[] { linalg_vecdot(ones({2}), ones({3})); }, [] { linalg_vecdot(ones({2}), ones({2}), 1); },
        [] { linalg_vecdot(ones({2}, kLong), ones({2}, kLong)); },
        [] { linalg_vecdot(ones({2}, kBool), ones({2}, kBool)); },
        [] {
          linalg_vecdot(ones({2, 2}), ones({3, 2}));
        }},
       2});
  table.push_back(
      {"linalg_diagonal",
       of_one([](const Tensor& x) { return linalg_diagonal(x, 1); }),
       any_matrices(),
       {[] { linalg_diagonal(ones({2})); }, [] { linalg_diagonal(ones({})); },
        [] { linalg_diagonal(eye(2), 0, 1, 1); }, [] { linalg_diagonal(eye(2), 0, 0, 2); },
        [] { linalg_diagonal(eye(2), 0, -3, 1); }}});

  const auto two = [](IntArrayRef a, IntArrayRef b) {
    return Inputs{values(a, -2, 2, 1), values(b, -2, 2, 2)};
  };
  const std::vector<Sample> triples = {
      {"vectors", two({3}, {3})},
      {"rows", two({2, 3}, {2, 3})},
      {"broadcast", two({1, 3}, {4, 3})},
      {"transposed", {values({3, 2}).t(), values({2, 3}, -2, 2, 9)}},
      {"none", two({0, 3}, {1, 3})},
      {"batch", two({2, 1, 3}, {1, 2, 3})}};
  const auto cross_errors = [](auto op) {
    return Errors{
        [=] { op(ones({3}), ones({2})); },          [=] { op(ones({2, 3}), ones({3})); },
        [=] { op(ones({2}), ones({2})); },          [=] { op(ones({}), ones({})); },
        [=] { op(ones({3}), ones({3}, kDouble)); }, [=] { op(ones({3}, kBool), ones({3}, kBool)); },
        [=] {
                    op(ones({2, 3}), ones({5, 3})); }};
  };
  table.push_back(
      {"linalg_cross", of_two([](const Tensor& a, const Tensor& b) { return linalg_cross(a, b); }),
       triples, cross_errors([](const Tensor& a, const Tensor& b) { linalg_cross(a, b); }), 2});
  table.push_back({"cross", of_two([](const Tensor& a, const Tensor& b) { return cross(a, b); }),
                   triples, cross_errors([](const Tensor& a, const Tensor& b) { cross(a, b); }),
                   2});
  table.push_back({"cross",
                   of_two([](const Tensor& a, const Tensor& b) { return cross(mT(a), mT(b), 0); }),
                   {{"first dim", two({2, 3}, {2, 3})}},
                   {[] { cross(eye(3), eye(3), 2); }},
                   2});

  table.push_back(
      {"linalg_vander",
       of_one([](const Tensor& x) { return linalg_vander(x, 4); }),
       layouts(),
       {[] { linalg_vander(ones({})); }, [] { linalg_vander(ones({3}), 1); },
        [] { linalg_vander(ones({3}), 0); }, [] { linalg_vander(ones({3}), -1); },
        [] { linalg_vander(ones({3}), INT64_MAX); }, [] { linalg_vander(ones({0})); }}});
  for (bool increasing : {false, true}) {
    table.push_back({"vander",
                     of_one([=](const Tensor& x) { return vander(x, std::nullopt, increasing); }),
                     {{"vector", {values({3})}},
                      {"every second", {values({6}).slice(0, 0, 6, 2)}},
                      {"one", {values({1})}},
                      {"none", {values({0})}},
                      {"offset", {values({5}).narrow(0, 1, 3)}},
                      {"zero", {tensor({0.0, 1.5, -2.0}, kDouble)}}},
                     {[] {
                        vander(ones({2, 2}));
                      },
                      [] { vander(ones({})); }, [] { vander(ones({3}), -1); },
                      [] { vander(ones({3}), INT64_MAX); }, [] { vander(Tensor()); }}});
  }

  table.push_back(
      {"linalg_tensorinv",
       of_one([](const Tensor& x) {
         const Tensor matrix = regular(reshape(x, {4, 4}));
         return linalg_tensorinv(reshape(matrix, {2, 2, 4}));
       }),
       {{"4x4", {values({4, 4}, -1, 1)}},
        {"transposed", {values({4, 4}, -1, 1).t()}},
        {"3 dims", {values({2, 2, 4}, -1, 1)}}},
       {[] {
          linalg_tensorinv(ones({2, 3, 4}));
        },
        [] { linalg_tensorinv(eye(2), 0); }, [] { linalg_tensorinv(eye(2), INT64_MIN); },
        [] { linalg_tensorinv(eye(2), INT64_MAX); },
        [] {
          linalg_tensorinv(zeros({2, 2}), 1);
        },
        [] { linalg_tensorinv(eye(4).to(kLong), 1); }, [] { linalg_tensorinv(Tensor()); }}});
  table.push_back({"linalg_tensorsolve",
                   of_two([](const Tensor& a, const Tensor& b) {
                     const Tensor matrix = reshape(regular(a), {2, 2, 4});
                     return linalg_tensorsolve(matrix, b);
                   }),
                   {{"4x4", two({4, 4}, {2, 2})},
                    {"transposed", {values({4, 4}, -1, 1).t(), values({2, 2}, -1, 1, 3).t()}}},
                   {[] {
                      linalg_tensorsolve(ones({2, 3, 4}), ones({2, 3}));
                    },
                    [] { linalg_tensorsolve(eye(2), ones({3})); },
                    [] {
                      linalg_tensorsolve(zeros({2, 2}), ones({2}));
                    },
                    [] { linalg_tensorsolve(eye(2), ones({2}, kDouble)); },
                    [] { linalg_tensorsolve(eye(2), ones({2}), {3}); },
                    [] { linalg_tensorsolve(eye(2).to(kLong), ones({2}, kLong)); }},
                   2});
}

}  // namespace

void add_linalg_ops(std::vector<OpInfo>& table) {
  add_solvers(table);
  add_determinants_and_lu(table);
  add_decompositions(table);
  add_ranks(table);
  add_norm_ops(table);
  add_functions(table);
}

}  // namespace gradus::test
