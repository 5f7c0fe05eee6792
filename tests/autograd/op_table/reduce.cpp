#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

std::vector<Sample> with_rows(double low = -2, double high = 2) {
  std::vector<Sample> samples = matrices(low, high);
  samples.push_back({"three dims", {values({2, 3, 2}, low, high, 5)}});
  samples.push_back({"channels-last",
                     {values({2, 3, 2, 2}, low, high, 6).contiguous(MemoryFormat::ChannelsLast)}});
  return samples;
}

// Calls that no op with a dim takes.
template <class F>
Errors dim_errors(F op) {
  return {GRADUS_CALL(op(ones({2, 3}), 2)), GRADUS_CALL(op(ones({2, 3}), -3)),
          GRADUS_CALL(op(ones({2}), INT64_MAX)), GRADUS_CALL(op(ones({2}), INT64_MIN)),
          GRADUS_CALL(op(Tensor(), 0))};
}

Errors operator+(Errors a, const Errors& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace

void add_reductions(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, std::vector<Sample> samples, Errors errors = {}) {
    table.push_back({name, of_one(op), std::move(samples), std::move(errors)});
  };
  // Also with a list of dims, where one given twice is an error.
  const auto twice = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({2, 3}), IntArrayRef({0, 0}))),
            GRADUS_CALL(op(ones({2, 3}), IntArrayRef({1, -1}))),
            GRADUS_CALL(op(ones({2, 3}), IntArrayRef({0, 2})))};
  };
  using Dims = IntArrayRef;
  const auto sum_dims = [](const Tensor& x, Dims d) { return sum(x, d); };
  row(
      "sum", [](const Tensor& x) { return sum(x); }, layouts(),
      dim_errors(sum_dims) + twice(sum_dims));
  row(
      "sum",
      [](const Tensor& x) {
        return sum(x, {0, -1}, /*keepdim=*/true);
      },
      with_rows());
  row(
      "sum", [](const Tensor& x) { return sum(x, 0, false, kDouble); }, with_rows());
  const auto nansum_dims = [](const Tensor& x, Dims d) { return nansum(x, d); };
  row(
      "nansum", [](const Tensor& x) { return nansum(x, 1); }, with_rows(),
      dim_errors(nansum_dims) + twice(nansum_dims));
  const auto mean_dims = [](const Tensor& x, Dims d) { return mean(x, d); };
  row(
      "mean", [](const Tensor& x) { return mean(x); }, layouts(),
      dim_errors(mean_dims) + twice(mean_dims) + Errors{GRADUS_CALL(mean(ones({2, 3}, kLong)))});
  row(
      "mean", [](const Tensor& x) { return mean(x, 1); }, with_rows());
  const auto nanmean_dims = [](const Tensor& x, Dims d) { return nanmean(x, d); };
  row(
      "nanmean",
      [](const Tensor& x) {
        return nanmean(x, {0, -1}, true);
      },
      with_rows(),
      dim_errors(nanmean_dims) + twice(nanmean_dims) +
          Errors{GRADUS_CALL(nanmean(ones({2, 3}, kLong)))});
  row(
      "prod", [](const Tensor& x) { return prod(x); }, layouts());
  row(
      "prod", [](const Tensor& x) { return prod(x, 1); }, with_rows(),
      dim_errors([](const Tensor& x, int64_t d) { return prod(x, d); }));
  row(
      "prod", [](const Tensor& x) { return prod(x * (x.detach() > 0), -1, true); }, with_rows());

  const auto spread = [&](const char* name, auto op, auto of_dims) {
    row(name, op, with_rows(),
        dim_errors(of_dims) + twice(of_dims) +
            Errors{GRADUS_CALL(of_dims(ones({2, 3}, kLong), Dims({1})))});
  };
  const auto var_dims = [](const Tensor& x, Dims d) { return var(x, d); };
  const auto std_dims = [](const Tensor& x, Dims d) { return gradus::std(x, d); };
  spread(
      "var", [](const Tensor& x) { return var(x, {1}); }, var_dims);
  spread(
      "var",
      [](const Tensor& x) {
        return var(x, {0, -1}, 0, true);
      },
      var_dims);
  spread(
      "std",
      [](const Tensor& x) {
        return gradus::std(x, {0, 1});
      },
      std_dims);
  spread(
      "std", [](const Tensor& x) { return gradus::std(x, {-1}, 0.5); }, std_dims);
  const auto var_mean_dims = [](const Tensor& x, Dims d) { return var_mean(x, d); };
  const auto std_mean_dims = [](const Tensor& x, Dims d) { return std_mean(x, d); };
  table.push_back({"var_mean", pair_of_one([](const Tensor& x) { return var_mean(x, {1}); }),
                   with_rows(), dim_errors(var_mean_dims) + twice(var_mean_dims)});
  table.push_back({"std_mean", pair_of_one([](const Tensor& x) {
                     return std_mean(x, {0, -1}, 0, true);
                   }),
                   with_rows(), dim_errors(std_mean_dims) + twice(std_mean_dims)});

  const auto norm_dims = [](const Tensor& x, Dims d) { return norm(x, Scalar(2), d); };
  const auto vector_norm_dims = [](const Tensor& x, Dims d) { return linalg_vector_norm(x, 2, d); };
  row(
      "norm", [](const Tensor& x) { return norm(x); }, layouts(),
      dim_errors(norm_dims) + twice(norm_dims) + Errors{GRADUS_CALL(norm(ones({2}, kLong)))});
  row(
      "norm", [](const Tensor& x) { return norm(x, Scalar(3), {1}); }, with_rows());
  row(
      "norm", [](const Tensor& x) { return norm(x, Scalar(1), {1}, true); }, with_rows());
  row(
      "linalg_vector_norm", [](const Tensor& x) { return linalg_vector_norm(x, 2.5, {0}); },
      with_rows(), dim_errors(vector_norm_dims) + twice(vector_norm_dims));
  row("linalg_vector_norm", [](const Tensor& x) { return linalg_vector_norm(x, INFINITY, {-1}); },
      with_rows(), {GRADUS_CALL(linalg_vector_norm(ones({2}, kLong)))});

  const auto lse_dims = [](const Tensor& x, Dims d) { return logsumexp(x, d); };
  row(
      "logsumexp", [](const Tensor& x) { return logsumexp(x, 1); }, with_rows(),
      dim_errors(lse_dims) + twice(lse_dims));
  row(
      "logsumexp",
      [](const Tensor& x) {
        return logsumexp(x, {0, -1}, true);
      },
      with_rows());

  const auto amax_dims = [](const Tensor& x, Dims d) { return amax(x, d); };
  const auto amin_dims = [](const Tensor& x, Dims d) { return amin(x, d); };
  row(
      "amax", [](const Tensor& x) { return amax(x, 1); }, with_rows(),
      dim_errors(amax_dims) + twice(amax_dims) + Errors{GRADUS_CALL(amax(ones({0, 3}), 0))});
  row(
      "amin",
      [](const Tensor& x) {
        return amin(x, {0, 1});
      },
      with_rows(),
      dim_errors(amin_dims) + twice(amin_dims) + Errors{GRADUS_CALL(amin(ones({0, 3}), 0))});
  row(
      "max", [](const Tensor& x) { return max(x); }, layouts(),
      dim_errors([](const Tensor& x, int64_t d) { return max(x, d); }) +
          Errors{GRADUS_CALL(max(ones({0}))), GRADUS_CALL(max(ones({0, 3}), 0))});
  table.back().samples.erase(table.back().samples.begin() + 5);  // no elements
  row(
      "min", [](const Tensor& x) { return min(x); }, layouts(),
      dim_errors([](const Tensor& x, int64_t d) { return min(x, d); }) +
          Errors{GRADUS_CALL(min(ones({0}))), GRADUS_CALL(min(ones({0, 3}), 0))});
  table.back().samples.erase(table.back().samples.begin() + 5);  // no elements
  table.push_back({"max", pair_of_one([](const Tensor& x) { return max(x, 1); }), with_rows()});
  table.push_back(
      {"min", pair_of_one([](const Tensor& x) { return min(x, 0, true); }), with_rows()});
  table.push_back(
      {"aminmax", pair_of_one([](const Tensor& x) { return aminmax(x, -1); }), with_rows(),
       dim_errors([](const Tensor& x, int64_t d) { return aminmax(x, d); }) +
           Errors{GRADUS_CALL(aminmax(ones({0}))), GRADUS_CALL(aminmax(ones({0, 3}), 0))}});
  table.push_back(
      {"aminmax", pair_of_one([](const Tensor& x) { return aminmax(x); }), with_rows()});
  const auto arg = [&](const char* name, auto op) {
    row(
        name, [op](const Tensor& x) { return op(x, 1, false); }, with_rows(),
        dim_errors([op](const Tensor& x, int64_t d) { return op(x, d, false); }) +
            Errors{GRADUS_CALL(op(ones({0}), nullopt, false)),
                   GRADUS_CALL(op(ones({0, 3}), 0, false))});
    row(
        name, [op](const Tensor& x) { return op(x, nullopt, true); }, with_rows());
  };
  arg("argmax", argmax);
  arg("argmin", argmin);

  const auto any_dims = [](const Tensor& x, Dims d) { return any(x, d); };
  const auto all_dims = [](const Tensor& x, Dims d) { return all(x, d); };
  row(
      "any", [](const Tensor& x) { return any(x > 0, 1); }, with_rows(),
      dim_errors(any_dims) + twice(any_dims));
  row(
      "any", [](const Tensor& x) { return any(x > 1.9); }, layouts());
  row(
      "all",
      [](const Tensor& x) {
        return all(x > 0, {0, -1}, true);
      },
      with_rows(), dim_errors(all_dims) + twice(all_dims));
  row(
      "all", [](const Tensor& x) { return all(x > -1.9); }, layouts());
  const auto count_dims = [](const Tensor& x, Dims d) { return count_nonzero(x, d); };
  row(
      "count_nonzero", [](const Tensor& x) { return count_nonzero(x > 0, 1); }, with_rows(),
      dim_errors(count_dims) + twice(count_dims));

  const auto scan = [&](const char* name, auto op) {
    row(
        name, [op](const Tensor& x) { return op(x, 1); }, with_rows(),
        dim_errors([op](const Tensor& x, int64_t d) { return op(x, d); }));
    row(
        name, [op](const Tensor& x) { return op(x, 0); }, with_rows());
  };
  scan("cumsum", [](const Tensor& x, int64_t dim) { return cumsum(x, dim); });
  table.back().in_place = [](std::vector<Tensor>& x) { x[0].cumsum_(0); };
  scan("cumprod", [](const Tensor& x, int64_t dim) { return cumprod(x, dim); });
  table.back().in_place = [](std::vector<Tensor>& x) { x[0].cumprod_(0); };
  scan("softmax", [](const Tensor& x, int64_t dim) { return softmax(x, dim); });
  table.back().errors.push_back(GRADUS_CALL(softmax(ones({2, 3}, kLong), 1)));
  scan("log_softmax", [](const Tensor& x, int64_t dim) { return log_softmax(x, dim); });
  table.back().errors.push_back(GRADUS_CALL(log_softmax(ones({2, 3}, kLong), 1)));

  row("sum_to_size", [](const Tensor& x) { return sum_to_size(x, {x.size(-1)}); }, with_rows(),
      {GRADUS_CALL(sum_to_size(ones({2, 3}), {2})), GRADUS_CALL(sum_to_size(ones({2, 3}), {4, 3})),
       GRADUS_CALL(sum_to_size(ones({3}), {2, 3})), GRADUS_CALL(sum_to_size(ones({2, 3}), {-1})),
       GRADUS_CALL(sum_to_size(Tensor(), {1}))});
}

}  // namespace gradus::test
