// Optimizers with row-sparse gradients.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"
#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

const auto& trajectories() {
  static const auto tensors = goldens::load("sparse");
  return tensors;
}

std::unique_ptr<optim::Optimizer> make_optimizer(const std::string& name, const Tensor& p) {
  const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
  const std::vector<Tensor> params = {p};
  if (has("sgd")) {
    const bool momentum = has("momentum") || has("dampening") || has("nesterov");
    return std::make_unique<optim::SGD>(params, optim::SGDOptions(0.05)
                                                    .momentum(momentum ? 0.9 : 0)
                                                    .dampening(has("dampening") ? 0.25 : 0)
                                                    .nesterov(has("nesterov"))
                                                    .maximize(has("maximize")));
  }
  if (has("adagrad")) {
    auto options = optim::AdagradOptions(0.05).maximize(has("maximize"));
    if (has("lrdecay")) options.lr_decay(0.01).initial_accumulator_value(0.5).eps(1e-3);
    return std::make_unique<optim::Adagrad>(params, options);
  }
  auto options = optim::SparseAdamOptions(0.01).maximize(has("maximize"));
  if (has("betas")) options.lr(0.005).betas({0.8, 0.99}).eps(1e-3);
  return std::make_unique<optim::SparseAdam>(params, options);
}

class SparseGolden : public testing::TestWithParam<std::string> {};

// The gradient of generate_sparse.py.
TEST_P(SparseGolden, TrajectoryEqualsPyTorch) {
  const std::string name = GetParam();
  const Tensor b = trajectories()["b"];
  const Tensor p = trajectories()["p"].clone().requires_grad_();
  const auto optimizer = make_optimizer(name, p);
  const double sign = name.find("maximize") == std::string::npos ? 1 : -1;
  for (int64_t t = 1; t <= 1000; ++t) {
    const std::vector<double> now = values(p), target = values(b);
    std::vector<int64_t> rows;
    std::vector<double> g;
    for (int64_t k = 0; k < 5; ++k) {
      rows.push_back((7 * t + 3 * k * k + k * t) % 5);
      for (int64_t c = 0; c < 3; ++c) {
        const auto at = static_cast<size_t>(rows.back() * 3 + c);
        g.push_back(sign * (0.5 * (now[at] - target[at]) +
                            0.3 * std::sin(now[at] + 0.1 * static_cast<double>(t) +
                                           static_cast<double>(k))));
      }
    }
    p.mutable_grad() = sparse_coo_tensor(tensor(rows, kLong).unsqueeze(0),
                                         from_values({5, 3}, kDouble, g), {6, 3});
    optimizer->step();
    if (t == 1 || t == 2 || t == 10 || t == 100 || t == 1000) {
      EXPECT_TRUE(goldens::close(p, trajectories()[name + "/" + std::to_string(t)], 1e-12))
          << "after " << t << " steps";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, SparseGolden,
                         testing::Values("sgd", "sgd_maximize", "sgd_momentum", "sgd_dampening",
                                         "sgd_nesterov", "adagrad", "adagrad_maximize",
                                         "adagrad_lrdecay", "sparseadam", "sparseadam_maximize",
                                         "sparseadam_betas"),
                         [](const auto& info) { return info.param; });

Tensor table(uint64_t seed = 3) {
  return noise_tensor({50, 4}, kFloat, seed).requires_grad_();
}

// The gradient of a few lookups of the table.
void look_up(const Tensor& weight, bool sparse, int64_t step = 0) {
  const Tensor indices = (arange(24).reshape({4, 6}) * 7 + step) % 40;
  weight.mutable_grad() = Tensor();
  const Tensor y =
      embedding(weight, indices, /*padding_idx=*/3, /*scale_grad_by_freq=*/false, sparse);
  (y * y * arange(4)).sum().backward();
}

TEST(SparseOptimizer, SgdAndAdagradMoveAsWithDenseGradients) {
  for (const char* name : {"sgd", "sgd_maximize", "sgd_momentum", "sgd_nesterov", "adagrad",
                           "adagrad_maximize", "adagrad_lrdecay"}) {
    const Tensor sparse = table(), dense = table();
    const auto a = make_optimizer(name, sparse), b = make_optimizer(name, dense);
    for (int64_t step = 0; step < 4; ++step) {
      look_up(sparse, true, step);
      look_up(dense, false, step);
      EXPECT_TRUE(sparse.grad().is_sparse());
      a->step();
      b->step();
      EXPECT_TRUE(goldens::close(sparse, dense, 1e-5, 1e-6)) << name;
    }
  }
}

TEST(SparseOptimizer, RowsThatAreNotThereStayAsTheyAre) {
  for (const char* name : {"sgd", "adagrad", "sparseadam"}) {
    const Tensor weight = table(), before = weight.detach().clone();
    const auto optimizer = make_optimizer(name, weight);
    const uint32_t version = weight._version();
    look_up(weight, true);
    optimizer->step();
    EXPECT_GT(weight._version(), version);
    EXPECT_TRUE(same_bits(weight.slice(0, 40), before.slice(0, 40))) << name;
    EXPECT_TRUE(same_bits(weight[3], before[3])) << name;  // padding
    EXPECT_FALSE(same_bits(weight[7], before[7])) << name;
  }
}

TEST(SparseOptimizer, ResultsDoNotDependOnThreads) {
  const int before = get_num_threads();
  for (const char* name : {"sgd", "sgd_momentum", "adagrad", "sparseadam"}) {
    std::vector<Tensor> results;
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      const Tensor weight = noise_tensor({3000, 16}, kFloat, 5).requires_grad_();
      const auto optimizer = make_optimizer(name, weight);
      for (int64_t step = 0; step < 3; ++step) {
        const Tensor indices = (arange(9000) * 31 + step) % 2500;
        weight.mutable_grad() = Tensor();
        embedding(weight, indices, -1, false, /*sparse=*/true).pow(2).sum().backward();
        optimizer->step();
      }
      results.push_back(weight);
      EXPECT_TRUE(same_bits(results.back(), results.front())) << name << ", " << threads;
    }
  }
  set_num_threads(before);
}

TEST(SparseOptimizer, ViewsAndOtherLayoutsAreWrittenThrough) {
  const Tensor base = noise_tensor({4, 50}, kFloat, 3);
  const Tensor strided = base.t().detach().requires_grad_();
  const Tensor plain = base.t().contiguous().requires_grad_();
  const auto a = make_optimizer("sparseadam", strided), b = make_optimizer("sparseadam", plain);
  for (int64_t step = 0; step < 3; ++step) {
    look_up(strided, true, step);
    look_up(plain, true, step);
    a->step();
    b->step();
  }
  EXPECT_TRUE(same_bits(strided, plain));
  EXPECT_TRUE(same_bits(base.t(), plain));
}

TEST(SparseOptimizer, GradientsWithoutRows) {
  for (const char* name : {"sgd", "sgd_momentum", "adagrad", "sparseadam"}) {
    const Tensor weight = table(), before = weight.detach().clone();
    const auto optimizer = make_optimizer(name, weight);
    embedding(weight, empty({0}, kLong), -1, false, /*sparse=*/true).sum().backward();
    EXPECT_EQ(weight.grad()._nnz(), 0);
    optimizer->step();
    EXPECT_TRUE(same_bits(weight, before)) << name;
  }
}

TEST(SparseOptimizer, WeightDecayIsAnError) {
  const Tensor weight = table(), before = weight.detach().clone();
  look_up(weight, true);
  optim::SGD sgd({weight}, optim::SGDOptions(0.1).weight_decay(0.1));
  optim::Adagrad adagrad({weight}, optim::AdagradOptions(0.1).weight_decay(0.1));
  EXPECT_THROW(sgd.step(), Error);
  EXPECT_THROW(adagrad.step(), Error);
  EXPECT_TRUE(same_bits(weight, before));
  const auto& state =
      static_cast<optim::AdagradParamState&>(*adagrad.state().at(weight.unsafeGetTensorImpl()));
  EXPECT_EQ(state.step(), 0);
  EXPECT_EQ(state.sum().abs().sum().item<double>(), 0);
}

TEST(SparseOptimizer, AllOthersRefuse) {
  for (const OptimizerCase& optimizer_case : optimizer_cases()) {
    if (optimizer_case.rows) continue;
    Tweaks no_decay;
    no_decay.weight_decay = 0;
    const bool takes = optimizer_case.name.rfind("SGD", 0) == 0 && optimizer_case.name != "SGDW" &&
                       optimizer_case.name != "SGDP";
    const Tensor weight = table(), before = weight.detach().clone();
    const auto optimizer = optimizer_case({weight}, no_decay);
    // AdaHessian's case computes with gradients in a hook.
    if (optimizer_case.name == "AdaHessian") continue;
    look_up(weight, true);
    if (takes || optimizer_case.name == "Adagrad") {
      optimizer->step();
      EXPECT_FALSE(same_bits(weight, before)) << optimizer_case.name;
      continue;
    }
    try {
      optimizer->step();
      ADD_FAILURE() << optimizer_case.name << " took a row-sparse gradient";
    } catch (const NotImplementedError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.rfind(optimizer->name() + ": ", 0), 0u) << message;
      EXPECT_NE(message.find("row-sparse"), std::string::npos) << message;
    }
    EXPECT_TRUE(same_bits(weight, before)) << optimizer_case.name;
  }
}

TEST(SparseAdam, Errors) {
  const Tensor weight = table();
  EXPECT_THROW(optim::SparseAdam({weight}, -1.0), ValueError);
  EXPECT_THROW(optim::SparseAdam({weight}, optim::SparseAdamOptions(NAN)), ValueError);
  EXPECT_THROW(optim::SparseAdam({weight}, optim::SparseAdamOptions().eps(0)), ValueError);
  EXPECT_THROW(optim::SparseAdam({weight}, optim::SparseAdamOptions().betas({1.0, 0.9})),
               ValueError);
  EXPECT_THROW(optim::SparseAdam({weight}, optim::SparseAdamOptions().betas({0.9, -0.1})),
               ValueError);
  optim::SparseAdam optimizer({weight});
  look_up(weight, /*sparse=*/false);
  const Tensor before = weight.detach().clone();
  EXPECT_THROW(optimizer.step(), Error);
  EXPECT_TRUE(same_bits(weight, before));
  EXPECT_TRUE(optimizer.state().empty());
}

TEST(SparseAdam, KeepsItsStateAcrossASave) {
  const Tensor unbroken = table(), stopped = table();
  optim::SparseAdam a({unbroken}), b({stopped});
  for (int64_t step = 0; step < 6; ++step) {
    look_up(unbroken, true, step);
    a.step();
  }
  for (int64_t step = 0; step < 3; ++step) {
    look_up(stopped, true, step);
    b.step();
  }
  optim::SparseAdam c({stopped}, 0.5);
  c.load_state_dict(b.state_dict());
  for (int64_t step = 3; step < 6; ++step) {
    look_up(stopped, true, step);
    c.step();
  }
  EXPECT_TRUE(same_bits(stopped, unbroken));
}

TEST(SparseGradients, AreScaledAndAccumulated) {
  const Tensor weight = table();
  optim::SparseAdam optimizer({weight});
  look_up(weight, true);
  const Tensor expected = weight.grad().to_dense();
  optim::GradScaler scaler(1024);
  weight.mutable_grad() =
      sparse_coo_tensor(weight.grad()._indices(), weight.grad()._values() * 1024, {50, 4});
  scaler.unscale_(optimizer);
  EXPECT_TRUE(weight.grad().is_sparse());
  EXPECT_TRUE(goldens::close(weight.grad().to_dense(), expected, 1e-6, 1e-6));
  optimizer.zero_grad(/*set_to_none=*/false);
  EXPECT_EQ(weight.grad()._nnz(), 0);

  optim::GradientAccumulation accumulation(optimizer, 2, optim::GradientAccumulation::mean);
  for (int i = 0; i < 2; ++i) {
    const Tensor y = embedding(weight, arange(6), -1, false, /*sparse=*/true);
    accumulation.scale(y.pow(2).mean(), 6).backward();
    accumulation.step();
  }
}

}  // namespace
TEST(SparseGradients, AScalerStepsOnSparseGradientsBesideDenseOnes) {
  const Tensor start = arange(40, kFloat).reshape({10, 4}) / 10;
  const auto trained = [&](bool scaled) {
    const Tensor table = start.clone().requires_grad_(), bias = zeros({4}).requires_grad_();
    optim::SGD optimizer(std::vector<Tensor>{table, bias}, optim::SGDOptions(0.5));
    optim::GradScaler scaler(1024, 2, 0.5, 2000, scaled);
    for (int i = 0; i < 2; ++i) {
      optimizer.zero_grad();
      const Tensor y = embedding(table, tensor({1, 3, 3}), -1, false, /*sparse=*/true) + bias;
      scaler.scale(y.pow(2).mean()).backward();
      EXPECT_TRUE(table.grad().is_sparse());
      scaler.step(optimizer);
      scaler.update();
    }
    return cat({table.detach().reshape(-1), bias.detach()});
  };
  EXPECT_TRUE(goldens::close(trained(true), trained(false), 1e-6, 1e-6));
}

}  // namespace gradus::optim_test
