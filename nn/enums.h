#pragma once

#include <string>
#include <variant>

namespace gradus {

/// Named choices, spelled as in libtorch: `MSELossOptions().reduction(kSum)`. Each is a type of its
/// own, so that an option takes only those that make sense for it.
namespace enumtype {
#define GRADUS_ENUMTYPE(name)                       \
  struct k##name {                                  \
    static constexpr const char* kText = "k" #name; \
  };
GRADUS_ENUMTYPE(None)
GRADUS_ENUMTYPE(Mean)
GRADUS_ENUMTYPE(Sum)
GRADUS_ENUMTYPE(BatchMean)
GRADUS_ENUMTYPE(Linear)
GRADUS_ENUMTYPE(Conv1D)
GRADUS_ENUMTYPE(Conv2D)
GRADUS_ENUMTYPE(Conv3D)
GRADUS_ENUMTYPE(ConvTranspose1D)
GRADUS_ENUMTYPE(ConvTranspose2D)
GRADUS_ENUMTYPE(ConvTranspose3D)
GRADUS_ENUMTYPE(Sigmoid)
GRADUS_ENUMTYPE(Tanh)
GRADUS_ENUMTYPE(ReLU)
GRADUS_ENUMTYPE(GELU)
GRADUS_ENUMTYPE(SiLU)
GRADUS_ENUMTYPE(Mish)
GRADUS_ENUMTYPE(LeakyReLU)
GRADUS_ENUMTYPE(FanIn)
GRADUS_ENUMTYPE(FanOut)
GRADUS_ENUMTYPE(Constant)
GRADUS_ENUMTYPE(Reflect)
GRADUS_ENUMTYPE(Replicate)
GRADUS_ENUMTYPE(Circular)
GRADUS_ENUMTYPE(Nearest)
GRADUS_ENUMTYPE(Bilinear)
GRADUS_ENUMTYPE(Bicubic)
GRADUS_ENUMTYPE(Trilinear)
GRADUS_ENUMTYPE(Area)
GRADUS_ENUMTYPE(Max)
GRADUS_ENUMTYPE(Zeros)
GRADUS_ENUMTYPE(Border)
GRADUS_ENUMTYPE(Reflection)
GRADUS_ENUMTYPE(Valid)
GRADUS_ENUMTYPE(Same)
GRADUS_ENUMTYPE(NearestExact)
GRADUS_ENUMTYPE(RNN_TANH)
GRADUS_ENUMTYPE(RNN_RELU)
GRADUS_ENUMTYPE(LSTM)
GRADUS_ENUMTYPE(GRU)
#undef GRADUS_ENUMTYPE

/// The name of the choice made, as "kMean".
template <class... Choices>
std::string get_enum_name(const std::variant<Choices...>& choice) {
  return std::visit([](const auto& chosen) { return std::string(chosen.kText); }, choice);
}
}  // namespace enumtype

inline constexpr enumtype::kNone kNone;
inline constexpr enumtype::kMean kMean;
inline constexpr enumtype::kSum kSum;
inline constexpr enumtype::kBatchMean kBatchMean;
inline constexpr enumtype::kLinear kLinear;
inline constexpr enumtype::kConv1D kConv1D;
inline constexpr enumtype::kConv2D kConv2D;
inline constexpr enumtype::kConv3D kConv3D;
inline constexpr enumtype::kConvTranspose1D kConvTranspose1D;
inline constexpr enumtype::kConvTranspose2D kConvTranspose2D;
inline constexpr enumtype::kConvTranspose3D kConvTranspose3D;
inline constexpr enumtype::kSigmoid kSigmoid;
inline constexpr enumtype::kTanh kTanh;
inline constexpr enumtype::kReLU kReLU;
inline constexpr enumtype::kGELU kGELU;
inline constexpr enumtype::kSiLU kSiLU;
inline constexpr enumtype::kMish kMish;
inline constexpr enumtype::kLeakyReLU kLeakyReLU;
inline constexpr enumtype::kFanIn kFanIn;
inline constexpr enumtype::kFanOut kFanOut;
inline constexpr enumtype::kConstant kConstant;
inline constexpr enumtype::kReflect kReflect;
inline constexpr enumtype::kReplicate kReplicate;
inline constexpr enumtype::kCircular kCircular;
inline constexpr enumtype::kNearest kNearest;
inline constexpr enumtype::kBilinear kBilinear;
inline constexpr enumtype::kBicubic kBicubic;
inline constexpr enumtype::kTrilinear kTrilinear;
inline constexpr enumtype::kArea kArea;
inline constexpr enumtype::kMax kMax;
inline constexpr enumtype::kZeros kZeros;
inline constexpr enumtype::kBorder kBorder;
inline constexpr enumtype::kReflection kReflection;
inline constexpr enumtype::kValid kValid;
inline constexpr enumtype::kSame kSame;
inline constexpr enumtype::kNearestExact kNearestExact;
inline constexpr enumtype::kRNN_TANH kRNN_TANH;
inline constexpr enumtype::kRNN_RELU kRNN_RELU;
inline constexpr enumtype::kLSTM kLSTM;
inline constexpr enumtype::kGRU kGRU;

namespace nn {
/// How a loss over a batch becomes one number, or none.
using LossReduction = std::variant<enumtype::kNone, enumtype::kMean, enumtype::kSum>;
}  // namespace nn

}  // namespace gradus
