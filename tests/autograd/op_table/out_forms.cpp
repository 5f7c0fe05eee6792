// The out= forms that compute first and copy then, each beside its op.

#include <vector>

#include "tests/autograd/op_table/forms.h"
#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

// Those that are declared with their ops.
void add_older_forms(Forms& forms) {
  const Tensor x = values({3, 4});
  const Tensor q = values({4, 4}, -2, 2, 2), y = values({2, 3, 3}, -2, 2, 3),
               z = values({2, 3, 3}, -2, 2, 4);
  const Tensor v3 = values({3}, -2, 2, 5), v4 = values({4}, -2, 2, 6), b = x > 0,
               half = tensor({0.5}, kDouble);
  const Tensor sorted = tensor({-1.0, 0.0, 1.0}, kDouble), rows = tensor({2, 0, 1});
  const Tensor index = integers({3, 4}, 0, 2), permuted = argsort(x, 1);
  const std::vector<Tensor> list = {x, -x};
  GRADUS_OUT(addmm, x, x, q);
  GRADUS_OUT(addmv, v3, x, v4);
  GRADUS_OUT(addr, x, v3, v4);
  GRADUS_OUT(all, b, 1);
  GRADUS_OUT(amax, x, 1);
  GRADUS_OUT(amin, x, 1);
  GRADUS_OUT(any, b, 1);
  GRADUS_OUT(argmax, x, 1);
  GRADUS_OUT(argmin, x, 1);
  GRADUS_OUT(baddbmm, y, y, z);
  GRADUS_OUT(bmm, y, z);
  GRADUS_OUT(bucketize, x, sorted);
  GRADUS_OUT(cat, list, 1);
  GRADUS_OUT(column_stack, list);
  GRADUS_OUT(cumprod, x, 1);
  GRADUS_OUT(cumsum, x, 1);
  GRADUS_OUT(diag, x, 1);
  GRADUS_OUT(dot, v3, v3);
  GRADUS_OUT(dstack, list);
  GRADUS_OUT(gather, x, 1, index);
  GRADUS_OUT(ger, v3, v4);
  GRADUS_OUT(histc, x, 5, -2, 2);
  GRADUS_OUT(hstack, list);
  GRADUS_OUT(index_add, x, 0, rows, x);
  GRADUS_OUT(index_copy, x, 0, rows, x);
  GRADUS_OUT(index_select, x, 0, rows);
  GRADUS_OUT(inner, x, x);
  GRADUS_OUT(isin, index, rows);
  GRADUS_OUT(linalg_vector_norm, x, 3, IntArrayRef(1));
  GRADUS_OUT(log_softmax, x, 1);
  GRADUS_OUT(logcumsumexp, x, 1);
  GRADUS_OUT(logsumexp, x, 1);
  GRADUS_OUT(masked_select, x, b);
  GRADUS_OUT(matmul, x, q);
  GRADUS_OUT(mean, x, 1);
  GRADUS_OUT(mm, x, q);
  GRADUS_OUT(msort, x);
  GRADUS_OUT(mv, x, v4);
  GRADUS_OUT(nanmean, x, 1);
  GRADUS_OUT(nanquantile, x, half, 1);
  GRADUS_OUT(nansum, x, 1);
  GRADUS_OUT(nextafter, x, x + 1);
  GRADUS_OUT(nonzero, b);
  GRADUS_OUT(norm, x, Scalar(3), 1);
  GRADUS_OUT(outer, v3, v4);
  GRADUS_OUT(prod, x, 1);
  forms.out.back().any_dtype = true;
  GRADUS_OUT(quantile, x, half, 1);
  GRADUS_OUT(renorm, x, 2, 0, 1);
  GRADUS_OUT(scatter_add, x, 1, index, x);
  GRADUS_OUT(scatter, x, 1, permuted, x);
  GRADUS_OUT(searchsorted, sorted, x);
  GRADUS_OUT(softmax, x, 1);
  GRADUS_OUT(stack, list, 1);
  GRADUS_OUT(std, x, 1);
  GRADUS_OUT(sum, x, 1);
  forms.out.back().any_dtype = true;
  GRADUS_OUT(take_along_dim, x, index, 1);
  GRADUS_OUT(take, x, rows);
  GRADUS_OUT(tril, x, 1);
  GRADUS_OUT(triu, x, 1);
  GRADUS_OUT(var, x, 1);
  GRADUS_OUT(vdot, v3, v3);
  GRADUS_OUT(vstack, list);
  GRADUS_OUT(where, b, x, -x);
  GRADUS_OUT(sum, x);
  GRADUS_OUT(mean, x);
  GRADUS_OUT(prod, x);
  GRADUS_OUT(nansum, x);
  GRADUS_OUT(nanmean, x);
  GRADUS_OUT(median, x);
  GRADUS_OUT(nanmedian, x);
  GRADUS_OUT(norm, x, 3);
  GRADUS_OUT(bucketize, 0.5, sorted);
  GRADUS_OUT2(aminmax, x, 1);
  GRADUS_OUT2(cummax, x, 1);
  GRADUS_OUT2(cummin, x, 1);
  GRADUS_OUT2(kthvalue, x, 2, 1);
  GRADUS_OUT2(max, x, 1);
  GRADUS_OUT2(median, x, 1);
  GRADUS_OUT2(min, x, 1);
  GRADUS_OUT2(mode, x, 1);
  GRADUS_OUT2(nanmedian, x, 1);
  GRADUS_OUT2(sort, x, 1);
  GRADUS_OUT2(topk, x, 2, 1);
}

void add_element_wise(Forms& forms) {
  const Tensor x = values({3, 4}), y = values({3, 4}, -2, 2, 2), p = values({3, 4}, 0.1, 0.9, 3);
  const Tensor a = values({3, 4}, 1, 3, 4), i = integers({3, 4}, 1, 9), j = integers({4}, 1, 5, 2);
  const Tensor b = x > 0, c = y > 0, zero = x * 0;
  GRADUS_OUT(absolute, x);
  GRADUS_OUT(add, x, 2, 3);
  GRADUS_OUT(sub, x, 2, 3);
  GRADUS_OUT(mul, x, 2);
  GRADUS_OUT(div, x, 2);
  GRADUS_OUT(div, x, 2, "floor");
  GRADUS_OUT(floor_divide, x, 2);
  GRADUS_OUT(remainder, 2, a);
  GRADUS_OUT(bitwise_and, 5, i);
  GRADUS_OUT(bitwise_or, 5, i);
  GRADUS_OUT(bitwise_xor, 5, i);
  GRADUS_OUT(bitwise_left_shift, 5, j);
  GRADUS_OUT(bitwise_right_shift, 5, j);
  GRADUS_OUT(arccos, p);
  GRADUS_OUT(arccosh, a);
  GRADUS_OUT(arcsin, p);
  GRADUS_OUT(arcsinh, x);
  GRADUS_OUT(arctan, x);
  GRADUS_OUT(arctanh, p);
  GRADUS_OUT(bitwise_not, i);
  GRADUS_OUT(deg2rad, x);
  GRADUS_OUT(fix, x);
  GRADUS_OUT(hardsigmoid, x);
  GRADUS_OUT(hardswish, x);
  GRADUS_OUT(isneginf, x / zero);
  GRADUS_OUT(isposinf, x / zero);
  GRADUS_OUT(log_sigmoid, x);
  GRADUS_OUT(logical_not, b);
  GRADUS_OUT(mish, x);
  GRADUS_OUT(negative, x);
  GRADUS_OUT(rad2deg, x);
  GRADUS_OUT(sgn, x);
  GRADUS_OUT(signbit, x);
  GRADUS_OUT(silu, x);
  GRADUS_OUT(sinc, x);
  GRADUS_OUT(elu, x, 0.5, 2, 3);
  GRADUS_OUT(gelu, x, "tanh");
  GRADUS_OUT(glu, x, 1);
  GRADUS_OUT(hardshrink, x, 0.7);
  GRADUS_OUT(hardtanh, x, -0.5, 0.7);
  GRADUS_OUT(leaky_relu, x, 0.3);
  GRADUS_OUT(logit, p, 0.2);
  GRADUS_OUT(nan_to_num, x / zero, 1.0, 2.0, 3.0);
  GRADUS_OUT(round, x, 1);
  GRADUS_OUT(softplus, x, 2, 3);
  GRADUS_OUT(softshrink, x, 0.7);
  GRADUS_OUT(threshold, x, 0.5, 7);
  GRADUS_OUT(bitwise_and, i, j);
  GRADUS_OUT(bitwise_and, i, 3);
  GRADUS_OUT(bitwise_left_shift, i, j);
  GRADUS_OUT(bitwise_left_shift, i, 3);
  GRADUS_OUT(bitwise_or, i, j);
  GRADUS_OUT(bitwise_or, i, 3);
  GRADUS_OUT(bitwise_right_shift, i, j);
  GRADUS_OUT(bitwise_right_shift, i, 3);
  GRADUS_OUT(bitwise_xor, i, j);
  GRADUS_OUT(bitwise_xor, i, 3);
  GRADUS_OUT(copysign, x, y);
  GRADUS_OUT(copysign, x, -1);
  GRADUS_OUT(greater, x, y);
  GRADUS_OUT(greater, x, 0.5);
  GRADUS_OUT(greater_equal, i, j);
  GRADUS_OUT(greater_equal, i, 3);
  GRADUS_OUT(less, x, y);
  GRADUS_OUT(less, x, 0.5);
  GRADUS_OUT(less_equal, i, j);
  GRADUS_OUT(less_equal, i, 3);
  GRADUS_OUT(not_equal, i, j);
  GRADUS_OUT(not_equal, i, 3);
  GRADUS_OUT(eq, i, 3);
  GRADUS_OUT(fmod, x, 0.5);
  GRADUS_OUT(ge, x, 0.5);
  GRADUS_OUT(gt, x, 0.5);
  GRADUS_OUT(le, x, 0.5);
  GRADUS_OUT(lt, x, 0.5);
  GRADUS_OUT(ne, i, 3);
  GRADUS_OUT(remainder, x, 0.5);
  GRADUS_OUT(divide, x, a);
  GRADUS_OUT(divide, x, a, "floor");
  GRADUS_OUT(div, x, a, "trunc");
  GRADUS_OUT(floor_divide, x, a);
  GRADUS_OUT(fmax, x, y);
  GRADUS_OUT(fmin, x, y);
  GRADUS_OUT(gcd, i, j);
  GRADUS_OUT(hypot, x, y);
  GRADUS_OUT(lcm, i, j);
  GRADUS_OUT(logaddexp, x, y);
  GRADUS_OUT(logaddexp2, x, y);
  GRADUS_OUT(logical_and, b, c);
  GRADUS_OUT(logical_or, b, c);
  GRADUS_OUT(logical_xor, b, c);
  GRADUS_OUT(multiply, x, y);
  GRADUS_OUT(true_divide, x, a);
  GRADUS_OUT(arctan2, x, y);
  GRADUS_OUT(atan2, x, y);
  GRADUS_OUT(subtract, x, y, 3);
  GRADUS_OUT2(frexp, x);
  GRADUS_OUT(heaviside, x, y);
  GRADUS_OUT(ldexp, x, j);
  GRADUS_OUT(float_power, a, y);
  GRADUS_OUT(float_power, a, 2);
  GRADUS_OUT(float_power, 2, y);
  GRADUS_OUT(pow, a, 2.5);
  GRADUS_OUT(pow, 2, y);
  GRADUS_OUT(xlogy, x, a);
  GRADUS_OUT(xlogy, x, 3);
  GRADUS_OUT(xlogy, 3, a);
  GRADUS_OUT(clamp_max, x, 0.5);
  GRADUS_OUT(clamp_max, x, y);
  GRADUS_OUT(clamp_min, x, 0.5);
  GRADUS_OUT(clamp_min, x, y);
  GRADUS_OUT(clip, x, Scalar(-1), Scalar(0.5));
  GRADUS_OUT(clip, x, p, a);
  GRADUS_OUT(addcdiv, x, y, a, 2);
  GRADUS_OUT(addcmul, x, y, a, 2);
  GRADUS_OUT(lerp, x, y, 0.3);
  GRADUS_OUT(lerp, x, y, p);
}

void add_arranging(Forms& forms) {
  const Tensor x = values({3, 4}), t = values({3}), b = x > 0;
  const Tensor at = integers({3, 4}, 0, 2), permuted = argsort(x, 1), rows = tensor({2, 0, 2});
  const std::vector<Tensor> list = {x, -x};
  const std::vector<indexing::TensorIndex> brackets = {rows, indexing::Slice(1, 3)};
  const Tensor image = values({1, 2, 6, 6}), line = values({1, 2, 6}),
               sorted = tensor({-1., 0., 1.});
  GRADUS_OUT(all, b);
  GRADUS_OUT(any, b);
  GRADUS_OUT(max, x);
  GRADUS_OUT(min, x);
  GRADUS_OUT(quantile, x, 0.3, 1);
  GRADUS_OUT(nanquantile, x, 0.3, 1, true, "lower");
  GRADUS_OUT(argsort, x, true, 0, true);
  GRADUS_OUT2(sort, x, true, 0, true);
  GRADUS_OUT(diff, x, 1, 1, x);
  GRADUS_OUT(concatenate, list, 1);
  GRADUS_OUT(row_stack, list);
  GRADUS_OUT(index, x, brackets);
  GRADUS_OUT(scatter, x, 1, permuted, 7);
  GRADUS_OUT(scatter, x, 1, at, x, "add");
  GRADUS_OUT(scatter, x, 1, at, 2, "multiply");
  GRADUS_OUT(scatter_reduce, x, 1, at, x, "amax", false);
  GRADUS_OUT(im2col, image, {2, 3}, 1, 1, 2);
  GRADUS_OUT(col2im, im2col(image, 2, 1, 0, 1), 6, 2, 1, 0, 1);
  GRADUS_OUT(reflection_pad1d, line, {2, 1});
  GRADUS_OUT(reflection_pad2d, image, {2, 1, 0, 1});
  GRADUS_OUT(reflection_pad3d, values({1, 1, 3, 3, 3}), {2, 1, 0, 1, 1, 1});
  GRADUS_OUT(replication_pad1d, line, {2, 1});
  GRADUS_OUT(replication_pad2d, image, {2, 1, 0, 1});
  GRADUS_OUT(replication_pad3d, values({1, 1, 3, 3, 3}), {2, 1, 0, 1, 1, 1});
  GRADUS_OUT(isin, at, 1);
  GRADUS_OUT(isin, 1, at, false, true);
  GRADUS_OUT(searchsorted, sorted, 0.5);
  GRADUS_OUT2(histogram, x, 4, {-1.0, 1.0});
  GRADUS_OUT2(histogram, x, tensor({-1.0, 0.0, 2.0}, kDouble), x.square(), true);
  GRADUS_OUT(index_reduce, x, 0, rows, x, "mean");
  GRADUS_OUT(nonzero_static, b, 20, 7);
}

void add_factories(Forms& forms) {
  const Tensor p = values({3, 4}, 0.1, 0.9), start = tensor(1.5, kDouble),
               end = tensor(4.0, kDouble);
  const std::optional<Generator> none;
  GRADUS_FACTORY_OUT(arange, 5);
  GRADUS_FACTORY_OUT(arange, 1, 5.5, 0.5);
  // What empty leaves in memory is anything.
  forms.factory(
      "empty_out",
      [] {
        return zeros({2, 3}, kDouble);
      },
      [](std::vector<Tensor>& outs) {
        empty_out(outs[0], {2, 3}).zero_();
      });
  GRADUS_FACTORY_OUT(eye, 3);
  GRADUS_FACTORY_OUT(eye, 3, 4);
  GRADUS_FACTORY_OUT(full, {2, 3}, 7.5);
  GRADUS_FACTORY_OUT(linspace, 1, 2.5, 7);
  GRADUS_FACTORY_OUT(linspace, start, end, 7);
  GRADUS_FACTORY_OUT(linspace, start, 2, 7);
  GRADUS_FACTORY_OUT(linspace, 1, end, 7);
  GRADUS_FACTORY_OUT(logspace, 1, 2.5, 7, 2);
  GRADUS_FACTORY_OUT(logspace, start, end, 7, 2);
  GRADUS_FACTORY_OUT(logspace, start, 2, 7, 2);
  GRADUS_FACTORY_OUT(logspace, 1, end, 7, 2);
  GRADUS_FACTORY_OUT(ones, {2, 3});
  GRADUS_FACTORY_OUT(rand, {2, 3});
  GRADUS_FACTORY_OUT(rand, {2, 3}, none);
  GRADUS_FACTORY_OUT(randint, 9, {2, 3});
  GRADUS_FACTORY_OUT(randint, 9, {2, 3}, none);
  GRADUS_FACTORY_OUT(randint, 5, 9, {2, 3});
  GRADUS_FACTORY_OUT(randint, 5, 9, {2, 3}, none);
  GRADUS_FACTORY_OUT(randn, {2, 3});
  GRADUS_FACTORY_OUT(randn, {2, 3}, none);
  GRADUS_FACTORY_OUT(randperm, 9);
  GRADUS_FACTORY_OUT(randperm, 9, none);
  GRADUS_FACTORY_OUT(range, 1, 5.5, 0.5);
  GRADUS_FACTORY_OUT(zeros, {2, 3});
  GRADUS_FACTORY_OUT(normal, 1.0, 2.0, {2, 3}, none);
  GRADUS_RANDOM_OUT(bernoulli, p);
  GRADUS_RANDOM_OUT(bernoulli, p, p);
  GRADUS_RANDOM_OUT(bernoulli, p, 0.3);
  GRADUS_RANDOM_OUT(multinomial, p, 2);
  GRADUS_RANDOM_OUT(normal, p, p);
  GRADUS_RANDOM_OUT(normal, p, 2.0);
  GRADUS_RANDOM_OUT(normal, 2.0, p);
}

void add_layer_forms(Forms& forms) {
  const Tensor line = values({1, 2, 6}), image = values({1, 2, 6, 6}),
               volume = values({1, 1, 4, 4, 4});
  const Tensor draws2 = values({1, 2, 2}, 0.1, 0.9), draws3 = values({1, 1, 3}, 0.1, 0.9);
  const auto [pooled2, places2] = max_pool2d_with_indices(image, 2);
  const auto [pooled3, places3] = max_pool3d_with_indices(volume, 2);
  // Bindings cannot be captured.
  const Tensor y2 = pooled2, i2 = places2, y3 = pooled3, i3 = places3;
  GRADUS_OUT(adaptive_avg_pool2d, image, {3, 2});
  GRADUS_OUT(adaptive_avg_pool3d, volume, {3, 2, 1});
  GRADUS_OUT2(adaptive_max_pool2d, image, {3, 2});
  GRADUS_OUT2(adaptive_max_pool3d, volume, {3, 2, 1});
  GRADUS_OUT(avg_pool2d, image, 3, 2, 1, true, false);
  GRADUS_OUT(avg_pool3d, volume, 3, 2, 1, true, false, 5);
  GRADUS_OUT2(fractional_max_pool2d, image, 2, 3, draws2);
  GRADUS_OUT2(fractional_max_pool3d, volume, 2, 2, draws3);
  GRADUS_OUT2(max_pool2d_with_indices, image, 3, 2, 1, 1, true);
  GRADUS_OUT2(max_pool3d_with_indices, volume, 2, 2, 0, 1, true);
  GRADUS_OUT(max_unpool2d, y2, i2, {6, 6});
  GRADUS_OUT(max_unpool3d, y3, i3, {4, 4, 4});
  GRADUS_OUT(max_unpool3d, y3, i3, {4, 4, 4}, {2, 2, 2}, {0, 0, 0});
  GRADUS_OUT(upsample_nearest1d, line, 9);
  GRADUS_OUT(upsample_nearest2d, image, {9, 4});
  GRADUS_OUT(upsample_nearest3d, volume, {2, 9, 4});
  GRADUS_OUT(upsample_linear1d, line, 9, true);
  GRADUS_OUT(upsample_bilinear2d, image, {9, 4}, false);
  GRADUS_OUT(upsample_bicubic2d, image, {9, 4}, false);
  GRADUS_OUT(upsample_trilinear3d, volume, {2, 9, 4}, true);

  const Tensor x = values({3, 4}), y = values({3, 4}, -2, 2, 2), p = values({3, 4}, 0.1, 0.9, 3);
  const Tensor classes = tensor({2, 0, 3}), w = values({4}, 0.1, 1), sign = y.sign();
  const Tensor sets = tensor({{3, 0, -1, 1}, {-1, 0, 1, 2}, {1, 2, 3, 0}});
  GRADUS_OUT(binary_cross_entropy, p, p, p);
  GRADUS_OUT(huber_loss, x, y, Reduction::None, 0.5);
  GRADUS_OUT(mse_loss, x, y, Reduction::Sum);
  GRADUS_OUT(multi_margin_loss, x, classes, 2, 0.5, w);
  GRADUS_OUT(multilabel_margin_loss, x, sets, Reduction::None);
  GRADUS_OUT(nll_loss, x, classes, w, Reduction::Sum);
  GRADUS_OUT(smooth_l1_loss, x, y, Reduction::None, 0.5);
  GRADUS_OUT(soft_margin_loss, x, sign);
}

void add_linear_algebra(Forms& forms) {
  const Tensor x = values({3, 4}), y = values({2, 3, 3}), z = values({2, 3, 3}, -2, 2, 2);
  const Tensor eye3 = eye(3, kDouble), spd = matmul(y, mT(y)) + eye3, a = y * 0.3 + eye3 * 3;
  const Tensor factor = linalg_cholesky(spd), v3 = values({2, 3}), w = values({5, 4}),
               bias = values({5});
  const std::vector<Tensor> chain = {x, values({4, 2}), values({2, 5})};
  const auto [lu_data, lu_pivots] = linalg_lu_factor(a);
  const Tensor lu = lu_data, pivots = lu_pivots;
  const Tensor square = values({2, 3, 6}) + eye(6, kDouble).reshape({2, 3, 6}) * 3;
  GRADUS_OUT(addbmm, eye3, y, z, 2, 3);
  GRADUS_OUT(chain_matmul, chain);
  GRADUS_OUT(cholesky, spd, true);
  GRADUS_OUT(cholesky_inverse, factor);
  GRADUS_OUT(cholesky_solve, z, factor);
  GRADUS_OUT(cross, y, z, 1);
  GRADUS_OUT(frobenius_norm, y, {0, 2}, true);
  GRADUS_OUT(inverse, a);
  GRADUS_OUT(kron, x, y);
  GRADUS_OUT(linalg_cholesky, spd, true);
  GRADUS_OUT2(linalg_cholesky_ex, spd, true);
  GRADUS_OUT(linalg_cond, a, 1);
  GRADUS_OUT(linalg_cond, a, "fro");
  GRADUS_OUT(linalg_cross, y, z);
  GRADUS_OUT(linalg_det, a);
  GRADUS_OUT2(linalg_eigh, spd, "U");
  GRADUS_OUT(linalg_eigvalsh, spd, "U");
  GRADUS_OUT(linalg_householder_product, y, v3);
  GRADUS_OUT(linalg_inv, a);
  GRADUS_OUT2(linalg_inv_ex, a, true);
  GRADUS_OUT2(linalg_solve_ex, a, z, false, true);
  GRADUS_OUT2(geqrf, y);
  GRADUS_OUT(orgqr, y, v3);
  GRADUS_OUT(ormqr, y, v3, z, false, true);
  forms.many("linalg_lstsq_out", linalg_lstsq(w, w * 2), [=](std::vector<Tensor>& outs) {
    linalg_lstsq_out(outs[0], outs[1], outs[2], outs[3], w, w * 2);
  });
  GRADUS_OUT3(linalg_lu, a);
  GRADUS_OUT2(linalg_lu_factor, a);
  GRADUS_OUT3(linalg_lu_factor_ex, a);
  GRADUS_OUT(linalg_lu_solve, lu, pivots, z, false, true);
  GRADUS_OUT(linalg_matmul, y, z);
  GRADUS_OUT(linalg_matrix_norm, y, 1, {0, 2}, true);
  GRADUS_OUT(linalg_matrix_norm, y, "nuc", {0, 2}, true);
  GRADUS_OUT(linalg_matrix_power, a, 3);
  GRADUS_OUT(linalg_matrix_rank, y, 0.1, 0.2);
  GRADUS_OUT(linalg_matrix_rank, spd, 0.1, true);
  GRADUS_OUT(linalg_matrix_rank, y, bias[0].abs());
  GRADUS_OUT(linalg_pinv, y, bias[0].abs(), Tensor());
  GRADUS_OUT(linalg_pinv, spd, bias[0].abs(), true);
  GRADUS_OUT(linalg_multi_dot, chain);
  GRADUS_OUT(linalg_norm, y, 1, {0, 2}, true);
  GRADUS_OUT(linalg_norm, y, "nuc", {0, 2}, true);
  GRADUS_OUT(linalg_pinv, y, 0.1, 0.2);
  GRADUS_OUT(linalg_pinv, spd, 0.1, true);
  GRADUS_OUT2(linalg_qr, x, "complete");
  GRADUS_OUT2(linalg_slogdet, a);
  GRADUS_OUT(linalg_solve, a, z, false);
  GRADUS_OUT(linalg_solve_triangular, factor, z, false, false);
  GRADUS_OUT3(linalg_svd, x, false);
  GRADUS_OUT(linalg_svdvals, x);
  GRADUS_OUT(linalg_tensorinv, square, 2);
  GRADUS_OUT(linalg_tensorsolve, square, values({2, 3}));
  GRADUS_OUT(linalg_vecdot, y, z, 1);
  GRADUS_OUT(linear, x, w, bias);
  GRADUS_OUT(lu_solve, z, lu, pivots);
  GRADUS_OUT3(lu_unpack, lu, pivots);
  GRADUS_OUT(matrix_power, a, 3);
  GRADUS_OUT(nuclear_norm, x, true);
  GRADUS_OUT(nuclear_norm, y, {0, 2}, true);
  GRADUS_OUT2(triangular_solve, z, factor, false, true);
  GRADUS_OUT2(qr, x, false);
  GRADUS_OUT2(slogdet, a);
  GRADUS_OUT3(svd, x, false);
  GRADUS_OUT(tensordot, y, z, {1, 2}, {2, 1});
}

void add_special_functions(Forms& forms) {
  const Tensor x = values({3, 4}), y = values({3, 4}, -2, 2, 2), p = values({3, 4}, 0.1, 0.9, 3);
  const Tensor a = values({3, 4}, 1.1, 3, 4);
  GRADUS_OUT(i0, x);
  GRADUS_OUT(igamma, a, p);
  GRADUS_OUT(igammac, a, p);
  GRADUS_OUT(mvlgamma, a, 2);
  GRADUS_OUT(polygamma, 2, a);
  GRADUS_OUT(special_bessel_j0, x);
  GRADUS_OUT(special_bessel_j1, x);
  GRADUS_OUT(special_bessel_y0, a);
  GRADUS_OUT(special_bessel_y1, a);
  GRADUS_OUT(special_digamma, a);
  GRADUS_OUT(special_entr, p);
  GRADUS_OUT(special_erf, x);
  GRADUS_OUT(special_erfc, x);
  GRADUS_OUT(special_erfcx, x);
  GRADUS_OUT(special_erfinv, p);
  GRADUS_OUT(special_exp2, x);
  GRADUS_OUT(special_expit, x);
  GRADUS_OUT(special_expm1, x);
  GRADUS_OUT(special_gammaln, a);
  GRADUS_OUT(special_i0, x);
  GRADUS_OUT(special_i0e, x);
  GRADUS_OUT(special_i1, x);
  GRADUS_OUT(special_i1e, x);
  GRADUS_OUT(special_log1p, p);
  GRADUS_OUT(special_log_ndtr, x);
  GRADUS_OUT(special_ndtr, x);
  GRADUS_OUT(special_ndtri, p);
  GRADUS_OUT(special_psi, a);
  GRADUS_OUT(special_sinc, x);
  GRADUS_OUT(special_gammainc, a, p);
  GRADUS_OUT(special_gammaincc, a, p);
  GRADUS_OUT(special_logit, p, 0.2);
  GRADUS_OUT(special_logsumexp, x, 1, true);
  GRADUS_OUT(special_multigammaln, a, 2);
  GRADUS_OUT(special_polygamma, 2, a);
  GRADUS_OUT(special_round, x, 1);
  GRADUS_OUT(special_xlog1py, x, p);
  GRADUS_OUT(special_xlog1py, x, 3);
  GRADUS_OUT(special_xlog1py, 3, p);
  GRADUS_OUT(special_xlogy, x, p);
  GRADUS_OUT(special_xlogy, x, 3);
  GRADUS_OUT(special_xlogy, 3, p);
  GRADUS_OUT(special_zeta, a, p);
  GRADUS_OUT(special_zeta, a, 3);
  GRADUS_OUT(special_zeta, 3, p);
}

}  // namespace

void add_out_forms(Forms& forms) {
  add_older_forms(forms);
  add_element_wise(forms);
  add_arranging(forms);
  add_factories(forms);
  add_layer_forms(forms);
  add_linear_algebra(forms);
  add_special_functions(forms);
}

}  // namespace gradus::test
