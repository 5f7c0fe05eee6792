// Optimizers beyond torch.optim beside naive loops over doubles, written from the papers' formulas.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <gradus/autograd/autograd.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using Vec = std::vector<double>;
using std::pow;
using std::sqrt;

constexpr double kLr = 0.02, kDecay = 0.1;

double sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}
double norm(const Vec& x) {
  double sum = 0;
  for (double value : x) sum += value * value;
  return sqrt(sum);
}
double dot(const Vec& x, const Vec& y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

/// Changes all numbers of a parameter, given its gradient, in step t = 1, 2, ...
using Naive = std::function<void(Vec& p, const Vec& g, int t)>;

/// Runs 40 steps of the optimizer, and expects the naive rule to come to the same.
template <class Optimizer, class Options>
void expect_rule(const Options& options, const Naive& naive, std::vector<int64_t> sizes = {23},
                 double tolerance = 1e-12) {
  Tensor param = noise_tensor(sizes, kDouble, 1).requires_grad_();
  Optimizer optimizer(std::vector<Tensor>{param}, options);
  Vec p = values(param);
  for (int t = 1; t <= 40; ++t) {
    Vec g = p;
    for (size_t i = 0; i < g.size(); ++i) {
      g[i] = 0.3 * p[i] + noise(2, static_cast<int64_t>(i) + 1000 * t);
    }
    param.mutable_grad() = from_values(sizes, kDouble, g);
    optimizer.step();
    naive(p, g, t);
    const Vec got = values(param);
    for (size_t i = 0; i < p.size(); ++i) {
      ASSERT_NEAR(got[i], p[i], tolerance * (1 + std::abs(p[i]))) << "step " << t << ", " << i;
    }
    p = got;  // rounding is not to add up
  }
}

/// The naive rule of one element, with `kStates` numbers of state that begin at 0.
template <size_t kStates, class F>
Naive each(F f, double start = 0) {
  auto states = std::make_shared<std::vector<std::array<double, kStates>>>();
  return [=](Vec& p, const Vec& g, int t) {
    if (states->empty()) {
      states->resize(p.size());
      for (auto& state : *states) state.fill(start);
    }
    for (size_t i = 0; i < p.size(); ++i) f(p[i], g[i], t, (*states)[i].data());
  };
}

TEST(SignSGD, EqualsTheNaiveLoop) {
  expect_rule<optim::SignSGD>(
      optim::SignSGDOptions(kLr).weight_decay(kDecay),
      each<1>([](double& p, double g, int, double*) { p -= kLr * sign(g + kDecay * p); }));
}

TEST(Signum, EqualsTheNaiveLoop) {
  expect_rule<optim::Signum>(
      optim::SignumOptions(kLr).weight_decay(kDecay).decoupled_weight_decay(true),
      each<1>([](double& p, double g, int, double* m) {
        p *= 1 - kLr * kDecay;
        m[0] = 0.9 * m[0] + 0.1 * g;
        p -= kLr * sign(m[0]);
      }));
}

TEST(Lion, EqualsTheNaiveLoop) {
  expect_rule<optim::Lion>(optim::LionOptions(kLr).weight_decay(kDecay),
                           each<1>([](double& p, double g, int, double* m) {
                             p *= 1 - kLr * kDecay;
                             p -= kLr * sign(0.9 * m[0] + 0.1 * g);
                             m[0] = 0.99 * m[0] + 0.01 * g;
                           }));
}

TEST(SGDW, EqualsTheNaiveLoop) {
  for (bool nesterov : {false, true}) {
    expect_rule<optim::SGDW>(
        optim::SGDWOptions(kLr).weight_decay(kDecay).momentum(0.9).nesterov(nesterov),
        each<1>([=](double& p, double g, int t, double* b) {
          p *= 1 - kLr * kDecay;
          b[0] = t == 1 ? g : 0.9 * b[0] + g;
          p -= kLr * (nesterov ? g + 0.9 * b[0] : b[0]);
        }));
  }
}

TEST(QHM, EqualsTheNaiveLoop) {
  expect_rule<optim::QHM>(optim::QHMOptions(kLr).weight_decay(kDecay).momentum(0.9).nu(0.6),
                          each<1>([](double& p, double g, int, double* b) {
                            g += kDecay * p;
                            b[0] = 0.9 * b[0] + 0.1 * g;
                            p -= kLr * (0.4 * g + 0.6 * b[0]);
                          }));
}

TEST(AggMo, EqualsTheNaiveLoop) {
  for (int64_t k = 1; k <= 4; ++k) {
    expect_rule<optim::AggMo>(optim::AggMoOptions(kLr).weight_decay(kDecay).k(k),
                              each<4>([k](double& p, double g, int, double* b) {
                                g += kDecay * p;
                                double sum = 0;
                                for (int64_t i = 0; i < k; ++i) {
                                  b[i] = (1 - pow(0.1, i)) * b[i] + g;
                                  sum += b[i];
                                }
                                p -= kLr / static_cast<double>(k) * sum;
                              }));
  }
}

TEST(NAdamW, IsNAdamDecoupled) {
  Tensor a = noise_tensor({23}, kDouble, 1).requires_grad_();
  Tensor b = a.detach().clone().requires_grad_();
  optim::NAdamW one({a}, optim::NAdamWOptions(kLr).weight_decay(kDecay));
  optim::NAdam other({b},
                     optim::NAdamOptions(kLr).weight_decay(kDecay).decoupled_weight_decay(true));
  for (int64_t t = 1; t <= 5; ++t) {
    set_gradients({a}, t);
    set_gradients({b}, t);
    one.step();
    other.step();
  }
  EXPECT_TRUE(same_bits(a, b));
}

TEST(AdaBelief, EqualsTheNaiveLoop) {
  expect_rule<optim::AdaBelief>(optim::AdaBeliefOptions(kLr).weight_decay(kDecay).eps(1e-8),
                                each<2>([](double& p, double g, int t, double* s) {
                                  p *= 1 - kLr * kDecay;
                                  s[0] = 0.9 * s[0] + 0.1 * g;
                                  s[1] = 0.999 * s[1] + 0.001 * (g - s[0]) * (g - s[0]) + 1e-8;
                                  p -= kLr * s[0] / (1 - pow(0.9, t)) /
                                       (sqrt(s[1] / (1 - pow(0.999, t))) + 1e-8);
                                }));
}

TEST(Yogi, EqualsTheNaiveLoop) {
  expect_rule<optim::Yogi>(optim::YogiOptions(kLr).weight_decay(kDecay).initial_accumulator(0),
                           each<2>([](double& p, double g, int t, double* s) {
                             g += kDecay * p;
                             s[0] = 0.9 * s[0] + 0.1 * g;
                             s[1] -= 0.001 * sign(s[1] - g * g) * g * g;
                             p -= kLr * s[0] / (1 - pow(0.9, t)) /
                                  (sqrt(s[1] / (1 - pow(0.999, t))) + 1e-3);
                           }));
}

TEST(LaProp, EqualsTheNaiveLoop) {
  expect_rule<optim::LaProp>(optim::LaPropOptions(kLr).weight_decay(kDecay),
                             each<2>([](double& p, double g, int t, double* s) {
                               p *= 1 - kLr * kDecay;
                               s[1] = 0.999 * s[1] + 0.001 * g * g;
                               s[0] = 0.9 * s[0] +
                                      0.1 * g / (sqrt(s[1] / (1 - pow(0.999, t))) + 1e-15);
                               p -= kLr * s[0] / (1 - pow(0.9, t));
                             }));
}

TEST(ADOPT, EqualsTheNaiveLoop) {
  for (bool decoupled : {false, true}) {
    expect_rule<optim::ADOPT>(
        optim::ADOPTOptions(kLr).weight_decay(kDecay).decoupled_weight_decay(decoupled).betas(
            {0.9, 0.99}),
        each<2>([=](double& p, double g, int t, double* s) {
          if (!decoupled) g += kDecay * p;
          if (t == 1) {
            s[1] = g * g;
            return;
          }
          if (decoupled) p *= 1 - kLr * kDecay;
          const double clip = pow(t - 1, 0.25);
          s[0] = 0.9 * s[0] + 0.1 * std::clamp(g / std::max(sqrt(s[1]), 1e-6), -clip, clip);
          p -= kLr * s[0];
          s[1] = 0.99 * s[1] + 0.01 * g * g;
        }));
  }
}

TEST(AdEMAMix, EqualsTheNaiveLoop) {
  for (int64_t warmup : {0, 25}) {
    expect_rule<optim::AdEMAMix>(
        optim::AdEMAMixOptions(kLr).weight_decay(kDecay).warmup(warmup),
        each<3>([=](double& p, double g, int t, double* s) {
          const double x = warmup == 0 ? 1 : std::min(1.0, t / static_cast<double>(warmup));
          const double l1 = std::log(0.9), l3 = std::log(0.9999);
          const double beta3 = std::min(std::exp(l1 * l3 / ((1 - x) * l3 + x * l1)), 0.9999);
          p *= 1 - kLr * kDecay;
          s[0] = 0.9 * s[0] + 0.1 * g;
          s[1] = beta3 * s[1] + (1 - beta3) * g;
          s[2] = 0.999 * s[2] + 0.001 * g * g;
          p -= kLr * (s[0] / (1 - pow(0.9, t)) + x * 5 * s[1]) /
               (sqrt(s[2] / (1 - pow(0.999, t))) + 1e-8);
        }));
  }
}

TEST(Adan, EqualsTheNaiveLoop) {
  for (bool no_prox : {false, true}) {
    expect_rule<optim::Adan>(
        optim::AdanOptions(kLr).weight_decay(kDecay).no_prox(no_prox),
        each<4>([=](double& p, double g, int t, double* s) {
          const double d = t == 1 ? 0 : g - s[3];
          s[0] = 0.98 * s[0] + 0.02 * g;
          s[1] = 0.92 * s[1] + 0.08 * d;
          s[2] = 0.99 * s[2] + 0.01 * pow(g + 0.92 * d, 2);
          s[3] = g;
          const double u = (s[0] / (1 - pow(0.98, t)) + 0.92 * s[1] / (1 - pow(0.92, t))) /
                           (sqrt(s[2] / (1 - pow(0.99, t))) + 1e-8);
          p = no_prox ? (1 - kLr * kDecay) * p - kLr * u : (p - kLr * u) / (1 + kLr * kDecay);
        }));
  }
}

TEST(RMSpropTF, EqualsTheNaiveLoop) {
  for (bool centered : {false, true}) {
    for (bool lr_in_momentum : {false, true}) {
      for (double momentum : {0.0, 0.9}) {
        const auto state = std::make_shared<std::vector<std::array<double, 3>>>(
            23, std::array<double, 3>{1, 0, 0});
        expect_rule<optim::RMSpropTF>(optim::RMSpropTFOptions(kLr)
                                          .weight_decay(kDecay)
                                          .centered(centered)
                                          .momentum(momentum)
                                          .lr_in_momentum(lr_in_momentum),
                                      [=](Vec& p, const Vec& grad, int) {
                                        for (size_t i = 0; i < p.size(); ++i) {
                                          auto& [v, a, b] = (*state)[i];
                                          const double g = grad[i] + kDecay * p[i];
                                          v += 0.1 * (g * g - v);
                                          if (centered) a += 0.1 * (g - a);
                                          const double u = g / sqrt(v - a * a + 1e-10);
                                          if (momentum == 0) {
                                            p[i] -= kLr * u;
                                          } else {
                                            b = momentum * b + (lr_in_momentum ? kLr * u : u);
                                            p[i] -= lr_in_momentum ? b : kLr * b;
                                          }
                                        }
                                      });
      }
    }
  }
}

TEST(MADGRAD, EqualsTheNaiveLoop) {
  for (double momentum : {0.0, 0.9}) {
    expect_rule<optim::MADGRAD>(
        optim::MADGRADOptions(kLr).weight_decay(kDecay).momentum(momentum),
        each<3>([=](double& p, double g, int t, double* s) {
          g += kDecay * p;
          if (t == 1) s[2] = p;
          const double x0 = momentum == 0 ? p + s[0] / (std::cbrt(s[1]) + 1e-6) : s[2];
          s[1] += kLr * sqrt(t) * g * g;
          s[0] += kLr * sqrt(t) * g;
          p = momentum * p + (1 - momentum) * (x0 - s[0] / (std::cbrt(s[1]) + 1e-6));
        }),
        {23}, momentum == 0 ? 1e-10 : 1e-12);
  }
}

// From tiny to huge squares.
TEST(MADGRAD, CubeRootsOfAllSizes) {
  for (ScalarType dtype : {kFloat, kDouble}) {
    for (double g : {0.0, 1e-18, 1e-9, 1e-3, 1.0, 1e4, 1e9, 1e18}) {
      Tensor p = zeros({1}, dtype).requires_grad_();
      optim::MADGRAD optimizer({p}, optim::MADGRADOptions(1).momentum(0).eps(1e-30));
      p.mutable_grad() = full({1}, g, dtype);
      optimizer.step();
      const double expected = g == 0 ? 0 : -std::cbrt(g);  // -g / cbrt(g^2)
      EXPECT_NEAR(values(p)[0], expected, (dtype == kDouble ? 1e-14 : 1e-6) * std::cbrt(g)) << g;
    }
  }
}

TEST(ScheduleFree, EqualTheNaiveLoops) {
  for (bool adaptive : {false, true}) {
    const auto weight_sum = std::make_shared<double>(0), lr_max = std::make_shared<double>(0);
    const Naive naive = [=, z = Vec(), v = Vec(23)](Vec& y, const Vec& g, int t) mutable {
      if (t == 1) z = y;
      const double lr = kLr * std::min(1.0, t / 10.0);
      *lr_max = std::max(*lr_max, lr);
      const double w = t * pow(*lr_max, 2);  // r = 1
      *weight_sum += w;
      const double c = w / *weight_sum;
      for (size_t i = 0; i < y.size(); ++i) {
        double u = g[i];
        if (adaptive) {
          v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
          u /= sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8;
        }
        u += kDecay * y[i];
        y[i] += c * (z[i] - y[i]) - lr * (1 - 0.9 * (1 - c)) * u;
        z[i] -= lr * u;
      }
    };
    if (adaptive) {
      expect_rule<optim::ScheduleFreeAdamW>(
          optim::ScheduleFreeAdamWOptions(kLr).weight_decay(kDecay).warmup_steps(10).r(1), naive);
    } else {
      expect_rule<optim::ScheduleFreeSGD>(
          optim::ScheduleFreeSGDOptions(kLr).weight_decay(kDecay).warmup_steps(10).r(1), naive);
    }
  }
}

// y = (1 - beta) z + beta x, where x is the weighted average of all z.
TEST(ScheduleFree, EvalGivesTheAverage) {
  Tensor p = noise_tensor({5}, kDouble, 1).requires_grad_();
  optim::ScheduleFreeSGD optimizer({p}, optim::ScheduleFreeSGDOptions(0.1).weight_lr_power(0));
  optimizer.eval();  // before the first step there is nothing to change
  optimizer.train();
  Vec sum(5);
  for (int64_t t = 1; t <= 6; ++t) {
    set_gradients({p}, t);
    optimizer.step();
    const auto& state = static_cast<const optim::ScheduleFreeSGDParamState&>(
        *optimizer.state().at(p.unsafeGetTensorImpl()));
    const Vec z = values(state.z());
    for (size_t i = 0; i < 5; ++i) sum[i] += z[i];
  }
  const Tensor y = p.detach().clone();
  optimizer.eval();
  EXPECT_THROW(optimizer.step(), Error);
  const StateDict state = snapshot(optimizer.state_dict());
  const Vec x = values(p);
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(x[i], sum[i] / 6, 1e-12);
  optimizer.train();
  EXPECT_TRUE(same_bits(p, y));
  // A state that was saved in eval mode brings the mode with it.
  Tensor q = from_values({5}, kDouble, x).requires_grad_();
  optim::ScheduleFreeSGD other({q});
  other.load_state_dict(state);
  EXPECT_FALSE(other.is_training());
  other.train();
  EXPECT_TRUE(same_bits(q, y));
}

TEST(Adafactor, EqualsTheNaiveLoop) {
  expect_rule<optim::Adafactor>(optim::AdafactorOptions(kLr).weight_decay(kDecay).eps1(1e-8),
                                [r = Vec(3), c = Vec(4)](Vec& p, const Vec& g, int t) mutable {
                                  const double w = pow(t, -0.8), rho = std::min(kLr, 1 / sqrt(t));
                                  const double alpha = std::max(1e-3, norm(p) / sqrt(12)) * rho;
                                  Vec rows(3), columns(4), u(12);
                                  for (size_t i = 0; i < 12; ++i) {
                                    rows[i / 4] += g[i] * g[i] / 4;
                                    columns[i % 4] += g[i] * g[i] / 3;
                                  }
                                  double mean = 0;
                                  for (size_t i = 0; i < 3; ++i) r[i] += w * (rows[i] - r[i]);
                                  for (size_t i = 0; i < 4; ++i) c[i] += w * (columns[i] - c[i]);
                                  for (double value : r) mean += value / 3;
                                  for (size_t i = 0; i < 12; ++i)
                                    u[i] = g[i] / sqrt(r[i / 4] * c[i % 4] / mean);
                                  const double clip = std::max(1.0, norm(u) / sqrt(12));
                                  for (size_t i = 0; i < 12; ++i)
                                    p[i] = (1 - kLr * kDecay) * p[i] - alpha / clip * u[i];
                                },
                                {3, 4});
}

TEST(LARS, EqualsTheNaiveLoop) {
  expect_rule<optim::LARS>(optim::LARSOptions(kLr).weight_decay(kDecay).trust_coefficient(0.5),
                           [b = Vec(23)](Vec& p, const Vec& g, int t) mutable {
                             const double trust =
                                 0.5 * norm(p) / (norm(g) + kDecay * norm(p) + 1e-8);
                             for (size_t i = 0; i < p.size(); ++i) {
                               const double u = trust * (g[i] + kDecay * p[i]);
                               b[i] = t == 1 ? u : 0.9 * b[i] + u;
                               p[i] -= kLr * b[i];
                             }
                           });
}

TEST(LAMB, EqualsTheNaiveLoop) {
  expect_rule<optim::LAMB>(
      optim::LAMBOptions(kLr).weight_decay(kDecay),
      [m = Vec(23), v = Vec(23)](Vec& p, const Vec& g, int t) mutable {
        Vec u(p.size());
        for (size_t i = 0; i < p.size(); ++i) {
          m[i] = 0.9 * m[i] + 0.1 * g[i];
          v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
          u[i] =
              m[i] / (1 - pow(0.9, t)) / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-6) + kDecay * p[i];
        }
        const double trust = norm(p) / norm(u);
        for (size_t i = 0; i < p.size(); ++i) p[i] -= kLr * trust * u[i];
      });
}

TEST(NovoGrad, EqualsTheNaiveLoop) {
  expect_rule<optim::NovoGrad>(optim::NovoGradOptions(kLr).weight_decay(kDecay),
                               [m = Vec(23), v = 0.0](Vec& p, const Vec& g, int t) mutable {
                                 v = t == 1 ? dot(g, g) : 0.98 * v + 0.02 * dot(g, g);
                                 for (size_t i = 0; i < p.size(); ++i) {
                                   m[i] = 0.95 * m[i] + g[i] / (sqrt(v) + 1e-8) + kDecay * p[i];
                                   p[i] -= kLr * m[i];
                                 }
                               });
}

TEST(MARS, EqualsTheNaiveLoop) {
  expect_rule<optim::MARS>(
      optim::MARSOptions(kLr).weight_decay(kDecay),
      [m = Vec(23), v = Vec(23), before = Vec()](Vec& p, const Vec& g, int t) mutable {
        Vec c = g;
        for (size_t i = 0; i < p.size() && t > 1; ++i) {
          c[i] += 0.025 * 0.95 / 0.05 * (g[i] - before[i]);
        }
        const double length = std::max(1.0, norm(c));
        before = g;
        for (size_t i = 0; i < p.size(); ++i) {
          c[i] /= length;
          m[i] = 0.95 * m[i] + 0.05 * c[i];
          v[i] = 0.99 * v[i] + 0.01 * c[i] * c[i];
          p[i] *= 1 - kLr * kDecay;
          p[i] -= kLr * m[i] / (1 - pow(0.95, t)) / (sqrt(v[i] / (1 - pow(0.99, t))) + 1e-8);
        }
      });
}

// The step without its part along p where g is nearly orthogonal to p, by rows of 4, then over all.
double naive_project(Vec& u, const Vec& p, const Vec& g, double delta) {
  for (size_t size : {size_t{4}, p.size()}) {
    double largest = 0;
    for (size_t row = 0; row < p.size(); row += size) {
      const Vec a(p.begin() + row, p.begin() + row + size);
      const Vec b(g.begin() + row, g.begin() + row + size);
      largest = std::max(largest, std::abs(dot(a, b)) / (norm(a) + 1e-8) / (norm(b) + 1e-8));
    }
    if (largest >= delta / sqrt(size)) continue;
    for (size_t row = 0; row < p.size(); row += size) {
      const Vec a(p.begin() + row, p.begin() + row + size);
      const Vec b(u.begin() + row, u.begin() + row + size);
      const double along = dot(a, b) / pow(norm(a) + 1e-8, 2);
      for (size_t i = 0; i < size; ++i) u[row + i] -= along * a[i];
    }
    return 0.1;
  }
  return 1;
}

TEST(SGDP, EqualsTheNaiveLoop) {
  for (double delta : {0.1, 1.0, 100.0}) {  // rarely, sometimes, always
    expect_rule<optim::SGDP>(
        optim::SGDPOptions(kLr).weight_decay(kDecay).momentum(0.9).delta(delta),
        [=, b = Vec(12)](Vec& p, const Vec& g, int) mutable {
          for (size_t i = 0; i < p.size(); ++i) b[i] = 0.9 * b[i] + g[i];
          Vec u = b;
          const double ratio = naive_project(u, p, g, delta);
          for (size_t i = 0; i < p.size(); ++i) {
            p[i] = (1 - kLr * kDecay * ratio / 0.1) * p[i] - kLr * u[i];
          }
        },
        {3, 4});
  }
}

TEST(AdamP, EqualsTheNaiveLoop) {
  for (double delta : {0.1, 1.0, 100.0}) {
    expect_rule<optim::AdamP>(optim::AdamPOptions(kLr).weight_decay(kDecay).delta(delta),
                              [=, m = Vec(12), v = Vec(12)](Vec& p, const Vec& g, int t) mutable {
                                Vec u(p.size());
                                for (size_t i = 0; i < p.size(); ++i) {
                                  m[i] = 0.9 * m[i] + 0.1 * g[i];
                                  v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
                                  u[i] = m[i] / (sqrt(v[i] / (1 - pow(0.999, t))) + 1e-8);
                                }
                                const double ratio = naive_project(u, p, g, delta);
                                for (size_t i = 0; i < p.size(); ++i) {
                                  p[i] = (1 - kLr * kDecay * ratio) * p[i] -
                                         kLr / (1 - pow(0.9, t)) * u[i];
                                }
                              },
                              {3, 4});
  }
}

TEST(DoG, EqualsTheNaiveLoop) {
  expect_rule<optim::DoG>(optim::DoGOptions().weight_decay(kDecay).reps_rel(0.01),
                          [x0 = Vec(), G = 0.0, r = 0.0](Vec& p, const Vec& grad, int t) mutable {
                            if (t == 1) {
                              x0 = p;
                              r = 0.01 * (1 + norm(p));
                            }
                            Vec g = grad, way = p;
                            for (size_t i = 0; i < p.size(); ++i) {
                              g[i] += kDecay * p[i];
                              way[i] -= x0[i];
                            }
                            G += dot(g, g);
                            r = std::max(r, norm(way));
                            for (size_t i = 0; i < p.size(); ++i) p[i] -= r / sqrt(G + 1e-8) * g[i];
                          });
}

TEST(Prodigy, EqualsTheNaiveLoop) {
  expect_rule<optim::Prodigy>(
      optim::ProdigyOptions().weight_decay(kDecay).d0(0.01),
      [x0 = Vec(), m = Vec(23), v = Vec(23), s = Vec(23), r = 0.0, d = 0.01](Vec& p, const Vec& g,
                                                                             int t) mutable {
        if (t == 1) x0 = p;
        const double beta3 = sqrt(0.999), gamma = d;
        r *= beta3;
        double l1 = 0;
        for (size_t i = 0; i < p.size(); ++i) {
          r += d / 0.01 * gamma * g[i] * (x0[i] - p[i]);
          m[i] = 0.9 * m[i] + 0.1 * d * g[i];
          v[i] = 0.999 * v[i] + 0.001 * d * d * g[i] * g[i];
          s[i] = beta3 * s[i] + d / 0.01 * gamma * g[i];
          l1 += std::abs(s[i]);
        }
        d = std::max(d, r / l1);
        for (size_t i = 0; i < p.size(); ++i) {
          p[i] *= 1 - gamma * kDecay;
          p[i] -= gamma * m[i] / (sqrt(v[i]) + d * 1e-8);
        }
      },
      {23}, 1e-11);
}

TEST(DAdaptAdam, EqualsTheNaiveLoop) {
  expect_rule<optim::DAdaptAdam>(
      optim::DAdaptAdamOptions().weight_decay(kDecay).d0(0.01),
      [m = Vec(23), v = Vec(23), s = Vec(23), r = 0.0, d = 0.01](Vec& p, const Vec& g,
                                                                 int) mutable {
        const double b = sqrt(0.999), gamma = d;
        double sum = 0, l1 = 0;
        for (size_t i = 0; i < p.size(); ++i) {
          sum += gamma * g[i] * s[i] / (sqrt(v[i]) + 1e-8);
          m[i] = 0.9 * m[i] + 0.1 * gamma * g[i];
          v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i];
          s[i] = b * s[i] + (1 - b) * gamma * g[i];
          l1 += std::abs(s[i]);
        }
        r = b * r + (1 - b) * sum;
        d = std::max(d, r / ((1 - b) * l1));
        for (size_t i = 0; i < p.size(); ++i) {
          p[i] *= 1 - gamma * kDecay;
          p[i] -= m[i] / (sqrt(v[i]) + 1e-8);
        }
      },
      {23}, 1e-11);
}

TEST(DAdaptSGD, EqualsTheNaiveLoop) {
  expect_rule<optim::DAdaptSGD>(
      optim::DAdaptSGDOptions().weight_decay(kDecay).d0(0.01),
      [x0 = Vec(), s = Vec(23), G = 0.0, r = 0.0, d = 0.01](Vec& p, const Vec& g, int t) mutable {
        if (t == 1) {
          x0 = p;
          G = norm(g);
        }
        const double gamma = d / G;
        for (size_t i = 0; i < p.size(); ++i) {
          const double u = g[i] + kDecay * p[i];
          r += gamma * u * s[i];
          s[i] += gamma * u;
        }
        d = std::max(d, 2 * r / norm(s));
        for (size_t i = 0; i < p.size(); ++i) p[i] = 0.9 * p[i] + 0.1 * (x0[i] - s[i]);
      });
}

// Rates that are found: from far too small a start the loss of a quadratic comes down.
TEST(RateFree, FindTheirRate) {
  const auto loss_after = [](auto make) {
    Tensor p = full({10}, 3, kDouble).requires_grad_();
    auto optimizer = make(p);
    for (int t = 0; t < 400; ++t) {
      p.mutable_grad() = p.detach() * 2;
      optimizer.step();
    }
    return (p * p).sum().template item<double>();
  };
  using P = std::vector<Tensor>;
  EXPECT_LT(loss_after([](const Tensor& p) { return optim::DoG(P{p}); }), 9);
  EXPECT_LT(loss_after([](const Tensor& p) { return optim::Prodigy(P{p}); }), 1);
  EXPECT_LT(loss_after([](const Tensor& p) { return optim::DAdaptAdam(P{p}); }), 1);
  EXPECT_LT(loss_after([](const Tensor& p) { return optim::DAdaptSGD(P{p}); }), 1);
}

TEST(Sophia, EqualsTheNaiveLoop) {
  Tensor p = noise_tensor({23}, kDouble, 1).requires_grad_();
  optim::Sophia optimizer({p}, optim::SophiaOptions(kLr).weight_decay(kDecay).rho(0.5));
  Vec x = values(p), m(23), h(23);
  for (int t = 1; t <= 20; ++t) {
    Vec g(23), estimate(23);
    for (size_t i = 0; i < 23; ++i) {
      g[i] = 0.3 * x[i] + noise(2, static_cast<int64_t>(i) + 100 * t);
      estimate[i] = 10 * noise(3, static_cast<int64_t>(i) + 100 * t);
    }
    if (t % 5 == 1) {
      optimizer.set_hessian(p, from_values({23}, kDouble, estimate));
      for (size_t i = 0; i < 23; ++i) h[i] = 0.99 * h[i] + 0.01 * estimate[i];
    }
    p.mutable_grad() = from_values({23}, kDouble, g);
    optimizer.step();
    for (size_t i = 0; i < 23; ++i) {
      m[i] = 0.965 * m[i] + 0.035 * g[i];
      x[i] *= 1 - kLr * kDecay;
      x[i] -= kLr * std::clamp(m[i] / std::max(0.5 * h[i], 1e-12), -1.0, 1.0);
      ASSERT_NEAR(values(p)[i], x[i], 1e-12);
    }
  }
  EXPECT_THROW(optimizer.set_hessian(zeros({23}), zeros({23})), ValueError);
  EXPECT_THROW(optimizer.set_hessian(p, zeros({22})), ValueError);
}

// loss = sum of a_i p_i^2: H is diagonal, and one z tells all.
TEST(AdaHessian, StepsByTheHessian) {
  const Tensor a = tensor({1.0, 2.0, 5.0}, kDouble);
  Tensor p = tensor({1.0, -1.0, 0.5}, kDouble).requires_grad_();
  optim::AdaHessian optimizer({p}, optim::AdaHessianOptions(0.5).eps(0));
  const Tensor loss = (a * p * p).sum();
  optimizer.estimate_hessian(loss);
  loss.backward();
  optimizer.step();
  // The first step is g / |D| = 2 a p / 2 a = p.
  const Vec got = values(p);
  EXPECT_NEAR(got[0], 0.5, 1e-14);
  EXPECT_NEAR(got[1], -0.5, 1e-14);
  EXPECT_NEAR(got[2], 0.25, 1e-14);
  optim::AdaHessian without({p});
  EXPECT_THROW(without.step(), Error);
}

Vec matmul(const Vec& a, const Vec& b, size_t n, size_t k, size_t m) {
  Vec c(n * m);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < m; ++j) {
      for (size_t l = 0; l < k; ++l) c[i * m + j] += a[i * k + l] * b[l * m + j];
    }
  }
  return c;
}

// With one row the matrix is R alone: u = (R + eps)^(-1/2) g, which Newton's iteration finds too.
TEST(Shampoo, EqualsTheNaiveRootOfAVector) {
  expect_rule<optim::Shampoo>(
      optim::ShampooOptions(kLr),
      [R = Vec(25)](Vec& p, const Vec& g, int) mutable {
        for (size_t i = 0; i < 25; ++i) R[i] += g[i / 5] * g[i % 5];
        // Y -> sqrt(A), Z -> A^(-1/2) (Denman and Beavers), A = (R + eps) / scale.
        Vec y = R, z(25);
        double scale = 0;
        for (size_t i = 0; i < 5; ++i) {
          y[i * 6] += 1e-4;
          z[i * 6] = 1;
          scale += y[i * 6];
        }
        for (double& value : y) value /= scale;
        for (int k = 0; k < 60; ++k) {
          Vec t = matmul(z, y, 5, 5, 5);
          for (size_t i = 0; i < 25; ++i) t[i] = ((i % 6 == 0 ? 3 : 0) - t[i]) / 2;
          y = matmul(y, t, 5, 5, 5);
          z = matmul(t, z, 5, 5, 5);
        }
        const Vec u = matmul(z, g, 5, 5, 1);
        for (size_t i = 0; i < 5; ++i) p[i] -= kLr * u[i] / sqrt(scale);
      },
      {5}, 1e-7);
}

// A gradient of one direction, g = s a b^T with |a| = |b| = 1: after t steps of s_1, ..., s_t both
// matrices have the one eigenvalue S = sum of s^2, so u = g / (S + eps)^(1/2).
TEST(Shampoo, MatrixOfRankOne) {
  const Tensor a = tensor({0.6, 0.8}, kDouble), b = tensor({2.0 / 3, 1.0 / 3, 2.0 / 3}, kDouble);
  Tensor p = zeros({2, 3}, kDouble).requires_grad_();
  optim::Shampoo optimizer({p}, optim::ShampooOptions(1).eps(0.01));
  double sum = 0, way = 0;
  for (double s : {1.0, -2.0, 0.5}) {
    p.mutable_grad() = s * outer(a, b);
    optimizer.step();
    sum += s * s;
    way -= s / sqrt(sum + 0.01);
    EXPECT_TRUE(p.detach().allclose(way * outer(a, b), 1e-10, 1e-12));
  }
}

// In a basis that does not matter SOAP is Adam: a vector.
TEST(SOAP, OfAVectorIsAdamOneStepLater) {
  expect_rule<optim::SOAP>(optim::SOAPOptions(kLr).weight_decay(kDecay),
                           each<2>([](double& p, double g, int t, double* s) {
                             if (t == 1) return;
                             s[0] = 0.95 * s[0] + 0.05 * g;
                             s[1] = 0.95 * s[1] + 0.05 * g * g;
                             p *= 1 - kLr * kDecay;
                             p -= kLr * s[0] / (1 - pow(0.95, t - 1)) /
                                  (sqrt(s[1] / (1 - pow(0.95, t - 1))) + 1e-8);
                           }));
}

// Gradients d_i on the diagonal: the bases are those of the axes, and SOAP is Adam.
TEST(SOAP, OfDiagonalGradientsIsAdam) {
  Tensor p = zeros({3, 3}, kDouble).requires_grad_();
  optim::SOAP optimizer({p}, optim::SOAPOptions(0.1).weight_decay(0).precondition_frequency(2));
  Vec x(3), m(3), v(3);
  for (int t = 0; t <= 9; ++t) {
    Tensor g = zeros({3, 3}, kDouble);
    for (int64_t i = 0; i < 3; ++i) {
      const double d = static_cast<double>(3 - i) + 0.3 * noise(4, i + 10 * t);
      g.data_ptr<double>()[4 * i] = d;
      if (t == 0) continue;
      m[i] = 0.95 * m[i] + 0.05 * d;
      v[i] = 0.95 * v[i] + 0.05 * d * d;
      x[i] -= 0.1 * m[i] / (1 - pow(0.95, t)) / (sqrt(v[i] / (1 - pow(0.95, t))) + 1e-8);
    }
    p.mutable_grad() = g;
    optimizer.step();
    for (int64_t i = 0; i < 3; ++i) EXPECT_NEAR(values(p)[4 * i], x[i], 1e-12) << t;
  }
}

TEST(Muon, VectorsNeedTheRouter) {
  Tensor p = ones({3}).requires_grad_();
  optim::Muon optimizer({p});
  p.mutable_grad() = ones({3});
  EXPECT_THROW(optimizer.step(), ValueError);
  EXPECT_TRUE(optimizer.state().empty());
}

// The singular values of the step are about 1, of a convolution's weight too.
TEST(Muon, StepsAreNearlyOrthogonal) {
  Tensor p = zeros({4, 2, 3, 3}, kDouble).requires_grad_();
  optim::Muon optimizer({p}, optim::MuonOptions(1).weight_decay(0));
  p.mutable_grad() = noise_tensor({4, 2, 3, 3}, kDouble, 5);
  optimizer.step();
  const Tensor x = p.detach().reshape({4, 18});
  const Tensor gram = x.mm(x.t());
  for (int64_t i = 0; i < 4; ++i) {
    EXPECT_GT(gram[i][i].item<double>(), 0.4);
    EXPECT_LT(gram[i][i].item<double>(), 1.6);
  }
}

}  // namespace
}  // namespace gradus::optim_test
