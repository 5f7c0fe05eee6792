#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

std::vector<Sample> with_rows(double low = -2, double high = 2) {
  return {
      {"contiguous", {values({3, 4}, low, high, 1)}},
      {"transposed", {values({4, 3}, low, high, 2).t()}},
      {"every second column", {values({3, 8}, low, high, 3).slice(1, 0, 8, 2)}},
      {"offset slice", {values({5, 4}, low, high, 4).narrow(0, 1, 3)}},
      {"three dims", {values({2, 3, 2}, low, high, 5)}},
      {"channels-last",
       {values({2, 3, 2, 2}, low, high, 6).contiguous(MemoryFormat::ChannelsLast)}},
  };
}

}  // namespace

void add_reductions(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, std::vector<Sample> samples,
                       std::vector<std::function<void()>> errors = {}) {
    table.push_back({name, of_one(op), std::move(samples), std::move(errors)});
  };
  using Errors = std::vector<std::function<void()>>;
  row(
      "sum", [](const Tensor& x) { return sum(x); }, layouts());
  row(
      "sum",
      [](const Tensor& x) {
        return sum(x, {0, -1}, /*keepdim=*/true);
      },
      with_rows(),
      Errors{[] {
               sum(ones({2, 3}), 2);
             },
             [] {
               sum(ones({2, 3}), {0, 0});
             },
             [] {
               sum(ones({2, 3}), {0, -2});
             },
             [] { sum(ones({2}), -2); }, [] { sum(Tensor()); }});
  row(
      "mean", [](const Tensor& x) { return mean(x); }, with_rows());
  row(
      "mean", [](const Tensor& x) { return mean(x, 1); }, with_rows(),
      Errors{[] {
               mean(ones({2, 3}), 2);
             },
             [] {
               mean(ones({2, 3}).to(kLong));
             },
             [] {
               mean(ones({2, 3}), {0, 0});
             },
             [] { mean(ones({2}), -2); }, [] { mean(Tensor()); }});
  row(
      "prod", [](const Tensor& x) { return prod(x); }, with_rows());
  row(
      "prod", [](const Tensor& x) { return prod(x, 1); }, with_rows(),
      Errors{[] {
               prod(ones({2, 3}), 2);
             },
             [] { prod(ones({2}), -2); }});
  row(
      "var", [](const Tensor& x) { return var(x, {1}); }, with_rows(),
      Errors{[] {
               var(ones({2, 3}), {2});
             },
             [] {
               var(ones({2, 3}).to(kLong), {1});
             },
             [] {
               var(ones({2, 3}), {0, 0});
             }});
  row(
      "std",
      [](const Tensor& x) {
        return gradus::std(x, {0, 1});
      },
      with_rows());
  row(
      "norm", [](const Tensor& x) { return norm(x); }, with_rows());
  row(
      "norm", [](const Tensor& x) { return norm(x, Scalar(3), {1}); }, with_rows(),
      Errors{[] {
               norm(ones({2, 3}), Scalar(2), {2});
             },
             [] { norm(ones({2}).to(kLong)); }});
  row(
      "norm", [](const Tensor& x) { return norm(x, Scalar(1), {1}, true); }, with_rows());
  row(
      "logsumexp", [](const Tensor& x) { return logsumexp(x, 1); }, with_rows(), Errors{[] {
        logsumexp(ones({2, 3}), 2);
      }});
  row(
      "amax", [](const Tensor& x) { return amax(x, 1); }, with_rows(),
      Errors{[] {
               amax(ones({2, 3}), 2);
             },
             [] {
               amax(ones({0, 3}), 0);
             }});
  row(
      "amin",
      [](const Tensor& x) {
        return amin(x, {0, 1});
      },
      with_rows(), Errors{[] {
        amin(ones({2, 3}), 2);
      }});
  row(
      "max", [](const Tensor& x) { return max(x); }, with_rows(), Errors{[] { max(ones({0})); }});
  row(
      "max", [](const Tensor& x) { return std::get<0>(max(x, 1)); }, with_rows(),
      Errors{[] {
               max(ones({2, 3}), 2);
             },
             [] {
               max(ones({0, 3}), 0);
             }});
  row(
      "min", [](const Tensor& x) { return std::get<0>(min(x, 0, true)); }, with_rows(),
      Errors{[] {
               min(ones({2, 3}), 2);
             },
             [] { min(ones({0})); }});
  row(
      "cumsum", [](const Tensor& x) { return cumsum(x, 1); }, with_rows(), Errors{[] {
        cumsum(ones({2, 3}), 2);
      }});
  row(
      "cumprod", [](const Tensor& x) { return cumprod(x, 1); }, with_rows(), Errors{[] {
        cumprod(ones({2, 3}), 2);
      }});
  row(
      "softmax", [](const Tensor& x) { return softmax(x, 1); }, with_rows(),
      Errors{[] {
               softmax(ones({2, 3}), 2);
             },
             [] {
               softmax(ones({2, 3}).to(kLong), 1);
             },
             [] { softmax(Tensor(), 0); }});
  row(
      "softmax", [](const Tensor& x) { return softmax(x, 0); }, with_rows());
  row(
      "log_softmax", [](const Tensor& x) { return log_softmax(x, -1); }, with_rows(),
      Errors{[] {
               log_softmax(ones({2, 3}), 2);
             },
             [] {
               log_softmax(ones({2, 3}).to(kLong), 1);
             }});
  row(
      "log_softmax", [](const Tensor& x) { return log_softmax(x, 0); }, with_rows());
  row(
      "argmax", [](const Tensor& x) { return argmax(x, 1); }, with_rows(),
      Errors{[] {
               argmax(ones({2, 3}), 2);
             },
             [] { argmax(ones({0})); }});
  row(
      "any", [](const Tensor& x) { return any(x > 0, 1); }, with_rows(), Errors{[] {
        any(ones({2, 3}), 2);
      }});
}

}  // namespace gradus::test
