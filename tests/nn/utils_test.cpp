// nn::init and nn::utils beyond gradient clipping.

#include <cmath>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

namespace utils = nn::utils;

bool close(const Tensor& a, const Tensor& b) {
  return a.detach().allclose(b.detach(), 1e-5, 1e-6);
}

TEST(Init, OrthogonalRowsOrColumns) {
  for (const std::vector<int64_t>& sizes :
       {std::vector<int64_t>{3, 5}, {5, 3}, {4, 4}, {4, 2, 3}, {1, 7}}) {
    const Tensor w = nn::init::orthogonal_(empty(sizes, kDouble), 2.0).reshape({sizes[0], -1});
    const bool wide = w.size(0) <= w.size(1);
    const Tensor product = wide ? w.mm(w.t()) : w.t().mm(w);
    EXPECT_TRUE(product.allclose(eye(product.size(0), kDouble) * 4, 1e-12, 1e-12));
  }
  EXPECT_THROW(nn::init::orthogonal_(empty({3})), ValueError);
  nn::init::orthogonal_(empty({0, 3}));
}

TEST(Init, SparseHasZerosInEachColumn) {
  const Tensor w = nn::init::sparse_(empty({10, 4}), 0.25);
  EXPECT_TRUE(w.eq(0).sum(0).equal(full({4}, 3)));  // ceil(2.5)
  EXPECT_THROW(nn::init::sparse_(empty({3}), 0.1), ValueError);
  EXPECT_THROW(nn::init::sparse_(empty({3, 3}), 1.1), ValueError);
}

TEST(ConvertParameters, ThereAndBack) {
  nn::Linear a(3, 2), b(3, 2);
  const Tensor v = utils::parameters_to_vector(a->parameters());
  EXPECT_EQ(v.numel(), 8);
  utils::vector_to_parameters(v, b->parameters());
  EXPECT_TRUE(b->weight.equal(a->weight) && b->bias.equal(a->bias));
  EXPECT_TRUE(b->weight.requires_grad() && b->weight.is_leaf());
  EXPECT_THROW(utils::vector_to_parameters(v.narrow(0, 0, 7), b->parameters()), Error);
  EXPECT_THROW(utils::parameters_to_vector({}), Error);
}

TEST(TotalNorm, ClipsInTwoSteps) {
  const Tensor x = ones({2}).requires_grad_();
  x.mutable_grad() = tensor({3.f, 4.f});
  const double norm = utils::get_total_norm({x.grad()});
  EXPECT_DOUBLE_EQ(norm, 5);
  utils::clip_grads_with_norm_({x}, 1.0, norm);
  EXPECT_TRUE(close(x.grad(), tensor({0.6f, 0.8f})));
  EXPECT_EQ(utils::get_total_norm({}), 0);
  EXPECT_THROW(utils::get_total_norm({x}, 0), ValueError);
  EXPECT_THROW(utils::get_total_norm({full({1}, INFINITY)}, 2, true), Error);
  EXPECT_THROW(utils::clip_grads_with_norm_({x}, -1, 1), ValueError);
}

TEST(Fusion, EqualsConvolutionOrLinearWithBatchNorm) {
  manual_seed(1);
  nn::Conv2d conv(nn::Conv2dOptions(2, 3, 3).bias(false).padding(1));
  nn::BatchNorm2d bn(3);
  const Tensor x = randn({4, 2, 5, 5});
  for (int i = 0; i < 3; ++i) bn(conv(x));
  nn::init::uniform_(bn->weight, 0.5, 2);
  nn::init::uniform_(bn->bias, -1, 1);
  EXPECT_THROW(utils::fuse_conv_bn_eval(conv, bn), Error);
  conv->eval();
  bn->eval();
  EXPECT_TRUE(utils::fuse_conv_bn_eval(conv, bn)(x).allclose(bn(conv(x)), 1e-4, 1e-5));
  nn::Linear linear(4, 3);
  nn::BatchNorm1d bn1(nn::BatchNorm1dOptions(3).affine(false));
  const Tensor rows = randn({8, 4});
  bn1(linear(rows));
  linear->eval();
  bn1->eval();
  EXPECT_TRUE(
      utils::fuse_linear_bn_eval(linear, bn1)(rows).allclose(bn1(linear(rows)), 1e-4, 1e-5));
}

TEST(FunctionalCall, UsesOtherWeightsAndLeavesTheModule) {
  nn::Sequential net(nn::Linear(2, 2), nn::BatchNorm1d(2));
  const Tensor before = net->named_parameters()["0.weight"].clone();
  OrderedDict<std::string, Tensor> state;
  for (const auto& item : net->named_parameters())
    state.insert(item.key(), (item.value().detach() + 1).requires_grad_());
  for (const auto& item : net->named_buffers()) state.insert(item.key(), item.value().clone());
  const Tensor x = randn({4, 2});
  const Tensor y = utils::functional_call(net, state, x);
  y.square().sum().backward();
  EXPECT_TRUE(state["0.weight"].grad().defined());
  EXPECT_FALSE(net->named_parameters()["0.weight"].grad().defined());
  EXPECT_TRUE(net->named_parameters()["0.weight"].equal(before));
  EXPECT_EQ(net->named_buffers()["1.num_batches_tracked"].item<int64_t>(), 0);
  EXPECT_EQ(state["1.num_batches_tracked"].item<int64_t>(), 1);

  nn::Sequential same(nn::Linear(2, 2), nn::BatchNorm1d(2));
  utils::vector_to_parameters(utils::parameters_to_vector(net->parameters()) + 1,
                              same->parameters());
  EXPECT_TRUE(close(same(x), y));
  OrderedDict<std::string, Tensor> wrong;
  wrong.insert("nothing", x);
  EXPECT_THROW(utils::functional_call(net, wrong, x), Error);
  wrong.clear();
  wrong.insert("0.weight", ones({3, 3}));
  EXPECT_THROW(utils::functional_call(net, wrong, x), Error);
  EXPECT_TRUE(net->named_parameters()["0.weight"].equal(before));
}

TEST(Parametrize, WeightNormKeepsTheValueAndTrains) {
  manual_seed(4);
  nn::Linear fc(3, 2);
  const Tensor weight = fc->weight.detach().clone();
  utils::parametrizations::weight_norm(*fc);
  EXPECT_EQ(fc->state_dict().keys(),
            (std::vector<std::string>{"bias", "parametrizations.weight.original0",
                                      "parametrizations.weight.original1"}));
  EXPECT_TRUE(close(fc->weight, weight));
  EXPECT_TRUE(utils::parametrize::is_parametrized(*fc, "weight"));
  EXPECT_FALSE(utils::parametrize::is_parametrized(*fc, "bias"));
  Tensor g = fc->get_parameter("bias");
  g = fc->get_submodule("parametrizations.weight")->get_parameter("original0");
  EXPECT_EQ(g.sizes(), (std::vector<int64_t>{2, 1}));
  const Tensor x = randn({4, 3});
  for (int step = 0; step < 2; ++step) {
    fc->zero_grad();
    (step == 0 ? fc->forward(x) : fc(x)).sum().backward();
    ASSERT_TRUE(g.grad().defined());
    NoGradGuard no_grad;
    g.add_(1);
  }
  EXPECT_TRUE(close(fc->weight.norm(2, 1), g.squeeze(1)));
  // Two uses before one backward keep their own values.
  const Tensor first = fc(x);
  {
    NoGradGuard no_grad;
    g.mul_(2);
  }
  const Tensor second = fc(x);
  EXPECT_FALSE(close(first, second));
  EXPECT_THROW(utils::parametrizations::weight_norm(*fc), Error);
  EXPECT_THROW(utils::parametrizations::weight_norm(*fc, "nothing"), Error);
  utils::parametrize::remove_parametrizations(*fc, "weight");
  EXPECT_EQ(fc->named_parameters().keys(), (std::vector<std::string>{"bias", "weight"}));
  EXPECT_TRUE(close(fc(x), second));
  EXPECT_TRUE(fc->weight.is_leaf() && fc->weight.requires_grad());
  EXPECT_THROW(utils::parametrize::remove_parametrizations(*fc, "weight"), Error);
}

TEST(Parametrize, WeightNormInASequentialAndInAClone) {
  nn::Linear fc(3, 2);
  utils::parametrizations::weight_norm(*fc, "weight", std::nullopt);
  nn::Sequential net(fc, nn::ReLU());
  const Tensor x = randn({4, 3});
  nn::Sequential copy(std::dynamic_pointer_cast<nn::SequentialImpl>(net->clone()));
  EXPECT_EQ(copy->state_dict().keys(), net->state_dict().keys());
  EXPECT_TRUE(close(copy(x), net(x)));
  {
    NoGradGuard no_grad;
    for (Tensor p : net->parameters()) p.mul_(3);
  }
  EXPECT_FALSE(close(copy(x), net(x)));
  copy->load_state_dict(net->state_dict());
  EXPECT_TRUE(close(copy(x), net(x)));
}

TEST(Parametrize, SpectralNormOfATransposedConvolutionIsThatOfItsOutputs) {
  nn::ConvTranspose2d conv(2, 3, 2);
  utils::parametrizations::spectral_norm(*conv);
  EXPECT_EQ(conv->named_buffers()["parametrizations.weight.0._u"].sizes(),
            (std::vector<int64_t>{3}));
}

// Columns that depend on each other leave a 0 on the diagonal of R.
TEST(Parametrize, OrthogonalStartsFromAnyMatrix) {
  nn::Linear fc(3, 3);
  {
    const NoGradGuard no_grad;
    fc->weight.fill_(1);
  }
  utils::parametrizations::orthogonal(*fc);
  const Tensor w = fc->weight.detach();
  EXPECT_TRUE(w.t().mm(w).allclose(eye(3), 1e-5, 1e-5));
}

TEST(Parametrize, SpectralNormHasNormOne) {
  manual_seed(5);
  nn::Conv2d conv(2, 4, 3);
  utils::parametrizations::spectral_norm(*conv, "weight", 30);
  const Tensor x = randn({1, 2, 5, 5});
  conv(x).sum().backward();
  EXPECT_EQ(
      conv->state_dict().keys(),
      (std::vector<std::string>{"bias", "parametrizations.weight.original",
                                "parametrizations.weight.0._u", "parametrizations.weight.0._v"}));
  // |W|_2 by power iteration from here.
  const Tensor w = conv->weight.detach().reshape({4, -1}).to(kDouble);
  Tensor v = ones({18}, kDouble);
  for (int i = 0; i < 2000; ++i) {
    v = w.t().mv(w.mv(v));
    v = v / v.norm();
  }
  EXPECT_NEAR(w.mv(v).norm().item<double>(), 1, 1e-3);
  conv->eval();
  const Tensor u = conv->named_buffers()["parametrizations.weight.0._u"].clone();
  conv(x);
  EXPECT_TRUE(u.equal(conv->named_buffers()["parametrizations.weight.0._u"]));
  EXPECT_THROW(utils::parametrizations::spectral_norm(*conv, "bias", 0), ValueError);
}

TEST(Prune, MasksByMagnitudeAndComposes) {
  nn::Linear fc(nn::LinearOptions(4, 1).bias(false));
  fc->weight.set_data(tensor({{4.f, -1.f, 3.f, -2.f}}));
  utils::prune::l1_unstructured(*fc, "weight", 0.25);
  EXPECT_EQ(fc->state_dict().keys(), (std::vector<std::string>{"weight_orig", "weight_mask"}));
  EXPECT_TRUE(fc->weight.equal(tensor({{4.f, 0.f, 3.f, -2.f}})));
  utils::prune::l1_unstructured(*fc, "weight", int64_t{1});
  EXPECT_TRUE(fc->weight.equal(tensor({{4.f, 0.f, 3.f, 0.f}})));
  fc(ones({1, 4})).sum().backward();
  EXPECT_TRUE(fc->get_parameter("weight_orig").grad().equal(tensor({{1.f, 0.f, 1.f, 0.f}})));
  EXPECT_TRUE(utils::prune::is_pruned(*fc));
  EXPECT_THROW(utils::prune::l1_unstructured(*fc, "weight", 1.5), ValueError);
  EXPECT_THROW(utils::prune::l1_unstructured(*fc, "nothing", 0.5), Error);
  nn::Linear copy(std::dynamic_pointer_cast<nn::LinearImpl>(fc->clone()));
  EXPECT_TRUE(copy->weight.equal(fc->weight));
  utils::prune::remove(*fc, "weight");
  EXPECT_FALSE(utils::prune::is_pruned(*fc));
  EXPECT_TRUE(fc->weight.equal(tensor({{4.f, 0.f, 3.f, 0.f}})));
  EXPECT_THROW(utils::prune::remove(*fc, "weight"), Error);
}

TEST(Prune, StructuredRandomAndByMask) {
  nn::Linear fc(3, 4);
  fc->weight.set_data(arange(12, kFloat).view({4, 3}));
  utils::prune::ln_structured(*fc, "weight", 0.5, 2, 0);
  EXPECT_TRUE(fc->weight.narrow(0, 0, 2).eq(0).all().item<bool>());
  EXPECT_FALSE(fc->weight.narrow(0, 2, 2).eq(0).any().item<bool>());
  utils::prune::random_unstructured(*fc, "bias", 0.5);
  EXPECT_EQ(fc->named_buffers()["bias_mask"].sum().item<int64_t>(), 2);
  nn::Linear other(2, 2);
  utils::prune::custom_from_mask(*other, "weight", eye(2));
  EXPECT_EQ(other->weight[0][1].item<double>(), 0);
  EXPECT_THROW(utils::prune::custom_from_mask(*other, "weight", eye(3)), Error);
}

}  // namespace
}  // namespace gradus
