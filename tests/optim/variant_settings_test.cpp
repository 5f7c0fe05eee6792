// Settings of the optimizers beyond torch.optim that cannot be used.

#include <cmath>
#include <vector>

#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

// Settings outside their range, beside those that every optimizer has.
TEST(SettingsOfVariants, OutOfRangeAreErrors) {
  const std::vector<Tensor> p = {ones({3}).requires_grad_()};
  using namespace optim;
  EXPECT_THROW(Adafactor(p, AdafactorOptions().beta2_decay(0.1)), ValueError);
  EXPECT_THROW(Adafactor(p, AdafactorOptions().eps1(-1)), ValueError);
  EXPECT_THROW(Adafactor(p, AdafactorOptions().eps2(NAN)), ValueError);
  EXPECT_THROW(Adafactor(p, AdafactorOptions().d(0.5)), ValueError);
  EXPECT_THROW(Muon(p, MuonOptions().ns_steps(100)), ValueError);
  EXPECT_THROW(Muon(p, MuonOptions().ns_steps(-1)), ValueError);
  EXPECT_THROW(Muon(p, MuonOptions().momentum(1)), ValueError);
  EXPECT_THROW(Muon(p, MuonOptions().adamw_betas({0.9, 1})), ValueError);
  EXPECT_THROW(Signum(p, SignumOptions().momentum(0)), ValueError);
  EXPECT_THROW(Lion(p, LionOptions().betas({1, 0.9})), ValueError);
  EXPECT_THROW(QHM(p, QHMOptions().nu(1.1)), ValueError);
  EXPECT_THROW(SGDW(p, SGDWOptions().nesterov(true)), ValueError);
  EXPECT_THROW(AggMo(p, AggMoOptions().k(0)), ValueError);
  EXPECT_THROW(AggMo(p, AggMoOptions().k(5)), ValueError);
  EXPECT_THROW(AggMo(p, AggMoOptions().a(0)), ValueError);
  EXPECT_THROW(AdaBelief(p, AdaBeliefOptions().eps(-1)), ValueError);
  EXPECT_THROW(Yogi(p, YogiOptions().initial_accumulator(-1)), ValueError);
  EXPECT_THROW(AdEMAMix(p, AdEMAMixOptions().betas({0.9, 0.9, 1})), ValueError);
  EXPECT_THROW(AdEMAMix(p, AdEMAMixOptions().warmup(-1)), ValueError);
  EXPECT_THROW(Adan(p, AdanOptions().betas({0.9, -0.1, 0.9})), ValueError);
  EXPECT_THROW(RMSpropTF(p, RMSpropTFOptions().alpha(1)), ValueError);
  EXPECT_THROW(MADGRAD(p, MADGRADOptions().momentum(1)), ValueError);
  EXPECT_THROW(ScheduleFreeSGD(p, ScheduleFreeSGDOptions().momentum(0)), ValueError);
  EXPECT_THROW(ScheduleFreeAdamW(p, ScheduleFreeAdamWOptions().warmup_steps(-1)), ValueError);
  EXPECT_THROW(LARS(p, LARSOptions().trust_coefficient(-1)), ValueError);
  EXPECT_THROW(SGDP(p, SGDPOptions().delta(-1)), ValueError);
  EXPECT_THROW(Prodigy(p, ProdigyOptions().d0(0)), ValueError);
  EXPECT_THROW(Prodigy(p, ProdigyOptions().growth_rate(0.5)), ValueError);
  EXPECT_THROW(DAdaptSGD(p, DAdaptSGDOptions().d0(NAN)), ValueError);
  EXPECT_THROW(DoG(p, DoGOptions().reps_rel(-1)), ValueError);
  EXPECT_THROW(Sophia(p, SophiaOptions().rho(-1)), ValueError);
  EXPECT_THROW(Shampoo(p, ShampooOptions().precondition_frequency(0)), ValueError);
  EXPECT_THROW(Shampoo(p, ShampooOptions().max_preconditioner_dim(0)), ValueError);
  EXPECT_THROW(SOAP(p, SOAPOptions().shampoo_beta(1)), ValueError);
}

}  // namespace
}  // namespace gradus::optim_test
