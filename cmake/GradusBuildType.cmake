# Settings of the whole tree. They apply only when gradus is the top-level project: a project that
# adds gradus as a subdirectory keeps its own.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()

get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(NOT multi_config AND NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# Hot loops are vectorized by hand, so -O3 buys nothing here but build time.
if(CMAKE_CXX_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG" CACHE STRING "Flags of Release builds" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/lib")

if(GRADUS_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(GRADUS_CCACHE_PROGRAM ccache)
  mark_as_advanced(GRADUS_CCACHE_PROGRAM)
  if(GRADUS_CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${GRADUS_CCACHE_PROGRAM}")
  endif()
endif()

# The standard library checks its own preconditions where speed does not matter.
if(GRADUS_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

if(GRADUS_SANITIZE)
  add_compile_options(-fsanitize=${GRADUS_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${GRADUS_SANITIZE})
  if(GRADUS_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
