# Copies the public headers of `rooms` from `source_dir` to `staged_dir`/gradus and rewrites
#
#     #include "core/tensor.h"   to   #include <gradus/core/tensor.h>
#
# so that a user's own core/tensor.h cannot shadow ours. Private headers stay behind: kernels/ and internal/
# folders, *-inl.h and core/onednn.h. A public header that includes a private one is an error here.
cmake_policy(VERSION 3.25)

set(private_headers "/kernels/|/internal/|-inl\\.h$|^core/onednn\\.h$")

set(headers "")
foreach(room IN LISTS rooms)
  file(GLOB_RECURSE found RELATIVE "${source_dir}" "${source_dir}/${room}/*.h")
  list(APPEND headers ${found})
endforeach()
list(FILTER headers EXCLUDE REGEX "${private_headers}")
foreach(header IN ITEMS gradus.h torch.h)
  if(EXISTS "${source_dir}/${header}")
    list(APPEND headers ${header})
  endif()
endforeach()

file(REMOVE_RECURSE "${staged_dir}")
string(REPLACE ";" "|" room_pattern "${rooms}")
foreach(header IN LISTS headers)
  file(READ "${source_dir}/${header}" text)
  string(REGEX REPLACE "#include \"((${room_pattern})/[^\"]+|(gradus|torch)\\.h)\"" "#include <gradus/\\1>" text "${text}")
  string(REGEX MATCHALL "#include <gradus/[^>]+>" includes "${text}")
  foreach(include IN LISTS includes)
    string(REGEX REPLACE "#include <gradus/([^>]+)>" "\\1" include "${include}")
    if(NOT include IN_LIST headers)
      message(FATAL_ERROR "${header} is installed, but includes ${include}, which is not (private or missing)")
    endif()
  endforeach()
  file(WRITE "${staged_dir}/gradus/${header}" "${text}")
endforeach()
