#include "core/storage.h"

#include <limits>
#include <new>

#include "core/allocator.h"
#include "core/error.h"

namespace gradus {

namespace {
// One allocation holds the header and, behind it, the data: a small tensor costs one block less.
constexpr size_t kHeader = 64;
static_assert(sizeof(StorageImpl) <= kHeader);
}  // namespace

intrusive_ptr<StorageImpl> StorageImpl::allocate(size_t nbytes) {
  GRADUS_CHECK_AS(OutOfMemoryError, nbytes <= std::numeric_limits<size_t>::max() / 2,
                  "allocate: {} bytes exceed the address space", nbytes);
  char* block = static_cast<char*>(gradus::allocate(kHeader + nbytes));
  return intrusive_ptr<StorageImpl>(new (block)
                                        StorageImpl(block + kHeader, nbytes, nullptr, nullptr));
}

intrusive_ptr<StorageImpl> StorageImpl::adopt(void* data, size_t nbytes, void (*release)(void*),
                                              void* context) {
  void* block = gradus::allocate(kHeader);
  return intrusive_ptr<StorageImpl>(new (block) StorageImpl(data, nbytes, release, context));
}

bool StorageImpl::owns_data() const {
  return data_ == reinterpret_cast<const char*>(this) + kHeader;
}

void StorageImpl::destroy(StorageImpl* storage) noexcept {
  const size_t block_size = storage->owns_data() ? kHeader + storage->nbytes_ : kHeader;
  if (storage->release_ != nullptr) storage->release_(storage->context_);
  storage->~StorageImpl();
  gradus::deallocate(storage, block_size);
}

}  // namespace gradus
