#pragma once

/// The umbrella header: everything a program needs.

#include "core/version.h"
