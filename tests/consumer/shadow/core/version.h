#error "a user's own core/version.h shadows that of gradus"
