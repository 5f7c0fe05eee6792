#include <cmath>
#include <string>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace gradus {
namespace {

std::string drawn(const Tensor& images, int64_t columns = 8) {
  const test::ScratchFolder folder;
  const std::string path = folder / "images.svg";
  watch::save_images_svg(path, images, columns);
  return test::read_all(path);
}

TEST(SvgImages, RunsOfEqualPixelsAreOneRectangle) {
  // White, white, black, half: one rectangle of two pixels, none, one of one.
  const std::string svg = drawn(tensor({1.0, 1.0, 0.0, 0.5}).view({1, 1, 1, 4}));
  EXPECT_NE(svg.find("<rect x=\"0\" y=\"0\" width=\"2\" height=\"1\" fill=\"#ffffff\"/>"),
            std::string::npos);
  EXPECT_NE(svg.find("<rect x=\"3\" y=\"0\" width=\"1\" height=\"1\" fill=\"#808080\"/>"),
            std::string::npos);
  EXPECT_EQ(svg.find("fill=\"#000000\""), std::string::npos);
}

TEST(SvgImages, ColorsStridesAndBytes) {
  const Tensor pixel = tensor({255, 128, 0}, kByte).view({1, 3, 1, 1});
  EXPECT_NE(drawn(pixel).find("fill=\"#ff8000\""), std::string::npos);
  EXPECT_EQ(drawn(rand({2, 4, 3}).transpose(1, 2)).find("nan"), std::string::npos);
}

TEST(SvgImages, ImagesStandInRows) {
  const std::string svg = drawn(ones({3, 2, 2}), /*columns=*/2);
  EXPECT_NE(svg.find("viewBox=\"0 0 5 5\""), std::string::npos);
  EXPECT_NE(svg.find("<rect x=\"3\" y=\"1\" width=\"2\" height=\"1\" fill=\"#ffffff\"/>"),
            std::string::npos);
}

TEST(SvgImages, WhatIsNoLevelIsCut) {
  const std::string svg = drawn(tensor({-1.0, std::nan(""), 7.0}).view({1, 1, 3}));
  EXPECT_NE(svg.find("<rect x=\"2\" y=\"0\" width=\"1\" height=\"1\" fill=\"#ffffff\"/>"),
            std::string::npos);
}

TEST(SvgImages, BadInputs) {
  EXPECT_THROW(drawn(zeros({2, 2})), Error);
  EXPECT_THROW(drawn(zeros({1, 2, 4, 4})), Error);
  EXPECT_THROW(drawn(zeros({1, 4, 4}, kLong)), TypeError);
  EXPECT_THROW(drawn(zeros({1, 4, 4}), /*columns=*/0), ValueError);
  EXPECT_THROW(drawn(zeros({1, 3000, 3000})), ValueError);
  EXPECT_THROW(drawn(Tensor()), Error);
  EXPECT_NO_THROW(drawn(zeros({0, 4, 4})));
}

}  // namespace
}  // namespace gradus
