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

// The transforms of one dimension, r = T s, with the matrices of Note [Winograd].

// The points are 0, x and -x for every x of a set, and infinity.
struct Six {
  static constexpr int kCount = 6, kPairs = 2;
  static constexpr float kAt[kPairs] = {0.75f, 1.5f};
};

struct Eight {
  static constexpr int kCount = 8, kPairs = 3;
  static constexpr float kAt[kPairs] = {0.5f, 1.0f, 2.0f};
};

constexpr float Power(float x, int n) {
  return n == 0 ? 1.0f : x * Power(x, n - 1);
}

// The product of all (y - x^2), but for that of pair `but`, as a polynomial in y.
template <class Points>
struct Squares {
  float coefficients[Points::kPairs + 1] = {1};

  explicit constexpr Squares(int but = -1) {
    int degree = 0;
    for (int i = 0; i < Points::kPairs; ++i) {
      if (i == but) continue;
      const float root = Points::kAt[i] * Points::kAt[i];
      for (int k = ++degree; k > 0; --k) {
        coefficients[k] = coefficients[k - 1] - root * coefficients[k];
      }
      coefficients[0] *= -root;
    }
  }
  constexpr float operator()(float y) const {
    float sum = 0;
    for (int k = Points::kPairs; k >= 0; --k) sum = sum * y + coefficients[k];
    return sum;
  }
};

// What G divides the row of a point by: the product of the differences to all others.
template <class Points>
constexpr float DivisorOfZero() {
  return Squares<Points>()(0);
}
template <class Points>
constexpr float Divisor(int pair) {
  const float y = Points::kAt[pair] * Points::kAt[pair];
  return 2 * y * Squares<Points>(pair)(y);
}

// A dimension of one tap.
struct Identity {
  static constexpr int kIn = 1, kOut = 1;
  static HWY_INLINE void Apply(const V* s, V* r) { r[0] = s[0]; }
};

// s[kFirst] + x s[kFirst + 2] + x^2 s[kFirst + 4] + ... of kSize elements.
template <int kFirst, int kSize>
HWY_INLINE V EverySecond(const V* s, float x) {
  constexpr int kLast = kSize - 1 - (kSize - 1 - kFirst) % 2;
  V sum = s[kLast];
  GRADUS_UNROLL
  for (int i = kLast - 2; i >= kFirst; i -= 2) sum = hn::MulAdd(hn::Set(D(), x), sum, s[i]);
  return sum;
}

// The values of the polynomial with kSize coefficients s at the points: A, or G if divided.
template <class Points, int kSize, bool kDivide>
struct Values {
  static constexpr int kIn = kSize, kOut = Points::kCount;
  static HWY_INLINE void Apply(const V* s, V* r) {
    r[0] = kDivide ? hn::Mul(hn::Set(D(), 1 / DivisorOfZero<Points>()), s[0]) : s[0];
    GRADUS_UNROLL
    for (int i = 0; i < Points::kPairs; ++i) {
      const float x = Points::kAt[i], factor = kDivide ? 1 / Divisor<Points>(i) : 1;
      V even = EverySecond<0, kSize>(s, x * x);
      if (kDivide) even = hn::Mul(hn::Set(D(), factor), even);
      const V odd = EverySecond<1, kSize>(s, x * x), coefficient = hn::Set(D(), x * factor);
      r[1 + 2 * i] = hn::MulAdd(coefficient, odd, even);
      r[2 + 2 * i] = hn::NegMulAdd(coefficient, odd, even);
    }
    r[kOut - 1] = s[kSize - 1];
  }
};

// The transposed matrix: A^T, or G^T.
template <class Points, int kSize, bool kDivide>
struct Sums {
  static constexpr int kIn = Points::kCount, kOut = kSize;
  static HWY_INLINE void Apply(const V* s, V* r) {
    r[0] = kDivide ? hn::Mul(hn::Set(D(), 1 / DivisorOfZero<Points>()), s[0]) : s[0];
    V parts[Points::kPairs][2];  // for even and for odd powers
    GRADUS_UNROLL
    for (int i = 0; i < Points::kPairs; ++i) {
      parts[i][0] = hn::Add(s[1 + 2 * i], s[2 + 2 * i]);
      parts[i][1] = hn::Sub(s[1 + 2 * i], s[2 + 2 * i]);
      if (kDivide) {
        const V factor = hn::Set(D(), 1 / Divisor<Points>(i));
        parts[i][0] = hn::Mul(factor, parts[i][0]);
        parts[i][1] = hn::Mul(factor, parts[i][1]);
      }
      r[0] = hn::Add(r[0], parts[i][0]);
    }
    GRADUS_UNROLL
    for (int k = 1; k < kSize; ++k) {
      const V first = hn::Set(D(), Power(Points::kAt[0], k));
      r[k] = k + 1 < kSize ? hn::Mul(first, parts[0][k % 2])
                           : hn::MulAdd(first, parts[0][k % 2], s[kIn - 1]);
      GRADUS_UNROLL
      for (int i = 1; i < Points::kPairs; ++i) {
        r[k] = hn::MulAdd(hn::Set(D(), Power(Points::kAt[i], k)), parts[i][k % 2], r[k]);
      }
    }
  }
};

// B^T
template <class Points>
struct Inputs {
  static constexpr int kIn = Points::kCount, kOut = Points::kCount;
  static HWY_INLINE void Apply(const V* s, V* r) {
    constexpr Squares<Points> kAll;
    r[0] = Sum<Points::kPairs>(kAll, s);
    GRADUS_UNROLL
    for (int i = 0; i < Points::kPairs; ++i) {
      const Squares<Points> others(i);
      const V even = Sum<Points::kPairs - 1>(others, s + 2),
              odd = Sum<Points::kPairs - 1>(others, s + 1);
      const V x = hn::Set(D(), Points::kAt[i]);
      r[1 + 2 * i] = hn::MulAdd(x, odd, even);
      r[2 + 2 * i] = hn::NegMulAdd(x, odd, even);
    }
    r[kOut - 1] = Sum<Points::kPairs>(kAll, s + 1);
  }

 private:
  // Of a polynomial's coefficients, the last of which is 1, times every second element.
  template <int kDegree>
  static HWY_INLINE V Sum(const Squares<Points>& polynomial, const V* s) {
    V sum = s[2 * kDegree];
    GRADUS_UNROLL
    for (int k = kDegree - 1; k >= 0; --k) {
      sum = hn::MulAdd(hn::Set(D(), polynomial.coefficients[k]), s[2 * k], sum);
    }
    return sum;
  }
};

// What a dimension of kTaps goes through, besides Inputs or Identity.
template <class Points, int kTaps>
struct Dim {
  static constexpr int kOutputs = Points::kCount - kTaps + 1;
  using Gradient = Values<Points, kOutputs, false>;
  using Result = Sums<Points, kOutputs, false>;
  using Kernel = Values<Points, kTaps, true>;
  using KernelGradient = Sums<Points, kTaps, true>;
};

struct OneTap {
  using Gradient = Identity;
  using Result = Identity;
  using Kernel = Identity;
  using KernelGradient = Identity;
};

// Calls f(Dim of the rows, Dim of the columns).
template <class F>
HWY_INLINE void WithDims(const WinogradTaps& taps, const F& f) {
  if (taps.rows == 3) return f(Dim<Six, 3>(), Dim<Six, 3>());
  if (taps.rows == 5) return f(Dim<Six, 5>(), Dim<Six, 5>());
  if (taps.cols == 3) return f(OneTap(), Dim<Six, 3>());
  return f(OneTap(), Dim<Eight, 5>());
}

// T s U^T, where T is the transform Rows and U is Cols: load(i, j) gives the elements of s,
// store(i, j, r) takes those of the result.
template <class Rows, class Cols, class Load, class Store>
HWY_INLINE void Transform(const Load& load, const Store& store) {
  V half[Rows::kOut][Cols::kIn];
  GRADUS_UNROLL
  for (int j = 0; j < Cols::kIn; ++j) {
    V s[Rows::kIn], r[Rows::kOut];
    GRADUS_UNROLL
    for (int i = 0; i < Rows::kIn; ++i) s[i] = load(i, j);
    Rows::Apply(s, r);
    GRADUS_UNROLL
    for (int i = 0; i < Rows::kOut; ++i) half[i][j] = r[i];
  }
  GRADUS_UNROLL
  for (int i = 0; i < Rows::kOut; ++i) {
    V r[Cols::kOut];
    Cols::Apply(half[i], r);
    GRADUS_UNROLL
    for (int j = 0; j < Cols::kOut; ++j) store(i, j, r[j]);
  }
}

// The places of tiles along a dim.
class Steps {
 public:
  Steps(int64_t outputs, int64_t dilation, int64_t tiles, int64_t before, int64_t extent)
      : step_(outputs * dilation),
        dilation_(dilation),
        tiles_(tiles),
        before_(before),
        extent_(extent) {}

  int64_t count() const { return dilation_ * tiles_; }
  void move_to(int64_t tile) {
    first_ = tile / tiles_;
    tile_ = tile % tiles_;
    at_ = first_ + tile_ * step_ - before_;
  }
  // To the next tile, from the last one to the first. Returns whether it went there.
  bool advance() {
    at_ += step_;
    if (++tile_ < tiles_) return false;
    tile_ = 0;
    if (++first_ == dilation_) first_ = 0;
    at_ = first_ - before_;
    return first_ == 0;
  }

  // Where the tile begins, and which of its lines [first, last) lie in the image.
  int64_t at() const { return at_; }
  int first() const { return at_ >= 0 ? 0 : static_cast<int>((dilation_ - 1 - at_) / dilation_); }
  int last(int64_t lines) const {
    if (at_ + (lines - 1) * dilation_ < extent_) return static_cast<int>(lines);
    return static_cast<int>((extent_ - at_ + dilation_ - 1) / dilation_);
  }

 private:
  int64_t step_, dilation_, tiles_, before_, extent_;
  int64_t first_ = 0;  // line of the image, below the dilation
  int64_t tile_ = 0;   // of those from there
  int64_t at_ = 0;
};

// Where a tile lies in the planes of its tensor.
class Place {
 public:
  Place(const WinogradTiles& t, int64_t tile)
      : tiles_(t),
        rows_(t.taps.rows_out(), t.row_dilation, t.rows, t.top, t.height),
        cols_(t.taps.cols_out(), t.col_dilation, t.cols, t.left, t.width) {
    cols_.move_to(tile % cols_.count());
    rows_.move_to(tile / cols_.count() % rows_.count());
    image_ = tile / (cols_.count() * rows_.count());
  }

  // To the tile after this one.
  void advance() {
    if (cols_.advance() && rows_.advance()) ++image_;
  }

  // Of the first channel of a pixel, from the plane of the first image.
  int64_t offset(int64_t i, int64_t j) const {
    const int64_t line =
        image_ * tiles_.depth * tiles_.height + rows_.at() + i * tiles_.row_dilation;
    return (line * tiles_.width + cols_.at() + j * tiles_.col_dilation) * tiles_.pixel;
  }
  // From a line of the tile to the next, and from a column to the next.
  int64_t line() const { return tiles_.row_dilation * tiles_.width * tiles_.pixel; }
  int64_t column() const { return tiles_.col_dilation * tiles_.pixel; }
  const Steps& rows() const { return rows_; }
  const Steps& cols() const { return cols_; }

 private:
  const WinogradTiles& tiles_;
  Steps rows_, cols_;
  int64_t image_;
};

// The transform of `count` channels of a tile: at(i, j) is the first of them of a pixel.
template <class Rows, class Cols, class At>
HWY_INLINE void TransformVector(const At& at, int64_t channel, int64_t count, int64_t plane,
                                float* to) {
  const D d;
  Transform<Rows, Cols>(
      [&](int i, int j)
          HWY_ATTR { return vm::LoadFirst(d, at(i, j) + channel, static_cast<size_t>(count)); },
      [&](int i, int j, V r) HWY_ATTR { hn::StoreU(r, d, to + (i * Cols::kOut + j) * plane); });
}

// to(tile, channel) is the place of the first element of the result.
template <class Rows, class Cols, class To>
HWY_INLINE void TransformTiles(const WinogradTiles& tiles, const float* x, const float* zeros,
                               int64_t first, int64_t count, int64_t plane, const To& to) {
  const int64_t lanes = LaneCount(), channels = tiles.channels;
  Place place(tiles, first);
  const int64_t line = place.line(), column = place.column();
  for (int64_t t = 0; t < count; ++t, place.advance()) {
    const int top = place.rows().first(), bottom = place.rows().last(Rows::kIn);
    const int left = place.cols().first(), right = place.cols().last(Cols::kIn);
    int64_t c = 0;
    if (top == 0 && left == 0 && bottom == Rows::kIn && right == Cols::kIn) {
      const float* const corner = x + place.offset(0, 0);
      const auto inside = [=](int i, int j) { return corner + i * line + j * column; };
      for (; c + lanes <= channels; c += lanes) {
        TransformVector<Rows, Cols>(inside, c, lanes, plane, to(t, c));
      }
      if (c == channels) continue;
    }
    const float* pixels[Rows::kIn][Cols::kIn];
    std::fill_n(&pixels[0][0], Rows::kIn * Cols::kIn, zeros);
    for (int i = top; i < bottom; ++i) {
      const float* pixel = x + place.offset(i, left);
      for (int j = left; j < right; ++j, pixel += column) pixels[i][j] = pixel;
    }
    const auto anywhere = [&](int i, int j) { return pixels[i][j]; };
    for (; c < channels; c += lanes) {
      TransformVector<Rows, Cols>(anywhere, c, std::min(lanes, channels - c), plane, to(t, c));
    }
  }
}

void TransformData(const WinogradTiles& tiles, const float* x, const float* zeros, int64_t first,
                   int64_t count, const WinogradRows& v, int64_t row) {
  const auto place = [&](int64_t t, int64_t c) { return v.data + (row + t) * v.stride + c; };
  if (tiles.taps.rows > 1) {
    TransformTiles<Inputs<Six>, Inputs<Six>>(tiles, x, zeros, first, count, v.plane, place);
  } else if (tiles.taps.cols_in() == Six::kCount) {
    TransformTiles<Identity, Inputs<Six>>(tiles, x, zeros, first, count, v.plane, place);
  } else {
    TransformTiles<Identity, Inputs<Eight>>(tiles, x, zeros, first, count, v.plane, place);
  }
}

void TransformGradient(const WinogradTiles& tiles, const float* dy, const float* zeros,
                       int64_t first, int64_t count, const WinogradPanels& z, int64_t row) {
  WithDims(tiles.taps, [&](auto rows, auto cols) HWY_ATTR {
    TransformTiles<typename decltype(rows)::Gradient, typename decltype(cols)::Gradient>(
        tiles, dy, zeros, first, count, z.plane,
        [&](int64_t t, int64_t c) { return z.first.at(row + t, c, LaneCount()); });
  });
}

struct ResultTile {
  const float* m;  // the first element
  int64_t plane;
  float* y;  // the first pixel
  int64_t line, column;
  int64_t lines, columns;
};

template <class Rows, class Cols>
HWY_INLINE void TransformResultVector(const ResultTile& tile, const float* bias, int64_t channel,
                                      int64_t count) {
  const D d;
  const size_t n = static_cast<size_t>(count);
  const V b = bias == nullptr ? hn::Zero(d) : vm::LoadFirst(d, bias + channel, n);
  const float* const from = tile.m + channel;
  float* const to = tile.y + channel;
  Transform<Rows, Cols>(
      [&](int i, int j) HWY_ATTR { return hn::LoadU(d, from + (i * Cols::kIn + j) * tile.plane); },
      [&](int i, int j, V r) HWY_ATTR {
        if (i >= tile.lines || j >= tile.columns) return;
        vm::StoreFirst(d, hn::Add(r, b), to + i * tile.line + j * tile.column, n);
      });
}

template <class Rows, class Cols>
void TransformResults(const WinogradTiles& tiles, const WinogradRows& m, int64_t row,
                      const float* bias, int64_t first, int64_t count, float* y) {
  const int64_t channels = tiles.channels, lanes = LaneCount();
  Place place(tiles, first);
  for (int64_t t = 0; t < count; ++t, place.advance()) {
    const ResultTile tile{m.data + (row + t) * m.stride,
                          m.plane,
                          y + place.offset(0, 0),
                          place.line(),
                          place.column(),
                          place.rows().last(Rows::kOut),
                          place.cols().last(Cols::kOut)};
    int64_t c = 0;
    for (; c + lanes <= channels; c += lanes) {
      TransformResultVector<Rows, Cols>(tile, bias, c, lanes);
    }
    if (c < channels) TransformResultVector<Rows, Cols>(tile, bias, c, channels - c);
  }
}

void TransformResult(const WinogradTiles& tiles, const WinogradRows& m, int64_t row,
                     const float* bias, int64_t first, int64_t count, float* y) {
  WithDims(tiles.taps, [&](auto rows, auto cols) HWY_ATTR {
    TransformResults<typename decltype(rows)::Result, typename decltype(cols)::Result>(
        tiles, m, row, bias, first, count, y);
  });
}

template <class Rows, class Cols>
void TransformKernels(const float* w, const WinogradKernels& kernels, int64_t cols, int64_t begin,
                      int64_t end, const WinogradPanels& u, int64_t row) {
  // Taps are collected for several rows at a time: a vector that is loaded right after its lanes
  // were stored would wait for them.
  constexpr int64_t kRows = 8, kTaps = Rows::kIn * Cols::kIn;
  const D d;
  HWY_ALIGN float taps[kRows][kTaps][hn::MaxLanes(D())] = {};
  for (int64_t col = 0; col < cols; col += LaneCount()) {
    const int64_t count = std::min(cols - col, LaneCount());
    for (int64_t first = begin; first < end; first += kRows) {
      const int64_t height = std::min(end - first, kRows);
      for (int64_t i = 0; i < height; ++i) {
        for (int64_t l = 0; l < count; ++l) {
          const float* const from =
              w + (first + i) * kernels.row_stride + (col + l) * kernels.col_stride;
          for (int64_t k = 0; k < kTaps; ++k) {
            taps[i][k][l] = from[kernels.rotated ? kTaps - 1 - k : k];
          }
        }
      }
      for (int64_t i = 0; i < height; ++i) {
        float* const to = u.first.at(row + first + i, col, LaneCount());
        Transform<Rows, Cols>(
            [&](int h, int v) HWY_ATTR { return hn::Load(d, taps[i][h * Cols::kIn + v]); },
            [&](int h, int v, V r)
                HWY_ATTR { hn::StoreU(r, d, to + (h * Cols::kOut + v) * u.plane); });
      }
    }
  }
}

void TransformKernel(const float* w, const WinogradKernels& kernels, int64_t cols, int64_t begin,
                     int64_t end, const WinogradPanels& u, int64_t row) {
  WithDims(kernels.taps, [&](auto of_rows, auto of_cols) HWY_ATTR {
    TransformKernels<typename decltype(of_rows)::Kernel, typename decltype(of_cols)::Kernel>(
        w, kernels, cols, begin, end, u, row);
  });
}

template <class Rows, class Cols>
void TransformKernelGradients(const WinogradRows& s, int64_t row, int64_t cols, int64_t begin,
                              int64_t end, const WinogradKernels& kernels, float* dw) {
  constexpr int64_t kTaps = Rows::kOut * Cols::kOut;
  const D d;
  HWY_ALIGN float taps[kTaps][hn::MaxLanes(D())];
  for (int64_t i = begin; i < end; ++i) {
    for (int64_t col = 0; col < cols; col += LaneCount()) {
      const float* const from = s.data + (row + i) * s.stride + col;
      Transform<Rows, Cols>(
          [&](int h, int v) HWY_ATTR { return hn::LoadU(d, from + (h * Cols::kIn + v) * s.plane); },
          [&](int h, int v, V r) HWY_ATTR { hn::Store(r, d, taps[h * Cols::kOut + v]); });
      const int64_t count = std::min(cols - col, LaneCount());
      for (int64_t l = 0; l < count; ++l) {
        float* const to = dw + i * kernels.row_stride + (col + l) * kernels.col_stride;
        for (int64_t k = 0; k < kTaps; ++k) to[k] = taps[k][l];
      }
    }
  }
}

void TransformKernelGradient(const WinogradRows& s, int64_t row, int64_t cols, int64_t begin,
                             int64_t end, const WinogradKernels& kernels, float* dw) {
  WithDims(kernels.taps, [&](auto of_rows, auto of_cols) HWY_ATTR {
    TransformKernelGradients<typename decltype(of_rows)::KernelGradient,
                             typename decltype(of_cols)::KernelGradient>(s, row, cols, begin, end,
                                                                         kernels, dw);
  });
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

void winograd_data(const WinogradTiles& tiles, const float* x, const float* zeros, int64_t first,
                   int64_t count, const WinogradRows& v, int64_t row) {
  HWY_DYNAMIC_DISPATCH(TransformData)(tiles, x, zeros, first, count, v, row);
}

void winograd_gradient(const WinogradTiles& tiles, const float* dy, const float* zeros,
                       int64_t first, int64_t count, const WinogradPanels& z, int64_t row) {
  HWY_DYNAMIC_DISPATCH(TransformGradient)(tiles, dy, zeros, first, count, z, row);
}

void winograd_result(const WinogradTiles& tiles, const WinogradRows& m, int64_t row,
                     const float* bias, int64_t first, int64_t count, float* y) {
  HWY_DYNAMIC_DISPATCH(TransformResult)(tiles, m, row, bias, first, count, y);
}

void winograd_kernel(const float* w, const WinogradKernels& kernels, int64_t cols, int64_t begin,
                     int64_t end, const WinogradPanels& u, int64_t row) {
  HWY_DYNAMIC_DISPATCH(TransformKernel)(w, kernels, cols, begin, end, u, row);
}

void winograd_kernel_gradient(const WinogradRows& s, int64_t row, int64_t cols, int64_t begin,
                              int64_t end, const WinogradKernels& kernels, float* dw) {
  HWY_DYNAMIC_DISPATCH(TransformKernelGradient)(s, row, cols, begin, end, kernels, dw);
}

}  // namespace gradus::kernel
#endif
