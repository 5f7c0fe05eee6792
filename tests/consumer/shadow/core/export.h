#error "a user's own core/export.h shadows that of gradus"
