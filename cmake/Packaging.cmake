# `cmake --install` gives PREFIX/bin, PREFIX/lib/ganymede (libraries that nobody else shall find) and
# PREFIX/share/ganymede; the tree may be moved. launch/bundle makes an archive or a Debian package of it.

set(GANYMEDE_PRIVATE_LIBRARIES lib/ganymede)
set(GANYMEDE_SHARE share/ganymede)

# An RPATH, other than the usual RUNPATH, also serves libraries that our libraries need, and LD_LIBRARY_PATH, which
# modules of a cluster set, does not put another LibTorch in front.
set_target_properties(ganymede PROPERTIES INSTALL_RPATH "$ORIGIN/../${GANYMEDE_PRIVATE_LIBRARIES}")
target_link_options(ganymede PRIVATE -Wl,--disable-new-dtags)

install(TARGETS ganymede RUNTIME_DEPENDENCY_SET ganymede_libraries DESTINATION bin)

# MPI is the machine's own, and so is what came with its compiler: a newer one there serves programs built with an older.
set(MACHINES_OWN "^libmpi\\.so" "^ld-linux" "^lib(c|m|dl|rt|pthread|util|resolv|stdc\\+\\+|gcc_s)\\.so")
string(REGEX REPLACE "([][+.*()^$?|])" "\\\\\\1" LIBTORCH_PATTERN "${GANYMEDE_LIBTORCH}")
install(RUNTIME_DEPENDENCY_SET ganymede_libraries DESTINATION ${GANYMEDE_PRIVATE_LIBRARIES}
  PRE_EXCLUDE_REGEXES ${MACHINES_OWN}
  POST_INCLUDE_REGEXES "^${LIBTORCH_PATTERN}/" POST_EXCLUDE_REGEXES ".*")
# The archive also brings the libraries that a Debian package gets as its dependencies.
install(RUNTIME_DEPENDENCY_SET ganymede_libraries DESTINATION ${GANYMEDE_PRIVATE_LIBRARIES}
  COMPONENT bundle EXCLUDE_FROM_ALL
  PRE_EXCLUDE_REGEXES ${MACHINES_OWN} POST_EXCLUDE_REGEXES "^${LIBTORCH_PATTERN}/")
install(CODE "if(CMAKE_INSTALL_DO_STRIP) # a fifth of LibTorch
    file(GLOB libraries \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${GANYMEDE_PRIVATE_LIBRARIES}/*\")
    execute_process(COMMAND ${CMAKE_STRIP} --strip-unneeded \${libraries} COMMAND_ERROR_IS_FATAL ANY)
  endif()")
install(FILES launch/bundle-readme.txt DESTINATION . RENAME README.txt COMPONENT bundle EXCLUDE_FROM_ALL)

# What works only in a checkout stays out.
install(DIRECTORY experiments DESTINATION ${GANYMEDE_SHARE}
  PATTERN "*.py" EXCLUDE PATTERN benchmarks EXCLUDE)
install(DIRECTORY launch DESTINATION ${GANYMEDE_SHARE} USE_SOURCE_PERMISSIONS
  REGEX "/launch/(build|bundle|bundle-readme.txt|container|debug|gpu-check|quickstart|setup|test-[a-z]*|(libtorch|python).txt)$" EXCLUDE)
install(DIRECTORY datasets docs DESTINATION ${GANYMEDE_SHARE} USE_SOURCE_PERMISSIONS
  PATTERN __pycache__ EXCLUDE)
install(FILES README.md LICENSE DESTINATION ${GANYMEDE_SHARE})
install(FILES cmake/copyright DESTINATION share/doc/ganymede)
install(DIRECTORY "${GANYMEDE_LIBTORCH}/licences" DESTINATION share/doc/ganymede OPTIONAL)
install(CODE "file(CREATE_LINK ../${GANYMEDE_SHARE}/launch/mpirun
  \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/ganymede-mpirun\" SYMBOLIC)")

string(TOLOWER "${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}" CPACK_SYSTEM_NAME)
set(CPACK_PACKAGE_VENDOR "the Ganymede project")
set(CPACK_PACKAGE_CONTACT "the Ganymede project <ganymede@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "trains generative adversarial networks on many nodes")
set(CPACK_PACKAGE_CHECKSUM SHA256)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_PACKAGE_DESCRIPTION "Every MPI rank holds a replica of generator and discriminator,
and gradients are summed over all ranks. One recipe file describes a run,
and its result does not depend on the number of ranks.")
set(CPACK_DEBIAN_PACKAGE_DEPENDS "openmpi-bin, python3:any")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "dataset-fashion-mnist, fonts-noto-color-emoji, fonts-symbola, \
fortunes-zh, oxygen-icon-theme, python3-numpy, python3-pil, unicode-data")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${GANYMEDE_LIBTORCH}/lib")
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd) # xz takes minutes
set(CPACK_PROJECT_CONFIG_FILE "${CMAKE_CURRENT_LIST_DIR}/PackagedComponents.cmake")
include(CPack)
