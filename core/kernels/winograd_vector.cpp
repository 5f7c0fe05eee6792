#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/winograd_loops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/winograd_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/rows-inl.h"
// clang-format on

#include <algorithm>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace vm = gradus::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

int64_t LaneCount() {
  return static_cast<int64_t>(hn::Lanes(D()));
}

// The five transforms of one dimension, r = T s, with the matrices of Note [Winograd]; a and b are
// the points.
constexpr float kA = 0.75f, kA2 = kA * kA, kA3 = kA2 * kA;
constexpr float kB = 1.5f, kB2 = kB * kB, kB3 = kB2 * kB;

// B^T
struct Data {
  static constexpr int kIn = 6, kOut = 6;
  static HWY_INLINE void Apply(const V* s, V* r) {
    const D d;
    const V a = hn::Set(d, kA), b = hn::Set(d, kB);
    const V a2 = hn::Set(d, kA2), b2 = hn::Set(d, kB2);
    const V product = hn::Set(d, kA2 * kB2), sum = hn::Set(d, kA2 + kB2);
    const V even_a = hn::NegMulAdd(b2, s[2], s[4]), odd_a = hn::NegMulAdd(b2, s[1], s[3]);
    const V even_b = hn::NegMulAdd(a2, s[2], s[4]), odd_b = hn::NegMulAdd(a2, s[1], s[3]);
    r[0] = hn::MulAdd(product, s[0], hn::NegMulAdd(sum, s[2], s[4]));
    r[1] = hn::MulAdd(a, odd_a, even_a);
    r[2] = hn::NegMulAdd(a, odd_a, even_a);
    r[3] = hn::MulAdd(b, odd_b, even_b);
    r[4] = hn::NegMulAdd(b, odd_b, even_b);
    r[5] = hn::MulAdd(product, s[1], hn::NegMulAdd(sum, s[3], s[5]));
  }
};

// G: what the points' rows are divided by.
constexpr float kDivisor0 = kA2 * kB2;
constexpr float kDivisorA = 2 * kA2 * (kA2 - kB2);
constexpr float kDivisorB = 2 * kB2 * (kB2 - kA2);

// G
struct Kernel {
  static constexpr int kIn = 3, kOut = 6;
  static HWY_INLINE void Apply(const V* s, V* r) {
    const D d;
    const V a2 = hn::Set(d, kA2), b2 = hn::Set(d, kB2);
    const V factor_a = hn::Set(d, 1 / kDivisorA), factor_b = hn::Set(d, 1 / kDivisorB);
    const V even_a = hn::Mul(factor_a, hn::MulAdd(a2, s[2], s[0]));
    const V even_b = hn::Mul(factor_b, hn::MulAdd(b2, s[2], s[0]));
    const V odd_a = hn::Set(d, kA / kDivisorA), odd_b = hn::Set(d, kB / kDivisorB);
    r[0] = hn::Mul(hn::Set(d, 1 / kDivisor0), s[0]);
    r[1] = hn::MulAdd(odd_a, s[1], even_a);
    r[2] = hn::NegMulAdd(odd_a, s[1], even_a);
    r[3] = hn::MulAdd(odd_b, s[1], even_b);
    r[4] = hn::NegMulAdd(odd_b, s[1], even_b);
    r[5] = s[2];
  }
};

// A^T
struct Result {
  static constexpr int kIn = 6, kOut = 4;
  static HWY_INLINE void Apply(const V* s, V* r) {
    const D d;
    const V sum_a = hn::Add(s[1], s[2]), difference_a = hn::Sub(s[1], s[2]);
    const V sum_b = hn::Add(s[3], s[4]), difference_b = hn::Sub(s[3], s[4]);
    r[0] = hn::Add(s[0], hn::Add(sum_a, sum_b));
    r[1] = hn::MulAdd(hn::Set(d, kB), difference_b, hn::Mul(hn::Set(d, kA), difference_a));
    r[2] = hn::MulAdd(hn::Set(d, kB2), sum_b, hn::Mul(hn::Set(d, kA2), sum_a));
    r[3] =
        hn::MulAdd(hn::Set(d, kB3), difference_b, hn::MulAdd(hn::Set(d, kA3), difference_a, s[5]));
  }
};

// A
struct Gradient {
  static constexpr int kIn = 4, kOut = 6;
  static HWY_INLINE void Apply(const V* s, V* r) {
    const D d;
    const V even_a = hn::MulAdd(hn::Set(d, kA2), s[2], s[0]);
    const V even_b = hn::MulAdd(hn::Set(d, kB2), s[2], s[0]);
    const V odd_a = hn::MulAdd(hn::Set(d, kA3), s[3], hn::Mul(hn::Set(d, kA), s[1]));
    const V odd_b = hn::MulAdd(hn::Set(d, kB3), s[3], hn::Mul(hn::Set(d, kB), s[1]));
    r[0] = s[0];
    r[1] = hn::Add(even_a, odd_a);
    r[2] = hn::Sub(even_a, odd_a);
    r[3] = hn::Add(even_b, odd_b);
    r[4] = hn::Sub(even_b, odd_b);
    r[5] = s[3];
  }
};

// G^T
struct KernelGradient {
  static constexpr int kIn = 6, kOut = 3;
  static HWY_INLINE void Apply(const V* s, V* r) {
    const D d;
    const V factor_a = hn::Set(d, 1 / kDivisorA), factor_b = hn::Set(d, 1 / kDivisorB);
    const V sum_a = hn::Mul(factor_a, hn::Add(s[1], s[2]));
    const V sum_b = hn::Mul(factor_b, hn::Add(s[3], s[4]));
    const V difference_a = hn::Mul(factor_a, hn::Sub(s[1], s[2]));
    const V difference_b = hn::Mul(factor_b, hn::Sub(s[3], s[4]));
    r[0] = hn::MulAdd(hn::Set(d, 1 / kDivisor0), s[0], hn::Add(sum_a, sum_b));
    r[1] = hn::MulAdd(hn::Set(d, kB), difference_b, hn::Mul(hn::Set(d, kA), difference_a));
    r[2] = hn::MulAdd(hn::Set(d, kB2), sum_b, hn::MulAdd(hn::Set(d, kA2), sum_a, s[5]));
  }
};

// T s T^T: load(i, j) gives the elements of s, store(i, j, r) takes those of the result.
template <class T, class Load, class Store>
HWY_INLINE void Transform(const Load& load, const Store& store) {
  V half[T::kOut][T::kIn];
  GRADUS_UNROLL
  for (int j = 0; j < T::kIn; ++j) {
    V s[T::kIn], r[T::kOut];
    GRADUS_UNROLL
    for (int i = 0; i < T::kIn; ++i) s[i] = load(i, j);
    T::Apply(s, r);
    GRADUS_UNROLL
    for (int i = 0; i < T::kOut; ++i) half[i][j] = r[i];
  }
  GRADUS_UNROLL
  for (int i = 0; i < T::kOut; ++i) {
    V r[T::kOut];
    T::Apply(half[i], r);
    GRADUS_UNROLL
    for (int j = 0; j < T::kOut; ++j) store(i, j, r[j]);
  }
}

// Where a tile lies in its tensor.
class Place {
 public:
  Place(const WinogradTiles& tiles, int64_t tile)
      : tiles_(tiles),
        image_(tile / (tiles.rows * tiles.cols)),
        top_(tile / tiles.cols % tiles.rows * kWinogradOut - tiles.top),
        left_(tile % tiles.cols * kWinogradOut - tiles.left) {}

  // The tile after this one; the last one stays where it is.
  void advance() {
    Place next = *this;
    next.left_ += kWinogradOut;
    if (next.left_ + tiles_.left == tiles_.cols * kWinogradOut) {
      next.left_ = -tiles_.left;
      next.top_ += kWinogradOut;
    }
    if (next.top_ + tiles_.top == tiles_.rows * kWinogradOut) {
      next.top_ = -tiles_.top;
      ++next.image_;
    }
    if (next.image_ == tiles_.images) return;
    image_ = next.image_;
    top_ = next.top_;
    left_ = next.left_;
  }

  // Of the first channel of a pixel.
  int64_t offset(int64_t i, int64_t j) const {
    return ((image_ * tiles_.height + top_ + i) * tiles_.width + left_ + j) * tiles_.channels;
  }
  // Of a square of this extent, the lines [first, last) and columns that lie in the image.
  int first_line() const { return static_cast<int>(std::max<int64_t>(-top_, 0)); }
  int last_line(int64_t extent) const {
    return static_cast<int>(std::min(tiles_.height - top_, extent));
  }
  int first_column() const { return static_cast<int>(std::max<int64_t>(-left_, 0)); }
  int last_column(int64_t extent) const {
    return static_cast<int>(std::min(tiles_.width - left_, extent));
  }

 private:
  const WinogradTiles& tiles_;
  int64_t image_, top_, left_;
};

// The transform of `count` channels of a tile: at(i, j) is the first of them of a pixel.
template <class T, class At>
HWY_INLINE void TransformVector(const At& at, int64_t channel, int64_t count, int64_t plane,
                                float* to) {
  const D d;
  Transform<T>(
      [&](int i, int j)
          HWY_ATTR { return vm::LoadFirst(d, at(i, j) + channel, static_cast<size_t>(count)); },
      [&](int i, int j, V r) HWY_ATTR { hn::StoreU(r, d, to + (i * T::kOut + j) * plane); });
}

// to(channel) is the place of the first element of the result.
template <class T, class At, class To>
HWY_INLINE void TransformTile(int64_t channels, const At& at, int64_t plane, const To& to) {
  const int64_t lanes = LaneCount();
  int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) TransformVector<T>(at, c, lanes, plane, to(c));
  if (c < channels) TransformVector<T>(at, c, channels - c, plane, to(c));
}

template <class T, class To>
HWY_INLINE void TransformTiles(const WinogradTiles& tiles, const float* x, const float* zeros,
                               int64_t first, int64_t count, int64_t plane, const To& to) {
  const int64_t column = tiles.channels, line = tiles.width * column;
  Place place(tiles, first);
  for (int64_t t = 0; t < count; ++t, place.advance()) {
    const auto row = [&](int64_t c) { return to(t, c); };
    const int top = place.first_line(), bottom = place.last_line(T::kIn);
    const int left = place.first_column(), right = place.last_column(T::kIn);
    if (top == 0 && left == 0 && bottom == T::kIn && right == T::kIn) {
      const float* const corner = x + place.offset(0, 0);
      const auto inside = [=](int i, int j) { return corner + i * line + j * column; };
      TransformTile<T>(column, inside, plane, row);
    } else {
      const float* pixels[T::kIn][T::kIn];
      std::fill_n(&pixels[0][0], T::kIn * T::kIn, zeros);
      for (int i = top; i < bottom; ++i) {
        const float* pixel = x + place.offset(i, left);
        for (int j = left; j < right; ++j, pixel += column) pixels[i][j] = pixel;
      }
      const auto at_edge = [&](int i, int j) { return pixels[i][j]; };
      TransformTile<T>(column, at_edge, plane, row);
    }
  }
}

// Of the panel that holds a column.
struct Panel {
  Panel(const WinogradPanels& p, int64_t col)
      : first(col / (2 * LaneCount()) * 2 * LaneCount()),
        width(std::min(2 * LaneCount(), p.cols - first)) {}

  int64_t first, width;
};

HWY_INLINE float* PlaceInPanel(const WinogradPanels& p, int64_t row, int64_t col) {
  const Panel panel(p, col);
  return p.data + panel.first * p.depth + row * panel.width + (col - panel.first);
}

void TransformData(const WinogradTiles& tiles, const float* x, const float* zeros, int64_t first,
                   int64_t count, const WinogradRows& v, int64_t row) {
  TransformTiles<Data>(tiles, x, zeros, first, count, v.plane,
                       [&](int64_t t, int64_t c) { return v.data + (row + t) * v.stride + c; });
}

void TransformGradient(const WinogradTiles& tiles, const float* dy, const float* zeros,
                       int64_t first, int64_t count, const WinogradPanels& z, int64_t row) {
  TransformTiles<Gradient>(tiles, dy, zeros, first, count, z.plane,
                           [&](int64_t t, int64_t c) { return PlaceInPanel(z, row + t, c); });
}

struct ResultTile {
  const float* m;  // the first element
  int64_t plane;
  float* y;  // the first pixel
  int64_t line, column;
  int64_t lines, columns;
};

HWY_INLINE void TransformResultVector(const ResultTile& tile, const float* bias, int64_t channel,
                                      int64_t count) {
  const D d;
  const size_t n = static_cast<size_t>(count);
  const V b = bias == nullptr ? hn::Zero(d) : vm::LoadFirst(d, bias + channel, n);
  const float* const from = tile.m + channel;
  float* const to = tile.y + channel;
  Transform<Result>(
      [&](int i, int j)
          HWY_ATTR { return hn::LoadU(d, from + (i * kWinogradIn + j) * tile.plane); },
      [&](int i, int j, V r) HWY_ATTR {
        if (i >= tile.lines || j >= tile.columns) return;
        vm::StoreFirst(d, hn::Add(r, b), to + i * tile.line + j * tile.column, n);
      });
}

void TransformResult(const WinogradTiles& tiles, const WinogradRows& m, const float* bias,
                     int64_t first, int64_t count, float* y) {
  const int64_t channels = tiles.channels, lanes = LaneCount();
  Place place(tiles, first);
  for (int64_t t = 0; t < count; ++t, place.advance()) {
    const ResultTile tile{m.data + t * m.stride,          m.plane,  y + place.offset(0, 0),
                          tiles.width * channels,         channels, place.last_line(kWinogradOut),
                          place.last_column(kWinogradOut)};
    int64_t c = 0;
    for (; c + lanes <= channels; c += lanes) TransformResultVector(tile, bias, c, lanes);
    if (c < channels) TransformResultVector(tile, bias, c, channels - c);
  }
}

constexpr int64_t kTaps = 9;

void TransformKernel(const float* w, int64_t row_stride, int64_t col_stride, int64_t cols,
                     bool rotated, int64_t begin, int64_t end, const WinogradPanels& u) {
  // Taps are collected for several rows at a time: a vector that is loaded right after its lanes
  // were stored would wait for them.
  constexpr int64_t kRows = 8;
  const D d;
  HWY_ALIGN float taps[kRows][kTaps][hn::MaxLanes(D())] = {};
  for (int64_t col = 0; col < cols; col += LaneCount()) {
    const int64_t count = std::min(cols - col, LaneCount());
    for (int64_t row = begin; row < end; row += kRows) {
      const int64_t rows = std::min(end - row, kRows);
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t l = 0; l < count; ++l) {
          const float* const from = w + (row + i) * row_stride + (col + l) * col_stride;
          for (int64_t k = 0; k < kTaps; ++k) {
            taps[i][k][l] = from[rotated ? kTaps - 1 - k : k];
          }
        }
      }
      for (int64_t i = 0; i < rows; ++i) {
        float* const to = PlaceInPanel(u, row + i, col);
        Transform<Kernel>([&](int h, int v) HWY_ATTR { return hn::Load(d, taps[i][h * 3 + v]); },
                          [&](int h, int v, V r)
                              HWY_ATTR { hn::StoreU(r, d, to + (h * kWinogradIn + v) * u.plane); });
      }
    }
  }
}

void TransformKernelGradient(const WinogradRows& s, int64_t c, int64_t o, int64_t begin,
                             int64_t end, float* dw) {
  const D d;
  HWY_ALIGN float taps[kTaps][hn::MaxLanes(D())];
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t col = 0; col < o; col += LaneCount()) {
      const float* const from = s.data + row * s.stride + col;
      Transform<KernelGradient>(
          [&](int i, int j)
              HWY_ATTR { return hn::LoadU(d, from + (i * kWinogradIn + j) * s.plane); },
          [&](int i, int j, V r) HWY_ATTR { hn::Store(r, d, taps[i * 3 + j]); });
      const int64_t count = std::min(o - col, LaneCount());
      for (int64_t l = 0; l < count; ++l) {
        float* const to = dw + ((col + l) * c + row) * kTaps;
        for (int64_t k = 0; k < kTaps; ++k) to[k] = taps[k][l];
      }
    }
  }
}

// Rows of a product that are summed at once, two vectors each: as many as the registers hold.
constexpr int kBlockRows = hn::MaxLanes(D()) >= 16 ? 12 : 4;

template <int kRows, int kVectors>
HWY_INLINE void MultiplyBlock(int64_t k, const WinogradLeft& left, int64_t row,
                              const float* HWY_RESTRICT b, float* HWY_RESTRICT out, int64_t stride,
                              bool accumulate) {
  const D d;
  const int64_t lanes = LaneCount();
  V sums[kRows][kVectors];
  GRADUS_UNROLL
  for (int r = 0; r < kRows; ++r) {
    GRADUS_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::Zero(d);
  }
  const int64_t row_stride = left.row_stride, col_stride = left.col_stride;
  const float* a = left.data + row * row_stride;
  for (int64_t p = 0; p < k; ++p) {
    V right[kVectors];
    GRADUS_UNROLL
    for (int v = 0; v < kVectors; ++v) right[v] = hn::LoadU(d, b + v * lanes);
    GRADUS_UNROLL
    for (int r = 0; r < kRows; ++r) {
      const V factor = hn::Set(d, a[r * row_stride]);
      GRADUS_UNROLL
      for (int v = 0; v < kVectors; ++v) sums[r][v] = hn::MulAdd(factor, right[v], sums[r][v]);
    }
    a += col_stride;
    b += kVectors * lanes;
  }
  GRADUS_UNROLL
  for (int r = 0; r < kRows; ++r) {
    GRADUS_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      float* const to = out + r * stride + v * lanes;
      // Added last, so that no sum gets longer than k.
      if (accumulate) sums[r][v] = hn::Add(hn::LoadU(d, to), sums[r][v]);
      hn::StoreU(sums[r][v], d, to);
    }
  }
}

template <int kVectors>
void MultiplyPanel(int64_t m, int64_t k, const WinogradLeft& a, const float* b, float* out,
                   int64_t stride, bool accumulate) {
  int64_t row = 0;
  for (; row + kBlockRows <= m; row += kBlockRows) {
    MultiplyBlock<kBlockRows, kVectors>(k, a, row, b, out + row * stride, stride, accumulate);
  }
  if (row + 8 <= m) {
    MultiplyBlock<8, kVectors>(k, a, row, b, out + row * stride, stride, accumulate);
    row += 8;
  }
  for (; row < m; row += kWinogradRows) {
    MultiplyBlock<kWinogradRows, kVectors>(k, a, row, b, out + row * stride, stride, accumulate);
  }
}

void Multiply(int64_t m, int64_t k, const WinogradLeft& a, const WinogradPanels& b, int64_t element,
              const WinogradRows& out, bool accumulate) {
  float* const to = out.data + element * out.plane;
  const float* const from = b.data + element * b.plane;
  for (int64_t col = 0; col < b.cols; col += 2 * LaneCount()) {
    const bool wide = b.cols - col >= 2 * LaneCount();
    (wide ? MultiplyPanel<2> : MultiplyPanel<1>)(m, k, a, from + col * b.depth, to + col,
                                                 out.stride, accumulate);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(TransformData);
HWY_EXPORT(TransformGradient);
HWY_EXPORT(TransformResult);
HWY_EXPORT(TransformKernel);
HWY_EXPORT(TransformKernelGradient);
HWY_EXPORT(Multiply);

void winograd_data(const WinogradTiles& tiles, const float* x, const float* zeros, int64_t first,
                   int64_t count, const WinogradRows& v, int64_t row) {
  HWY_DYNAMIC_DISPATCH(TransformData)(tiles, x, zeros, first, count, v, row);
}

void winograd_gradient(const WinogradTiles& tiles, const float* dy, const float* zeros,
                       int64_t first, int64_t count, const WinogradPanels& z, int64_t row) {
  HWY_DYNAMIC_DISPATCH(TransformGradient)(tiles, dy, zeros, first, count, z, row);
}

void winograd_result(const WinogradTiles& tiles, const WinogradRows& m, const float* bias,
                     int64_t first, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(TransformResult)(tiles, m, bias, first, count, y);
}

void winograd_kernel(const float* w, int64_t row_stride, int64_t col_stride, int64_t cols,
                     bool rotated, int64_t begin, int64_t end, const WinogradPanels& u) {
  HWY_DYNAMIC_DISPATCH(TransformKernel)
  (w, row_stride, col_stride, cols, rotated, begin, end, u);
}

void winograd_kernel_gradient(const WinogradRows& s, int64_t c, int64_t o, int64_t begin,
                              int64_t end, float* dw) {
  HWY_DYNAMIC_DISPATCH(TransformKernelGradient)(s, c, o, begin, end, dw);
}

void winograd_multiply(int64_t m, int64_t k, const WinogradLeft& a, const WinogradPanels& b,
                       int64_t element, const WinogradRows& out, bool accumulate) {
  HWY_DYNAMIC_DISPATCH(Multiply)(m, k, a, b, element, out, accumulate);
}

}  // namespace gradus::kernel
#endif
