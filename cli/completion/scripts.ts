/**
 * What a shell reads. Each script hands the words before the cursor to `lsmfs __complete`, which prints a line for each value (a tab, and
 * what it is about). Its last line says what the shell adds, as `:files goes-on 0`; the number counts the words before a nested command.
 */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Bash splits words at `=` and `:`, too, and replaces only the last piece. Words are put together again where no blank is between pieces.
 */
const BASH = `# bash completion for lsmfs: source <(lsmfs completion bash)
_lsmfs() {
  local rest=\${COMP_LINE:0:COMP_POINT} piece='' trimmed index last line
  local -a words=() starts=() lines=()
  for ((index = 0; index <= COMP_CWORD; index++)); do
    trimmed=\${rest#"\${rest%%[![:space:]]*}"}
    piece=\${COMP_WORDS[index]}
    if [[ $trimmed == "$piece"* ]]; then
      line=\${trimmed#"$piece"}
    else
      piece=$trimmed line=''
    fi
    if [[ $index == 0 || $trimmed != "$rest" || -z $rest ]]; then
      words+=("$piece")
      starts+=("$index")
    else
      words[-1]+=$piece
    fi
    rest=$line
  done
  [[ $piece != [=:] ]] || piece=''
  local before=\${words[-1]%"$piece"}
  mapfile -t lines < <(lsmfs __complete -- "\${words[@]:1}" 2>/dev/null)
  [[ \${#lines[@]} -gt 0 ]] || return
  read -r -a last <<<"\${lines[-1]#:}"
  unset 'lines[-1]'
  COMPREPLY=()
  for line in "\${lines[@]}"; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$before"}")
  done
  [[ \${last[1]} != goes-on ]] || compopt -o nospace
  case \${last[0]} in
    files | directories)
      [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o filenames
      local kind=-f
      [[ \${last[0]} == files ]] || kind=-d
      mapfile -t -O "\${#COMPREPLY[@]}" COMPREPLY < <(compgen "$kind" -- "$piece")
      ;;
    command)
      index=$((last[2] + 1))
      if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "\${starts[index]}"
      elif declare -F _command_offset >/dev/null; then
        _command_offset "\${starts[index]}"
      elif ((index == \${#words[@]} - 1)); then
        mapfile -t COMPREPLY < <(compgen -c -- "$piece")
      else
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$piece")
      fi
      ;;
  esac
}
complete -F _lsmfs lsmfs
`;

const ZSH = `#compdef lsmfs
# zsh completion for lsmfs: source <(lsmfs completion zsh), or a file _lsmfs in a directory of $fpath
_lsmfs() {
  local -a lines last described
  local line value tab=$'\\t'
  lines=("\${(@f)$(lsmfs __complete -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  last=(\${=\${lines[-1]#:}})
  shift -p lines
  for line in $lines; do
    value=\${line%%$tab*}
    if [[ $line == *$tab* ]]; then
      described+=("\${value//:/\\\\:}:\${line#*$tab}")
    else
      described+=("\${value//:/\\\\:}")
    fi
  done
  if [[ $last[1] == command ]]; then
    words=("\${(@)words[$((last[3] + 2)),-1]}")
    CURRENT=$((CURRENT - last[3] - 1))
    _normal
    return
  fi
  if (($#described)); then
    if [[ $last[2] == goes-on ]]; then
      _describe -t values value described -S ''
    else
      _describe -t values value described
    fi
  fi
  [[ $last[1] != nothing ]] || return
  compset -P '--[a-z-]##='
  if [[ $last[1] == files ]]; then
    _files
  else
    _files -/
  fi
}
if [[ $funcstack[1] == _lsmfs ]]; then
  _lsmfs "$@"
else
  compdef _lsmfs lsmfs
fi
`;

const FISH = `# fish completion for lsmfs: lsmfs completion fish | source
function __lsmfs_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (lsmfs __complete -- $words[2..] "$current" 2>/dev/null)
    set -l last (string split ' ' -- (string sub -s 2 -- $lines[-1]))
    set -l option (string match -r -- '^--[a-z-]+=' $current)
    for line in $lines[1..-2]
        echo $line
    end
    switch "$last[1]"
        case files directories
            for path in (complete -C "'' "(string replace -- "$option" '' $current))
                set -l name (string split -f 1 \\t -- $path)
                if test $last[1] = files; or string match -q '*/' -- $name
                    echo "$option$name"
                end
            end
        case command
            complete -C (string join ' ' -- (string escape -- $words[(math $last[3] + 2)..]) $current)
    end
end
complete -c lsmfs -e
complete -c lsmfs -f -a '(__lsmfs_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
