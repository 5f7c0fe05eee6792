// Containers, AnyModule and the functions of Module.

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

struct ScaleImpl : nn::Module {
  Tensor forward(const Tensor& x, int64_t times = 3) const { return x * times; }
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, nn::AnyValue(int64_t{3})})
};
GRADUS_MODULE(Scale);

struct NothingImpl : nn::Module {
  void forward(int64_t) {}
};
GRADUS_MODULE(Nothing);

template <class E, class F>
void expect_error(const std::string& text, F f) {
  try {
    f();
    ADD_FAILURE() << "expected an error with " << text;
  } catch (const E& error) {
    EXPECT_NE(std::string(error.what()).find(text), std::string::npos) << error.what();
  }
}

TEST(AnyModule, CallsConstAndNoexceptForwardsOfAnyType) {
  nn::AnyModule scale{Scale()}, nothing{Nothing()};
  EXPECT_EQ(scale.forward(ones({}), int64_t{5}).item<double>(), 5);
  nothing.any_forward(int64_t{1});
  EXPECT_EQ(scale.type_info(), typeid(ScaleImpl));
  EXPECT_NE(scale.ptr<ScaleImpl>(), nullptr);
  EXPECT_THROW(scale.get<nn::Linear>(), TypeError);
}

TEST(AnyModule, FillsInDefaultArguments) {
  nn::AnyModule scale{Scale()};
  EXPECT_EQ(scale.forward(ones({})).item<double>(), 3);
  EXPECT_EQ(nn::Sequential(Scale(), Scale())->forward(ones({})).item<double>(), 9);
  expect_error<Error>("takes 1 to 2 arguments, got 0", [&] { scale.any_forward(); });
  expect_error<Error>("takes 1 to 2 arguments, got 3",
                      [&] { scale.any_forward(ones({}), int64_t{1}, int64_t{1}); });
}

TEST(AnyModule, WrongArgumentsAreErrorsThatNameTheModule) {
  nn::AnyModule linear{nn::Linear(2, 2)};
  expect_error<TypeError>("LinearImpl: forward() expects argument 0 to be gradus::Tensor, got int",
                          [&] { linear.any_forward(1); });
  expect_error<Error>("takes 1 arguments, got 2",
                      [&] { linear.any_forward(ones({2}), ones({2})); });
  expect_error<Error>("empty AnyModule", [] { nn::AnyModule().any_forward(1); });
  expect_error<TypeError>("AnyValue", [&] { linear.forward<int>(ones({2})); });
}

TEST(Sequential, EmptyIsAnError) {
  expect_error<Error>("empty Sequential", [] { nn::Sequential()->forward(ones({2})); });
}

TEST(Sequential, HoldsNamedModulesAndOtherSequentials) {
  nn::Sequential net({{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}});
  nn::Sequential outer(net, nn::Linear(3, 1));
  EXPECT_EQ(outer->forward(ones({4, 2})).sizes(), (std::vector<int64_t>{4, 1}));
  EXPECT_EQ(outer->named_parameters().keys(),
            (std::vector<std::string>{"0.fc.weight", "0.fc.bias", "1.weight", "1.bias"}));
  EXPECT_THROW(net->push_back("fc", nn::ReLU()), Error);
  EXPECT_THROW(net->push_back("a.b", nn::ReLU()), Error);
  EXPECT_THROW(net->ptr(2), IndexError);
  EXPECT_EQ(outer->at<nn::Sequential>(0).size(), 2u);
}

TEST(Sequential, IsMadeOfAnOrderedDict) {
  OrderedDict<std::string, nn::AnyModule> modules{{"fc", nn::AnyModule(nn::Linear(2, 3))}};
  const nn::Sequential copied(modules), moved(std::move(modules));
  for (const nn::Sequential& net : {copied, moved})
    EXPECT_EQ(net->named_children().keys(), std::vector<std::string>{"fc"});
}

TEST(ModuleDict, KeepsOrderReplacesAndPops) {
  nn::ModuleDict dict(std::vector<std::pair<std::string, std::shared_ptr<nn::Module>>>{
      {"b", nn::Linear(1, 2).ptr()}, {"a", nn::ReLU().ptr()}});
  EXPECT_EQ(dict->keys(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(dict->at<nn::Linear>("b").options.out_features(), 2);
  EXPECT_THROW(dict->at<nn::Linear>("a"), TypeError);
  EXPECT_THROW((*dict)["c"], IndexError);
  dict->insert("a", nn::Linear(3, 3));
  EXPECT_EQ(dict->parameters().size(), 4u);
  dict->pop("b");
  EXPECT_THROW(dict->pop("b"), IndexError);
  EXPECT_EQ(dict->size(), 1u);
  EXPECT_TRUE(dict->contains("a"));
  EXPECT_FALSE(dict->empty());
  nn::ModuleDict copy(std::dynamic_pointer_cast<nn::ModuleDictImpl>(dict->clone()));
  EXPECT_EQ(copy->keys(), dict->keys());
  dict->clear();
  EXPECT_TRUE(dict->empty());
}

TEST(ParameterList, RegistersByIndex) {
  nn::ParameterList list(ones({2}).requires_grad_(), zeros({3}));
  EXPECT_EQ(list->named_parameters().keys(), (std::vector<std::string>{"0", "1"}));
  EXPECT_TRUE((*list)[0].requires_grad());
  EXPECT_FALSE(list->at(1).requires_grad());
  EXPECT_THROW(list->at(2), IndexError);
  EXPECT_THROW(list->append(Tensor()), Error);
  nn::ParameterList more(ones({1}));
  list->extend(*more);
  *list += *more;
  EXPECT_EQ(list->size(), 4u);
  nn::ParameterList copy(std::dynamic_pointer_cast<nn::ParameterListImpl>(list->clone()));
  EXPECT_TRUE(copy->at(0).requires_grad());
  EXPECT_FALSE(copy->at(0).is_same(list->at(0)));
}

TEST(ParameterDict, RegistersByName) {
  nn::ParameterDict dict;
  dict->insert("w", ones({2}).requires_grad_());
  EXPECT_THROW(dict->insert("w", ones({2})), Error);
  EXPECT_THROW(dict->insert("a.b", ones({2})), Error);
  EXPECT_THROW(dict->get("x"), IndexError);
  OrderedDict<std::string, Tensor> more;
  more.insert("w", zeros({3}));
  more.insert("v", zeros({1}));
  EXPECT_THROW(dict->update(more), IndexError);
  dict->insert("v", zeros({2}));
  dict->update(more);
  EXPECT_EQ((*dict)["w"].numel(), 3);
  EXPECT_EQ(dict->pop("w").numel(), 3);
  EXPECT_EQ(dict->keys(), (std::vector<std::string>{"v"}));
  dict->clear();
  EXPECT_TRUE(dict->empty());
}

TEST(Functional, TakesFunctionsAndFurtherArguments) {
  EXPECT_EQ(nn::Functional(relu)(full({}, -1.0)).item<double>(), 0);
  nn::Functional clamp([](const Tensor& x, double low, double high) { return x.clamp(low, high); },
                       -1.0, 0.5);
  EXPECT_EQ(clamp(full({}, 2.0)).item<double>(), 0.5);
  EXPECT_EQ(nn::Sequential(clamp, nn::ReLU())->forward(full({}, -2.0)).item<double>(), 0);
}

TEST(Module, AppliesFunctionsOfEachKind) {
  nn::Sequential net({{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}});
  const auto& constant = static_cast<const nn::SequentialImpl&>(*net);
  int64_t calls = 0;
  std::string names;
  net->apply([&](nn::Module&) { ++calls; });
  net->apply([&](const std::shared_ptr<nn::Module>&) { ++calls; });
  net->apply(nn::Module::ModulePointerFunction([&](const auto&) { ++calls; }));
  constant.apply([&](const nn::Module&) { ++calls; });
  EXPECT_EQ(calls, 12);
  net->apply([&](const std::string& name, nn::Module&) { names += name + ","; });
  net->apply(
      [&](const std::string& name, const std::shared_ptr<nn::Module>&) { names += name + ","; },
      "net");
  EXPECT_EQ(names, ",fc,act,net,net.fc,net.act,");
}

TEST(Module, IsSerializableButForFunctions) {
  EXPECT_TRUE(nn::Linear(1, 1)->is_serializable());
  EXPECT_FALSE(nn::Functional(gradus::relu)->is_serializable());
}

TEST(Module, HalfAndBFloat16ConvertWhatFloats) {
  nn::BatchNorm1d norm(2);
  norm->half();
  EXPECT_EQ(norm->weight.dtype(), kHalf);
  EXPECT_EQ(norm->running_mean.dtype(), kHalf);
  EXPECT_EQ(norm->num_batches_tracked.dtype(), kLong);
  norm->bfloat16();
  EXPECT_EQ(norm->weight.dtype(), kBFloat16);
  EXPECT_THROW(norm->to(kLong), TypeError);
}

TEST(Module, LoadsWithAReportWhereNotStrict) {
  nn::Linear a(2, 2);
  StateDict state = a->state_dict();
  state.erase("bias");
  state.insert("extra", ones({1}));
  EXPECT_THROW(a->load_state_dict(state), Error);
  const LoadReport report = a->load_state_dict(state, /*strict=*/false);
  EXPECT_EQ(report.missing_keys, (std::vector<std::string>{"bias"}));
  EXPECT_EQ(report.unexpected_keys, (std::vector<std::string>{"extra"}));
  state["weight"] = ones({3, 2});
  expect_error<Error>("weight: expected [2, 2], got [3, 2]",
                      [&] { a->load_state_dict(state, /*strict=*/false); });
}

TEST(Module, ParametersOfIntegersCannotRequireGrad) {
  nn::Linear fc(2, 2);
  expect_error<Error>("parameter 'count'", [&] { fc->register_parameter("count", arange(3)); });
  fc->register_parameter("count", arange(3), /*requires_grad=*/false);
  EXPECT_EQ(fc->parameters().size(), 3u);
}

TEST(Module, UnregistersParametersAndBuffers) {
  nn::BatchNorm1d norm(2);
  norm->unregister_parameter("weight");
  norm->unregister_buffer("running_mean");
  EXPECT_EQ(norm->state_dict().keys(),
            (std::vector<std::string>{"bias", "running_var", "num_batches_tracked"}));
  EXPECT_THROW(norm->unregister_parameter("weight"), Error);
  EXPECT_THROW(norm->unregister_buffer("weight"), Error);
  EXPECT_THROW(norm->unregister_module("weight"), Error);
}

// Wrong shapes give errors that name the layer or the op.
TEST(Layers, WrongInputsNameTheLayerOrTheOp) {
  const auto row = [](const std::string& text, auto module, std::vector<int64_t> sizes) {
    expect_error<Error>(text, [&] { module(ones(sizes)); });
  };
  row("linear", nn::Linear(3, 2), {2, 4});
  row("flatten", nn::Flatten(nn::FlattenOptions().start_dim(3)), {2, 4});
  row("unflatten", nn::Unflatten(1, std::vector<int64_t>{2, 3}), {2, 4});
  row("pixel_shuffle", nn::PixelShuffle(2), {2, 4});
  row("pixel_unshuffle", nn::PixelUnshuffle(2), {1, 3, 3});
  row("channel_shuffle", nn::ChannelShuffle(2), {1, 3, 3});
  row("pad", nn::ReflectionPad1d(3), {1, 3});
  row("pad", nn::CircularPad2d(3), {1, 3});
  row("BatchNorm2d", nn::BatchNorm2d(3), {1, 3, 3});
  row("BatchNorm1d", nn::BatchNorm1d(3), {2, 4});
  row("InstanceNorm1d", nn::InstanceNorm1d(3), {2, 4});
  row("InstanceNorm2d", nn::InstanceNorm2d(3), {2});
  row("layer_norm", nn::LayerNorm(std::vector<int64_t>{3}), {2, 4});
  row("GroupNorm", nn::GroupNorm(2, 4), {2, 3});
  row("rms_norm", nn::RMSNorm(std::vector<int64_t>{3}), {2, 4});
  row("local_response_norm", nn::LocalResponseNorm(3), {2, 4});
  row("CrossMapLRN2d", nn::CrossMapLRN2d(3), {2, 4, 2});
  row("dropout1d", nn::Dropout1d(), {2});
  row("dropout2d", nn::Dropout2d(), {2, 2});
  row("dropout3d", nn::Dropout3d(), {2, 2});
  row("feature_alpha_dropout", nn::FeatureAlphaDropout(), {2});
  row("prelu", nn::PReLU(nn::PReLUOptions().num_parameters(3)), {2, 4});
  row("Softmax2d", nn::Softmax2d(), {2, 4});
  row("glu", nn::GLU(), {2, 3});
  row("embedding", nn::Embedding(3, 2), {2, 4});
  row("embedding_bag", nn::EmbeddingBag(3, 2), {2, 4});
  row("conv2d", nn::Conv2d(3, 2, 3), {1, 2, 4, 4});
  row("max_pool2d", nn::MaxPool2d(2), {4});
}

TEST(Layers, WrongOptionsThrow) {
  EXPECT_THROW(nn::Dropout(1.5), ValueError);
  EXPECT_THROW(nn::AlphaDropout(-0.1), ValueError);
  EXPECT_THROW(nn::Dropout2d(std::nan("")), ValueError);
  EXPECT_THROW(nn::Bilinear(0, 1, 1), ValueError);
  expect_error<ValueError>("Linear: in_features", [] { nn::Linear(-1, 1); });
  // Four times these is 0 in int64.
  const int64_t huge = int64_t{1} << 62;
  expect_error<Error>("LSTM", [&] { nn::LSTM(1, huge); });
  expect_error<Error>("LSTMCell", [&] { nn::LSTMCell(1, huge); });
  expect_error<Error>("MultiheadAttention", [&] { nn::MultiheadAttention(huge, 2); });
  EXPECT_THROW(nn::PReLU(nn::PReLUOptions().num_parameters(0)), ValueError);
  EXPECT_THROW(nn::GroupNorm(3, 4), ValueError);
  EXPECT_THROW(nn::InstanceNorm1d(0), ValueError);
  EXPECT_THROW(nn::MultiMarginLoss(nn::MultiMarginLossOptions().p(3)), ValueError);
  EXPECT_THROW(nn::SyncBatchNorm(-1), ValueError);
  EXPECT_THROW(nn::Embedding(nn::EmbeddingOptions(3, 2).padding_idx(3)), ValueError);
  EXPECT_THROW(nn::EmbeddingBag(nn::EmbeddingBagOptions(3, 2).padding_idx(-4)), ValueError);
  EXPECT_THROW(nn::Embedding::from_pretrained(ones({3})), Error);
  EXPECT_THROW(nn::AdaptiveLogSoftmaxWithLoss(4, 5, std::vector<int64_t>{3, 2}), ValueError);
  EXPECT_THROW(nn::AdaptiveLogSoftmaxWithLoss(4, 5, std::vector<int64_t>{5}), ValueError);
  EXPECT_THROW(nn::AdaptiveLogSoftmaxWithLoss(4, 5, std::vector<int64_t>{}), ValueError);
}

TEST(Embedding, FromPretrainedSharesAndFreezes) {
  const Tensor table = arange(6, kFloat).view({3, 2});
  nn::Embedding frozen = nn::Embedding::from_pretrained(table);
  EXPECT_EQ(frozen->weight.data_ptr(), table.data_ptr());
  EXPECT_FALSE(frozen->weight.requires_grad());
  nn::Embedding free = nn::Embedding::from_pretrained(
      table, nn::EmbeddingFromPretrainedOptions().freeze(false).padding_idx(1));
  free(tensor({1, 2, 2})).sum().backward();
  EXPECT_TRUE(free->weight.grad().equal(tensor({{0.f, 0.f}, {0.f, 0.f}, {2.f, 2.f}})));
  nn::EmbeddingBag bag = nn::EmbeddingBag::from_pretrained(table);
  EXPECT_TRUE(bag(tensor({{0, 2}})).equal(tensor({{2.f, 3.f}})));
}

TEST(Dropout, WholeChannelsAndStatistics) {
  manual_seed(3);
  nn::Dropout2d drop(0.4);
  const Tensor x = ones({8, 50, 3, 3});
  const Tensor y = drop(x);
  const Tensor each = y.flatten(2);
  EXPECT_TRUE(each.eq(each.narrow(2, 0, 1)).all().item<bool>());
  EXPECT_NEAR(y.mean().item<double>(), 1, 0.15);
  EXPECT_EQ(nn::Dropout1d(0.5)(ones({4, 5})).dim(), 2);
  EXPECT_EQ(nn::Dropout3d(0.5)(ones({4, 5, 1, 2})).dim(), 4);
  drop->eval();
  EXPECT_TRUE(drop(x).is_same(x));

  nn::AlphaDropout alpha(0.3);
  const Tensor normal = randn({200, 200}), noisy = alpha(normal);
  EXPECT_NEAR(noisy.mean().item<double>(), 0, 0.05);
  EXPECT_NEAR(noisy.std().item<double>(), 1, 0.05);

  Tensor self = ones({4, 5, 6});
  nn::FeatureAlphaDropout(nn::DropoutOptions(0.5).inplace(true))(self);
  EXPECT_FALSE(self.equal(ones({4, 5, 6})));
}

// PyTorch's layer has a gradient that is not that of its forward, so it is no golden.
TEST(CrossMapLRN2d, IsLocalResponseNormOfImages) {
  const Tensor x = randn({2, 5, 3, 2});
  const auto options = nn::CrossMapLRN2dOptions(3).alpha(0.5).beta(0.5).k(1.5);
  EXPECT_TRUE(nn::CrossMapLRN2d(options)(x).equal(nn::LocalResponseNorm(options)(x)));
}

TEST(GumbelSoftmax, HardIsOneHotWithASoftGradient) {
  namespace F = nn::functional;
  manual_seed(1);
  const Tensor logits = randn({5, 4}, dtype(kDouble).requires_grad(true));
  const Tensor soft = F::gumbel_softmax(logits, F::GumbelSoftmaxFuncOptions().tau(0.5));
  EXPECT_TRUE(soft.sum(-1).allclose(ones({5}, kDouble)));
  const Tensor hard = F::gumbel_softmax(logits, F::GumbelSoftmaxFuncOptions().hard(true));
  EXPECT_TRUE(hard.detach().amax(-1).allclose(ones({5}, kDouble)));
  EXPECT_TRUE(hard.detach().round().allclose(hard.detach()));
  (hard * arange(4)).sum().backward();
  EXPECT_GT(logits.grad().abs().sum().item<double>(), 0);
  EXPECT_THROW(F::gumbel_softmax(logits, F::GumbelSoftmaxFuncOptions().tau(0)), ValueError);
}

TEST(AdaptiveLogSoftmax, ProbabilitiesSumToOneAndPredictTheBest) {
  manual_seed(2);
  nn::AdaptiveLogSoftmaxWithLoss layer(
      nn::AdaptiveLogSoftmaxWithLossOptions(8, 12, {3, 7}).div_value(2));
  const Tensor x = randn({30, 8}) * 3;
  const Tensor log_prob = layer->log_prob(x);
  EXPECT_TRUE(log_prob.exp().sum(1).allclose(ones({30})));
  const Tensor target = randint(12, {30});
  EXPECT_TRUE(layer(x, target).output.allclose(log_prob.gather(1, target.unsqueeze(1)).squeeze(1),
                                               1e-4, 1e-5));
  EXPECT_EQ(layer(x[0], target[0]).output.dim(), 0);
  EXPECT_EQ(layer->predict(x).sizes(), (std::vector<int64_t>{30}));
  EXPECT_THROW(layer(x, full({30}, 12)), IndexError);
  EXPECT_THROW(layer(x, target.narrow(0, 0, 3)), Error);
}

}  // namespace
}  // namespace gradus
