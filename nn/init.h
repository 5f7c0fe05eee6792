#pragma once

#include <cstdint>
#include <tuple>
#include <variant>

#include "core/export.h"
#include "core/tensor.h"
#include "nn/enums.h"

namespace gradus::nn::init {

// Initial values of weights. All write in place without recording and return their tensor.

/// Which side of a layer keeps its variance: the inputs (forward) or the outputs (backward).
using FanModeType = std::variant<enumtype::kFanIn, enumtype::kFanOut>;
/// The nonlinearity that follows a layer.
using NonlinearityType =
    std::variant<enumtype::kLinear, enumtype::kConv1D, enumtype::kConv2D, enumtype::kConv3D,
                 enumtype::kConvTranspose1D, enumtype::kConvTranspose2D, enumtype::kConvTranspose3D,
                 enumtype::kSigmoid, enumtype::kTanh, enumtype::kReLU, enumtype::kLeakyReLU>;

/// The factor that keeps the variance through a nonlinearity: 1 for linear, convolutions and
/// sigmoid, 5/3 for tanh, sqrt(2) for relu, sqrt(2 / (1 + param^2)) for leaky relu of slope param.
GRADUS_API double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);

GRADUS_API Tensor constant_(Tensor tensor, const Scalar& value);
GRADUS_API Tensor zeros_(Tensor tensor);
GRADUS_API Tensor ones_(Tensor tensor);
/// The identity matrix. @throws ValueError unless the tensor is a matrix
GRADUS_API Tensor eye_(Tensor matrix);
/// The identity as a convolution weight of 3 to 5 dims: weight[i, i, centre...] = 1.
GRADUS_API Tensor dirac_(Tensor tensor);
GRADUS_API Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
GRADUS_API Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
/// Normal, redrawn outside [a, b] (by inversion of the cumulative distribution).
GRADUS_API Tensor trunc_normal_(Tensor tensor, double mean = 0, double std = 1, double a = -2,
                                double b = 2);

/// Rows or columns, whichever are fewer, orthonormal times gain; dims from 1 on count as one. Saxe
/// et al. 2013. @throws ValueError for a tensor of less than 2 dims
GRADUS_API Tensor orthogonal_(Tensor tensor, double gain = 1.0);
/// Normal with ceil(sparsity * rows) zeros at random places of each column. Martens 2010.
/// @throws ValueError unless the tensor is a matrix and sparsity in [0, 1]
GRADUS_API Tensor sparse_(Tensor tensor, double sparsity, double std = 0.01);

/// Glorot and Bengio 2010: uniform in [-l, l], l = gain sqrt(6 / (fan_in + fan_out)).
GRADUS_API Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
/// Glorot and Bengio 2010: normal with std = gain sqrt(2 / (fan_in + fan_out)).
GRADUS_API Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
/// He et al. 2015: uniform in [-l, l], l = gain sqrt(3 / fan). @param a the slope of leaky relu
GRADUS_API Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                                   NonlinearityType nonlinearity = kLeakyReLU);
/// He et al. 2015: normal with std = gain / sqrt(fan). @param a the slope of leaky relu
GRADUS_API Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                                  NonlinearityType nonlinearity = kLeakyReLU);

/// (fan_in, fan_out): sizes[1] and sizes[0], each times the elements of the kernel behind them.
/// @throws ValueError for a tensor of less than 2 dims
GRADUS_API std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor);

}  // namespace gradus::nn::init
