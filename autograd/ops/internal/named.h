#pragma once

#include "core/error.h"
#include "core/watch/record_scope.h"

namespace gradus {

/// Throws the Error that is being handled again, of the same type, with the name of `op` in front
/// of its message.
[[noreturn]] void rethrow_named(const char* op);

/// Calls f, for an op made of other ops: an Error thrown in it names `op` too, as in
/// "tile: repeat: repeats must not be negative, got [-1]".
template <class F>
decltype(auto) named(const char* op, F f) {
  const OpScope scope(op);
  try {
    return f();
  } catch (const Error&) {
    rethrow_named(op);
  }
}

}  // namespace gradus
