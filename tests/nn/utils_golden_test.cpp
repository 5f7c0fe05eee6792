// Parametrizations and antialiased interpolation against PyTorch: tests/goldens/generate_utils.py.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

namespace utils = nn::utils;
using goldens::close;
using utils::parametrize::Parametrization;

struct HolderImpl : nn::Cloneable<HolderImpl> {
  explicit HolderImpl(const Tensor& w) : start(w) { HolderImpl::reset(); }
  void reset() override { weight = register_parameter("weight", start.detach().clone()); }
  Tensor start, weight;
};
GRADUS_MODULE(Holder);

struct DoubleImpl : Parametrization {
  Tensor forward(const std::vector<Tensor>& originals) override { return originals[0] * 2; }
  std::shared_ptr<Parametrization> make_copy() const override {
    return std::make_shared<DoubleImpl>();
  }
};

const std::string kOriginal = "parametrizations.weight.original";
const std::string kBase = "parametrizations.weight.0.base";

class OrthogonalGolden {
 public:
  explicit OrthogonalGolden(std::string name)
      : all_(goldens::load("utils")), name_(std::move(name)) {}

  void check(const std::string& map, bool trivialization, bool doubled = false) const {
    SCOPED_TRACE(name_ + " " + map);
    Holder module(get("w"));
    utils::parametrizations::orthogonal(*module, "weight", map, trivialization);
    if (doubled) {
      utils::parametrize::register_parametrization(*module, "weight",
                                                   std::make_shared<DoubleImpl>());
    }
    StateDict state = module->state_dict();
    EXPECT_TRUE(close(state[kOriginal], get("start"), 1e-10, 1e-12));
    EXPECT_EQ(state.contains(kBase), trivialization);
    const Tensor weight = module->weight, identity = matmul(weight.mT(), weight);
    if (trivialization && !doubled && weight.size(-2) == weight.size(-1)) {
      EXPECT_TRUE(close(identity.detach(), eye(weight.size(-1), kDouble), 0, 1e-10));
    }
    {
      NoGradGuard no_grad;
      state[kOriginal].copy_(get("original"));
      if (trivialization) state[kBase].copy_(get("base"));
    }
    const Tensor result = module->weight;
    EXPECT_TRUE(close(result.detach(), get("weight"), 1e-9, 1e-11));
    const Tensor gradient = autograd::grad({result}, {state[kOriginal]}, {get("dy")})[0];
    EXPECT_TRUE(close(gradient, get("doriginal"), 1e-8, 1e-10));
    const Holder copy(std::dynamic_pointer_cast<HolderImpl>(module->clone()));
    EXPECT_TRUE(close(copy->weight.detach(), get("weight"), 1e-9, 1e-11));
    EXPECT_EQ(copy->state_dict().keys(), module->state_dict().keys());
  }

 private:
  Tensor get(const std::string& what) const { return all_[name_ + "/" + what]; }

  OrderedDict<std::string, Tensor> all_;
  std::string name_;
};

TEST(UtilsGolden, Orthogonal) {
  int number = 0;
  for (int shape = 0; shape < 4; ++shape) {
    for (const char* map : {"matrix_exp", "cayley", "householder"}) {
      for (const bool trivialization : {true, false})
        OrthogonalGolden("orthogonal/" + std::to_string(number++)).check(map, trivialization);
    }
  }
}

TEST(UtilsGolden, OrthogonalInAChain) {
  OrthogonalGolden("chain/1").check("householder", true, /*doubled=*/true);
}

TEST(UtilsGolden, SpectralNormBehindWeightNorm) {
  const auto all = goldens::load("utils");
  const auto get = [&](const char* what) { return all[std::string("chain/0/") + what]; };
  Holder module(get("w"));
  utils::parametrizations::weight_norm(*module);
  utils::parametrizations::spectral_norm(*module);
  module->eval();
  const std::string prefix = "parametrizations.weight.";
  StateDict state = module->state_dict();
  EXPECT_EQ(state.keys(), (std::vector<std::string>{prefix + "original0", prefix + "original1",
                                                    prefix + "1._u", prefix + "1._v"}));
  state[prefix + "1._u"].copy_(get("u"));
  state[prefix + "1._v"].copy_(get("v"));
  const Tensor weight = module->weight;
  EXPECT_TRUE(close(weight.detach(), get("weight"), 1e-10));
  const auto gradients = autograd::grad(
      {weight}, {state[prefix + "original0"], state[prefix + "original1"]}, {get("dy")});
  EXPECT_TRUE(close(gradients[0], get("d0"), 1e-8, 1e-12));
  EXPECT_TRUE(close(gradients[1], get("d1"), 1e-8, 1e-12));
  Holder copy(std::dynamic_pointer_cast<HolderImpl>(module->clone()));
  EXPECT_TRUE(copy->weight.equal(weight));
  utils::parametrize::remove_parametrizations(*copy, "weight");
  EXPECT_EQ(copy->state_dict().keys(), std::vector<std::string>{"weight"});
  EXPECT_TRUE(copy->weight.equal(weight));
}

TEST(Orthogonal, StaysSoWhileItTrains) {
  nn::Linear fc(4, 6);
  utils::parametrizations::orthogonal(*fc);
  optim::SGD optimizer(fc->parameters(), 0.1);
  const Tensor x = rand({8, 4});
  for (int i = 0; i < 3; ++i) {
    optimizer.zero_grad();
    fc(x).square().mean().backward();
    optimizer.step();
  }
  const Tensor w = fc->weight.detach();
  EXPECT_TRUE(close(w.t().mm(w), eye(4), 0, 1e-5));
}

TEST(Orthogonal, Errors) {
  nn::Linear fc(3, 3);
  EXPECT_THROW(utils::parametrizations::orthogonal(*fc, "bias"), ValueError);
  EXPECT_THROW(utils::parametrizations::orthogonal(*fc, "weight", "qr"), ValueError);
  EXPECT_THROW(utils::parametrizations::orthogonal(*fc, "nothing"), Error);
  EXPECT_THROW(utils::parametrizations::orthogonal(*nn::LazyLinear(3)), ValueError);
  utils::parametrizations::weight_norm(*fc);
  const Tensor before = fc->weight.detach().clone();
  EXPECT_THROW(utils::parametrizations::weight_norm(*fc), Error);  // two originals
  EXPECT_THROW(utils::parametrizations::orthogonal(*fc), Error);   // its base is not known
  EXPECT_TRUE(fc->weight.equal(before));
  utils::parametrizations::orthogonal(*fc, "weight", "cayley", /*use_trivialization=*/false);
  const Tensor w = fc->weight.detach();
  EXPECT_TRUE(close(w.t().mm(w), eye(3), 0, 1e-5));
}

struct HalfOfItImpl : DoubleImpl {
  Tensor forward(const std::vector<Tensor>& originals) override {
    return originals[0].narrow(0, 0, 1);
  }
  std::shared_ptr<Parametrization> make_copy() const override {
    return std::make_shared<HalfOfItImpl>();
  }
};

TEST(Parametrize, AnotherShapeIsUnsafe) {
  using utils::parametrize::register_parametrization;
  nn::Linear fc(3, 2);
  EXPECT_THROW(register_parametrization(*fc, "weight", std::make_shared<HalfOfItImpl>()),
               ValueError);
  EXPECT_FALSE(utils::parametrize::is_parametrized(*fc));
  register_parametrization(*fc, "weight", std::make_shared<DoubleImpl>());
  EXPECT_THROW(register_parametrization(*fc, "weight", std::make_shared<HalfOfItImpl>()),
               ValueError);
  EXPECT_EQ(fc->weight.sizes(), IntArrayRef({2, 3}));
  register_parametrization(*fc, "weight", std::make_shared<HalfOfItImpl>(), /*unsafe=*/true);
  EXPECT_EQ(fc->weight.sizes(), IntArrayRef({1, 3}));
  utils::parametrize::remove_parametrizations(*fc, "weight", /*leave_parametrized=*/false);
  EXPECT_EQ(fc->weight.sizes(), IntArrayRef({2, 3}));
}

TEST(Prune, GlobalUnstructured) {
  namespace prune = utils::prune;
  nn::Linear a(nn::LinearOptions(2, 2).bias(false)), b(nn::LinearOptions(2, 1).bias(false));
  {
    NoGradGuard no_grad;
    a->weight.copy_(tensor({0.1f, -5.f, 0.2f, 4.f}).reshape({2, 2}));
    b->weight.copy_(tensor({0.3f, 0.05f}).reshape({1, 2}));
  }
  const std::vector<prune::Target> both{{*a, "weight"}, {*b, "weight"}};
  prune::global_unstructured(both, prune::Method::L1Unstructured, int64_t{2});
  EXPECT_TRUE(a->weight.equal(tensor({0.f, -5.f, 0.2f, 4.f}).reshape({2, 2})));
  EXPECT_TRUE(b->weight.equal(tensor({0.3f, 0.f}).reshape({1, 2})));
  // Half of the four that are left.
  prune::global_unstructured(both, prune::Method::L1Unstructured, 0.5);
  EXPECT_TRUE(a->weight.equal(tensor({0.f, -5.f, 0.f, 4.f}).reshape({2, 2})));
  EXPECT_TRUE(b->weight.equal(zeros({1, 2})));
  prune::global_unstructured(both, prune::Method::L1Unstructured, int64_t{1},
                             {tensor({0.f, 1.f, 0.f, 2.f}).reshape({2, 2}), zeros({1, 2})});
  EXPECT_TRUE(a->weight.equal(tensor({0.f, 0.f, 0.f, 4.f}).reshape({2, 2})));
  prune::global_unstructured(both, prune::Method::RandomUnstructured, 1.0);
  EXPECT_TRUE(a->weight.equal(zeros({2, 2})));

  nn::Linear fresh(2, 2);
  const auto method = prune::Method::L1Unstructured;
  EXPECT_THROW(prune::global_unstructured({}, method, 0.5), ValueError);
  EXPECT_THROW(prune::global_unstructured({{*fresh, "weight"}}, method, 1.5), ValueError);
  EXPECT_THROW(prune::global_unstructured({{*fresh, "weight"}}, method, int64_t{5}), ValueError);
  EXPECT_THROW(prune::global_unstructured({{*fresh, "weight"}, {*fresh, "no"}}, method, 0.5),
               Error);
  EXPECT_THROW(prune::global_unstructured({{*fresh, "weight"}}, method, 0.5, {ones({3})}),
               ValueError);
  EXPECT_FALSE(prune::is_pruned(*fresh));  // failed calls change nothing
}

TEST(UtilsGolden, AntialiasedInterpolate) {
  namespace F = nn::functional;
  const auto all = goldens::load("utils");
  using Sizes = std::vector<int64_t>;
  const std::vector<std::pair<Sizes, bool>> sizes{
      {{3, 4}, false}, {{3, 4}, true}, {{11, 9}, false}, {{2, 12}, false}, {{1, 1}, true}};
  for (int number = 0; number < 12; ++number) {
    SCOPED_TRACE(number);
    auto options = F::InterpolateFuncOptions().antialias(true);
    if (number < 6) options.mode(kBilinear);
    if (number >= 6) options.mode(kBicubic);
    const auto at = static_cast<size_t>(number % 6);
    if (at < 5) options.size(sizes[at].first).align_corners(sizes[at].second);
    if (at == 5) options.scale_factor(std::vector<double>{0.4, 0.7});
    const auto get = [&](const char* what) {
      return all["antialias/" + std::to_string(number) + "/" + what];
    };
    const Tensor x = get("x").clone().requires_grad_();
    const Tensor y = F::interpolate(x, options);
    EXPECT_TRUE(close(y, get("y"), 1e-10, 1e-12));
    y.backward(get("dy"));
    EXPECT_TRUE(close(x.grad(), get("dx"), 1e-10, 1e-12));
    EXPECT_TRUE(
        close(F::interpolate(get("x").to(kFloat), options).to(kDouble), get("y"), 1e-4, 1e-5));
  }
}

TEST(Interpolate, AntialiasErrors) {
  namespace F = nn::functional;
  const auto options = F::InterpolateFuncOptions().antialias(true).size(std::vector<int64_t>{2});
  EXPECT_THROW(F::interpolate(ones({1, 1, 4, 4}), options), ValueError);  // kNearest
  EXPECT_THROW(F::interpolate(ones({1, 1, 4}), F::InterpolateFuncOptions(options).mode(kLinear)),
               ValueError);
  const auto bilinear = F::InterpolateFuncOptions(options).mode(kBilinear);
  EXPECT_THROW(F::interpolate(ones({1, 1, 4, 4}, kLong), bilinear), TypeError);
  EXPECT_THROW(F::interpolate(ones({1, 1, 0, 4}), bilinear), ValueError);
  for (const int64_t size : {int64_t{-1}, int64_t{0}, INT64_MAX}) {
    auto sized = bilinear;
    sized.size(std::vector<int64_t>{size, 2});
    EXPECT_THROW(F::interpolate(ones({1, 1, 4, 4}), sized), Error);
  }
  EXPECT_EQ(F::interpolate(ones({0, 1, 4, 4}), bilinear).sizes(), IntArrayRef({0, 1, 2, 2}));
}

}  // namespace
}  // namespace gradus
