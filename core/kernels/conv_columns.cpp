#include "core/kernels/conv_columns.h"

#include <algorithm>
#include <cstring>

#include "core/allocator.h"
#include "core/kernels/ceil_div.h"
#include "core/kernels/gemm.h"
#include "core/parallel.h"
#include "core/thread_buffers.h"

namespace gradus::kernel {
namespace {

// Columns are made for so many pixels at a time, so that they stay in the cache.
constexpr int64_t kBlockPixels = 512;

// A line is what two leading spatial dims leave: in[2] or out[2] pixels.
struct Lines {
  explicit Lines(const ConvProblem& problem)
      : p(problem),
        columns(p.kernel_pixels() * p.c),
        segment(p.kernel[2] * p.c),
        block(std::max<int64_t>(1, kBlockPixels / p.out[2])),
        count(p.out[0] * p.out[1]) {}

  // Calls f(input line, first element of the segment in a column) for every input line of an image
  // that the output line sees; the input line is -1 where it lies in the padding.
  template <class F>
  void for_each_input_line(int64_t line, F&& f) const {
    const int64_t o0 = line / p.out[1];
    const int64_t o1 = line % p.out[1];
    int64_t at = 0;
    for (int64_t k0 = 0; k0 < p.kernel[0]; ++k0) {
      const int64_t i0 = o0 * p.stride[0] - p.padding[0] + k0 * p.dilation[0];
      for (int64_t k1 = 0; k1 < p.kernel[1]; ++k1, at += segment) {
        const int64_t i1 = o1 * p.stride[1] - p.padding[1] + k1 * p.dilation[1];
        const bool inside = 0 <= i0 && i0 < p.in[0] && 0 <= i1 && i1 < p.in[1];
        f(inside ? i0 * p.in[1] + i1 : -1, at);
      }
    }
  }

  // Calls whole(pixel, first element) for output pixels whose segment lies within the line and
  // dense, and single(pixel, k, element) for each kernel element of the others; the element is -1
  // where it lies in the padding.
  template <class Whole, class Single>
  void for_each_pixel(Whole&& whole, Single&& single) const {
    for (int64_t pixel = 0; pixel < p.out[2]; ++pixel) {
      const int64_t first = pixel * p.stride[2] - p.padding[2];
      if (p.dilation[2] == 1 && first >= 0 && first + p.kernel[2] <= p.in[2]) {
        whole(pixel, first * p.c);
        continue;
      }
      for (int64_t k = 0; k < p.kernel[2]; ++k) {
        const int64_t i = first + k * p.dilation[2];
        single(pixel, k, 0 <= i && i < p.in[2] ? i * p.c : -1);
      }
    }
  }

  const ConvProblem& p;
  int64_t columns;  // elements of a column
  int64_t segment;  // of them, those of one input line
  int64_t block;    // output lines of a block
  int64_t count;    // output lines of an image
};

// cols[pixels of the line, columns] from an image.
void fill_columns(const Lines& l, const float* image, int64_t line, float* cols) {
  l.for_each_input_line(line, [&](int64_t input_line, int64_t at) {
    if (input_line < 0) {
      for (int64_t pixel = 0; pixel < l.p.out[2]; ++pixel) {
        std::fill_n(cols + pixel * l.columns + at, l.segment, 0.0f);
      }
      return;
    }
    const float* const from = image + input_line * l.p.in[2] * l.p.c;
    l.for_each_pixel(
        [&](int64_t pixel, int64_t first) {
          std::copy_n(from + first, l.segment, cols + pixel * l.columns + at);
        },
        [&](int64_t pixel, int64_t k, int64_t element) {
          float* const to = cols + pixel * l.columns + at + k * l.p.c;
          if (element < 0) {
            std::fill_n(to, l.p.c, 0.0f);
          } else {
            std::copy_n(from + element, l.p.c, to);
          }
        });
  });
}

// Adds cols to the input lines [begin, end) of an image.
void add_columns(const Lines& l, const float* cols, int64_t line, int64_t begin, int64_t end,
                 float* image) {
  l.for_each_input_line(line, [&](int64_t input_line, int64_t at) {
    if (input_line < begin || input_line >= end) return;
    float* const to = image + input_line * l.p.in[2] * l.p.c;
    l.for_each_pixel(
        [&](int64_t pixel, int64_t first) {
          const float* const from = cols + pixel * l.columns + at;
          for (int64_t i = 0; i < l.segment; ++i) to[first + i] += from[i];
        },
        [&](int64_t pixel, int64_t k, int64_t element) {
          if (element < 0) return;
          const float* const from = cols + pixel * l.columns + at + k * l.p.c;
          for (int64_t i = 0; i < l.p.c; ++i) to[element + i] += from[i];
        });
  });
}

// Parts of an image so that all images make ~`wanted`.
int64_t rows_of_part(const ConvProblem& p, int64_t rows, int64_t wanted, int64_t min_rows) {
  const int64_t parts = ceil_div(std::max<int64_t>(wanted, 1), p.n);
  return std::min(rows, std::max(min_rows, ceil_div(rows, parts)));
}

int64_t wanted_parts(const ConvProblem& p, int64_t columns, int64_t max_parts) {
  const double flops =
      2.0 * static_cast<double>(p.n * p.out_pixels()) * static_cast<double>(p.o * columns);
  return static_cast<int64_t>(std::min(static_cast<double>(max_parts), flops / 100 / 40000));
}

size_t bytes_of_columns(const Lines& l) {
  return sizeof(float) * static_cast<size_t>(l.block * l.p.out[2] * l.columns);
}

int cut_dim(const ConvProblem& p) {
  return p.spatial == 3 ? 0 : 1;
}

}  // namespace

void columns_backward_data(const ConvProblem& p, const float* dy, const float* w, float* dx) {
  const Lines l(p);
  const int d = cut_dim(p);
  // w as [o, kernel..., c].
  const int64_t kernel = p.kernel_pixels();
  const Buffer arranged(sizeof(float) * static_cast<size_t>(p.o * l.columns));
  for (int64_t o = 0; o < p.o; ++o) {
    for (int64_t c = 0; c < p.c; ++c) {
      for (int64_t k = 0; k < kernel; ++k) {
        arranged.as<float>()[o * l.columns + k * p.c + c] = w[(o * p.c + c) * kernel + k];
      }
    }
  }
  // A part is rows of dx. At its edges it computes columns that the next one computes too.
  const int64_t rows =
      rows_of_part(p, p.in[d], wanted_parts(p, l.columns, kMaxChunks), 4 * p.reach(d));
  const int64_t parts = ceil_div(p.in[d], rows);
  const int64_t lines_per_row = d == 0 ? p.in[1] : 1;
  const int64_t out_lines_per_row = d == 0 ? p.out[1] : 1;
  const ThreadBuffers space(bytes_of_columns(l));
  parallel_for(p.n * parts, 1, [&](int64_t task, int64_t task_end) {
    float* const cols = space.mine<float>();
    for (; task < task_end; ++task) {
      const int64_t n = task / parts;
      const int64_t row = task % parts * rows;
      const int64_t row_end = std::min(p.in[d], row + rows);
      float* const image = dx + n * p.in_pixels() * p.c;
      const int64_t line_elements = p.in[2] * p.c;
      std::fill(image + row * lines_per_row * line_elements,
                image + row_end * lines_per_row * line_elements, 0.0f);
      const int64_t seen = row + p.padding[d] - (p.reach(d) - 1);
      const int64_t first = ceil_div(std::max<int64_t>(seen, 0), p.stride[d]);
      const int64_t last = std::min(p.out[d], (row_end - 1 + p.padding[d]) / p.stride[d] + 1);
      const int64_t line_end = last * out_lines_per_row;
      for (int64_t line = first * out_lines_per_row; line < line_end; line += l.block) {
        const int64_t count = std::min(l.block, line_end - line);
        const float* const from = dy + (n * l.count + line) * p.out[2] * p.o;
        gemm(count * p.out[2], l.columns, p.o, {from, p.o, 1}, {arranged.as<float>(), l.columns, 1},
             cols, l.columns, nullptr, false);
        for (int64_t i = 0; i < count; ++i) {
          add_columns(l, cols + i * p.out[2] * l.columns, line + i, row * lines_per_row,
                      row_end * lines_per_row, image);
        }
      }
    }
  });
}

void columns_backward_weights(const ConvProblem& p, const float* dy, const float* x, float* dw,
                              float* db) {
  const Lines l(p);
  const int64_t rows = rows_of_part(p, l.count, wanted_parts(p, l.columns, 16), 1);
  const int64_t parts = ceil_div(l.count, rows);
  const int64_t tasks = p.n * parts;
  const Chunks chunks = chunks_of(tasks, ceil_div(tasks, 16));
  const int64_t size = p.o * l.columns;
  const Buffer partial(sizeof(float) * static_cast<size_t>((size + p.o) * chunks.count));
  const ThreadBuffers space(bytes_of_columns(l));
  parallel_for(tasks, ceil_div(tasks, 16), [&](int64_t task, int64_t task_end) {
    float* const cols = space.mine<float>();
    float* const sum = partial.as<float>() + task / chunks.size * (size + p.o);
    std::fill_n(sum, size + p.o, 0.0f);
    for (; task < task_end; ++task) {
      const int64_t n = task / parts;
      const int64_t line_begin = task % parts * rows;
      const int64_t line_end = std::min(l.count, line_begin + rows);
      const float* const image = x + n * p.in_pixels() * p.c;
      for (int64_t line = line_begin; line < line_end; line += l.block) {
        const int64_t count = std::min(l.block, line_end - line);
        for (int64_t i = 0; i < count; ++i) {
          fill_columns(l, image, line + i, cols + i * p.out[2] * l.columns);
        }
        const int64_t pixels = count * p.out[2];
        const float* const from = dy + (n * l.count + line) * p.out[2] * p.o;
        gemm(p.o, l.columns, pixels, {from, 1, p.o}, {cols, l.columns, 1}, sum, l.columns, nullptr,
             /*accumulate=*/true);
        if (db != nullptr) add_rows(from, pixels, p.o, sum + size);
      }
    }
  });
  float* const total = partial.as<float>();
  for (int64_t chunk = 1; chunk < chunks.count; ++chunk) {
    const float* const sum = total + chunk * (size + p.o);
    for (int64_t i = 0; i < size + p.o; ++i) total[i] += sum[i];
  }
  const int64_t kernel = p.kernel_pixels();
  for (int64_t o = 0; o < p.o; ++o) {
    for (int64_t c = 0; c < p.c; ++c) {
      for (int64_t k = 0; k < kernel; ++k) {
        dw[(o * p.c + c) * kernel + k] = total[o * l.columns + k * p.c + c];
      }
    }
  }
  if (db != nullptr) std::copy_n(total + size, p.o, db);
}

}  // namespace gradus::kernel
