# Installs the library, its headers, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

set(gradus_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/gradus")

install(TARGETS gradus EXPORT gradusTargets
        RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
        INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

# The public headers are staged with their quoted includes rewritten, then copied.
set(gradus_staged_headers "${PROJECT_BINARY_DIR}/install_headers")
install(CODE "
  set(source_dir \"${PROJECT_SOURCE_DIR}\")
  set(staged_dir \"${gradus_staged_headers}\")
  set(rooms ${gradus_rooms})
  include(\"${PROJECT_SOURCE_DIR}/cmake/stage_headers.cmake\")")
install(DIRECTORY "${gradus_staged_headers}/gradus" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")

install(EXPORT gradusTargets NAMESPACE gradus:: DESTINATION "${gradus_package_dir}")
configure_package_config_file(cmake/gradusConfig.cmake.in "${PROJECT_BINARY_DIR}/gradusConfig.cmake"
                              INSTALL_DESTINATION "${gradus_package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/gradusConfigVersion.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/gradusConfig.cmake" "${PROJECT_BINARY_DIR}/gradusConfigVersion.cmake"
        DESTINATION "${gradus_package_dir}")

# The pkg-config file finds its prefix from where it lies, so an installation can be moved.
set(gradus_pc_static_flags "")
set(gradus_pc_libs "")
if(NOT BUILD_SHARED_LIBS)
  set(gradus_pc_static_flags " -DGRADUS_STATIC")
  string(REPLACE ";" " " gradus_pc_libs ";-ldnnl;-ltbb;-lhwy;-lz;-pthread")
  foreach(library IN LISTS gradus_openmp_library)
    if(IS_ABSOLUTE "${library}")
      string(APPEND gradus_pc_libs " ${library}")
    else()
      string(APPEND gradus_pc_libs " -l${library}")
    endif()
  endforeach()
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "/prefix" NORMALIZE OUTPUT_VARIABLE pc_dir)
cmake_path(APPEND pc_dir pkgconfig)
set(pc_prefix "/prefix")
cmake_path(RELATIVE_PATH pc_prefix BASE_DIRECTORY "${pc_dir}" OUTPUT_VARIABLE gradus_pc_prefix)
configure_file(cmake/gradus.pc.in "${PROJECT_BINARY_DIR}/gradus.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/gradus.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DOCDIR}")
