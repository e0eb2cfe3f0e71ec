# Writes OUTPUT, a .cc with every .lua file of FOLDER as a raw string literal beside its SHA-1, by which
# EVALSHA names it. Run with cmake -P, so that no other tool is needed.
set(body "")
file(GLOB scripts ${FOLDER}/*.lua)
foreach(script IN LISTS scripts)
  get_filename_component(name ${script} NAME_WE)
  file(READ ${script} text)
  file(SHA1 ${script} sha1)
  string(APPEND body "const Script k_${name}{\"${name}\", \"${sha1}\", R\"lua(${text})lua\"};\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"redis/script.h\"\n\nnamespace taskfeed::redis::scripts {\n${body}}  // namespace taskfeed::redis::scripts\n")
