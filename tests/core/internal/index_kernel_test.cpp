// Sums of listed rows: the vector loop beside the plain one, which double runs through.

#include <cstring>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "core/kernels/index.h"

namespace gradus {
namespace {

// Integers, so that sums are exact in any order.
TEST(IndexKernel, SumsOfRowsEqualThePlainLoop) {
  manual_seed(1);
  for (int64_t n : {1, 7, 8, 33, 128}) {
    const Tensor x = randint(-5, 5, {500, n}, kDouble);
    const Tensor from = randint(0, 500, {3000}, kLong);
    const Tensor unsorted = randint(0, 90, {3000}, kLong);
    const Tensor factors = randint(-3, 3, {3000}, kDouble);
    for (const Tensor& to : {unsorted, std::get<0>(unsorted.sort())}) {
      for (const Tensor& f : {factors, Tensor()}) {
        const Tensor y = kernel::sum_rows(x, from, to, f, 100);
        Tensor each = x.index_select(0, from);
        if (f.defined()) each = each * f.unsqueeze(1);
        EXPECT_TRUE(equal(y, zeros({100, n}, kDouble).index_add(0, to, each)));
        const Tensor y_vector =
            kernel::sum_rows(x.to(kFloat), from, to, f.defined() ? f.to(kFloat) : Tensor(), 100);
        EXPECT_TRUE(equal(y_vector.to(kDouble), y));
        const Tensor dots = kernel::row_dots(x, from, y, to);
        EXPECT_TRUE(equal(dots, (x.index_select(0, from) * y.index_select(0, to)).sum(1)));
        const Tensor dots_vector = kernel::row_dots(x.to(kFloat), from, y.to(kFloat), to);
        EXPECT_TRUE(equal(dots_vector.to(kDouble), dots));
      }
    }
  }
}

TEST(IndexKernel, FindsWhatIsOutside) {
  for (int64_t n : {0, 1, 7, 16, 100}) {
    Tensor index = randint(0, 10, {n}, kLong);
    int64_t* const p = index.data_ptr<int64_t>();
    EXPECT_TRUE(kernel::all_inside_vector(p, n, 10));
    for (int64_t i = 0; i < n; ++i) {
      const int64_t before = p[i];
      for (int64_t outside : {int64_t{-1}, int64_t{10}, INT64_MIN, INT64_MAX}) {
        p[i] = outside;
        EXPECT_FALSE(kernel::all_inside_vector(p, n, 10)) << outside << " at " << i;
      }
      p[i] = before;
    }
  }
  const int64_t zero = 0;
  EXPECT_FALSE(kernel::all_inside_vector(&zero, 1, 0));
}

TEST(IndexKernel, SumsOfRowsAreEqualForAnyNumberOfThreads) {
  manual_seed(2);
  const int before = get_num_threads();
  const Tensor x = randn({5000, 64}), from = randint(0, 5000, {20000}, kLong);
  const Tensor unsorted = randint(0, 3000, {20000}, kLong);
  for (const Tensor& to : {unsorted, std::get<0>(unsorted.sort())}) {
    set_num_threads(1);
    const Tensor y = kernel::sum_rows(x, from, to, Tensor(), 3000);
    for (int threads : {2, 3, 8}) {
      set_num_threads(threads);
      const Tensor again = kernel::sum_rows(x, from, to, Tensor(), 3000);
      EXPECT_EQ(std::memcmp(y.data_ptr(), again.data_ptr(), y.nbytes()), 0);
    }
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace gradus
