#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/checkpoint.h>
#include <gradus/core/io/safetensors.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Checkpoint;
using gradus::Error;
using gradus::Generator;
using gradus::StateDict;
using gradus::Stateful;
using gradus::Tensor;
using gradus::ValueError;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Two numbers, or none of them: what an optimizer before its first step looks like.
struct Weights : Stateful {
  explicit Weights(float first) { w.data_ptr<float>()[0] = first; }
  StateDict state_dict() const override {
    StateDict state;
    if (!empty) state.insert("layer.weight", w);
    return state;
  }
  void load_state_dict(const StateDict& state) override {
    empty = state.empty();
    if (empty) return;
    const Tensor& from = state["layer.weight"];
    GRADUS_CHECK(from.sizes() == w.sizes(), "Weights: another shape");
    std::copy_n(from.data_ptr<float>(), w.numel(), w.data_ptr<float>());
  }
  float first() const { return w.data_ptr<float>()[0]; }

  Tensor w = gradus::zeros({3});
  bool empty = false;
};

struct Refusing : Stateful {
  StateDict state_dict() const override { return {}; }
  void load_state_dict(const StateDict&) override { throw Error("refused"); }
};

TEST(Checkpoint, EverythingComesBack) {
  ScratchFolder folder;
  Weights model(1.5f), optimizer(0);
  optimizer.empty = true;
  Generator generator(5);
  generator.reserve(77);
  int64_t epoch = -3;
  double best = 0.1;
  Checkpoint checkpoint;
  checkpoint.add("model", model)
      .add("optimizer", optimizer)
      .add("generator", generator)
      .add("epoch", epoch)
      .add("best", best);
  checkpoint.save(folder / "a", {{"note", "hello"}});

  model.w.data_ptr<float>()[0] = 9;
  optimizer.empty = false;
  generator.set_current_seed(1);
  epoch = 0;
  best = 0;
  checkpoint.load(folder / "a");
  EXPECT_EQ(model.first(), 1.5f);
  EXPECT_TRUE(optimizer.empty);
  EXPECT_EQ(generator.get_state(), (gradus::GeneratorState{5, 77}));
  EXPECT_EQ(epoch, -3);
  EXPECT_EQ(best, 0.1);
  EXPECT_THAT(folder.names(), ElementsAre("a"));
}

TEST(Checkpoint, IsASafetensorsFile) {
  ScratchFolder folder;
  Weights model(1.5f);
  Checkpoint checkpoint;
  checkpoint.add("model", model).save(folder / "a", {{"note", "hello"}});
  std::map<std::string, std::string> metadata;
  const auto tensors = gradus::load_safetensors(folder / "a", /*mapped=*/true, &metadata);
  EXPECT_THAT(tensors.keys(), ElementsAre("model/layer.weight"));
  EXPECT_EQ(metadata["note"], "hello");
}

TEST(Checkpoint, PartsThatNobodyAsksForAreLeftAlone) {
  ScratchFolder folder;
  Weights model(1), average(2);
  Checkpoint().add("model", model).add("average", average).save(folder / "a");
  Weights alone(0);
  Checkpoint().add("average", alone).load(folder / "a");
  EXPECT_EQ(alone.first(), 2);
}

TEST(Checkpoint, APartThatIsMissingOrDoesNotFitChangesNothing) {
  ScratchFolder folder;
  Weights saved(1);
  int64_t number = 4;
  Checkpoint().add("model", saved).add("number", number).save(folder / "a");

  Weights model(7), other(8);
  number = 5;
  EXPECT_THAT(
      [&] {
        Checkpoint()
            .add("model", model)
            .add("number", number)
            .add("other", other)
            .load(folder / "a");
      },
      ThrowsMessage<Error>(HasSubstr("no part 'other'")));
  EXPECT_EQ(model.first(), 7);

  Refusing refusing;
  Checkpoint().add("model", saved).add("number", number).add("z", refusing).save(folder / "b");
  number = 6;
  EXPECT_THAT(
      [&] {
        Checkpoint()
            .add("model", model)
            .add("number", number)
            .add("z", refusing)
            .load(folder / "b");
      },
      ThrowsMessage<Error>(HasSubstr("refused")));
  EXPECT_EQ(model.first(), 7);
  EXPECT_EQ(number, 6);

  double real = 2.5;
  EXPECT_THROW(Checkpoint().add("number", real).load(folder / "a"), Error);
  EXPECT_EQ(real, 2.5);
  Generator generator(3);
  EXPECT_THROW(Checkpoint().add("model", generator).load(folder / "a"), Error);
  EXPECT_THROW(Checkpoint().add("model", number).load(folder / "a"), Error);
}

TEST(Checkpoint, FilesThatAreNoCheckpoints) {
  ScratchFolder folder;
  Weights model(7);
  Checkpoint checkpoint;
  checkpoint.add("model", model);
  EXPECT_THAT([&] { checkpoint.load("/nonexistent/run"); },
              ThrowsMessage<Error>(HasSubstr("/nonexistent/run")));
  write_all(folder / "a", "not a checkpoint");
  EXPECT_THROW(checkpoint.load(folder / "a"), ValueError);
  gradus::save_safetensors({{"model/layer.weight", gradus::zeros({3})}}, folder / "a");
  EXPECT_THAT([&] { checkpoint.load(folder / "a"); },
              ThrowsMessage<Error>(HasSubstr("not a checkpoint")));
  checkpoint.save(folder / "a");
  const std::string good = read_all(folder / "a");
  for (size_t size = 0; size < good.size(); ++size) {
    write_all(folder / "a", good.substr(0, size));
    EXPECT_THROW(checkpoint.load(folder / "a"), ValueError);
  }
  EXPECT_EQ(model.first(), 7);
}

TEST(Checkpoint, LoadedPartsDoNotDependOnTheFile) {
  struct Keeping : Stateful {
    StateDict state_dict() const override { return kept; }
    void load_state_dict(const StateDict& state) override { kept = state; }
    StateDict kept;
  };
  ScratchFolder folder;
  Keeping keeping;
  keeping.kept.insert("x", gradus::full({10'000}, 3, gradus::kInt));
  Checkpoint checkpoint;
  checkpoint.add("k", keeping);
  checkpoint.save(folder / "a");
  checkpoint.load(folder / "a");
  ASSERT_EQ(::truncate((folder / "a").c_str(), 0), 0);
  const int32_t* values = keeping.kept["x"].data_ptr<int32_t>();
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(values[i], 3);
}

TEST(Checkpoint, BadNames) {
  Weights model(0);
  int64_t number = 0;
  Checkpoint checkpoint;
  checkpoint.add("model", model);
  EXPECT_THROW(checkpoint.add("model", number), ValueError);
  EXPECT_THROW(checkpoint.add("", number), ValueError);
  EXPECT_THROW(checkpoint.add("a/b", number), ValueError);
}

TEST(Checkpoint, AFailedSaveLeavesTheOldCheckpoint) {
  ScratchFolder folder;
  Weights model(1);
  int64_t number = 1;
  Checkpoint checkpoint;
  checkpoint.add("model", model).add("number", number);
  checkpoint.save(folder / "a");
  number = 2;
  EXPECT_THROW(checkpoint.save(folder / "a", {{"k", "\xff"}}), ValueError);
  EXPECT_THROW(checkpoint.save(folder / "missing/a"), Error);
  checkpoint.load(folder / "a");
  EXPECT_EQ(number, 1);
}

// A run that is killed at a random instant and started again until it is through: the sum over all
// elements that it keeps in its checkpoint is that of a run that was never killed.
TEST(Checkpoint, ARunThatIsKilledAgainAndAgain) {
  struct Numbers : gradus::data::datasets::Dataset<Numbers, int64_t> {
    int64_t get(size_t index) override {
      return static_cast<int64_t>(
          index + gradus::philox4x32(gradus::default_generator().reserve(1), 0).v[0]);
    }
    std::optional<size_t> size() const override { return 60; }
  };
  const auto run = [](const std::string& path, bool resume, size_t workers) {
    gradus::manual_seed(3);
    auto loader = gradus::data::make_data_loader(
        Numbers(), gradus::data::DataLoaderOptions(4).workers(workers));
    int64_t epoch = 0, sum = 0;
    Checkpoint checkpoint;
    checkpoint.add("loader", *loader)
        .add("generator", gradus::default_generator())
        .add("epoch", epoch)
        .add("sum", sum);
    if (resume) checkpoint.load(path);
    for (; epoch < 4; ++epoch) {
      for (auto& batch : *loader) {
        for (const int64_t x : batch) sum = (sum * 31 + x) % 1'000'000'007;
        checkpoint.save(path);
      }
    }
    checkpoint.save(path);
    return sum;
  };
  ScratchFolder folder;
  const int64_t expected = run(folder / "whole", /*resume=*/false, /*workers=*/0);
  uint64_t random = 11;
  int kills = 0;
  bool started = false;
  while (true) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      run(folder / "killed", started, /*workers=*/0);
      ::_exit(0);
    }
    random = random * 6364136223846793005u + 1442695040888963407u;
    // Longer each time, so that the run gets through on a busy machine, too.
    const uint64_t longest = 12'000 + 500 * static_cast<uint64_t>(kills);
    ::usleep(static_cast<useconds_t>(2000 + (random >> 33) % longest));
    ::kill(child, SIGKILL);
    int status;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    started = started || ::access((folder / "killed").c_str(), F_OK) == 0;
    if (WIFEXITED(status)) break;
    ASSERT_LT(++kills, 2000);
  }
  EXPECT_EQ(run(folder / "killed", /*resume=*/true, /*workers=*/2), expected);
}

}  // namespace
