// Moving, reducing and picking elements, without gradients.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

using torch::Tensor;

constexpr double kPass = 4.0 * 1024 * 1024;

// A workload on x of [1024, 1024].
template <class F>
Workload on_matrix(const char* name, double passes, F f) {
  return {.name = name, .bytes = passes * kPass, .make = [f] {
            const Tensor x = torch::randn({1024, 1024});
            return std::function<void()>([=] { const auto y = f(x); });
          }};
}

}  // namespace

void add_moving(Workloads& list) {
  list.push_back(
      on_matrix("transpose_copy", 2, [](const Tensor& x) { return x.t().contiguous(); }));
  list.push_back(on_matrix("cat_columns", 4, [](const Tensor& x) {
    return torch::cat({x, x}, 1);
  }));
  list.push_back(on_matrix("flip", 2, [](const Tensor& x) { return x.flip(1); }));
  list.push_back(on_matrix("to_double", 3, [](const Tensor& x) { return x.to(torch::kDouble); }));
  list.push_back(on_matrix("sum_all", 1, [](const Tensor& x) { return x.sum(); }));
  list.push_back(on_matrix("sum_columns", 1, [](const Tensor& x) { return x.sum(0); }));
  list.push_back(on_matrix("mean_rows", 1, [](const Tensor& x) { return x.mean(1); }));
  list.push_back(on_matrix("var_rows", 1, [](const Tensor& x) { return x.var(1); }));
  list.push_back(on_matrix("norm_all", 1, [](const Tensor& x) { return x.norm(); }));
  list.push_back(on_matrix("max_rows", 1, [](const Tensor& x) { return x.max(1); }));
  list.push_back(on_matrix("argmax_rows", 1, [](const Tensor& x) { return x.argmax(1); }));
  list.push_back(on_matrix("cumsum_rows", 2, [](const Tensor& x) { return x.cumsum(1); }));
  list.push_back(on_matrix("cumsum_columns", 2, [](const Tensor& x) { return x.cumsum(0); }));
  list.push_back(on_matrix("topk_rows", 1, [](const Tensor& x) { return x.topk(10, 1); }));
  list.push_back(on_matrix("sort_rows", 4, [](const Tensor& x) { return x.sort(1); }));
  list.push_back(on_matrix("logsumexp_rows", 1, [](const Tensor& x) { return x.logsumexp(1); }));
  list.push_back(
      on_matrix("greater_mask", 3, [](const Tensor& x) { return x.masked_fill(x > 0, 1); }));
  list.push_back(
      on_matrix("masked_select", 2, [](const Tensor& x) { return x.masked_select(x > 0); }));
  list.push_back(on_matrix("pow_2_5", 2, [](const Tensor& x) { return x.pow(2.5); }));
  list.push_back(on_matrix("clamp", 2, [](const Tensor& x) { return x.clamp(-1, 1); }));
  list.push_back(on_matrix("add_row", 2, [](const Tensor& x) { return x + x[0]; }));
  list.push_back({.name = "index_select", .bytes = 2 * kPass, .make = [] {
                    const Tensor x = torch::randn({1024, 1024});
                    const Tensor index = torch::randint(0, 1024, {1024}, torch::kLong);
                    return std::function<void()>(
                        [=] { const Tensor y = x.index_select(0, index); });
                  }});
  list.push_back({.name = "gather_rows", .bytes = 4 * kPass, .make = [] {
                    const Tensor x = torch::randn({1024, 1024});
                    const Tensor index = torch::randint(0, 1024, {1024, 1024}, torch::kLong);
                    return std::function<void()>([=] { const Tensor y = x.gather(1, index); });
                  }});
  list.push_back({.name = "scatter_add_rows", .bytes = 5 * kPass, .make = [] {
                    const Tensor x = torch::randn({1024, 1024});
                    const Tensor index = torch::randint(0, 1024, {1024, 1024}, torch::kLong);
                    return std::function<void()>([=] {
                      const Tensor y = torch::zeros({1024, 1024}).scatter_add_(1, index, x);
                    });
                  }});
  list.push_back({.name = "matrix_vector", .flops = 2.0 * 1024 * 1024, .bytes = kPass, .make = [] {
                    const Tensor a = torch::randn({1024, 1024}), x = torch::randn({1024});
                    return std::function<void()>([=] { const Tensor y = a.mv(x); });
                  }});
  list.push_back({.name = "permute_images", .bytes = 2 * 4.0 * 32 * 64 * 28 * 28, .make = [] {
                    const Tensor x = torch::randn({32, 28, 28, 64});
                    return std::function<void()>([=] {
                      const Tensor y = x.permute({0, 3, 1, 2}).contiguous();
                    });
                  }});
}

}  // namespace steps
