/**
 * A shell in a world that is typed at, line by line, with a second shell beside it: the "host" of what happens in the first one.
 *
 * Shell functions for `script()`. A new shell that a line starts (unshare, runcon) reads the lines after it, as on a terminal.
 */
export const TYPED = `
world() { coproc IN { exec $LSMFS run --name "$@" -- env SHELL=/bin/bash bash --norc 2>&1; }; WORLD=$1; type true; }
type() {
  printf '%s\\necho "@$?"\\n' "$1" >&\${IN[1]}
  while IFS= read -r line <&\${IN[0]}; do
    case $line in @0) return;; @*) echo "status \${line#@}"; return;; *) echo "$line";; esac
  done
  echo 'the shell is gone'
}
host() { $LSMFS exec $WORLD -- sh -c "$1" 2>&1; }
leave() { for i in 1 2 3 4 5 6 7 8; do echo exit; done >&\${IN[1]}; wait; }
`;
