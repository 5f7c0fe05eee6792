#include "autograd/ops/internal/named.h"

#include <string>

namespace gradus {

void rethrow_named(const char* op) {
  const auto message = [op](const Error& error) {
    const std::string text = error.what();
    return text.rfind(op, 0) == 0 ? text : std::string(op) + ": " + text;
  };
  try {
    throw;
  } catch (const IndexError& error) {
    throw IndexError(message(error));
  } catch (const ValueError& error) {
    throw ValueError(message(error));
  } catch (const TypeError& error) {
    throw TypeError(message(error));
  } catch (const NotImplementedError& error) {
    throw NotImplementedError(message(error));
  } catch (const OutOfMemoryError& error) {
    throw OutOfMemoryError(message(error));
  } catch (const Error& error) {
    throw Error(message(error));
  }
}

}  // namespace gradus
