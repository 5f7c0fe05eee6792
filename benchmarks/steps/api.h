#pragma once

// The one place that knows which library a step is compiled against; everything else in this
// folder is written once, in libtorch's spelling.

#ifdef GRADUS_STEPS_LIBTORCH
#include <torch/torch.h>
#define GRADUS_STEPS_MODULE(Name) TORCH_MODULE(Name)
#else
#include <gradus/gradus.h>
namespace torch = gradus;
#define GRADUS_STEPS_MODULE(Name) GRADUS_MODULE(Name)
#endif
