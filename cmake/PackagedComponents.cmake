# CPack reads this before each kind of package: only an archive brings the libraries that Debian has.
if(CPACK_GENERATOR STREQUAL TGZ)
  list(GET CPACK_INSTALL_CMAKE_PROJECTS 0 build)
  list(APPEND CPACK_INSTALL_CMAKE_PROJECTS "${build}" ganymede bundle /)
endif()
