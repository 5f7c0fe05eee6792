#error "a user's own core/tensor.h shadows that of gradus"
