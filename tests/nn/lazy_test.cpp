// Lazy modules: what they are before, at and after the first forward.

#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

std::string text_of(const nn::Module& module) {
  std::ostringstream stream;
  stream << module;
  return stream.str();
}

std::vector<std::string> keys_of(const nn::Module& module) {
  return module.state_dict().keys();
}

// A lazy layer, the plain one that it becomes, and an input.
struct Pair {
  std::string name;
  Callable<nn::AnyModule()> lazy, plain;
  Tensor input;
};

template <class L, class P, class LazyOptions, class Options>
Pair pair_of(std::string name, LazyOptions lazy, Options plain, std::vector<int64_t> sizes) {
  return {std::move(name), [lazy] { return nn::AnyModule(L(lazy)); },
          [plain] { return nn::AnyModule(P(plain)); }, ones(sizes)};
}

std::vector<Pair> pairs() {
  using namespace nn;  // NOLINT: a table of modules
  return {
      pair_of<LazyLinear, Linear>("Linear", LazyLinearOptions(3).bias(false),
                                  LinearOptions(5, 3).bias(false), {2, 5}),
      pair_of<LazyConv1d, Conv1d>("Conv1d", LazyConv1dOptions(4, 3).groups(2),
                                  Conv1dOptions(6, 4, 3).groups(2), {2, 6, 5}),
      pair_of<LazyConv2d, Conv2d>("Conv2d", LazyConv2dOptions(4, 3).padding(1),
                                  Conv2dOptions(2, 4, 3).padding(1), {2, 5, 5}),
      pair_of<LazyConv3d, Conv3d>("Conv3d", LazyConv3dOptions(4, 2), Conv3dOptions(2, 4, 2),
                                  {1, 2, 3, 3, 3}),
      pair_of<LazyConvTranspose1d, ConvTranspose1d>(
          "ConvTranspose1d", LazyConvTranspose1dOptions(4, 3).stride(2),
          ConvTranspose1dOptions(6, 4, 3).stride(2), {2, 6, 5}),
      pair_of<LazyConvTranspose2d, ConvTranspose2d>(
          "ConvTranspose2d", LazyConvTranspose2dOptions(4, 3).groups(2),
          ConvTranspose2dOptions(2, 4, 3).groups(2), {1, 2, 5, 5}),
      pair_of<LazyConvTranspose3d, ConvTranspose3d>("ConvTranspose3d",
                                                    LazyConvTranspose3dOptions(4, 2),
                                                    ConvTranspose3dOptions(2, 4, 2), {2, 3, 3, 3}),
      pair_of<LazyBatchNorm1d, BatchNorm1d>("BatchNorm1d", LazyBatchNormOptions().eps(1e-3),
                                            BatchNormOptions(4).eps(1e-3), {2, 4}),
      pair_of<LazyBatchNorm2d, BatchNorm2d>("BatchNorm2d", LazyBatchNormOptions().affine(false),
                                            BatchNormOptions(4).affine(false), {2, 4, 3, 3}),
      pair_of<LazyBatchNorm3d, BatchNorm3d>(
          "BatchNorm3d", LazyBatchNormOptions().affine(false).track_running_stats(false),
          BatchNormOptions(4).affine(false).track_running_stats(false), {2, 4, 3, 3, 2}),
      pair_of<LazyInstanceNorm1d, InstanceNorm1d>(
          "InstanceNorm1d", LazyInstanceNormOptions(),
          InstanceNormOptions(4).affine(true).track_running_stats(true), {2, 4, 3}),
      pair_of<LazyInstanceNorm2d, InstanceNorm2d>(
          "InstanceNorm2d", LazyInstanceNormOptions().affine(false),
          InstanceNormOptions(4).track_running_stats(true), {4, 3, 3}),
      pair_of<LazyInstanceNorm3d, InstanceNorm3d>(
          "InstanceNorm3d", LazyInstanceNormOptions().track_running_stats(false),
          InstanceNormOptions(4).affine(true), {2, 4, 3, 3, 2}),
  };
}

TEST(Lazy, BecomesThePlainModule) {
  for (const Pair& pair : pairs()) {
    SCOPED_TRACE(pair.name);
    const nn::AnyModule lazy = pair.lazy();
    EXPECT_EQ(text_of(*lazy.ptr()).rfind("gradus::nn::Lazy" + pair.name + "(", 0), 0);
    manual_seed(7);
    const Tensor y = lazy.forward(pair.input);
    manual_seed(7);
    const nn::AnyModule plain = pair.plain();
    EXPECT_TRUE(y.equal(plain.forward(pair.input)));
    EXPECT_FALSE(lazy.ptr()->has_uninitialized_params());
    EXPECT_EQ(text_of(*lazy.ptr()), text_of(*plain.ptr()));
    EXPECT_EQ(keys_of(*lazy.ptr()), keys_of(*plain.ptr()));
    for (const auto& item : plain.ptr()->state_dict())
      EXPECT_TRUE(lazy.ptr()->state_dict()[item.key()].equal(item.value())) << item.key();
    EXPECT_TRUE(lazy.forward(pair.input).equal(plain.forward(pair.input)));
  }
}

TEST(Lazy, KeysAreThereBefore) {
  for (const Pair& pair : pairs()) {
    SCOPED_TRACE(pair.name);
    const nn::AnyModule lazy = pair.lazy(), plain = pair.plain();
    EXPECT_EQ(keys_of(*lazy.ptr()), keys_of(*plain.ptr()));
    EXPECT_EQ(lazy.ptr()->has_uninitialized_params(), pair.name != "BatchNorm3d");
    for (const Tensor& parameter : lazy.ptr()->parameters()) EXPECT_TRUE(parameter.requires_grad());
  }
}

TEST(Lazy, LoadsThePlainState) {
  for (const Pair& pair : pairs()) {
    SCOPED_TRACE(pair.name);
    const nn::AnyModule lazy = pair.lazy(), plain = pair.plain();
    plain.forward(pair.input);  // moves running statistics
    lazy.ptr()->load_state_dict(plain.ptr()->state_dict());
    EXPECT_FALSE(lazy.ptr()->has_uninitialized_params());
    EXPECT_TRUE(lazy.forward(pair.input).equal(plain.forward(pair.input)));
    EXPECT_EQ(text_of(*lazy.ptr()), text_of(*plain.ptr()));
  }
}

TEST(Lazy, ClonesBeforeAndAfter) {
  for (const Pair& pair : pairs()) {
    SCOPED_TRACE(pair.name);
    const nn::AnyModule lazy = pair.lazy();
    const nn::AnyModule before = lazy.clone();
    EXPECT_EQ(text_of(*before.ptr()), text_of(*lazy.ptr()));
    EXPECT_EQ(before.type_info(), lazy.type_info());
    lazy.forward(pair.input);
    EXPECT_EQ(before.ptr()->has_uninitialized_params(), pair.name != "BatchNorm3d");
    const nn::AnyModule after = lazy.clone();
    EXPECT_TRUE(after.forward(pair.input).equal(lazy.forward(pair.input)));
    before.forward(pair.input);
  }
}

TEST(Lazy, HandlesAndDtypeStay) {
  nn::LazyLinear lazy(3);
  EXPECT_EQ(lazy->options.in_features(), 0);
  const Tensor weight = lazy->weight;
  lazy->to(kDouble);
  lazy(ones({2, 4}, kDouble));
  EXPECT_TRUE(weight.is_same(lazy->weight) && weight.is_same(lazy->parameters()[0]));
  EXPECT_EQ(weight.dtype(), kDouble);
  EXPECT_EQ(weight.sizes(), IntArrayRef({3, 4}));
  EXPECT_EQ(lazy->options.in_features(), 4);
  lazy(ones({2, 4}, kDouble)).sum().backward();
  EXPECT_TRUE(weight.grad().equal(full({3, 4}, 2, kDouble)));
  EXPECT_THROW(lazy(ones({2, 5}, kDouble)), Error);
}

TEST(Lazy, ModelsOfThemTrainAfterADryRun) {
  nn::Sequential net(nn::LazyConv2d(4, 3), nn::LazyBatchNorm2d(), nn::ReLU(), nn::Flatten(),
                     nn::LazyLinear(2));
  EXPECT_TRUE(net->has_uninitialized_params());
  EXPECT_THROW(optim::SGD(net->parameters(), 0.1), ValueError);
  EXPECT_THROW(optim::Adam(net->parameters()), ValueError);
  net->forward(ones({2, 3, 5, 5}));
  EXPECT_FALSE(net->has_uninitialized_params());
  optim::SGD optimizer(net->parameters(), 0.1);
  const Tensor x = rand({4, 3, 5, 5});
  const Tensor before = net->parameters()[0].detach().clone();
  net->forward(x).square().mean().backward();
  optimizer.step();
  EXPECT_FALSE(net->parameters()[0].equal(before));
}

struct ModelImpl : nn::Cloneable<ModelImpl> {
  ModelImpl() { ModelImpl::reset(); }
  void reset() override { fc = register_module("fc", nn::LazyLinear(2)); }
  Tensor forward(const Tensor& x) { return fc(x); }
  nn::LazyLinear fc{nullptr};
};

TEST(Lazy, ModelsOfThemClone) {
  ModelImpl model;
  auto before = std::dynamic_pointer_cast<ModelImpl>(model.clone());
  EXPECT_TRUE(before->has_uninitialized_params());
  const Tensor x = ones({1, 3});
  const Tensor y = model.forward(x);
  auto after = std::dynamic_pointer_cast<ModelImpl>(model.clone());
  EXPECT_FALSE(after->has_uninitialized_params());
  EXPECT_TRUE(after->forward(x).equal(y));
  EXPECT_EQ(text_of(*after->fc), text_of(*model.fc));
  EXPECT_EQ(before->forward(ones({1, 7})).sizes(), IntArrayRef({1, 2}));
}

TEST(Lazy, UninitializedParametersMeetErrors) {
  nn::LazyLinear lazy(3);
  Tensor weight = lazy->weight;
  const auto expect_error = [](const char* op, auto f) {
    SCOPED_TRACE(op);
    try {
      f();
      ADD_FAILURE() << "no error";
    } catch (const ValueError& error) {
      EXPECT_NE(std::string(error.what()).find(op), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("uninitialized"), std::string::npos);
    }
  };
  expect_error("mul", [&] { weight * 2; });
  expect_error("sum", [&] { weight.sum().backward(); });
  expect_error("cat", [&] { cat({weight, ones({3})}); });
  expect_error("fill_", [&] { nn::init::ones_(weight); });
  expect_error("uniform_", [&] { nn::init::uniform_(weight); });
  expect_error("SGD", [&] { optim::SGD({weight}, 0.1); });
  expect_error("EMA", [&] { optim::EMA(lazy->named_parameters()); });
  expect_error("parameters_to_vector", [&] { nn::utils::parameters_to_vector({weight}); });
  expect_error("vector_to_parameters",
               [&] { nn::utils::vector_to_parameters(ones({0}), {weight}); });
  expect_error("register_parametrization",
               [&] { nn::utils::parametrizations::weight_norm(*lazy); });
  expect_error("prune", [&] { nn::utils::prune::l1_unstructured(*lazy, "weight", 0.5); });
  const std::string path = testing::TempDir() + "not_written.safetensors";
  expect_error("save_safetensors", [&] { save_safetensors(lazy->state_dict(), path); });
  EXPECT_FALSE(std::filesystem::exists(path));
  // A module that wants a shape does not take over the state of one that has none.
  EXPECT_THROW(nn::Linear(2, 3)->load_state_dict(lazy->state_dict()), Error);
  nn::LazyLinear(3)->load_state_dict(lazy->state_dict());
  // Nothing above has changed it.
  EXPECT_TRUE(lazy->has_uninitialized_params());
  lazy->zero_grad();
  nn::utils::clip_grad_norm_(lazy->parameters(), 1);
  EXPECT_EQ(lazy(ones({2, 2})).sizes(), IntArrayRef({2, 3}));
}

TEST(Lazy, InputsThatDoNotFit) {
  EXPECT_THROW(nn::LazyLinear(3)(ones({})), Error);
  EXPECT_THROW(nn::LazyLinear(3)(Tensor()), Error);
  EXPECT_THROW(nn::LazyLinear(-3), Error);
  EXPECT_THROW(nn::LazyLinear(nn::LinearOptions(4, 3)), ValueError);
  EXPECT_THROW(nn::LazyConv2d(3, 0), ValueError);
  EXPECT_THROW(nn::LazyConv2d(3, 3)(ones({2, 2})), Error);
  EXPECT_THROW(nn::LazyConv2d(3, 3)(Tensor()), Error);
  EXPECT_THROW(nn::LazyBatchNorm2d()(ones({2, 3})), Error);
  EXPECT_THROW(nn::LazyBatchNorm2d()(ones({2, 0, 3, 3})), ValueError);
  EXPECT_THROW(nn::LazyInstanceNorm2d()(ones({2, 3})), Error);
  nn::LazyConv2d grouped(nn::LazyConv2dOptions(4, 3).groups(2));
  EXPECT_THROW(grouped(ones({1, 3, 5, 5})), ValueError);  // 3 channels in 2 groups
  EXPECT_TRUE(grouped->has_uninitialized_params());
  EXPECT_EQ(grouped(ones({1, 4, 5, 5})).sizes(), IntArrayRef({1, 4, 3, 3}));
  // A state that is not of this layer is found by the forward.
  nn::LazyLinear lazy(3);
  lazy->load_state_dict({{"weight", ones({3})}, {"bias", ones({3})}});
  EXPECT_THROW(lazy(ones({2, 5})), Error);
}

}  // namespace
}  // namespace gradus
