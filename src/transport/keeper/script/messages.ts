import { sudoFunctionWith } from '../../../shell/sudo-password.ts'

/** What the keeper does at each message of the client, and at each tick of its clock. `obey` fails when the keeper has to end. */
export const MESSAGES = String.raw`obey() {
  case $1 in
  tick)
    missed=$((missed + 1))
    [ "$missed" -le MISSES ] || return 1
    for g in $groups; do
      kill -s 0 "$g" || say "dead $g"
    done
    return 0
    ;;
  'quit idle') idle=1; return 1 ;;
  eof | quit) return 1 ;;
  beat) say beat ;;
  'add '*) groups="$groups@{1#* } " ;;
  'del '*) forget "@{1#* }" ;;
  'stay '*) stays="$stays@{1#* } " ;;
  'end '*) begin_end '' @{1#* } ;;
  'reap '*) begin_end 1 @{1#* } ;;
  'fence '*) (fence @{1#* }) 9>&- & ;;
  'dir '*) dir=@{1#* } ;;
  'run '*) run=@{1#* } ;;
  'owner '*) owner=@{1#* } ;;
  'what '*) what=@{1#* } ;;
  'since '*) since=@{1#* } ;;
  again) again=1 ;;
  'sudo '*)
    # not into the environment, if there was one of that name
    unset password
    password=@{1#* }
ANSWERING
    ;;
  lock) lock ;;
  esac
  missed=0
}
forget() {
  case $groups in *" $1 "*) groups="@{groups%% $1 *} @{groups#* $1 }" ;; esac
}
# looks now, because later the parents that lead to these processes may be gone
begin_end() {
  ended=$1 of=$2 step=@{3#-} from=$4 seen= later=
  [ -n "$clock" ] || from=
  members
  kept="$kept$seen"
  answer 9>&- &
}
`
  .replaceAll('@{', '${')
  .replace('ANSWERING', () => sudoFunctionWith('"$password"'))
