#pragma once

/// Optimizers and learning-rate schedules.

#include "optim/adam.h"
#include "optim/adamw.h"
#include "optim/lr_scheduler/compose.h"
#include "optim/lr_scheduler/cosine.h"
#include "optim/lr_scheduler/decay.h"
#include "optim/lr_scheduler/lambda.h"
#include "optim/lr_scheduler/linear.h"
#include "optim/lr_scheduler/lr_scheduler.h"
#include "optim/lr_scheduler/plateau.h"
#include "optim/optimizer.h"
#include "optim/sgd.h"
