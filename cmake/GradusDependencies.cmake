# System packages only: nothing is vendored, nothing is downloaded.
#
# Imported targets are made global so that a parent project that adds gradus as a subdirectory can link a static build.
set(CMAKE_FIND_PACKAGE_TARGETS_GLOBAL ON)

find_package(fmt CONFIG REQUIRED)
find_package(dnnl CONFIG REQUIRED)  # Debian's needs ocl-icd-opencl-dev
find_package(TBB CONFIG REQUIRED COMPONENTS tbb)
find_package(hwy CONFIG REQUIRED)
find_package(Eigen3 CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
find_package(Threads REQUIRED)

# The runtime oneDNN was built on decides how core/onednn.h keeps its primitives single-threaded.
# With OpenMP we only call omp_set_num_threads and omp_get_max_threads, in the runtime library that
# oneDNN itself has loaded; our code is never compiled with -fopenmp.
set(gradus_dnnl_definition "")
set(gradus_openmp_library "")
if(DNNL_CPU_RUNTIME STREQUAL "OMP")
  set(gradus_dnnl_definition GRADUS_DNNL_OMP)
  include(CheckCXXSourceCompiles)
  set(CMAKE_REQUIRED_LIBRARIES gomp)
  check_cxx_source_compiles(
    "extern \"C\" void omp_set_num_threads(int); int main() { omp_set_num_threads(1); }" GRADUS_HAVE_LIBGOMP)
  unset(CMAKE_REQUIRED_LIBRARIES)
  if(GRADUS_HAVE_LIBGOMP)
    set(gradus_openmp_library gomp)
  else()
    find_package(OpenMP REQUIRED COMPONENTS CXX)
    set(gradus_openmp_library ${OpenMP_CXX_LIBRARIES})
  endif()
elseif(DNNL_CPU_RUNTIME STREQUAL "TBB")
  set(gradus_dnnl_definition GRADUS_DNNL_TBB)
elseif(DNNL_CPU_RUNTIME STREQUAL "SEQ")
  set(gradus_dnnl_definition GRADUS_DNNL_SEQ)
else()
  message(FATAL_ERROR "gradus needs an oneDNN whose CPU runtime is OMP, TBB or SEQ; "
                      "${dnnl_DIR} has '${DNNL_CPU_RUNTIME}'")
endif()
