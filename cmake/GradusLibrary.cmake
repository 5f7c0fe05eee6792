include(CheckLinkerFlag)

# The one library. Its sources are compiled once, as `gradus_objects`; `gradus` is made of them, and so
# are the tests of internals, which reach names that the shared library hides.
set(gradus_rooms core autograd nn optim)
set(gradus_sources "")
foreach(room IN LISTS gradus_rooms)
  file(GLOB_RECURSE found CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/${room}/*.cpp")
  list(APPEND gradus_sources ${found})
endforeach()

set(gradus_warnings -Wall -Wextra -Wpedantic)
if(GRADUS_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # Instrumented code hides from g++ what is initialized, in <regex> for one.
  list(APPEND gradus_warnings -Wno-maybe-uninitialized)
endif()
if(GRADUS_WERROR)
  list(APPEND gradus_warnings -Werror)
endif()

# In the build tree <gradus/core/tensor.h> is a link to core/tensor.h.
set(gradus_build_include "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${gradus_build_include}/gradus")
foreach(entry IN ITEMS ${gradus_rooms} gradus.h torch.h)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${entry}" "${gradus_build_include}/gradus/${entry}" SYMBOLIC)
endforeach()

# What users of the library get: C++20, the headers, fmt.
function(gradus_usage target scope)
  target_compile_features(${target} ${scope} cxx_std_20)
  target_include_directories(${target} ${scope} "$<BUILD_INTERFACE:${gradus_build_include}>"
                             "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>")
  target_link_libraries(${target} ${scope} fmt::fmt)
  if(NOT BUILD_SHARED_LIBS)
    target_compile_definitions(${target} ${scope} GRADUS_STATIC)
  endif()
endfunction()

# Header-only libraries leave no trace in an exported static build.
set(gradus_private_libraries DNNL::dnnl TBB::tbb hwy::hwy PNG::PNG JPEG::JPEG ZLIB::ZLIB Threads::Threads ${gradus_openmp_library}
                             "$<BUILD_INTERFACE:Eigen3::Eigen>"
                             "$<BUILD_INTERFACE:nlohmann_json::nlohmann_json>")

add_library(gradus_objects OBJECT ${gradus_sources})
gradus_usage(gradus_objects PUBLIC)
target_link_libraries(gradus_objects PRIVATE ${gradus_private_libraries})
target_compile_definitions(gradus_objects PRIVATE GRADUS_BUILDING ${gradus_dnnl_definition})
set_source_files_properties("${PROJECT_SOURCE_DIR}/core/io/png_image.cpp" PROPERTIES COMPILE_DEFINITIONS GRADUS_HAVE_PNG)
set_source_files_properties("${PROJECT_SOURCE_DIR}/core/io/jpeg_image.cpp" PROPERTIES COMPILE_DEFINITIONS GRADUS_HAVE_JPEG)
set_target_properties(gradus_objects PROPERTIES CXX_EXTENSIONS OFF CXX_VISIBILITY_PRESET hidden
                      VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
# -ffp-contract=off: equal results from the plain loop and from every target of a Highway kernel, which asks for
# MulAdd where it wants it. -fno-semantic-interposition: calls inside the library are direct.
target_compile_options(gradus_objects PRIVATE ${gradus_warnings} -ffp-contract=off -fno-math-errno
                       -fno-semantic-interposition)
# What arranges and does not compute, and ops that a step has few of, are built for size, a third smaller. Not so the
# tape, the ops of every step, and what a step of a small net or over small parameters walks through: -Os makes a
# recorded op take 1.2 to 1.3 times as long, an optimizer's step over 1,000 small tensors 1.1 times. Nor Eigen's
# templates, which take 2 to 4 times as long.
set(gradus_small_patterns core/io/*.cpp core/watch/*.cpp core/data/*.cpp nn/*.cpp optim/*.cpp autograd/ops/out_forms*.cpp
                          autograd/ops/cdist.cpp autograd/ops/counting.cpp autograd/ops/ctc.cpp autograd/ops/einsum.cpp
                          autograd/ops/extrema.cpp autograd/ops/grid.cpp autograd/ops/histogram.cpp
                          autograd/ops/in_place_forms.cpp autograd/ops/linalg*.cpp autograd/ops/margin_loss.cpp
                          autograd/ops/quantile.cpp autograd/ops/resample.cpp autograd/ops/scatter_reduce.cpp
                          autograd/ops/select.cpp autograd/ops/series.cpp autograd/ops/shuffle.cpp autograd/ops/sort.cpp
                          autograd/ops/sparse.cpp autograd/ops/special*.cpp autograd/ops/statistics.cpp)
list(TRANSFORM gradus_small_patterns PREPEND "${PROJECT_SOURCE_DIR}/")
file(GLOB_RECURSE gradus_small_sources CONFIGURE_DEPENDS ${gradus_small_patterns})
foreach(hot IN ITEMS core/data/augment core/data/image core/data/transforms nn/hooks nn/module
                     nn/modules/container nn/modules/linear optim/adam optim/adamw optim/optimizer
                     optim/param_states optim/sgd)
  list(REMOVE_ITEM gradus_small_sources "${PROJECT_SOURCE_DIR}/${hot}.cpp")
endforeach()
foreach(tool IN ITEMS checkpoint derivatives dot forward_ad func functional gradcheck multi_grad_hook)
  list(APPEND gradus_small_sources "${PROJECT_SOURCE_DIR}/autograd/${tool}.cpp")
endforeach()
set_property(SOURCE ${gradus_small_sources} APPEND PROPERTY COMPILE_OPTIONS "$<$<CONFIG:Release>:-Os>")
if(GRADUS_SANITIZE MATCHES "thread")
  # TBB's templates, half of them in a library that is not instrumented, are not instrumented here either; -O2 inlines
  # them, so that they share no function with instrumented code.
  set_source_files_properties("${PROJECT_SOURCE_DIR}/core/thread_arena.cpp" PROPERTIES COMPILE_OPTIONS
                              "-fno-sanitize=thread;-O2")
endif()

add_library(gradus)
add_library(gradus::gradus ALIAS gradus)
target_sources(gradus PRIVATE $<TARGET_OBJECTS:gradus_objects>)
gradus_usage(gradus PUBLIC)
target_link_libraries(gradus PRIVATE ${gradus_private_libraries})
set_target_properties(gradus PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
if(BUILD_SHARED_LIBS)
  # --as-needed: oneDNN's target names OpenCL, which we do not use.
  target_link_options(gradus PRIVATE "LINKER:--as-needed")
  if(NOT GRADUS_SANITIZE)
    target_link_options(gradus PRIVATE "LINKER:--no-undefined")
  endif()
  # A release has no symbols but those it exports (RelWithDebInfo keeps all), and its relocations packed.
  target_link_options(gradus PRIVATE "$<$<CONFIG:Release>:LINKER:--strip-all>")
  check_linker_flag(CXX "LINKER:-z,pack-relative-relocs" GRADUS_HAVE_PACKED_RELOCATIONS)
  if(GRADUS_HAVE_PACKED_RELOCATIONS)
    target_link_options(gradus PRIVATE "LINKER:-z,pack-relative-relocs")
  endif()
endif()

# For tests of internals only.
add_library(gradus_internal INTERFACE)
gradus_usage(gradus_internal INTERFACE)
target_sources(gradus_internal INTERFACE $<TARGET_OBJECTS:gradus_objects>)
target_compile_definitions(gradus_internal INTERFACE ${gradus_dnnl_definition})
target_link_libraries(gradus_internal INTERFACE ${gradus_private_libraries})
