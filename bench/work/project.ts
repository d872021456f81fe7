/** A small project in the shape of many: a configure script that tries the compiler, a Makefile, a library, a program, a test. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const HEADERS = ['stdio', 'stdlib', 'string', 'unistd', 'sys/stat', 'sys/no_such', 'pthread', 'no_such'];
const FUNCTIONS = ['memmem', 'strlcpy', 'getrandom', 'no_such_function'];
const PARTS = 8;

const CONFIGURE = `#!/bin/sh
# Usage: configure; writes config.h and Makefile
set -e
dir=$(mktemp -d ./confXXXXXX)
trap 'rm -rf $dir' EXIT
: > config.h
has() { # has NAME PROGRAM
  echo "$2" > $dir/conftest.c
  if cc -o $dir/conftest $dir/conftest.c > $dir/log 2>&1; then echo "#define HAVE_$1 1"; else echo "/* no $1 */"; fi >> config.h
}
for header in ${HEADERS.join(' ')}; do
  has $(echo $header | tr 'a-z/' 'A-Z_')_H "#include <$header.h>
int main(void) { return 0; }"
done
for function in ${FUNCTIONS.join(' ')}; do
  has $(echo $function | tr a-z A-Z) "char $function(void); int main(void) { return $function() != 0; }"
done
sed "s/@PROGRAM@/count/" Makefile.in > Makefile
`;

const MAKEFILE = `parts = ${Array.from({ length: PARTS }, (_, part) => `part${part}.o`).join(' ')}
all: @PROGRAM@
%.o: %.c config.h
	cc -O1 -c -o $@ $<
libparts.a: $(parts)
	rm -f $@; ar cr $@ $(parts)
@PROGRAM@: main.o libparts.a
	cc -o $@ main.o libparts.a
check: all
	./@PROGRAM@ > result; cmp result expected
install: check
	mkdir -p root/bin root/share
	install -m 755 @PROGRAM@ root/bin
	ln -sf @PROGRAM@ root/bin/also
	cp -p expected root/share
`;

export function makeProject(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const put = (name: string, text: string, mode = 0o644): void =>
    writeFileSync(path.join(directory, name), text, { mode });
  put('configure', CONFIGURE, 0o755);
  put('Makefile.in', MAKEFILE);
  const parts = Array.from({ length: PARTS }, (_, part) => part);
  for (const part of parts)
    put(
      `part${part}.c`,
      `#include "config.h"\n#ifdef HAVE_STDIO_H\n#include <stdio.h>\n#endif\nint part${part}(void) { return ${part}; }\n`,
    );
  const sum = parts.map((part) => `part${part}()`).join(' + ');
  const declared = parts.map((part) => `int part${part}(void);`).join(' ');
  put(
    'main.c',
    `#include <stdio.h>\n#include "config.h"\n${declared}\nint main(void) { printf("%d\\n", ${sum}); return 0; }\n`,
  );
  put('expected', `${parts.reduce((all, part) => all + part, 0)}\n`);
}
