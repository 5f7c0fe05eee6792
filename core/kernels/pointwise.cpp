#include "core/kernels/pointwise.h"

#include <algorithm>
#include <type_traits>

#include "core/allocator.h"
#include "core/kernels/ceil_div.h"
#include "core/kernels/conv_problem.h"
#include "core/kernels/loop.h"
#include "core/kernels/panels.h"
#include "core/parallel.h"
#include "core/thread_buffers.h"

namespace gradus::kernel {
namespace {

size_t bytes_of(int64_t floats) {
  return sizeof(float) * static_cast<size_t>(floats);
}

// Pixels that are multiplied at a time: all of one image, unless those of all images lie side by
// side.
class Blocks {
 public:
  struct Block {
    int64_t image, first;  // its pixels begin there in the image,
    int64_t pixel;         // and there among all
    int64_t count;
  };

  // `most` pixels or less, evenly, in whole blocks of the rows that are multiplied together.
  template <class T>
  Blocks(const PixelView<T>& x, int64_t most)
      : pixels_(x.channels_last ? x.images * x.pixels : x.pixels),
        size_(std::min(pixels_, std::max(kPanelRows, most / kPanelRows * kPanelRows))) {
    constexpr int64_t kFew = 4;
    const int64_t even = ceil_div(pixels_, ceil_div(pixels_, size_));
    size_ = std::min(size_, ceil_div(even, kFew) * kFew);
    per_image_ = ceil_div(pixels_, size_);
    count_ = x.channels_last ? per_image_ : x.images * per_image_;
  }

  int64_t count() const { return count_; }
  int64_t size() const { return size_; }
  Block operator[](int64_t i) const {
    const int64_t image = i / per_image_, first = i % per_image_ * size_;
    return {image, first, image * pixels_ + first, std::min(size_, pixels_ - first)};
  }

 private:
  int64_t pixels_, size_, per_image_ = 0, count_ = 0;
};

// The first of a block's pixels.
template <class T>
T* at(const PixelView<T>& x, const Blocks::Block& b) {
  if (x.channels_last) return x.data + b.pixel * x.channels;
  return x.data + b.image * x.channels * x.pixels + b.first;
}

// dst[cols, rows] = src[rows, cols]^T
void transpose(const float* src, int64_t src_stride, float* dst, int64_t dst_stride, int64_t rows,
               int64_t cols) {
  constexpr auto kSize = static_cast<int64_t>(sizeof(float));
  transpose_block(reinterpret_cast<const char*>(src), src_stride * kSize,
                  reinterpret_cast<char*>(dst), dst_stride * kSize, rows, cols, sizeof(float));
}

// Begins to load a block.
template <class T>
void fetch(const PixelView<T>& x, const Blocks& blocks, int64_t i) {
  constexpr int64_t kLine = 16;
  constexpr int kWrite = std::is_const_v<T> ? 0 : 1;
  if (i >= blocks.count() || x.channels_last) return;
  const Blocks::Block b = blocks[i];
  for (int64_t c = 0; c < x.channels; ++c) {
    T* const from = at(x, b) + c * x.pixels;
    for (int64_t j = 0; j < b.count; j += kLine) __builtin_prefetch(from + j, kWrite, 2);
  }
}

// Pixels of a block that is multiplied by [depth, cols] weights. Few write whole lines of the
// result one after the other; where weights leave the second-level cache they are to be read less
// often, as long as a block stays in the first-level one.
int64_t block_of(int64_t depth, int64_t cols) {
  constexpr int64_t kCache = 24 * 1024 / sizeof(float), kWeights = 512 * 1024 / sizeof(float);
  return depth * cols <= kWeights ? kPanelRows : kCache / depth;
}

// A loop over blocks whose chunks take 10 us or more.
int64_t grain_of(const Blocks& blocks, int64_t c, int64_t o) {
  constexpr int64_t kProducts = 10 * 50 * 1000;
  return std::max<int64_t>(1, kProducts / (blocks.size() * c * o));
}

}  // namespace

void pointwise_forward(const PixelView<const float>& x, const MatrixView<const float>& w, int64_t o,
                       const float* bias, float* y) {
  const int64_t c = x.channels;
  const Buffer packed(bytes_of(c * padded_cols(o)));
  const Panels u{packed.as<float>(), c, padded_cols(o)};
  pack_panels(w.data, w.row_stride, w.col_stride, c, o, u);
  const Blocks blocks(x, block_of(c, o));
  parallel_for(blocks.count(), grain_of(blocks, c, o), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const Blocks::Block b = blocks[i];
      LeftOperand left{at(x, b), c, 1};
      left.ahead = kPanelRows * c;
      if (!x.channels_last) {
        left.row_stride = 1;
        left.col_stride = x.pixels;
        left.ahead = 2 * kPanelRows;
      }
      multiply_panels(b.count, c, left, u, y + b.pixel * o, o, o, {bias, 0});
    }
  });
}

namespace {

// dx of a block; `rows` is space for it where channels do not lie side by side.
void backward_data_block(const Blocks::Block& b, const float* dy, int64_t o, const Panels& w,
                         const PixelView<float>& dx, float* rows) {
  const int64_t c = dx.channels;
  float* const to = at(dx, b);
  LeftOperand left{dy + b.pixel * o, o, 1};
  left.ahead = kPanelRows * o;
  multiply_panels(b.count, o, left, w, dx.channels_last ? to : rows, c, c);
  if (dx.channels_last) return;
  // Few rows of dx at a time.
  constexpr int64_t kRows = 16;
  for (int64_t i = 0; i < c; i += kRows) {
    transpose(rows + i, c, to + i * dx.pixels, dx.pixels, b.count, std::min(kRows, c - i));
  }
}

}  // namespace

void pointwise_backward(const PixelView<const float>& x, const float* dy, const float* w, int64_t o,
                        float* dw, float* db, const PixelView<float>& dx) {
  const int64_t c = x.channels;
  const Buffer packed(dx.data == nullptr ? 0 : bytes_of(o * padded_cols(c)));
  const Panels weights{packed.as<float>(), o, padded_cols(c)};
  if (dx.data != nullptr) pack_panels(w, c, 1, o, c, weights);
  // Of the products' operands x and dy, the narrower one becomes panels: dw is summed up as dy^T x,
  // [o, c], or as x^T dy.
  const bool of_dy = o < c;
  const int64_t rows = std::max(c, o), cols = std::min(c, o);
  // A block of dy is to stay in the second-level cache between its uses, and the sums are read and
  // written for every block.
  const Blocks blocks(x, std::clamp<int64_t>(192 * 1024 / (3 * c + 2 * o + cols), 48, 240));
  // A partial sum for each chunk, added up in order.
  constexpr int64_t kMaxSums = 16;
  const int64_t grain = std::max(grain_of(blocks, 2 * c, o), ceil_div(blocks.count(), kMaxSums));
  const Chunks chunks = chunks_of(blocks.count(), grain);
  const int64_t sum_size = rows * cols + o;
  const Buffer sums(bytes_of(sum_size * chunks.count));
  const ThreadBuffers space(bytes_of(blocks.size() * (padded_cols(cols) + c)));
  parallel_for(blocks.count(), grain, [&](int64_t begin, int64_t end) {
    const Panels right{space.mine<float>(), blocks.size(), padded_cols(cols)};
    float* const dx_rows = right.data + right.depth * right.cols;
    float* const sum = sums.as<float>() + begin / chunks.size * sum_size;
    float* const bias_sum = sum + rows * cols;
    std::fill_n(bias_sum, o, 0.0f);
    for (int64_t i = begin; i < end; ++i) {
      const Blocks::Block b = blocks[i];
      const float* const from_x = at(x, b);
      const float* const from_dy = dy + b.pixel * o;
      const int64_t x_pixel = x.channels_last ? c : 1, x_channel = x.channels_last ? 1 : x.pixels;
      if (db != nullptr) add_rows(from_dy, b.count, o, bias_sum);
      fetch(x, blocks, i + 1);
      fetch(dx, blocks, i);
      LeftOperand left{from_dy, 1, o};
      if (of_dy) {
        left = {from_x, x_channel, x_pixel};
        pack_panels(from_dy, o, 1, b.count, o, right);
      } else {
        pack_panels(from_x, x_pixel, x_channel, b.count, c, right);
      }
      left.ahead = b.count * left.col_stride;
      multiply_panels(rows, b.count, left, right, sum, cols, cols,
                      {i > begin ? sum : nullptr, cols});
      if (dx.data != nullptr) backward_data_block(b, dy, o, weights, dx, dx_rows);
    }
  });
  const auto add_up = [&](int64_t first, int64_t size, float* to) {
    if (to != sums.as<float>() + first) std::copy_n(sums.as<float>() + first, size, to);
    for (int64_t chunk = 1; chunk < chunks.count; ++chunk) {
      const float* const sum = sums.as<float>() + chunk * sum_size + first;
      for (int64_t i = 0; i < size; ++i) to[i] += sum[i];
    }
  };
  // In place, in the first sum, where dw is its transpose.
  float* const total = of_dy ? sums.as<float>() : dw;
  parallel_for(rows * cols, 16384,
               [&](int64_t begin, int64_t end) { add_up(begin, end - begin, total + begin); });
  if (of_dy) transpose(total, cols, dw, rows, rows, cols);
  if (db != nullptr) add_up(rows * cols, o, db);
}

}  // namespace gradus::kernel
