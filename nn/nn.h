#pragma once

/// Everything of gradus::nn.

#include "nn/any_module.h"
#include "nn/enums.h"
#include "nn/expanding_array.h"
#include "nn/functional/functional.h"
#include "nn/init.h"
#include "nn/module.h"
#include "nn/modules/activation.h"
#include "nn/modules/adaptive.h"
#include "nn/modules/container.h"
#include "nn/modules/conv.h"
#include "nn/modules/distance.h"
#include "nn/modules/dropout.h"
#include "nn/modules/embedding.h"
#include "nn/modules/linear.h"
#include "nn/modules/loss.h"
#include "nn/modules/normalization.h"
#include "nn/modules/padding.h"
#include "nn/modules/pooling.h"
#include "nn/modules/shuffle.h"
#include "nn/utils/clip_grad.h"
