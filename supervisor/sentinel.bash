# Printed by `sentinel --print-bash` from options.def; a test compares.
_sentinel() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i exec=
  for ((i = 1; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    --) _command_offset $((i + 1)); return ;;
    exec) [[ $exec ]] || { exec=1; continue; } ;;
    esac
    case ${COMP_WORDS[i-1]} in --profile|--policy-parameter|--policy-file|--region|--unix-socket-path|--server-port|--server-duration|--log-file|--on-broker-exit) continue ;; esac
    [[ $exec && ${COMP_WORDS[i]} != -* ]] && { _command_offset $i; return; }
  done
  [[ $exec ]] || { COMPREPLY=($(compgen -W "exec --help --version --print-man --print-bash" -- "$cur")); return; }
  case $prev in
    --profile) return ;;
    --policy-parameter) return ;;
    --policy-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --region) return ;;
    --unix-socket-path) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --server-port) return ;;
    --server-duration) return ;;
    --log-file) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    --on-broker-exit) COMPREPLY=($(compgen -W "kill keep" -- "$cur")); return ;;
  esac
  COMPREPLY=($(compgen -W "--profile --policy-parameter --policy-file --region --server --unix-socket --unix-socket-path --allow-tcp-fallback --server-port --lazy --server-duration --log-file --log-stderr --log-sync --quiet --on-broker-exit --help" -- "$cur"))
}
complete -F _sentinel sentinel
