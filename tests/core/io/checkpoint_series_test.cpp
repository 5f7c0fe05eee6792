#include <cmath>
#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/generator.h>
#include <gradus/core/io/checkpoint.h>
#include <gradus/core/io/checkpoint_series.h>
#include <gradus/core/io/stop_signal.h>
#include <gradus/nn/nn.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Checkpoint;
using gradus::CheckpointSeries;
using gradus::CheckpointSeriesOptions;
using gradus::Error;
using gradus::GradientState;
using gradus::StopSignal;
using gradus::Tensor;
using gradus::ValueError;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::ElementsAre;
using testing::HasSubstr;
namespace nn = gradus::nn;
namespace optim = gradus::optim;

TEST(CheckpointSeries, KeepsTheLatestAndTheBest) {
  for (const bool asynchronous : {false, true}) {
    ScratchFolder folder;
    int64_t number = 0;
    Checkpoint checkpoint;
    checkpoint.add("number", number);
    CheckpointSeries series(folder / "deep/run",
                            CheckpointSeriesOptions().keep_last(2).asynchronous(asynchronous));
    EXPECT_FALSE(series.latest().has_value());
    EXPECT_FALSE(series.best().has_value());
    EXPECT_FALSE(series.resume(checkpoint).has_value());
    const double losses[] = {5, 3, 4, 1, 2, 6, NAN};
    for (const double loss : losses) {
      ++number;
      series.save(checkpoint, number, loss);
    }
    series.wait();
    EXPECT_THAT(series.steps(), ElementsAre(4, 6, 7));
    EXPECT_THAT(*series.best(), HasSubstr("checkpoint-4.safetensors"));
    EXPECT_THAT(*series.latest(), HasSubstr("checkpoint-7.safetensors"));

    number = 0;
    EXPECT_EQ(series.resume(checkpoint), 7);
    EXPECT_EQ(number, 7);
    checkpoint.load(*series.best());
    EXPECT_EQ(number, 4);

    // Another process goes on with the files, and knows their metrics.
    CheckpointSeries other(folder / "deep/run",
                           CheckpointSeriesOptions().keep_last(1).keep_best(1));
    EXPECT_THAT(other.steps(), ElementsAre(4, 6, 7));
    EXPECT_THAT(*other.best(), HasSubstr("checkpoint-4.safetensors"));
    other.save(checkpoint, 8, 1.0);  // as good as the best, and later
    EXPECT_THAT(other.steps(), ElementsAre(8));
  }
}

TEST(CheckpointSeries, HighestIsBestAndNoMetricNeverIs) {
  ScratchFolder folder;
  int64_t number = 0;
  Checkpoint checkpoint;
  checkpoint.add("number", number);
  CheckpointSeries series(folder / "run",
                          CheckpointSeriesOptions().keep_last(1).keep_best(2).prefix("epoch").best(
                              CheckpointSeriesOptions::Best::kHighest));
  series.save(checkpoint, 1, 0.5);
  series.save(checkpoint, 2, 0.9);
  series.save(checkpoint, 3, 0.7);
  series.save(checkpoint, 4);
  series.save(checkpoint, 5);
  EXPECT_THAT(series.steps(), ElementsAre(2, 3, 5));
  EXPECT_THAT(*series.best(), HasSubstr("/epoch-2.safetensors"));
}

TEST(CheckpointSeries, LeavesForeignFilesAlone) {
  ScratchFolder folder;
  for (const char* name : {"checkpoint-x.safetensors", "checkpoint-01.safetensors",
                           "checkpoint--1.safetensors", "checkpoint-.safetensors", "checkpoint-1",
                           "other-1.safetensors", ".checkpoint-1.safetensors.tmp"}) {
    write_all(folder / name, "foreign");
  }
  CheckpointSeries series(folder.path());
  EXPECT_TRUE(series.steps().empty());
  EXPECT_EQ(folder.names().size(), 7u);
}

TEST(CheckpointSeries, ErrorsOfTheWriterArriveAtTheNextCall) {
  ScratchFolder folder;
  int64_t number = 0;
  Checkpoint checkpoint;
  checkpoint.add("number", number);
  CheckpointSeries series(folder / "run", CheckpointSeriesOptions().asynchronous(true));
  ::mkdir((folder / "run/checkpoint-1.safetensors").c_str(), 0755);  // a folder is in the way
  series.save(checkpoint, 1);
  EXPECT_THROW(series.wait(), Error);
  EXPECT_NO_THROW(series.wait());
  series.save(checkpoint, 1);
  EXPECT_THROW(series.save(checkpoint, 2), Error);
  EXPECT_NO_THROW(series.save(checkpoint, 2));
  series.wait();
  EXPECT_THAT(series.steps(), ElementsAre(2));

  EXPECT_THROW(series.save(checkpoint, -1), ValueError);
  EXPECT_THROW(CheckpointSeries("/dev/null/x"), Error);
  EXPECT_THROW(CheckpointSeries(folder.path(), CheckpointSeriesOptions().keep_last(0)), ValueError);
  EXPECT_THROW(CheckpointSeries(folder.path(), CheckpointSeriesOptions().prefix("a/b")),
               ValueError);
}

TEST(CheckpointSeries, ASnapshotIsOfItsInstant) {
  ScratchFolder folder;
  nn::Linear linear(2, 2);
  Checkpoint checkpoint;
  checkpoint.add("model", *linear);
  const Tensor before = linear->weight.detach().clone();
  const gradus::CheckpointSnapshot snapshot = checkpoint.snapshot();
  linear->weight.detach().fill_(7);
  snapshot.save(folder / "a");
  checkpoint.load(folder / "a");
  EXPECT_TRUE(linear->weight.equal(before));
}

TEST(GradientState, PartialAccumulation) {
  ScratchFolder folder;
  nn::Linear a(2, 2), b(2, 2);
  a(gradus::ones({1, 2})).sum().backward();
  GradientState from(a->parameters()), to(b->parameters());
  Checkpoint save, load;
  save.add("gradients", from).save(folder / "a");
  load.add("gradients", to).load(folder / "a");
  EXPECT_TRUE(b->weight.grad().equal(a->weight.grad()));
  GradientState none(nn::Linear(2, 2)->parameters());
  EXPECT_TRUE(none.state_dict().is_empty());
  to.load_state_dict({});
  EXPECT_FALSE(b->weight.grad().defined());
  EXPECT_THROW(to.load_state_dict({{"0", gradus::zeros({3})}}), ValueError);
  EXPECT_THROW(to.load_state_dict({{"5", gradus::zeros({3})}}), ValueError);
}

TEST(StopSignal, IsRememberedOnce) {
  for (const int signal : {SIGTERM, SIGINT}) {
    StopSignal stop;
    EXPECT_FALSE(stop.requested());
    EXPECT_THROW(StopSignal(), Error);
    ::raise(signal);
    EXPECT_TRUE(stop.requested());
    EXPECT_EQ(stop.signal(), signal);
  }
  EXPECT_FALSE(StopSignal().requested());
}

TEST(StopSignal, TheSecondSignalEndsTheProgram) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    StopSignal stop;
    ::raise(SIGTERM);
    ::raise(SIGTERM);
    ::_exit(0);
  }
  int status;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
}

// A training run with everything that has state: dropout, shuffling, augmentation and a generator
// of its own draw at random; gradients are accumulated over two batches, scaled by a scale that
// overflows at first; weights are averaged in two ways.
class Run {
 public:
  explicit Run(size_t workers)
      : net(nn::Sequential(nn::Linear(4, 8), nn::BatchNorm1d(8), nn::ReLU(), nn::Dropout(0.3),
                           nn::Linear(8, 2))),
        optimizer(net->parameters(), optim::AdamOptions(0.05)),
        scheduler(optimizer, 7, 0.9),
        scaler(/*init_scale=*/0x1p127, /*growth_factor=*/2, /*backoff_factor=*/0.25,
               /*growth_interval=*/3),
        ema(net->named_parameters(), 0.9),
        swa(net->named_parameters()),
        noise(9),
        gradients(net->parameters()),
        loader(gradus::data::make_data_loader(
            gradus::data::datasets::TensorDataset(gradus::arange(44.0).view({11, 4}).div(44))
                .map(gradus::data::transforms::TensorLambda<void>(
                    [](Tensor x) { return x + gradus::randn({4}).mul(0.1); }))
                .map(gradus::data::transforms::Stack<gradus::data::TensorExample>()),
            gradus::data::DataLoaderOptions(4).workers(workers))) {
    checkpoint.add("net", *net)
        .add("optimizer", optimizer)
        .add("scheduler", scheduler)
        .add("scaler", scaler)
        .add("ema", ema)
        .add("swa", swa)
        .add("noise", noise)
        .add("gradients", gradients)
        .add("loader", *loader)
        .add("generator", gradus::default_generator())
        .add("step", step);
  }

  // Until `last` steps are done.
  void train(int64_t last) {
    while (step < last) {
      for (const Tensor& batch : *loader) {
        const Tensor x = batch + gradus::randn(batch.sizes(), noise).mul(0.01);
        scaler.scale(net->forward(x).square().mean()).backward();
        if (++step % 2 == 0) {
          scaler.step(optimizer);
          const double scale = scaler.get_scale();
          scaler.update();
          optimizer.zero_grad();
          if (scaler.get_scale() >= scale) scheduler.step();
          ema.update();
          if (step % 10 == 0) swa.update();
        }
        if (step == last) return;
      }
    }
  }

  nn::Sequential net;
  optim::Adam optimizer;
  optim::StepLR scheduler;
  optim::GradScaler scaler;
  optim::EMA ema;
  optim::SWA swa;
  gradus::Generator noise;
  GradientState gradients;
  using Dataset =
      decltype(gradus::data::datasets::TensorDataset(Tensor())
                   .map(gradus::data::transforms::TensorLambda<void>(nullptr))
                   .map(gradus::data::transforms::Stack<gradus::data::TensorExample>()));
  std::unique_ptr<gradus::data::StatelessDataLoader<Dataset, gradus::data::samplers::RandomSampler>>
      loader;
  int64_t step = 0;
  Checkpoint checkpoint;
};

void expect_equal(const Run& actual, const Run& expected, int64_t stop) {
  const std::pair<const gradus::Stateful*, const gradus::Stateful*> parts[] = {
      {&*actual.net, &*expected.net},
      {&actual.optimizer, &expected.optimizer},
      {&actual.scheduler, &expected.scheduler},
      {&actual.scaler, &expected.scaler},
      {&actual.ema, &expected.ema},
      {&actual.swa, &expected.swa},
      {actual.loader.get(), expected.loader.get()}};
  for (const auto& [part, same] : parts) {
    const gradus::StateDict state = same->state_dict();
    for (const auto& item : part->state_dict()) {
      ASSERT_TRUE(item.value().equal(state[item.key()])) << stop << " " << item.key();
    }
  }
  ASSERT_EQ(actual.noise.get_state(), expected.noise.get_state()) << stop;
}

void expect_resumes_at(int64_t steps, int64_t stride) {
  ScratchFolder folder;
  gradus::manual_seed(1);
  Run whole(/*workers=*/0);
  whole.train(steps);
  for (int64_t stop = 1; stop < steps; stop += stride) {
    gradus::manual_seed(1);
    {
      Run first(static_cast<size_t>(stop % 3));
      first.train(stop);
      first.checkpoint.save(folder / "a");
    }
    gradus::manual_seed(static_cast<uint64_t>(stop) + 100);
    Run second(static_cast<size_t>((stop + 1) % 3));
    second.checkpoint.load(folder / "a");
    ASSERT_EQ(second.step, stop);
    second.train(steps);
    expect_equal(second, whole, stop);
  }
}

TEST(Checkpoint, ARunGoesOnBitwise) {
  expect_resumes_at(/*steps=*/20, /*stride=*/4);
}

TEST(Checkpoint, SlowARunGoesOnBitwiseFromEveryStep) {
  expect_resumes_at(/*steps=*/200, /*stride=*/1);
}

}  // namespace
