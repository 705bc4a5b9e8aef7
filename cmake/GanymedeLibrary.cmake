set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_FLAGS_RELEASE "-O2")

# Options every target shares; they must be the same everywhere, else the precompiled header is not reused.
add_library(ganymede_options INTERFACE)
target_compile_options(ganymede_options INTERFACE
  $<$<COMPILE_LANGUAGE:C,CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wno-psabi>
  $<$<CXX_COMPILER_ID:GNU>:$<$<COMPILE_LANGUAGE:C,CXX>:-fpch-preprocess>>
  $<$<AND:$<COMPILE_LANGUAGE:C,CXX>,$<BOOL:${GANYMEDE_WARNINGS_AS_ERRORS}>>:-Werror>)
target_include_directories(ganymede_options INTERFACE "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(ganymede_options INTERFACE ganymede_libtorch Threads::Threads)
if(GANYMEDE_SANITIZE)
  target_compile_options(ganymede_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(ganymede_options INTERFACE -fsanitize=address,undefined)
endif()

if(GANYMEDE_FUZZ)
  target_compile_options(ganymede_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# ganymede_library(<folder> SOURCES ... LINKS ...): the library of one folder of src/; that of a/b is ganymede_a_b.
function(ganymede_library folder)
  string(REPLACE "/" "_" folder ${folder})
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(ganymede_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(ganymede_${folder} PUBLIC ganymede_options ${ARG_LINKS})
  ganymede_share_precompiled_header(ganymede_${folder})
endfunction()

# One precompiled LibTorch header (0.6 GB) serves all targets; base makes it.
function(ganymede_share_precompiled_header target)
  if(target STREQUAL ganymede_base)
    target_precompile_headers(ganymede_base PRIVATE "${PROJECT_SOURCE_DIR}/src/base/precompiled.hpp")
  else()
    target_precompile_headers(${target} REUSE_FROM ganymede_base)
  endif()
endfunction()
