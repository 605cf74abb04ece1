import type { Golden } from './bundler.ts'

const PIDS = '/srv/shop/shared/tmp/pids'
const P0 = `${PIDS}/sidekiq-0.pid`
const P1 = `${PIDS}/sidekiq-1.pid`
const LOG = '/srv/shop/shared/log/sidekiq.log'
const FUNCTIONS = `releases=$(cd /srv/shop/releases 2>/dev/null && pwd -P) || releases=none
titled() {
  for again in 1 2 3; do
    if tr '\\0' '\\n' < "/proc/$1/cmdline" | grep -qE '^([^ ]*/)?sidekiq( |$)'; then return 0; fi
  done 2>/dev/null
  return 1
}
ours() {
  titled "$1" || return 1
  cwd=$(readlink "/proc/$1/cwd") || cwd=
  case $cwd in (''|"$releases"/*) return 0 ;; esac
  return 1
}
in_file() {
  pid=$(cat "$1" 2>/dev/null) || pid=
  case $pid in (''|*[!0-9]*) return 1 ;; esac
  ours "$pid"
}`
const SEND = 'send() { kill -s "$1" "$2" || ! ours "$2"; }'

const MARKING = `began() { sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20; }
mark_quiet() {
  mkdir -p /srv/shop/.shipit/quiet && printf '%s %s\\n' "$2" "$(began "$2")" > /srv/shop/.shipit/quiet/"$1"
}`

const quiet = (files: string) => `${FUNCTIONS}
${SEND}
${MARKING}
for file in ${files}; do
  in_file "$file" || continue
  version=$(tr '\\0' '\\n' < "/proc/$pid/cmdline" | sed -n 's/^sidekiq \\([0-9][0-9.]*\\).*/\\1/p')
  lock=/proc/$pid/cwd/Gemfile.lock
  if [ -z "$version" ] && [ -r "$lock" ]; then version=$(sed -n 's/^    sidekiq (\\([0-9][0-9.]*\\).*/\\1/p' "$lock"); fi
  case $version in
    ('') echo "the version of Sidekiq $pid ($file) is not known" >&2; exit 3 ;;
    ([0-3].*|4.[01]|4.[01].*|4.2|4.2.[0-8]) signal=USR1 ;;
    (*) signal=TSTP ;;
  esac
  echo "Sidekiq $version: kill -s $signal $pid"
  send "$signal" "$pid"
  sleep 0.2 2>/dev/null || sleep 1
  if ! ours "$pid"; then echo "$file: $pid ended after the quiet signal, and jobs may be lost" >&2; exit 5; fi
  name=\${file##*/}
  mark_quiet "\${name%.pid}" "$pid" 2>/dev/null || :
done`
const stop = (files: string, seconds: number) => `${FUNCTIONS}
${SEND}
left=
for file in ${files}; do
  if in_file "$file"; then
    echo "kill -s TERM $pid"
    send TERM "$pid"
    left="$left $pid"
  fi
done
seconds=${seconds}
end=$(($(date +%s) + seconds))
while [ -n "$left" ]; do
  still=
  for pid in $left; do if ours "$pid"; then still="$still $pid"; fi; done
  left=$still
  if [ -z "$left" ]; then break; fi
  if [ "$(date +%s)" -ge "$end" ]; then echo 'Sidekiq has not ended ${seconds} s after TERM:'"$left" >&2; exit 9; fi
  sleep 0.2 2>/dev/null || sleep 1
done
rm -f ${files}`
const guard = (file: string) => `unless (\ncd /srv/shop/current\n${FUNCTIONS}\nin_file ${file}\n)\n`
const begin = (index: number, words: string, environment = 'production') =>
  `${guard(`${PIDS}/sidekiq-${index}.pid`)}cd /srv/shop/current\nbundle exec sidekiq --index ${index} --pidfile ${PIDS}/sidekiq-${index}.pid --environment ${environment} ${words} --daemon`

/** The beginnings of the commands; the rest of `start` prepares for them and checks that the processes are up. */
export const begins: readonly Golden[] = [
  { title: 'G62: the arguments of capistrano-sidekiq 1.x', steps: [begin(0, `--logfile ${LOG} --timeout 25`)] },
  {
    title: 'G66: two processes, each with its own arguments',
    settings: {
      processes: 2,
      queues: ['a', 'b'],
      concurrency: 7,
      configFiles: ['shop.yml'],
      signals: {
        require: ['./app.rb'],
        tag: 't',
        optionsPerProcess: ['--queue high', ['--queue', 'default', '--queue', 'low']],
        options: '-v',
      },
    },
    steps: [
      begin(
        0,
        `--logfile ${LOG} --require ./app.rb --tag t --queue a --queue b --config config/shop.yml --concurrency 7 --timeout 25 --queue high -v`,
      ),
      begin(
        1,
        `--logfile ${LOG} --require ./app.rb --tag t --queue a --queue b --config config/shop.yml --concurrency 7 --timeout 25 --queue default --queue low -v`,
      ),
    ],
  },
  {
    title: 'several config files: process numbers continue, and sidekiq.yml needs no argument',
    settings: { configFiles: ['sidekiq.yml', 'high.yml'], signals: { log: null } },
    steps: [begin(0, '--timeout 25'), begin(1, '--config config/high.yml --timeout 25')],
  },
  {
    title: 'the environment of rails()',
    given: { others: { rails: { railsEnv: 'live' } } },
    steps: [begin(0, `--logfile ${LOG} --timeout 25`, 'live')],
  },
]

export const golden: readonly Golden[] = [
  { title: 'G60, G72, G95, G96: quiet sends a signal that depends on the version', task: 'quiet', steps: [quiet(P0)] },
  { title: 'G61: stop sends TERM and waits', task: 'stop', steps: [stop(P0, 35)] },
  {
    title: 'G71: stop begins with the last process, and waits for all at once',
    task: 'stop',
    settings: { processes: 2, timeout: 60 },
    steps: [stop(`${P1} ${P0}`, 70)],
  },
  {
    title: 'G68: another user, through sudo in every step',
    task: 'quiet',
    settings: { user: 'svc' },
    steps: [`sudo -H -u svc -- /bin/sh <<'SHIPIT'\n( set -e\n${quiet(P0)}\n) </dev/null\nSHIPIT`],
  },
  { title: 'the user who logs in, without sudo', task: 'quiet', settings: { user: 'deploy' }, steps: [quiet(P0)] },
  {
    title: 'pidfiles in another place, with another name',
    task: 'stop',
    settings: { serviceUnitName: 'mailer.service', signals: { pids: '/run/shop' } },
    steps: [stop('/run/shop/mailer-0.pid', 35)],
  },
]
