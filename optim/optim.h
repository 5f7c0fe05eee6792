#pragma once

/// Optimizers and learning-rate schedules.

#include "optim/adadelta.h"
#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/adamax.h"
#include "optim/adamw.h"
#include "optim/asgd.h"
#include "optim/lbfgs.h"
#include "optim/lr_scheduler/compose.h"
#include "optim/lr_scheduler/cosine.h"
#include "optim/lr_scheduler/decay.h"
#include "optim/lr_scheduler/lambda.h"
#include "optim/lr_scheduler/linear.h"
#include "optim/lr_scheduler/lr_scheduler.h"
#include "optim/lr_scheduler/plateau.h"
#include "optim/nadam.h"
#include "optim/optimizer.h"
#include "optim/radam.h"
#include "optim/rmsprop.h"
#include "optim/rprop.h"
#include "optim/sgd.h"
