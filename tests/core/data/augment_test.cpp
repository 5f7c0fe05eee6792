#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/generator.h>
#include <gradus/core/io/safetensors.h>
#include <gtest/gtest.h>

namespace {

using gradus::Error;
using gradus::IndexError;
using gradus::manual_seed;
using gradus::Tensor;
using gradus::TypeError;
using gradus::ValueError;
using gradus::data::Example;
using testing::Each;
using testing::ElementsAre;
namespace data = gradus::data;
namespace image = gradus::data::image;
namespace transforms = gradus::data::transforms;
using image::Interpolation;

Tensor counting(const std::vector<int64_t>& sizes, gradus::ScalarType dtype = gradus::kFloat) {
  int64_t count = 1;
  for (const int64_t size : sizes) count *= size;
  return gradus::arange(count).view(sizes).to(dtype);
}

std::vector<float> floats(const Tensor& x) {
  const Tensor y = x.to(gradus::kFloat).contiguous();
  return {y.data_ptr<float>(), y.data_ptr<float>() + y.numel()};
}

TEST(Image, CropInsideAndBeyond) {
  for (const auto dtype : {gradus::kFloat, gradus::kByte}) {
    const Tensor x = counting({1, 2, 3}, dtype);
    EXPECT_THAT(floats(image::crop(x, 0, 1, 2, 2)), ElementsAre(1, 2, 4, 5));
    EXPECT_THAT(floats(image::crop(x, -1, -1, 2, 2, 9)), ElementsAre(9, 9, 9, 0));
    EXPECT_THAT(floats(image::crop(x, 1, 2, 2, 2, 9)), ElementsAre(5, 9, 9, 9));
    EXPECT_THAT(floats(image::crop(x, 100, 0, 1, 2, 9)), ElementsAre(9, 9));
    EXPECT_THAT(floats(image::crop(x, INT64_MIN, INT64_MAX, 1, 1, 9)), ElementsAre(9));
    EXPECT_EQ(image::crop(x, 0, 0, 1, 1).dtype(), dtype);
  }
}

TEST(Image, Flips) {
  const Tensor x = counting({2, 2, 2});
  EXPECT_THAT(floats(image::flip_horizontal(x)), ElementsAre(1, 0, 3, 2, 5, 4, 7, 6));
  EXPECT_THAT(floats(image::flip_vertical(x)), ElementsAre(2, 3, 0, 1, 6, 7, 4, 5));
  EXPECT_THAT(floats(image::flip_horizontal(x.transpose(1, 2))),
              ElementsAre(2, 0, 3, 1, 6, 4, 7, 5));
}

TEST(Image, Resize) {
  const Tensor x = counting({1, 2, 2});
  EXPECT_THAT(floats(image::resize(x, 1, 1)), ElementsAre(1.5));
  EXPECT_THAT(floats(image::resize(x, 2, 2)), ElementsAre(0, 1, 2, 3));
  // torch.nn.functional.interpolate(x, (2, 4), mode='bilinear', antialias=True)
  EXPECT_THAT(floats(image::resize(x, 2, 4)), ElementsAre(0, 0.25, 0.75, 1, 2, 2.25, 2.75, 3));
  EXPECT_THAT(floats(image::resize(x, 4, 2, Interpolation::kNearest)),
              ElementsAre(0, 1, 0, 1, 2, 3, 2, 3));
  EXPECT_THAT(floats(image::resize(gradus::full({1, 7, 5}, 3.0), 3, 11)),
              Each(testing::FloatEq(3)));
}

TEST(Image, AffineMovesRotatesAndScales) {
  const Tensor x = counting({1, 3, 3});
  const auto run = [&](std::array<double, 6> matrix, Interpolation interpolation) {
    return floats(image::affine(x, matrix, interpolation, 9));
  };
  for (const auto interpolation : {Interpolation::kNearest, Interpolation::kBilinear}) {
    EXPECT_EQ(run(image::affine_matrix(0, 0, 0, 1, 0, 0), interpolation), floats(x));
    EXPECT_THAT(run(image::affine_matrix(0, 1, 0, 1, 0, 0), interpolation),
                ElementsAre(9, 0, 1, 9, 3, 4, 9, 6, 7));
    EXPECT_THAT(run(image::affine_matrix(0, 0, -1, 1, 0, 0), interpolation),
                ElementsAre(3, 4, 5, 6, 7, 8, 9, 9, 9));
  }
  // A quarter turn clockwise.
  EXPECT_THAT(run(image::affine_matrix(90, 0, 0, 1, 0, 0), Interpolation::kNearest),
              ElementsAre(6, 3, 0, 7, 4, 1, 8, 5, 2));
  // Twice as large around the center.
  EXPECT_THAT(run(image::affine_matrix(0, 0, 0, 2, 0, 0), Interpolation::kBilinear),
              ElementsAre(2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6));
  EXPECT_THROW(image::affine(x, {NAN, 0, 0, 0, 1, 0}), ValueError);
  EXPECT_THROW(image::affine_matrix(0, 0, 0, 0, 0, 0), ValueError);
}

TEST(Image, Colors) {
  const Tensor x = gradus::tensor({{{0.25, 0.5}}, {{0.5, 0.5}}, {{0.75, 0.5}}}, gradus::kFloat);
  EXPECT_THAT(floats(image::adjust_brightness(x, 2)), ElementsAre(0.5, 1, 1, 1, 1, 1));
  EXPECT_THAT(floats(image::adjust_hue(x, 0)), testing::Pointwise(testing::FloatEq(), floats(x)));
  // Half a circle turns (1/4, 1/2, 3/4) into (3/4, 1/2, 1/4).
  EXPECT_THAT(floats(image::adjust_hue(x, 0.5)),
              testing::Pointwise(testing::FloatNear(1e-6f),
                                 std::vector<float>{0.75, 0.5, 0.5, 0.5, 0.25, 0.5}));
  const std::vector<float> gray = floats(image::adjust_saturation(x, 0));
  EXPECT_EQ(gray[0], gray[2]);
  EXPECT_EQ(gray[0], gray[4]);
  EXPECT_THAT(floats(image::adjust_contrast(x, 1)),
              testing::Pointwise(testing::FloatEq(), floats(x)));
  EXPECT_THAT(floats(image::posterize(gradus::full({1, 1, 1}, 0xab, gradus::kByte), 4)),
              ElementsAre(0xa0));
  EXPECT_THAT(floats(image::solarize(gradus::full({1, 1, 1}, 200, gradus::kByte), 0.5)),
              ElementsAre(55));
  EXPECT_THAT(floats(image::autocontrast(gradus::tensor({{{50, 100, 150}}}, gradus::kByte))),
              ElementsAre(0, 128, 255));
  EXPECT_THAT(floats(image::equalize(gradus::full({1, 4, 4}, 0.3))),
              Each(testing::FloatNear(0.3f, 0.01f)));
  // What is no number does no harm.
  const Tensor nan = gradus::full({3, 4, 4}, NAN);
  for (const auto& f : {image::autocontrast, image::equalize}) EXPECT_NO_THROW(f(nan));
  EXPECT_NO_THROW(image::posterize(nan, 3));
  EXPECT_NO_THROW(image::adjust_hue(nan, 0.1));
  EXPECT_NO_THROW(image::convert_dtype(nan, gradus::kByte));
}

TEST(Image, EraseAndConvert) {
  const Tensor x = counting({1, 2, 2});
  EXPECT_THAT(floats(image::erase(x, 0, 1, 5, 5, 9)), ElementsAre(0, 9, 2, 9));
  EXPECT_THAT(floats(image::erase(x, -3, -3, 4, 4, 9)), ElementsAre(9, 1, 2, 3));
  EXPECT_THAT(floats(image::erase(x, 7, 0, 1, 1)), ElementsAre(0, 1, 2, 3));
  const Tensor bytes =
      image::convert_dtype(gradus::tensor({{{0.0, 0.5, 2.0}}}, gradus::kFloat), gradus::kByte);
  EXPECT_THAT(floats(bytes), ElementsAre(0, 128, 255));
  EXPECT_THAT(floats(image::convert_dtype(bytes, gradus::kFloat)), ElementsAre(0, 128 / 255.0f, 1));
}

TEST(Image, BadArguments) {
  const Tensor x = gradus::zeros({1, 2, 2});
  const std::vector<std::function<void(const Tensor&)>> all = {
      [](const Tensor& t) { image::crop(t, 0, 0, 1, 1); },
      [](const Tensor& t) { image::flip_horizontal(t); },
      [](const Tensor& t) { image::flip_vertical(t); },
      [](const Tensor& t) { image::resize(t, 1, 1); },
      [](const Tensor& t) {
        image::affine(t, {1, 0, 0, 0, 1, 0});
      },
      [](const Tensor& t) { image::adjust_brightness(t, 1); },
      [](const Tensor& t) { image::adjust_contrast(t, 1); },
      [](const Tensor& t) { image::adjust_saturation(t, 1); },
      [](const Tensor& t) { image::adjust_hue(t, 0); },
      [](const Tensor& t) { image::adjust_sharpness(t, 1); },
      [](const Tensor& t) { image::posterize(t, 1); },
      [](const Tensor& t) { image::solarize(t, 1); },
      [](const Tensor& t) { image::autocontrast(t); },
      [](const Tensor& t) { image::equalize(t); },
      [](const Tensor& t) { image::convert_dtype(t, gradus::kByte); },
      [](const Tensor& t) { image::erase(t, 0, 0, 1, 1); },
  };
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_THROW(all[i](gradus::zeros({2, 2})), ValueError) << i;
    EXPECT_THROW(all[i](gradus::zeros({1, 1, 2, 2})), ValueError) << i;
    EXPECT_THROW(all[i](gradus::zeros({1, 2, 2}, gradus::kLong)), TypeError) << i;
    EXPECT_THROW(all[i](Tensor()), Error) << i;
    EXPECT_NO_THROW(all[i](x)) << i;
  }
  for (const int64_t bad : {int64_t{0}, int64_t{-1}, INT64_MIN, INT64_MAX}) {
    EXPECT_THROW(image::crop(x, 0, 0, bad, 5), ValueError);
    EXPECT_THROW(image::resize(x, 5, bad), ValueError);
    EXPECT_THROW(image::resize(x, bad, 5), ValueError);
  }
  EXPECT_THROW(image::resize(gradus::zeros({1, 0, 2}), 2, 2), ValueError);
  EXPECT_THROW(image::erase(x, 0, 0, -1, 1), ValueError);
  EXPECT_THROW(image::posterize(x, 9), ValueError);
  EXPECT_THROW(image::adjust_hue(x, 0.6), ValueError);
  EXPECT_THROW(image::adjust_contrast(gradus::zeros({2, 2, 2}), 1), ValueError);
  EXPECT_THROW(image::convert_dtype(x, gradus::kLong), TypeError);
}

// What PIL makes of a random color image: tests/goldens/generate_images.py.
TEST(Image, AsPil) {
  const auto goldens =
      gradus::load_safetensors(GRADUS_SOURCE_DIR "/tests/goldens/images.safetensors");
  const Tensor x = goldens["x"];
  const auto expect = [&](const std::string& name, const Tensor& y, double most) {
    const Tensor expected = goldens[name];
    ASSERT_EQ(y.sizes(), expected.sizes()) << name;
    const double off =
        (y.to(gradus::kFloat) - expected.to(gradus::kFloat)).abs().max().item<double>();
    EXPECT_LE(off, most) << name;
  };
  // PIL rounds in other places: one step off is the same.
  expect("brightness", image::adjust_brightness(x, 1.3), 1);
  expect("contrast", image::adjust_contrast(x, 0.6), 1);
  expect("color", image::adjust_saturation(x, 1.4), 1);
  expect("sharpness", image::adjust_sharpness(x, 0.3), 1);
  expect("posterize", image::posterize(x, 3), 0);
  expect("solarize", image::solarize(x, 128 / 255.0), 1);
  expect("autocontrast", image::autocontrast(x), 1);
  expect("equalize", image::equalize(x), 1);
  expect("mirror", image::flip_horizontal(x), 0);
  expect("small", image::resize(x, 8, 9), 1);
  expect("large", image::resize(x, 31, 40), 1);
}

// Every transform, through the loader: the same images for any number of workers and any order,
// others for another seed, and always of one shape and within the range of colors.
template <class Transform>
void expect_deterministic(const char* name, const Transform& transform) {
  manual_seed(5);
  const data::datasets::TensorPairDataset dataset(gradus::rand({24, 3, 8, 8}), gradus::arange(24));
  const auto run = [&](size_t workers, uint64_t seed) {
    manual_seed(77);
    auto loader = data::make_data_loader(
        data::datasets::TensorPairDataset(dataset).map(transform).map(transforms::Stack<>()),
        data::DataLoaderOptions(workers + 2).workers(workers).seed(seed));
    std::vector<Tensor> images(24);
    for (auto& batch : *loader) {
      for (int64_t i = 0; i < batch.data.size(0); ++i) {
        images[static_cast<size_t>(batch.target[i].template item<int64_t>())] =
            batch.data[i].clone();
      }
    }
    return images;
  };
  const auto expected = run(0, 1), again = run(2, 1), other = run(0, 2);
  bool changed = false;
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(again[i].equal(expected[i])) << name << " " << i;
    changed |= !other[i].equal(expected[i]);
    for (const float value : floats(expected[i])) {
      EXPECT_GE(value, 0) << name;
      EXPECT_LE(value, 1) << name;
    }
  }
  EXPECT_TRUE(changed) << name;
}

TEST(Augment, BelongsToTheSample) {
  expect_deterministic("RandomCrop", transforms::RandomCrop<>(8, /*padding=*/3));
  expect_deterministic("RandomHorizontalFlip", transforms::RandomHorizontalFlip<>());
  expect_deterministic("RandomVerticalFlip", transforms::RandomVerticalFlip<>());
  expect_deterministic("RandomResizedCrop", transforms::RandomResizedCrop<>(8));
  expect_deterministic("RandomRotation", transforms::RandomRotation<>(30));
  expect_deterministic("RandomAffine",
                       transforms::RandomAffine<>(transforms::RandomAffineOptions(10)
                                                      .translate_x(0.2)
                                                      .translate_y(0.1)
                                                      .scale({0.8, 1.2})
                                                      .shear(5)
                                                      .interpolation(Interpolation::kBilinear)));
  expect_deterministic("ColorJitter", transforms::ColorJitter<>(0.4, 0.4, 0.4, 0.1));
  expect_deterministic("RandomErasing", transforms::RandomErasing<>());
  expect_deterministic("Cutout", transforms::Cutout<>(5));
  expect_deterministic("RandAugment", transforms::RandAugment<>(3, 15));
}

TEST(Augment, BytesStayBytes) {
  const Tensor x = gradus::randint(256, {3, 10, 10}, gradus::kByte);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(transforms::RandAugment<>()(x).dtype(), gradus::kByte);
    EXPECT_EQ(transforms::ColorJitter<>(0.5, 0.5, 0.5, 0.5)(x).dtype(), gradus::kByte);
  }
  EXPECT_EQ(transforms::ConvertImageDtype<>()(x).dtype(), gradus::kFloat);
}

TEST(Augment, WithoutChance) {
  const Tensor x = counting({1, 2, 2});
  EXPECT_THAT(floats(transforms::RandomHorizontalFlip<>(1)(x)), ElementsAre(1, 0, 3, 2));
  EXPECT_THAT(floats(transforms::RandomHorizontalFlip<>(0)(x)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(floats(transforms::RandomVerticalFlip<>(1)(x)), ElementsAre(2, 3, 0, 1));
  EXPECT_THAT(floats(transforms::RandomCrop<>(2)(x)), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(floats(transforms::CenterCrop<>(transforms::ImageSize(1, 4))(counting({1, 3, 2}))),
              ElementsAre(0, 2, 3, 0));
  EXPECT_THAT(floats(transforms::Pad<>(1, 9)(counting({1, 1, 1}))),
              ElementsAre(9, 9, 9, 9, 0, 9, 9, 9, 9));
  EXPECT_THAT(floats(transforms::Resize<>(1)(x)), ElementsAre(1.5));
  EXPECT_THAT(transforms::Resize<>(transforms::ImageSize(3, 5))(x).sizes().vec(),
              ElementsAre(1, 3, 5));
  EXPECT_THAT(floats(transforms::ColorJitter<>()(x)), ElementsAre(0, 1, 2, 3));
}

TEST(Augment, CropsAreEquallyLikely) {
  manual_seed(1);
  std::vector<int> counts(9);
  const transforms::RandomCrop<> base(1);
  transforms::RandomCrop<> crop = base;
  for (int i = 0; i < 9000; ++i) {
    ++counts[static_cast<size_t>(crop(counting({1, 3, 3})).item<float>())];
  }
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);  // 5 standard deviations of 30
}

TEST(Augment, OneHot) {
  const Example<> example =
      transforms::OneHot(3).apply({gradus::zeros({1}), gradus::full({}, 2, gradus::kLong)});
  EXPECT_THAT(floats(example.target), ElementsAre(0, 0, 1));
  EXPECT_THAT(example.target.sizes().vec(), ElementsAre(3));
  EXPECT_THROW(transforms::OneHot(3).apply({Tensor(), gradus::full({}, 3, gradus::kLong)}),
               IndexError);
  EXPECT_THROW(transforms::OneHot(3).apply({Tensor(), gradus::full({}, 1.5)}), ValueError);
}

TEST(Augment, MixUpAndCutMix) {
  manual_seed(3);
  const Example<> batch(
      gradus::arange(4.0).view({4, 1, 1, 1}).expand({4, 2, 8, 8}).to(gradus::kFloat),
      gradus::arange(4));
  for (int round = 0; round < 20; ++round) {
    const Example<> mixed = transforms::MixUp(4, 0.7).apply_batch(batch);
    const Example<> cut = transforms::CutMix(4).apply_batch(batch);
    for (const Example<>& result : {mixed, cut}) {
      EXPECT_EQ(result.data.sizes(), batch.data.sizes());
      EXPECT_THAT(result.target.sizes().vec(), ElementsAre(4, 4));
      for (int64_t i = 0; i < 4; ++i) {
        const float keep = result.target[i][i].item<float>();
        EXPECT_NEAR(result.target[i][(i + 3) % 4].item<float>(), 1 - keep, 1e-6);
        // Both mix values i and i - 1 in the proportion that the target says.
        EXPECT_NEAR(result.data[i].mean().item<float>(),
                    keep * static_cast<float>(i) + (1 - keep) * static_cast<float>((i + 3) % 4),
                    1e-5);
      }
    }
  }
  EXPECT_EQ(batch.data[0].sum().item<float>(), 0);  // the input stays
  const Example<> twice =
      transforms::MixUp(4).apply_batch(transforms::CutMix(4).apply_batch(batch));
  EXPECT_NEAR(twice.target.sum().item<float>(), 4, 1e-5);
  EXPECT_THROW(transforms::MixUp(3).apply_batch(batch), IndexError);
  EXPECT_THROW(transforms::MixUp(4).apply_batch({gradus::zeros({3}), gradus::arange(4)}),
               ValueError);
  EXPECT_THROW(transforms::CutMix(4).apply_batch({gradus::zeros({4}), gradus::arange(4)}),
               ValueError);
  EXPECT_THROW(transforms::MixUp(4).apply_batch({gradus::arange(4), gradus::arange(4)}), TypeError);
}

TEST(Augment, BadSettings) {
  EXPECT_THROW(transforms::RandomCrop<>(0), ValueError);
  EXPECT_THROW(transforms::RandomCrop<>(3, -1), ValueError);
  EXPECT_THROW(transforms::RandomCrop<>(3)(gradus::zeros({1, 2, 2})), ValueError);
  EXPECT_THROW(transforms::RandomCrop<>(3)(gradus::zeros({4, 4})), ValueError);
  EXPECT_THROW(transforms::RandomHorizontalFlip<>(1.5), ValueError);
  EXPECT_THROW(transforms::RandomVerticalFlip<>(NAN), ValueError);
  EXPECT_THROW(transforms::Resize<>(-1), ValueError);
  EXPECT_THROW(transforms::RandomResizedCrop<>(4, transforms::Range{1, 0.5}), ValueError);
  EXPECT_THROW(transforms::RandomResizedCrop<>(4)(gradus::zeros({1, 0, 4})), ValueError);
  EXPECT_THROW(transforms::RandomRotation<>(-1), ValueError);
  EXPECT_THROW(transforms::RandomAffine<>(transforms::RandomAffineOptions(1).shear(90)),
               ValueError);
  EXPECT_THROW(transforms::RandomAffine<>(transforms::RandomAffineOptions(1).scale({0, 1})),
               ValueError);
  EXPECT_THROW(transforms::ColorJitter<>(-1), ValueError);
  EXPECT_THROW(transforms::ColorJitter<>(0, 0, 0, 0.6), ValueError);
  EXPECT_THROW(transforms::RandomErasing<>(2), ValueError);
  EXPECT_THROW(transforms::Cutout<>(0), ValueError);
  EXPECT_THROW(transforms::RandAugment<>(2, 31), ValueError);
  EXPECT_THROW(transforms::RandAugment<>(-1), ValueError);
  EXPECT_THROW(transforms::ConvertImageDtype<>(gradus::kLong), TypeError);
  EXPECT_THROW(transforms::OneHot(0), ValueError);
  EXPECT_THROW(transforms::MixUp(0), ValueError);
  EXPECT_THROW(transforms::MixUp(2, 0), ValueError);
  EXPECT_THROW(transforms::CutMix(2, NAN), ValueError);
}

}  // namespace
