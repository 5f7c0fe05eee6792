// The table of all optimizers with their options. A new optimizer gets its rows here.

#include "tests/optim/cases.h"

#include <gradus/autograd/autograd.h>

namespace gradus::optim_test {

// Every optimizer with every option. A new optimizer gets its rows here.
const std::vector<OptimizerCase>& optimizer_cases() {
  using optim::OptimizerParamGroup;
  using Groups = std::vector<OptimizerParamGroup>;
  const auto sgd = [](double momentum, double dampening, bool nesterov) {
    return [=](const Groups& groups, const Tweaks& t) {
      return std::make_unique<optim::SGD>(groups, optim::SGDOptions(t.lr)
                                                      .momentum(momentum)
                                                      .dampening(dampening)
                                                      .nesterov(nesterov)
                                                      .weight_decay(t.weight_decay)
                                                      .maximize(t.maximize));
    };
  };
  const auto adam = [](bool amsgrad) {
    return [=](const Groups& groups, const Tweaks& t) {
      return std::make_unique<optim::Adam>(groups, optim::AdamOptions(t.lr)
                                                       .betas({0.8, 0.95})
                                                       .weight_decay(t.weight_decay)
                                                       .amsgrad(amsgrad)
                                                       .maximize(t.maximize));
    };
  };
  const auto adamw = [](bool amsgrad) {
    return [=](const Groups& groups, const Tweaks& t) {
      return std::make_unique<optim::AdamW>(groups, optim::AdamWOptions(t.lr)
                                                        .betas({0.8, 0.95})
                                                        .weight_decay(t.weight_decay)
                                                        .amsgrad(amsgrad)
                                                        .maximize(t.maximize));
    };
  };
  const auto nadam = [](bool decoupled) {
    return [=](const Groups& groups, const Tweaks& t) {
      return std::make_unique<optim::NAdam>(groups, optim::NAdamOptions(t.lr)
                                                        .betas({0.8, 0.95})
                                                        .weight_decay(t.weight_decay)
                                                        .decoupled_weight_decay(decoupled)
                                                        .maximize(t.maximize));
    };
  };
  // beta2 of 0.8 never gets rectified, one of 0.95 does at the sixth step.
  const auto radam = [](double beta2, bool decoupled) {
    return [=](const Groups& groups, const Tweaks& t) {
      return std::make_unique<optim::RAdam>(groups, optim::RAdamOptions(t.lr)
                                                        .betas({0.8, beta2})
                                                        .weight_decay(t.weight_decay)
                                                        .decoupled_weight_decay(decoupled)
                                                        .maximize(t.maximize));
    };
  };
  const auto adamax = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Adamax>(
        groups, optim::AdamaxOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto adagrad = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Adagrad>(groups, optim::AdagradOptions(t.lr)
                                                        .lr_decay(0.1)
                                                        .initial_accumulator_value(0.3)
                                                        .weight_decay(t.weight_decay)
                                                        .maximize(t.maximize));
  };
  const auto rmsprop = [](double momentum, bool centered) {
    return [=](const Groups& groups, const Tweaks& t) {
      return std::make_unique<optim::RMSprop>(groups, optim::RMSpropOptions(t.lr)
                                                          .alpha(0.9)
                                                          .momentum(momentum)
                                                          .centered(centered)
                                                          .weight_decay(t.weight_decay)
                                                          .maximize(t.maximize));
    };
  };
  const auto adadelta = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Adadelta>(
        groups, optim::AdadeltaOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto rprop = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Rprop>(groups, optim::RpropOptions(t.lr).maximize(t.maximize));
  };
  const auto asgd = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::ASGD>(groups, optim::ASGDOptions(t.lr)
                                                     .lambd(0.01)
                                                     .t0(2)
                                                     .weight_decay(t.weight_decay)
                                                     .maximize(t.maximize));
  };
  const auto adafactor = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Adafactor>(
        groups, optim::AdafactorOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto muon = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Muon>(
        groups,
        optim::MuonOptions(t.lr).adamw(true).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto sgdw = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::SGDW>(
        groups,
        optim::SGDWOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).momentum(0.9));
  };
  const auto signSGD = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::SignSGD>(
        groups, optim::SignSGDOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto signum = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Signum>(
        groups, optim::SignumOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto lion = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Lion>(
        groups, optim::LionOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto qhm = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::QHM>(
        groups,
        optim::QHMOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).momentum(0.9));
  };
  const auto aggMo = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::AggMo>(
        groups, optim::AggMoOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto nAdamW = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::NAdamW>(
        groups, optim::NAdamWOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto adaBelief = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::AdaBelief>(
        groups, optim::AdaBeliefOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto yogi = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Yogi>(
        groups, optim::YogiOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto laProp = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::LaProp>(
        groups, optim::LaPropOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto adopt = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::ADOPT>(
        groups, optim::ADOPTOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto adEMAMix = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::AdEMAMix>(
        groups,
        optim::AdEMAMixOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).warmup(3));
  };
  const auto adan = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Adan>(
        groups, optim::AdanOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto rMSpropTF = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::RMSpropTF>(groups, optim::RMSpropTFOptions(t.lr)
                                                          .weight_decay(t.weight_decay)
                                                          .maximize(t.maximize)
                                                          .momentum(0.9)
                                                          .centered(true));
  };
  const auto madgrad = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::MADGRAD>(
        groups, optim::MADGRADOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto mADGRADWithoutMomentum = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::MADGRAD>(
        groups,
        optim::MADGRADOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).momentum(0));
  };
  const auto scheduleFreeSGD = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::ScheduleFreeSGD>(
        groups,
        optim::ScheduleFreeSGDOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto scheduleFreeAdamW = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::ScheduleFreeAdamW>(
        groups,
        optim::ScheduleFreeAdamWOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto lars = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::LARS>(groups, optim::LARSOptions(t.lr)
                                                     .weight_decay(t.weight_decay)
                                                     .maximize(t.maximize)
                                                     .trust_coefficient(0.5));
  };
  const auto lamb = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::LAMB>(
        groups, optim::LAMBOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto novoGrad = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::NovoGrad>(
        groups, optim::NovoGradOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto mars = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::MARS>(
        groups, optim::MARSOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto sgdp = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::SGDP>(
        groups,
        optim::SGDPOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).momentum(0.9));
  };
  const auto adamP = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::AdamP>(
        groups,
        optim::AdamPOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).delta(1));
  };
  const auto doG = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::DoG>(
        groups,
        optim::DoGOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).reps_rel(0.01));
  };
  const auto prodigy = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Prodigy>(
        groups,
        optim::ProdigyOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).d0(0.1));
  };
  const auto dAdaptAdam = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::DAdaptAdam>(
        groups,
        optim::DAdaptAdamOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).d0(0.1));
  };
  const auto dAdaptSGD = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::DAdaptSGD>(
        groups,
        optim::DAdaptSGDOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize).d0(0.1));
  };
  const auto sophia = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Sophia>(
        groups, optim::SophiaOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
  };
  const auto shampoo = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::Shampoo>(groups, optim::ShampooOptions(t.lr)
                                                        .weight_decay(t.weight_decay)
                                                        .maximize(t.maximize)
                                                        .momentum(0.9)
                                                        .eps(0.1));
  };
  const auto soap = [](const Groups& groups, const Tweaks& t) {
    return std::make_unique<optim::SOAP>(groups, optim::SOAPOptions(t.lr)
                                                     .weight_decay(t.weight_decay)
                                                     .maximize(t.maximize)
                                                     .precondition_frequency(2));
  };
  // The estimates of the Hessian come from a hook: the square of the gradient.
  const auto adaHessian = [](const Groups& groups, const Tweaks& t) {
    auto optimizer = std::make_unique<optim::AdaHessian>(
        groups, optim::AdaHessianOptions(t.lr).weight_decay(t.weight_decay).maximize(t.maximize));
    optimizer->register_step_pre_hook([](optim::Optimizer& o) {
      for (const optim::OptimizerParamGroup& group : o.param_groups()) {
        for (const Tensor& p : group.params()) {
          if (!p.grad().defined() || p.grad().sizes() != p.sizes()) continue;
          const Tensor g = p.grad().detach().to(p.dtype() == kDouble ? kDouble : kFloat);
          static_cast<optim::AdaHessian&>(o).set_hessian(p, g * g + 0.1);
        }
      }
    });
    return optimizer;
  };
  // The gradients become row-sparse by a hook, their rows in reverse order.
  const auto sparseAdam = [](const Groups& groups, const Tweaks& t) {
    auto optimizer = std::make_unique<optim::SparseAdam>(
        groups, optim::SparseAdamOptions(t.lr).betas({0.8, 0.95}).maximize(t.maximize));
    optimizer->register_step_pre_hook([](optim::Optimizer& o) {
      for (const optim::OptimizerParamGroup& group : o.param_groups()) {
        for (const Tensor& p : group.params()) {
          Tensor& g = p.mutable_grad();
          if (!g.defined() || g.is_sparse() || g.sizes() != p.sizes()) continue;
          const NoGradGuard no_grad;
          const Tensor rows = p.dim() == 0 ? Tensor() : arange(p.size(0)).flip({0});
          g = p.dim() == 0
                  ? Tensor()
                  : sparse_coo_tensor(rows.unsqueeze(0), g.index_select(0, rows), g.sizes());
        }
      }
    });
    return optimizer;
  };
  static const std::vector<OptimizerCase> cases = {
      {"SGD", sgd(0, 0, false)},
      {"SGDMomentum", sgd(0.9, 0, false)},
      {"SGDDampening", sgd(0.9, 0.25, false)},
      {"SGDNesterov", sgd(0.9, 0, true)},
      {"Adam", adam(false)},
      {"AdamAmsgrad", adam(true)},
      {"AdamW", adamw(false)},
      {"AdamWAmsgrad", adamw(true)},
      {"NAdam", nadam(false)},
      {"NAdamDecoupled", nadam(true)},
      {"RAdam", radam(0.8, false)},
      {"RAdamRectified", radam(0.95, false)},
      {"RAdamDecoupled", radam(0.95, true)},
      {"Adamax", adamax},
      {"Adagrad", adagrad},
      {"RMSprop", rmsprop(0, false)},
      {"RMSpropMomentum", rmsprop(0.9, false)},
      {"RMSpropCentered", rmsprop(0, true)},
      {"RMSpropCenteredMomentum", rmsprop(0.9, true)},
      {"Adadelta", adadelta},
      {"Rprop", rprop, /*has_lr=*/false},
      {"ASGD", asgd},
      {"Adafactor", adafactor, true, /*composed=*/true},
      {"Muon", muon, true, /*composed=*/true},
      {"SGDW", sgdw},
      {"SignSGD", signSGD},
      {"Signum", signum},
      {"Lion", lion},
      {"QHM", qhm},
      {"AggMo", aggMo},
      {"NAdamW", nAdamW},
      {"AdaBelief", adaBelief},
      {"Yogi", yogi},
      {"LaProp", laProp},
      {"ADOPT", adopt, true, false, /*first_step_moves=*/false},
      {"AdEMAMix", adEMAMix},
      {"Adan", adan},
      {"RMSpropTF", rMSpropTF},
      // p is an average with z, which rounds.
      {"MADGRAD", madgrad, /*has_lr=*/false},
      {"MADGRADWithoutMomentum", mADGRADWithoutMomentum},
      {"ScheduleFreeSGD", scheduleFreeSGD},
      {"ScheduleFreeAdamW", scheduleFreeAdamW},
      {"LARS", lars, true, /*composed=*/true},
      {"LAMB", lamb, true, /*composed=*/true},
      {"NovoGrad", novoGrad, true, /*composed=*/true},
      {"MARS", mars, true, /*composed=*/true},
      {"SGDP", sgdp, true, /*composed=*/true},
      {"AdamP", adamP, true, /*composed=*/true},
      {"DoG", doG, true, /*composed=*/true},
      {"Prodigy", prodigy, true, /*composed=*/true},
      {"DAdaptAdam", dAdaptAdam, true, /*composed=*/true},
      {"DAdaptSGD", dAdaptSGD, true, /*composed=*/true},
      {"Sophia", sophia, true, /*composed=*/true},
      {"AdaHessian", adaHessian, true, /*composed=*/true},
      {"Shampoo", shampoo, true, /*composed=*/true},
      {"SOAP", soap, true, true, /*first_step_moves=*/false},
      {"SparseAdam", sparseAdam, true, /*composed=*/true, true, /*rows=*/true},
  };
  return cases;
}

}  // namespace gradus::optim_test
