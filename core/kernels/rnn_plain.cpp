#include <cmath>

#include "core/kernels/rnn.h"

namespace gradus::kernel {
namespace {

template <class T>
T logistic(T x) {
  return 1 / (1 + std::exp(-x));
}

}  // namespace

template <class T>
void rnn_forward_plain(RnnMode mode, int64_t rows, int64_t n, const RnnForwardRows<T>& p) {
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * n, at_gates = row * rnn_gates(mode) * n;
    const T* const x = p.xg + at_gates;
    const T* const u = p.hg + at_gates;
    T* const gates = p.gates == nullptr ? nullptr : p.gates + row * 4 * n;
    for (int64_t j = 0; j < n; ++j) {
      const auto sum = [&](int64_t gate) { return x[gate * n + j] + u[gate * n + j]; };
      const auto bias = [&](int64_t gate) {
        return p.b_hh == nullptr ? T(0) : p.b_hh[gate * n + j];
      };
      if (mode == RnnMode::Lstm) {
        const T i = logistic(sum(0)), f = logistic(sum(1)), g = std::tanh(sum(2)),
                o = logistic(sum(3));
        const T c = f * p.c_prev[at + j] + i * g;
        gates[j] = i, gates[n + j] = f, gates[2 * n + j] = g, gates[3 * n + j] = o;
        p.c[at + j] = c;
        p.h[at + j] = o * std::tanh(c);
      } else if (mode == RnnMode::Gru) {
        const T r = logistic(sum(0) + bias(0)), z = logistic(sum(1) + bias(1));
        const T un = u[2 * n + j] + bias(2);
        const T m = std::tanh(x[2 * n + j] + r * un);
        gates[j] = r, gates[n + j] = z, gates[2 * n + j] = m, gates[3 * n + j] = un;
        p.h[at + j] = m + z * (p.h_prev[at + j] - m);
      } else {
        const T a = sum(0);
        p.h[at + j] = mode == RnnMode::Tanh ? std::tanh(a) : a < 0 ? T(0) : a;
      }
    }
  }
}

template <class T>
void rnn_backward_plain(RnnMode mode, int64_t rows, int64_t n, const RnnBackwardRows<T>& p) {
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t at = row * n, at_gates = row * rnn_gates(mode) * n;
    const T* const gates = p.gates == nullptr ? nullptr : p.gates + row * 4 * n;
    T* const dx = p.dxg + at_gates;
    for (int64_t j = 0; j < n; ++j) {
      const T dh = p.dh[at + j];
      if (mode == RnnMode::Lstm) {
        const T i = gates[j], f = gates[n + j], g = gates[2 * n + j], o = gates[3 * n + j];
        const T t = std::tanh(p.c[at + j]);
        const T dc = p.dc[at + j] + dh * o * (1 - t * t);
        dx[j] = dc * g * i * (1 - i);
        dx[n + j] = dc * p.c_prev[at + j] * f * (1 - f);
        dx[2 * n + j] = dc * i * (1 - g * g);
        dx[3 * n + j] = dh * t * o * (1 - o);
        p.dc[at + j] = dc * f;
      } else if (mode == RnnMode::Gru) {
        const T r = gates[j], z = gates[n + j], m = gates[2 * n + j], un = gates[3 * n + j];
        T* const du = p.dhg + at_gates;
        const T dm = dh * (1 - z) * (1 - m * m);
        dx[j] = du[j] = dm * un * r * (1 - r);
        dx[n + j] = du[n + j] = dh * (p.h_prev[at + j] - m) * z * (1 - z);
        dx[2 * n + j] = dm;
        du[2 * n + j] = dm * r;
        p.dh[at + j] = dh * z;
      } else {
        const T h = p.h[at + j];
        dx[j] = mode == RnnMode::Tanh ? dh * (1 - h * h) : h > 0 ? dh : T(0);
      }
    }
  }
}

template void rnn_forward_plain(RnnMode, int64_t, int64_t, const RnnForwardRows<float>&);
template void rnn_forward_plain(RnnMode, int64_t, int64_t, const RnnForwardRows<double>&);
template void rnn_backward_plain(RnnMode, int64_t, int64_t, const RnnBackwardRows<float>&);
template void rnn_backward_plain(RnnMode, int64_t, int64_t, const RnnBackwardRows<double>&);

}  // namespace gradus::kernel
