#include <cmath>
#include <limits>

#include <math.h>  // j0, j1, y0, y1

#include "core/kernels/special.h"

namespace gradus::kernel {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// c_0 / 2 + c_1 T_1(t) + c_2 T_2(t) + ... by Clenshaw's recurrence.
template <size_t N>
double chebyshev_sum(const double (&c)[N], double t) {
  double b1 = 0, b2 = 0;
  for (size_t k = N; k-- > 1;) {
    const double b0 = 2 * t * b1 - b2 + c[k];
    b2 = b1;
    b1 = b0;
  }
  return t * b1 - b2 + c[0] / 2;
}

// The coefficients were computed with 50 digits (mpmath) at Chebyshev's nodes.

// e^-x I0(x) at t = x / 4 - 1, x <= 8.
constexpr double kI0eSmall[] = {
    6.7679527440947608e-1,   -3.046826723431984e-1,   1.7162090152220878e-1,
    -9.4901097048047644e-2,  4.9305284239670708e-2,   -2.3737414805899469e-2,
    1.0546460394594998e-2,   -4.3243099950505759e-3,  1.6394756169413358e-3,
    -5.7637557453858237e-4,  1.8850288509584166e-4,   -5.7541950100821037e-5,
    1.6448448070728897e-5,   -4.4167383584587506e-6,  1.1173875391201037e-6,
    -2.6707938539406117e-7,  6.0469950225419189e-8,   -1.300025009986248e-8,
    2.6598237246823867e-9,   -5.1897956016352629e-10, 9.6758090353732369e-11,
    -1.7268262914415557e-11, 2.9550526631296398e-12,  -4.8564467831119295e-13,
    7.6761854986049356e-14,  -1.1685332877993452e-14, 1.715391285555133e-15,
    -2.4312798465479547e-16, 3.3307945188222381e-17};

// sqrt(x) e^-x I0(x) at t = 16 / x - 1, x > 8.
constexpr double kI0eLarge[] = {
    8.0449041101410883e-1,   3.3691164782556941e-3,   6.889758346916824e-5,
    2.8913705208347565e-6,   2.0489185894690637e-7,   2.2666689904981781e-8,
    3.3962320257083863e-9,   4.9406023882249696e-10,  1.1889147107846438e-11,
    -3.1499165279632414e-11, -1.3215811840447713e-11, -1.7941785315068061e-12,
    7.1801244513836662e-13,  3.8527783827421427e-13,  1.5400862175214098e-14,
    -4.1505693472872221e-14, -9.5548466988283076e-15, 3.8116806693526224e-15,
    1.7725601330565264e-15,  -3.4254856196772191e-16, -2.8276239805165835e-16,
    3.4612228676974611e-17,  4.46562142029676e-17};

// e^-x I1(x) / x at t = x / 4 - 1, x <= 8.
constexpr double kI1eSmall[] = {
    2.5258718644363365e-1,   -1.7641651835783406e-1,  1.026436586898471e-1,
    -5.2945981208094991e-2,  2.4726449030626517e-2,   -1.0564084894626198e-2,
    4.1564229443128882e-3,   -1.5135724506312531e-3,  5.1228595616857577e-4,
    -1.6176081582589675e-4,  4.7815651075500542e-5,   -1.3273163656039436e-5,
    3.4702513081376785e-6,   -8.5687202646954547e-7,  2.0032947535521353e-7,
    -4.4450591287963281e-8,  9.3815373864957718e-9,   -1.8872497517228293e-9,
    3.625590281552117e-10,   -6.6634897235020277e-11, 1.1736186298890902e-11,
    -1.9839743977649437e-12, 3.2237933659455747e-13,  -5.0421855047279117e-14,
    7.6006842947354069e-15,  -1.1055969477353863e-15, 1.5536319577362005e-16,
    -2.1114212143581661e-17, 2.7779141127610464e-18};

// sqrt(x) e^-x I1(x) at t = 16 / x - 1, x > 8.
constexpr double kI1eLarge[] = {
    7.7857623501828012e-1,   -9.7610974913614684e-3,  -1.1058893876262372e-4,
    -3.8825648088776904e-6,  -2.5122362378702089e-7,  -2.6314688468895195e-8,
    -3.835380385964237e-9,   -5.5897434621965838e-10, -1.8974958123505412e-11,
    3.2526035830154882e-11,  1.4125807436613781e-11,  2.0356285441470895e-12,
    -7.1985517762459085e-13, -4.0835511110921973e-13, -2.1015418427726643e-14,
    4.2724400167119514e-14,  1.0420276984128803e-14,  -3.8144030724370078e-15,
    -1.8803547755107824e-15, 3.3082023109209283e-16,  2.9626289976459501e-16,
    -3.209525921993424e-17,  -4.6503053684893583e-17};

// K0(x) + log(x / 2) I0(x) at t = x^2 / 2 - 1, x <= 2.
constexpr double kK0Small[] = {
    -5.3532739323390277e-1, 3.4428989992462849e-1, 3.5979936515361502e-2, 1.2646154114469259e-3,
    2.2862121031194518e-5,  2.5347910790261495e-7, 1.9045163772202089e-9, 1.0349695257633625e-11,
    4.2598161427910826e-14, 1.3744654358807509e-16};

// x (K1(x) - log(x / 2) I1(x)) at t = x^2 / 2 - 1, x <= 2.
constexpr double kK1Small[] = {
    1.5253002273389478,     -3.5315596077654488e-1, -1.2261118082265715e-1, -6.9757238596398644e-3,
    -1.7302889575130521e-4, -2.4334061415659682e-6, -2.2133876307347259e-8, -1.4114883926335278e-10,
    -6.666901694199329e-13, -2.4274498505193659e-15};

// sqrt(x) e^x K0(x) at t = 4 / x - 1, x > 2.
constexpr double kK0eLarge[] = {
    2.4403030820659555,      -3.1448101311964501e-2,  1.5698838857300534e-3,
    -1.2849549581627803e-4,  1.3949813718876499e-5,   -1.8317555227191195e-6,
    2.7668136394450151e-7,   -4.6604898976879477e-8,  8.5740340174142261e-9,
    -1.6975345093890615e-9,  3.5773972814003284e-10,  -7.957489244477397e-11,
    1.8559491149549266e-11,  -4.5145978833745192e-12, 1.1403405882073442e-12,
    -2.9800969231481784e-13, 8.0328907750683744e-14,  -2.2275133267462964e-14,
    6.340076476276646e-15,   -1.8485933779209072e-15, 5.5120559994043334e-16,
    -1.6782311257549006e-16, 5.2103917776435541e-17};

// sqrt(x) e^x K1(x) at t = 4 / x - 1, x > 2.
constexpr double kK1eLarge[] = {
    2.7206261904844427,      1.0392373657681724e-1,   -2.8578168596227794e-3,
    1.9521551847135163e-4,   -1.936197974166083e-5,   2.4064849478372171e-6,
    -3.5019606030878125e-7,  5.7410841254500493e-8,   -1.0345762465678097e-8,
    2.0150497551970346e-9,   -4.1903547593419256e-10, 9.2183151876053141e-11,
    -2.129967838427791e-11,  5.1396396734823435e-12,  -1.2891739609498229e-12,
    3.3484196660522431e-13,  -8.9767051820101461e-14, 2.4771544242195987e-14,
    -7.0198370892147689e-15, 2.0387031662398609e-15,  -6.0570472706430178e-16,
    1.8380935752430454e-16,  -5.6894628491936484e-17};

// e^x times a number that it may take back from overflow.
double times_exp(double factor, double x) {
  const double half = std::exp(x / 2);
  return factor * half * half;
}

}  // namespace

double bessel_i0e(double x) {
  const double a = std::abs(x);
  if (a <= 8) return chebyshev_sum(kI0eSmall, a / 4 - 1);
  return chebyshev_sum(kI0eLarge, 16 / a - 1) / std::sqrt(a);
}

double bessel_i0(double x) {
  const double a = std::abs(x);
  return a == kInfinity ? a : times_exp(bessel_i0e(a), a);
}

double bessel_i1e(double x) {
  const double a = std::abs(x);
  if (a <= 8) return chebyshev_sum(kI1eSmall, a / 4 - 1) * x;
  return std::copysign(chebyshev_sum(kI1eLarge, 16 / a - 1) / std::sqrt(a), x);
}

double bessel_i1(double x) {
  const double a = std::abs(x);
  return a == kInfinity ? x : times_exp(bessel_i1e(x), a);
}

double bessel_k0e(double x) {
  if (!(x > 0)) return x == 0 ? kInfinity : kNan;
  if (x > 2) return chebyshev_sum(kK0eLarge, 4 / x - 1) / std::sqrt(x);
  return std::exp(x) * (chebyshev_sum(kK0Small, x * x / 2 - 1) - std::log(x / 2) * bessel_i0(x));
}

double bessel_k0(double x) {
  if (!(x > 0)) return x == 0 ? kInfinity : kNan;
  if (x > 2) return std::exp(-x) * bessel_k0e(x);
  return chebyshev_sum(kK0Small, x * x / 2 - 1) - std::log(x / 2) * bessel_i0(x);
}

double bessel_k1e(double x) {
  if (!(x > 0)) return x == 0 ? kInfinity : kNan;
  if (x > 2) return chebyshev_sum(kK1eLarge, 4 / x - 1) / std::sqrt(x);
  return std::exp(x) * bessel_k1(x);
}

double bessel_k1(double x) {
  if (!(x > 0)) return x == 0 ? kInfinity : kNan;
  if (x > 2) return std::exp(-x) * bessel_k1e(x);
  return chebyshev_sum(kK1Small, x * x / 2 - 1) / x + std::log(x / 2) * bessel_i1(x);
}

double bessel_j0(double x) {
  return ::j0(x);
}

double bessel_j1(double x) {
  return ::j1(x);
}

double bessel_y0(double x) {
  if (!(x > 0)) return x == 0 ? -kInfinity : kNan;
  return ::y0(x);
}

double bessel_y1(double x) {
  if (!(x > 0)) return x == 0 ? -kInfinity : kNan;
  return ::y1(x);
}

}  // namespace gradus::kernel
