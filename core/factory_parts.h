#pragma once

#include <cstdint>
#include <optional>

#include "core/factory.h"

namespace gradus {

// The makers of core/factory.h with their options one by one, as code in the style of ATen calls
// them: `at::zeros(sizes, x.scalar_type(), nullopt, x.device(), nullopt)`. Those not given are the
// defaults. @throws NotImplementedError for kSparse

GRADUS_API Tensor empty(IntArrayRef sizes, std::optional<ScalarType> dtype,
                        std::optional<Layout> layout, std::optional<Device> device,
                        std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides,
                                std::optional<ScalarType> dtype, std::optional<Layout> layout,
                                std::optional<Device> device, std::optional<bool> pin_memory);
GRADUS_API Tensor zeros(IntArrayRef sizes, std::optional<ScalarType> dtype,
                        std::optional<Layout> layout, std::optional<Device> device,
                        std::optional<bool> pin_memory);
GRADUS_API Tensor ones(IntArrayRef sizes, std::optional<ScalarType> dtype,
                       std::optional<Layout> layout, std::optional<Device> device,
                       std::optional<bool> pin_memory);
GRADUS_API Tensor full(IntArrayRef sizes, const Scalar& value, std::optional<ScalarType> dtype,
                       std::optional<Layout> layout, std::optional<Device> device,
                       std::optional<bool> pin_memory);
GRADUS_API Tensor empty_like(const Tensor& x, std::optional<ScalarType> dtype,
                             std::optional<Layout> layout, std::optional<Device> device,
                             std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor zeros_like(const Tensor& x, std::optional<ScalarType> dtype,
                             std::optional<Layout> layout, std::optional<Device> device,
                             std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor ones_like(const Tensor& x, std::optional<ScalarType> dtype,
                            std::optional<Layout> layout, std::optional<Device> device,
                            std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor rand_like(const Tensor& x, std::optional<ScalarType> dtype,
                            std::optional<Layout> layout, std::optional<Device> device,
                            std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor randn_like(const Tensor& x, std::optional<ScalarType> dtype,
                             std::optional<Layout> layout, std::optional<Device> device,
                             std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor full_like(const Tensor& x, const Scalar& value, std::optional<ScalarType> dtype,
                            std::optional<Layout> layout, std::optional<Device> device,
                            std::optional<bool> pin_memory, std::optional<MemoryFormat> format);
GRADUS_API Tensor arange(const Scalar& end, std::optional<ScalarType> dtype,
                         std::optional<Layout> layout, std::optional<Device> device,
                         std::optional<bool> pin_memory);
GRADUS_API Tensor arange(const Scalar& start, const Scalar& end, std::optional<ScalarType> dtype,
                         std::optional<Layout> layout, std::optional<Device> device,
                         std::optional<bool> pin_memory);
GRADUS_API Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
                         std::optional<ScalarType> dtype, std::optional<Layout> layout,
                         std::optional<Device> device, std::optional<bool> pin_memory);
GRADUS_API Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps,
                           std::optional<ScalarType> dtype, std::optional<Layout> layout,
                           std::optional<Device> device, std::optional<bool> pin_memory);
GRADUS_API Tensor eye(int64_t n, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                      std::optional<Device> device, std::optional<bool> pin_memory);
GRADUS_API Tensor eye(int64_t n, int64_t m, std::optional<ScalarType> dtype,
                      std::optional<Layout> layout, std::optional<Device> device,
                      std::optional<bool> pin_memory);
GRADUS_API Tensor scalar_tensor(const Scalar& value, std::optional<ScalarType> dtype,
                                std::optional<Layout> layout, std::optional<Device> device,
                                std::optional<bool> pin_memory);
GRADUS_API Tensor rand(IntArrayRef sizes, std::optional<ScalarType> dtype,
                       std::optional<Layout> layout, std::optional<Device> device,
                       std::optional<bool> pin_memory);
GRADUS_API Tensor randn(IntArrayRef sizes, std::optional<ScalarType> dtype,
                        std::optional<Layout> layout, std::optional<Device> device,
                        std::optional<bool> pin_memory);
GRADUS_API Tensor randint(int64_t high, IntArrayRef sizes, std::optional<ScalarType> dtype,
                          std::optional<Layout> layout, std::optional<Device> device,
                          std::optional<bool> pin_memory);
GRADUS_API Tensor randint(int64_t low, int64_t high, IntArrayRef sizes,
                          std::optional<ScalarType> dtype, std::optional<Layout> layout,
                          std::optional<Device> device, std::optional<bool> pin_memory);
GRADUS_API Tensor randperm(int64_t n, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                           std::optional<Device> device, std::optional<bool> pin_memory);

}  // namespace gradus
