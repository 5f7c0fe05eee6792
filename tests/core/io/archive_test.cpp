#include <algorithm>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/generator.h>
#include <gradus/core/io/archive.h>
#include <gradus/core/io/safetensors.h>
#include <gradus/nn/nn.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::IValue;
using gradus::Tensor;
using gradus::ValueError;
using gradus::serialize::InputArchive;
using gradus::serialize::OutputArchive;
using gradus::test::ScratchFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

struct NetImpl : nn::Module {
  NetImpl() {
    fc1 = register_module("fc1", nn::Linear(3, 4));
    fc2 = register_module("fc2", nn::Linear(4, 2));
  }
  Tensor forward(const Tensor& x) { return fc2(fc1(x).relu()); }
  nn::Linear fc1{nullptr}, fc2{nullptr};
};
GRADUS_MODULE(Net);

bool same_state(const gradus::Stateful& a, const gradus::Stateful& b) {
  const gradus::StateDict x = a.state_dict(), y = b.state_dict();
  if (x.keys() != y.keys()) return false;
  for (const auto& item : x) {
    if (!item.value().equal(y[item.key()])) return false;
  }
  return true;
}

TEST(SaveLoad, Tensor) {
  ScratchFolder folder;
  const Tensor x = gradus::arange(6).view({2, 3}).t();
  gradus::save(x, folder / "x");
  Tensor y;
  gradus::load(y, folder / "x");
  EXPECT_TRUE(y.equal(x));

  Tensor z = gradus::zeros({1});
  gradus::load(z, folder / "x");  // takes shape and dtype of the file, as in libtorch
  EXPECT_TRUE(z.equal(x));
  y.fill_(0);
  gradus::load(z, folder / "x");
  EXPECT_TRUE(z.equal(x));
}

TEST(SaveLoad, RequiresGradIsKept) {
  std::stringstream stream;
  gradus::save(gradus::ones({2}, gradus::requires_grad()), stream);
  Tensor x;
  gradus::load(x, stream);
  EXPECT_TRUE(x.requires_grad());
}

TEST(SaveLoad, AStreamMayBeReadAgain) {
  std::stringstream stream;
  gradus::save(gradus::ones({2}), stream);
  Tensor x, y;
  gradus::load(x, stream);
  EXPECT_TRUE(stream.good());
  stream.seekg(0);
  gradus::load(y, stream);
  EXPECT_TRUE(y.equal(x));

  std::ifstream missing("/nonexistent/file");
  EXPECT_THAT([&] { gradus::load(x, missing); },
              ThrowsMessage<Error>(HasSubstr("the stream cannot be read")));
}

TEST(SaveLoad, VectorsOfTensors) {
  std::stringstream stream;
  std::vector<Tensor> tensors;
  for (int i = 0; i < 12; ++i) tensors.push_back(gradus::full({i}, i, gradus::kLong));
  tensors.push_back(Tensor());
  gradus::save(tensors, stream);
  std::vector<Tensor> loaded;
  gradus::load(loaded, stream);
  ASSERT_EQ(loaded.size(), 13u);
  for (size_t i = 0; i < 12; ++i) EXPECT_TRUE(loaded[i].equal(tensors[i])) << i;
  EXPECT_FALSE(loaded[12].defined());

  std::stringstream braces;
  gradus::save({gradus::zeros({2}), gradus::ones({3})}, braces);
  gradus::load(loaded, braces);  // appends
  EXPECT_EQ(loaded.size(), 15u);
}

TEST(SaveLoad, ModulesByHolderPointerAndReference) {
  ScratchFolder folder;
  gradus::manual_seed(1);
  Net net, other, third, fourth;
  gradus::save(net, folder / "net");
  EXPECT_FALSE(same_state(*net, *other));
  gradus::load(other, folder / "net");
  EXPECT_TRUE(same_state(*net, *other));

  std::shared_ptr<NetImpl> pointer = net.ptr();
  std::stringstream stream;
  gradus::save(pointer, stream);
  gradus::load(*third, stream);
  EXPECT_TRUE(same_state(*net, *third));
  std::stringstream again;
  gradus::save(*net, again);
  std::shared_ptr<nn::Module> base = fourth.ptr();
  gradus::load(base, again);
  EXPECT_TRUE(same_state(*net, *fourth));
  EXPECT_TRUE(fourth->fc1->weight.requires_grad());

  // The file is a plain safetensors file with PyTorch's names.
  EXPECT_THAT(gradus::load_safetensors(folder / "net").keys(),
              UnorderedElementsAre("fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"));
}

// A module that keeps more than tensors, as one writes it for libtorch.
struct CounterImpl : nn::Module {
  CounterImpl() {
    weight = register_parameter("weight", gradus::zeros({2}));
    linear = register_module("linear", nn::Linear(2, 1));
  }
  void save(OutputArchive& archive) const override {
    archive.write("count", gradus::full({}, count, gradus::kLong));
    nn::Module::save(archive);
  }
  void load(InputArchive& archive) override {
    Tensor saved;
    archive.read("count", saved);
    nn::Module::load(archive);
    count = saved.item<int64_t>();
    seen = weight.sum().item<double>();
  }
  Tensor weight;
  nn::Linear linear{nullptr};
  int64_t count = 0;
  double seen = 0;
};
GRADUS_MODULE(Counter);

TEST(SaveLoad, AModuleMaySaveMore) {
  struct Outer : nn::Module {
    Outer() {
      first = register_module("first", nn::Linear(2, 2));
      counter = register_module("counter", Counter());
      relu = register_module("relu", nn::ReLU());
    }
    nn::Linear first{nullptr};
    Counter counter{nullptr};
    nn::ReLU relu{nullptr};
  };
  Outer from, to;
  from.counter->count = 7;
  {
    const gradus::NoGradGuard no_grad;
    from.counter->weight.fill_(3);
  }
  std::stringstream stream;
  gradus::save(from, stream);
  gradus::load(to, stream);
  EXPECT_TRUE(same_state(from, to));
  EXPECT_EQ(to.counter->count, 7);
  EXPECT_EQ(to.counter->seen, 6);  // its own load() saw the weights

  InputArchive archive, counter;
  stream.seekg(0);
  archive.load_from(stream);
  EXPECT_THAT(archive.keys(), UnorderedElementsAre("first", "counter", "relu"));
  archive.read("counter", counter);
  EXPECT_THAT(counter.keys(), UnorderedElementsAre("count", "weight", "linear"));
  Tensor weight;
  counter.read("weight", weight);
  EXPECT_TRUE(weight.requires_grad());

  // A child that does not fit leaves those before it as they were.
  Outer other;
  other.counter->linear = other.counter->replace_module("linear", nn::Linear(3, 1));
  const Tensor before = other.first->weight.detach().clone();
  stream.clear();
  stream.seekg(0);
  EXPECT_THAT([&] { gradus::load(other, stream); },
              ThrowsMessage<Error>(HasSubstr("'weight' is of shape [1, 3]")));
  EXPECT_TRUE(other.first->weight.equal(before));
  EXPECT_TRUE(other.counter->weight.equal(gradus::zeros({2})));

  // What a file of another program has more is left alone; what it has less is an error.
  std::stringstream plain;
  gradus::StateDict state = from.state_dict();
  OutputArchive out;
  for (const auto& item : state) {
    if (item.key().substr(0, 5) == "first") out.write(item.key().substr(6), item.value());
  }
  out.write("more", gradus::ones({1}));
  out.save_to(plain);
  nn::Linear linear(2, 2), more(2, 2);
  gradus::load(linear, plain);
  EXPECT_TRUE(same_state(*linear, *from.first));
  std::stringstream less;
  OutputArchive only_bias;
  only_bias.write("bias", gradus::ones({2}));
  only_bias.save_to(less);
  EXPECT_THAT([&] { gradus::load(more, less); },
              ThrowsMessage<Error>(HasSubstr("the archive has no tensor 'weight'")));
}

TEST(SaveLoad, AModuleThatDoesNotFitIsLeftAlone) {
  std::stringstream stream;
  gradus::save(nn::Linear(3, 5), stream);
  nn::Linear linear(3, 4);
  const Tensor before = linear->weight.detach().clone();
  EXPECT_THROW(gradus::load(linear, stream), Error);
  EXPECT_TRUE(linear->weight.equal(before));
  Net empty{nullptr};
  std::stringstream nothing;
  EXPECT_THROW(gradus::save(empty, nothing), Error);
  std::shared_ptr<NetImpl> null;
  EXPECT_THAT([&] { gradus::save(null, nothing); }, ThrowsMessage<Error>(HasSubstr("empty")));
}

TEST(SaveLoad, Optimizers) {
  const auto step = [](Net& net, optim::Optimizer& optimizer) {
    optimizer.zero_grad();
    net(gradus::ones({2, 3})).sum().backward();
    optimizer.step();
  };
  gradus::manual_seed(1);
  Net net, copy;
  gradus::test::ScratchFolder folder;
  optim::Adam a(net->parameters(), optim::AdamOptions(0.1));
  optim::Adam b(copy->parameters(), optim::AdamOptions(0.5));
  step(net, a);
  step(net, a);
  gradus::save(net, folder / "net");
  gradus::save(a, folder / "adam");
  gradus::load(copy, folder / "net");
  gradus::load(b, folder / "adam");
  step(net, a);
  step(copy, b);
  EXPECT_TRUE(same_state(*net, *copy));
}

TEST(SaveLoad, SamplersHaveLibtorchsSaveAndLoad) {
  gradus::data::samplers::SequentialSampler sampler(10), other(10);
  sampler.next(3);
  OutputArchive out;
  sampler.save(out);
  std::stringstream stream;
  out.save_to(stream);
  InputArchive in;
  in.load_from(stream);
  other.load(in);
  EXPECT_EQ(other.index(), 3u);
}

TEST(Archive, EveryKindOfValue) {
  OutputArchive out;
  const std::vector<int64_t> ints = {1, -2, INT64_MAX};
  const std::vector<double> doubles = {0.1, -1e300, std::numeric_limits<double>::infinity()};
  out.write("none", IValue());
  out.write("bool", IValue(true));
  out.write("int", IValue(INT64_MIN));
  out.write("double", IValue(0.1));
  out.write("string", IValue("text with \"quotes\" and umlaut \xc3\xa4"));
  out.write("ints", IValue(ints));
  out.write("no ints", IValue(std::vector<int64_t>()));
  out.write("doubles", IValue(doubles));
  out.write("tensor", IValue(gradus::ones({2})));
  out.write("tensors", IValue(std::vector<Tensor>{gradus::ones({2}), gradus::zeros({1})}));
  std::stringstream stream;
  out.save_to(stream);
  InputArchive in;
  in.load_from(stream);
  const auto read = [&](const char* key) {
    IValue value;
    in.read(key, value);
    return value;
  };
  EXPECT_TRUE(read("none").isNone());
  EXPECT_TRUE(read("bool").toBool());
  EXPECT_EQ(read("int").toInt(), INT64_MIN);
  EXPECT_EQ(read("double").toDouble(), 0.1);
  EXPECT_EQ(read("string").toStringRef(), "text with \"quotes\" and umlaut \xc3\xa4");
  EXPECT_EQ(read("ints").toIntVector(), ints);
  EXPECT_TRUE(read("no ints").toIntVector().empty());
  EXPECT_EQ(read("doubles").toDoubleVector(), doubles);
  EXPECT_EQ(read("tensor").toTensor().numel(), 2);
  EXPECT_EQ(read("tensors").toTensorVector().size(), 2u);
  IValue value;
  EXPECT_FALSE(in.try_read("other", value));
  EXPECT_THAT([&] { in.read("other", value); }, ThrowsMessage<Error>(HasSubstr("'other'")));
}

TEST(Archive, NestedArchivesAndKeys) {
  OutputArchive inner, middle, out;
  inner.write("weight", gradus::ones({2}));
  inner.write("steps", IValue(7));
  middle.write("inner", inner);
  OutputArchive nothing;
  middle.write("nothing", nothing);
  out.write("middle", middle);
  out("x", gradus::zeros({1}));
  std::stringstream stream;
  out.save_to(stream);
  InputArchive in, in_middle, in_inner, in_nothing;
  in.load_from(stream);
  EXPECT_THAT(in.keys(), UnorderedElementsAre("middle", "x"));
  in.read("middle", in_middle);
  EXPECT_THAT(in_middle.keys(), UnorderedElementsAre("inner", "nothing"));
  in_middle("inner", in_inner);
  in_middle.read("nothing", in_nothing);
  EXPECT_TRUE(in_nothing.keys().empty());
  EXPECT_THAT(in_inner.keys(), UnorderedElementsAre("weight", "steps"));
  Tensor weight;
  EXPECT_TRUE(in_inner.try_read("weight", weight, /*is_buffer=*/false));
  IValue steps;
  in_inner.read("steps", steps);
  EXPECT_EQ(steps.toInt(), 7);
  EXPECT_FALSE(in.try_read("weight", weight));
  EXPECT_FALSE(in.try_read("x", in_inner));
  EXPECT_THAT(in.state_dict().keys(), UnorderedElementsAre("middle.inner.weight", "x"));
}

// A model of libtorch's kind: archives nested as the modules are.
TEST(Archive, ReadsAPartOfASavedModule) {
  Net net;
  std::stringstream stream;
  gradus::save(net, stream);
  InputArchive in, part;
  in.load_from(stream);
  in.read("fc2", part);
  nn::Linear fc2(4, 2);
  part >> fc2;
  EXPECT_TRUE(same_state(*fc2, *net->fc2));
}

TEST(Archive, Misuse) {
  OutputArchive out, nested;
  out.write("a", gradus::ones({2}));
  EXPECT_THROW(out.write("a", gradus::ones({2})), Error);
  EXPECT_THROW(out.write("a", IValue(1)), Error);
  nested.write("b", gradus::ones({1}));
  EXPECT_THROW(out.write("a", nested), Error);
  out.write("a2", nested);
  EXPECT_THROW(out.write("a2", nested), Error);

  Tensor x;
  EXPECT_THROW(gradus::load(x, "/nonexistent"), Error);
  std::stringstream garbage("hello");
  EXPECT_THROW(gradus::load(x, garbage), ValueError);
  std::stringstream zip("PK\x03\x04 and more");
  EXPECT_THAT([&] { gradus::load(x, zip); }, ThrowsMessage<ValueError>(HasSubstr("zip")));
  std::ostringstream broken;
  broken.setstate(std::ios::badbit);
  EXPECT_THROW(gradus::save(gradus::ones({1}), broken), Error);
}

TEST(Archive, DamagedValues) {
  const auto read = [](const std::string& text) {
    std::string file;
    gradus::io::write_safetensors(
        {},
        [&](const void* data, size_t size) { file.append(static_cast<const char*>(data), size); },
        {{"value/x", text}});
    InputArchive in;
    in.load_from(file.data(), file.size());
    IValue value;
    in.read("x", value);
  };
  for (const char* text : {"", "?", "b2", "i", "i1x", "i99999999999999999999", "d", "d1.5.5", "I1",
                           "I1,x,", "D,", "T", "T-1", "T2", "n1"}) {
    EXPECT_THROW(read(text), ValueError) << text;
  }
}

TEST(Archive, ByFunctions) {
  std::string bytes;
  gradus::save(gradus::ones({3}), [&](const void* data, size_t size) {
    bytes.append(static_cast<const char*>(data), size);
    return size;
  });
  Tensor x;
  gradus::load(
      x,
      [&](uint64_t position, void* buffer, size_t size) {
        const size_t count = std::min<size_t>(size, 7);
        std::memcpy(buffer, bytes.data() + position, count);
        return count;
      },
      [&] { return bytes.size(); });
  EXPECT_TRUE(x.equal(gradus::ones({3})));
  Tensor y;
  gradus::load(y, bytes.data(), bytes.size());
  EXPECT_TRUE(y.equal(x));
  EXPECT_THROW(gradus::save(x, [](const void*, size_t) { return size_t{0}; }), Error);
}

}  // namespace
