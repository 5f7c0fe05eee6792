#include "core/kernels/conv.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <tuple>
#include <vector>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/conv_columns.h"
#include "core/kernels/conv_plan.h"
#include "core/kernels/conv_problem.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/matmul.h"
#include "core/kernels/panels.h"
#include "core/kernels/pointwise.h"
#include "core/kernels/winograd.h"
#include "core/onednn.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {
namespace {

// float64 and integers.
bool has_no_primitive(ScalarType dtype) {
  return dtype == kDouble || !is_floating_point(dtype);
}

// Whether oneDNN takes the geometry and its tiles stay within what the kernels were made for.
bool is_regular(const ConvProblem& p) {
  constexpr int64_t kMax = int64_t{1} << 30;
  for (int d = 0; d < 3; ++d) {
    if (p.padding[d] >= p.reach(d)) return false;  // rows of nothing but padding
    if (p.in[d] >= kMax || p.reach(d) >= kMax || p.stride[d] >= kMax) return false;
  }
  return p.n < kMax && p.c < kMax && p.o < kMax;
}

int64_t rest(const int64_t (&extent)[3], int d) {
  int64_t n = 1;
  for (int i = d + 1; i < 3; ++i) n *= extent[i];
  return n;
}

void reorder_weights(const ConvPrimitive& p, const void* from, void* to) {
  parallel_for(static_cast<int64_t>(p.reorders.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const onednn::Primitive& r = p.reorders[static_cast<size_t>(i)];
      onednn::execute(r, {{DNNL_ARG_FROM, &r.src, from}, {DNNL_ARG_TO, &r.dst, to}});
    }
  });
}

// Where a tile begins in x and y.
struct Places {
  Places(const ConvProblem& p, size_t element)
      : d(cut_dim(p)),
        in_row(rest(p.in, d) * p.c * static_cast<int64_t>(element)),
        out_row(rest(p.out, d) * p.o * static_cast<int64_t>(element)),
        in_image(p.in_pixels() * p.c * static_cast<int64_t>(element)),
        out_image(p.out_pixels() * p.o * static_cast<int64_t>(element)) {}
  char* x(void* base, const ConvTile& t) const {
    return static_cast<char*>(base) + t.image * in_image + t.in_row * in_row;
  }
  char* y(void* base, const ConvTile& t) const {
    return static_cast<char*>(base) + t.image * out_image + t.out_row * out_row;
  }

  int d;
  int64_t in_row, out_row, in_image, out_image;
};

bool is_empty(const ConvProblem& p) {
  return p.n == 0 || p.c == 0 || p.o == 0 || p.in_pixels() == 0 || p.kernel_pixels() == 0;
}

// Whether columns beat the direct kernels, which pad c to 16: by data always for few channels; by
// weights only where an image of dy exceeds the cache, which the direct kernel reads once per
// kernel element.
bool prefers_columns(const ConvProblem& p, ConvPass pass) {
  if (p.groups != 1) return false;
  if (pass == ConvPass::kBackwardData) return p.c <= 4 || (p.c <= 8 && p.o >= 32);
  return p.c <= 4 && p.c * p.kernel_pixels() >= 27 && p.out_pixels() * p.o >= 128 * 1024;
}

// A product of matrices: [pixels, c] times w^T.
bool is_pointwise(const ConvProblem& p) {
  for (int d = 0; d < 3; ++d) {
    if (p.kernel[d] != 1 || p.stride[d] != 1 || p.padding[d] != 0) return false;
  }
  return p.groups == 1;
}

// Whether the channels of x lie in rows that are long enough to be read as they are.
bool has_rows(const Tensor& x) {
  constexpr int64_t kShort = 64;
  return x.is_contiguous() && x.numel() >= kShort * x.size(0) * x.size(1);
}

// Whether pointwise.h takes a pass: where there are pixels enough for the weights to be packed for,
// results fill vectors, and sums of dw stay in the second-level cache. A product of matrices goes
// faster where vectors are filled badly, unless x would have to be copied first.
bool goes_by_blocks(const ConvProblem& p, ConvPass pass, ScalarType dtype, bool rows) {
  constexpr int64_t kLanes = 16, kSums = 32 * 1024;
  if (dtype != kFloat || !is_pointwise(p)) return false;
  const int64_t pixels = p.n * p.in_pixels(), weights = p.c * p.o;
  if (weights > 2048 && pixels < (weights < 512 * 1024 ? 48 : 192)) return false;
  if (pass == ConvPass::kForward) return p.o > 1 || rows;
  if (p.c < kLanes) return false;
  if (pass == ConvPass::kBackwardData) return p.o >= kLanes;
  const int64_t narrow = std::min(p.c, p.o);
  return weights <= kSums && (rows || 4 * padded_cols(narrow) <= 5 * narrow);
}

// x, or a channels-last copy where its pixels lie in neither order or make short rows.
Tensor to_pixels(const Tensor& x) {
  return has_rows(x) ? x : to_channels_last(x);
}

template <class T>
PixelView<T> pixels_of(const Tensor& x) {
  const int64_t n = x.size(0), c = x.size(1);
  return {x.data_ptr<float>(), n, x.numel() / (n * c), c, is_dense_channels_last(x)};
}

// The pixels of a channels-last tensor as rows.
Tensor as_matrix(const Tensor& x) {
  const int64_t channels = x.size(1);
  return make_view(x, {x.numel() / channels, channels}, {channels, 1}, x.storage_offset());
}

// Rows as the pixels of a channels-last tensor.
Tensor as_image(const Tensor& matrix, IntArrayRef sizes) {
  return make_view(matrix, to_dims(sizes), channels_last_strides(sizes), 0);
}

Tensor weights_as_matrix(const Tensor& w) {
  return make_view(w, {w.size(0), w.size(1)}, {w.size(1), 1}, w.storage_offset());
}

Tensor transposed(const Tensor& x) {
  return make_view(x, {x.size(1), x.size(0)}, {x.stride(1), x.stride(0)}, x.storage_offset());
}

// db[o]: the sum of dy's pixels, in chunks that are added up in order.
template <class T>
void sum_pixels(const Tensor& dy, float* db) {
  const int64_t channels = dy.size(1);
  const int64_t pixels = dy.numel() / channels;
  const int64_t grain = std::max<int64_t>(1, 65536 / channels);
  const Chunks chunks = chunks_of(pixels, grain);
  const Buffer partial(sizeof(float) * static_cast<size_t>(channels * chunks.count));
  parallel_for(pixels, grain, [&](int64_t begin, int64_t end) {
    float* const sum = partial.as<float>() + begin / chunks.size * channels;
    std::fill_n(sum, channels, 0.0f);
    add_rows(static_cast<const T*>(dy.data_ptr()) + begin * channels, end - begin, channels, sum);
  });
  std::fill_n(db, channels, 0.0f);
  for (int64_t chunk = 0; chunk < chunks.count; ++chunk) {
    const float* const sum = partial.as<float>() + chunk * channels;
    for (int64_t j = 0; j < channels; ++j) db[j] += sum[j];
  }
}

// Whether oneDNN computes in this dtype on this machine; else it goes through float32.
bool computes_in(ScalarType dtype) {
  if (dtype == kFloat) return true;
  if (dtype != kBFloat16) return false;
  static const bool yes = [] {
    const ConvGeometry g{{1, 1}, {1, 1}, {1, 1}, 1};
    const ConvProblem p = convolution_problem({1, 16, 8, 8}, {16, 16, 3, 3}, g);
    for (ConvPass pass :
         {ConvPass::kForward, ConvPass::kBackwardData, ConvPass::kBackwardWeights}) {
      if (convolution_work(p, pass, kBFloat16, /*bias=*/false)->tiles.empty()) return false;
    }
    return true;
  }();
  return yes;
}

template <class T>
void run_backward_weights(const ConvProblem& p, const ConvWork& work, const Tensor& dy,
                          const Tensor& x, const Tensor& dw, float* db) {
  const ConvPrimitive& first = *work.primitives[0];
  const auto chunks = static_cast<int64_t>(work.tiles.size());
  const auto size = static_cast<int64_t>(first.convolution.weights.get_size() / sizeof(float));
  const Buffer partial(sizeof(float) * static_cast<size_t>(size * chunks));
  const Buffer partial_bias(db != nullptr ? sizeof(float) * static_cast<size_t>(p.o * chunks) : 0);
  const Places places(p, sizeof(T));
  parallel_for(chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      const ConvTile& tile = work.tiles[static_cast<size_t>(chunk)];
      const onednn::Primitive& q = work.primitives[static_cast<size_t>(chunk)]->convolution;
      const char* const tile_dy = places.y(dy.data_ptr(), tile);
      onednn::execute(q, {{DNNL_ARG_SRC, &q.src, places.x(x.data_ptr(), tile)},
                          {DNNL_ARG_DIFF_DST, &q.dst, tile_dy},
                          {DNNL_ARG_DIFF_WEIGHTS, &q.weights, partial.as<float>() + chunk * size}});
      if (db != nullptr) {
        // While dy is in the cache; oneDNN's own sums take several times as long.
        float* const sum = partial_bias.as<float>() + chunk * p.o;
        std::fill_n(sum, p.o, 0.0f);
        const int64_t rows = tile.key.n * tile.key.out[0] * tile.key.out[1] * tile.key.out[2];
        add_rows(reinterpret_cast<const T*>(tile_dy), rows, p.o, sum);
      }
    }
  });
  float* const total = partial.as<float>();
  if (chunks > 1) {
    parallel_for(size, 16384, [&](int64_t begin, int64_t end) {
      for (int64_t chunk = 1; chunk < chunks; ++chunk) {
        const float* const sum = total + chunk * size;
        for (int64_t i = begin; i < end; ++i) total[i] += sum[i];
      }
    });
  }
  reorder_weights(first, total, dw.data_ptr());
  if (db != nullptr) {
    std::copy_n(partial_bias.as<float>(), p.o, db);
    for (int64_t chunk = 1; chunk < chunks; ++chunk) {
      const float* const sum = partial_bias.as<float>() + chunk * p.o;
      for (int64_t j = 0; j < p.o; ++j) db[j] += sum[j];
    }
  }
}

// dx where w is defined, dw and, where asked for, db of a problem that goes_by_blocks().
ConvGradients backward_by_blocks(const Tensor& dy, const Tensor& x, const Tensor& w,
                                 IntArrayRef w_sizes, bool with_bias) {
  const Tensor src = to_pixels(x), gradient = to_channels_last(dy);
  const Tensor weights = w.defined() ? to_row_major(w) : w;
  ConvGradients g{{}, empty(w_sizes, kFloat), {}};
  if (with_bias) g.db = empty({w_sizes[0]}, kFloat);
  if (w.defined()) g.dx = empty_strided(x.sizes(), src.strides(), kFloat);
  const PixelView<const float> pixels = pixels_of<const float>(src);
  PixelView<float> dx{nullptr, pixels.images, pixels.pixels, pixels.channels, pixels.channels_last};
  if (g.dx.defined()) dx.data = g.dx.data_ptr<float>();
  pointwise_backward(pixels, gradient.data_ptr<float>(),
                     w.defined() ? weights.data_ptr<float>() : nullptr, w_sizes[0],
                     g.dw.data_ptr<float>(), with_bias ? g.db.data_ptr<float>() : nullptr, dx);
  return g;
}

}  // namespace

Tensor convolution(const Tensor& x, const Tensor& w, const Tensor& bias,
                   const ConvGeometry& geometry) {
  const ScalarType dtype = x.dtype();
  const ConvProblem p = convolution_problem(x.sizes(), w.sizes(), geometry);
  if (has_no_primitive(dtype) || is_empty(p) || !is_regular(p)) {
    return reference::convolution(x, w, bias, geometry);
  }
  if (!computes_in(dtype)) {
    return to_dtype(
        convolution(to_dtype(x, kFloat), to_dtype(w, kFloat), to_dtype(bias, kFloat), geometry),
        dtype);
  }
  if (goes_by_blocks(p, ConvPass::kForward, dtype, has_rows(x))) {
    const Tensor y = empty_channels_last(convolution_sizes(x.sizes(), w.sizes(), geometry), dtype);
    const Tensor src = to_pixels(x), weights = to_row_major(w);
    const Tensor b = bias.defined() ? to_row_major(bias) : bias;
    pointwise_forward(pixels_of<const float>(src), {weights.data_ptr<float>(), 1, p.c}, p.o,
                      b.defined() ? b.data_ptr<float>() : nullptr, y.data_ptr<float>());
    return y;
  }
  if (is_pointwise(p)) {
    return as_image(matmul(as_matrix(to_channels_last(x)),
                           transposed(weights_as_matrix(to_row_major(w))), bias),
                    convolution_sizes(x.sizes(), w.sizes(), geometry));
  }
  if (dtype == kFloat && prefers_winograd(p, ConvPass::kForward)) {
    Tensor y = empty_channels_last(convolution_sizes(x.sizes(), w.sizes(), geometry), dtype);
    const Tensor b = bias.defined() ? to_row_major(bias) : bias;
    winograd_forward(p, to_channels_last(x).data_ptr<float>(), to_row_major(w).data_ptr<float>(),
                     b.defined() ? b.data_ptr<float>() : nullptr, y.data_ptr<float>());
    return y;
  }
  const auto found = convolution_work(p, ConvPass::kForward, dtype, bias.defined());
  const ConvWork& work = *found;
  if (work.tiles.empty()) return reference::convolution(x, w, bias, geometry);

  const Tensor src = to_channels_last(x);
  const Tensor weights = to_row_major(w);
  const Tensor b = bias.defined() ? to_row_major(bias) : bias;
  Tensor y = empty_channels_last(convolution_sizes(x.sizes(), w.sizes(), geometry), dtype);
  const Buffer inner(work.primitives[0]->convolution.weights.get_size());
  reorder_weights(*work.primitives[0], weights.data_ptr(), inner.data());
  const Places places(p, element_size(dtype));
  parallel_for(static_cast<int64_t>(work.tiles.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const ConvTile& tile = work.tiles[static_cast<size_t>(i)];
      const onednn::Primitive& q = work.primitives[static_cast<size_t>(i)]->convolution;
      const onednn::Argument from{DNNL_ARG_SRC, &q.src, places.x(src.data_ptr(), tile)};
      const onednn::Argument by{DNNL_ARG_WEIGHTS, &q.weights, inner.data()};
      const onednn::Argument to{DNNL_ARG_DST, &q.dst, places.y(y.data_ptr(), tile)};
      if (b.defined()) {
        onednn::execute(q, {from, by, to, {DNNL_ARG_BIAS, &q.bias, b.data_ptr()}});
      } else {
        onednn::execute(q, {from, by, to});
      }
    }
  });
  return y;
}

Tensor convolution_backward_data(const Tensor& dy, const Tensor& w, IntArrayRef x_sizes,
                                 const ConvGeometry& geometry) {
  const ScalarType dtype = dy.dtype();
  const ConvProblem p = convolution_problem(x_sizes, w.sizes(), geometry);
  if (has_no_primitive(dtype) || is_empty(p) || !is_regular(p)) {
    return reference::convolution_backward_data(dy, w, x_sizes, geometry);
  }
  if (!computes_in(dtype)) {
    return to_dtype(
        convolution_backward_data(to_dtype(dy, kFloat), to_dtype(w, kFloat), x_sizes, geometry),
        dtype);
  }
  if (goes_by_blocks(p, ConvPass::kBackwardData, dtype, /*rows=*/false)) {
    const Tensor dx = empty_channels_last(x_sizes, dtype);
    const Tensor gradient = to_channels_last(dy), weights = to_row_major(w);
    pointwise_forward(pixels_of<const float>(gradient), {weights.data_ptr<float>(), p.c, 1}, p.c,
                      nullptr, dx.data_ptr<float>());
    return dx;
  }
  if (is_pointwise(p)) {
    return as_image(matmul(as_matrix(to_channels_last(dy)), weights_as_matrix(to_row_major(w))),
                    x_sizes);
  }
  if (dtype == kFloat && prefers_winograd(p, ConvPass::kBackwardData)) {
    Tensor dx = empty_channels_last(x_sizes, dtype);
    winograd_backward_data(p, to_channels_last(dy).data_ptr<float>(),
                           to_row_major(w).data_ptr<float>(), dx.data_ptr<float>());
    return dx;
  }
  if (dtype == kFloat && prefers_columns(p, ConvPass::kBackwardData)) {
    Tensor dx = empty_channels_last(x_sizes, dtype);
    columns_backward_data(p, to_channels_last(dy).data_ptr<float>(),
                          to_row_major(w).data_ptr<float>(), dx.data_ptr<float>());
    return dx;
  }
  const auto found = convolution_work(p, ConvPass::kBackwardData, dtype, /*bias=*/false);
  const ConvWork& work = *found;
  if (work.tiles.empty()) {
    return reference::convolution_backward_data(dy, w, x_sizes, geometry);
  }

  const Tensor src = to_channels_last(dy);
  const Tensor weights = to_row_major(w);
  Tensor dx = empty_channels_last(x_sizes, dtype);
  const Buffer inner(work.primitives[0]->convolution.weights.get_size());
  reorder_weights(*work.primitives[0], weights.data_ptr(), inner.data());
  const Places places(p, element_size(dtype));
  for (const ConvTile& tile : work.unseen) {
    std::memset(places.x(dx.data_ptr(), tile), 0,
                static_cast<size_t>(tile.key.in[places.d] * places.in_row));
  }
  parallel_for(static_cast<int64_t>(work.tiles.size()), 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const ConvTile& tile = work.tiles[static_cast<size_t>(i)];
      const onednn::Primitive& q = work.primitives[static_cast<size_t>(i)]->convolution;
      onednn::execute(q, {{DNNL_ARG_DIFF_DST, &q.dst, places.y(src.data_ptr(), tile)},
                          {DNNL_ARG_WEIGHTS, &q.weights, inner.data()},
                          {DNNL_ARG_DIFF_SRC, &q.src, places.x(dx.data_ptr(), tile)}});
    }
  });
  return dx;
}

std::pair<Tensor, Tensor> convolution_backward_weights(const Tensor& dy, const Tensor& x,
                                                       IntArrayRef w_sizes,
                                                       const ConvGeometry& geometry,
                                                       bool with_bias) {
  const ScalarType dtype = dy.dtype();
  const ConvProblem p = convolution_problem(x.sizes(), w_sizes, geometry);
  if (has_no_primitive(dtype) || is_empty(p) || !is_regular(p)) {
    return reference::convolution_backward_weights(dy, x, w_sizes, geometry, with_bias);
  }
  if (!computes_in(dtype)) {
    const auto [dw, db] = convolution_backward_weights(to_dtype(dy, kFloat), to_dtype(x, kFloat),
                                                       w_sizes, geometry, with_bias);
    return {to_dtype(dw, dtype), to_dtype(db, dtype)};
  }
  if (goes_by_blocks(p, ConvPass::kBackwardWeights, dtype, has_rows(x))) {
    ConvGradients g = backward_by_blocks(dy, x, {}, w_sizes, with_bias);
    return {g.dw, g.db};
  }
  const Tensor src = to_channels_last(x);
  const Tensor gradient = to_channels_last(dy);
  Tensor db = with_bias ? empty({p.o}, kFloat) : Tensor();
  float* const bias_sums = with_bias ? db.data_ptr<float>() : nullptr;
  if (is_pointwise(p)) {
    const Tensor product = matmul(transposed(as_matrix(gradient)), as_matrix(src));
    if (with_bias && dtype == kFloat) sum_pixels<float>(gradient, bias_sums);
    if (with_bias && dtype == kBFloat16) sum_pixels<BFloat16>(gradient, bias_sums);
    return {make_view(product, to_dims(w_sizes), contiguous_strides(w_sizes), 0),
            to_dtype(db, dtype)};
  }
  Tensor dw = empty(w_sizes, dtype);
  if (dtype == kFloat && prefers_winograd(p, ConvPass::kBackwardWeights)) {
    winograd_backward_weights(p, gradient.data_ptr<float>(), src.data_ptr<float>(),
                              dw.data_ptr<float>());
    if (with_bias) sum_pixels<float>(gradient, bias_sums);
    return {dw, db};
  }
  if (dtype == kFloat && prefers_columns(p, ConvPass::kBackwardWeights)) {
    columns_backward_weights(p, gradient.data_ptr<float>(), src.data_ptr<float>(),
                             dw.data_ptr<float>(), bias_sums);
    return {dw, db};
  }
  const auto found = convolution_work(p, ConvPass::kBackwardWeights, dtype, /*bias=*/false);
  const ConvWork& work = *found;
  if (work.tiles.empty()) {
    return reference::convolution_backward_weights(dy, x, w_sizes, geometry, with_bias);
  }
  if (dtype == kFloat) {
    run_backward_weights<float>(p, work, gradient, src, dw, bias_sums);
  } else {
    run_backward_weights<BFloat16>(p, work, gradient, src, dw, bias_sums);
  }
  return {dw, to_dtype(db, dtype)};
}

ConvGradients convolution_backward(const Tensor& dy, const Tensor& x, const Tensor& w,
                                   IntArrayRef w_sizes, const ConvGeometry& geometry,
                                   bool with_bias) {
  const ConvProblem p = convolution_problem(x.sizes(), w_sizes, geometry);
  const auto by_blocks = [&](ConvPass pass) {
    return goes_by_blocks(p, pass, dy.dtype(), has_rows(x));
  };
  if (!is_empty(p) && by_blocks(ConvPass::kBackwardWeights) &&
      (!w.defined() || by_blocks(ConvPass::kBackwardData))) {
    return backward_by_blocks(dy, x, w, w_sizes, with_bias);
  }
  ConvGradients g;
  if (w.defined()) g.dx = convolution_backward_data(dy, w, x.sizes(), geometry);
  std::tie(g.dw, g.db) = convolution_backward_weights(dy, x, w_sizes, geometry, with_bias);
  return g;
}

}  // namespace gradus::kernel
