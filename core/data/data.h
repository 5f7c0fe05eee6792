#pragma once

// Everything in core/data.

#include "core/data/augment.h"
#include "core/data/chunk_dataset.h"
#include "core/data/cifar.h"
#include "core/data/collate.h"
#include "core/data/composed_datasets.h"
#include "core/data/datasets.h"
#include "core/data/distributed_samplers.h"
#include "core/data/example.h"
#include "core/data/image.h"
#include "core/data/iterator.h"
#include "core/data/loader.h"
#include "core/data/mnist.h"
#include "core/data/options.h"
#include "core/data/samplers.h"
#include "core/data/stateful_dataset.h"
#include "core/data/stream_sampler.h"
#include "core/data/subset_samplers.h"
#include "core/data/text.h"
#include "core/data/transforms.h"
#include "core/data/worker_exception.h"
