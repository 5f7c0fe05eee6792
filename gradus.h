#pragma once

/// The umbrella header: everything a program needs.

#include "autograd/autograd.h"
#include "core/allocator.h"
#include "core/data/data.h"
#include "core/factory.h"
#include "core/generator.h"
#include "core/indexing.h"
#include "core/io/archive.h"
#include "core/io/checkpoint.h"
#include "core/io/checkpoint_series.h"
#include "core/io/csv.h"
#include "core/io/npy.h"
#include "core/io/safetensors.h"
#include "core/io/stop_signal.h"
#include "core/parallel.h"
#include "core/tensor.h"
#include "core/version.h"
#include "core/watch/progress.h"
#include "core/watch/svg_chart.h"
#include "nn/nn.h"
#include "optim/optim.h"
