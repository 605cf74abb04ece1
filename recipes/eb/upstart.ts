import { instances, jobFiles, quoteWord, workersOf, workersText } from '../sidekiq/services.ts'
import { quietHook, RESTART, script } from './hooks.ts'
import { inspeqtorFiles } from './inspeqtor.ts'
import type { EbFile, EbPlan } from './plan.ts'
import { configText, word, words, type OnHost } from './ebextensions.ts'

const HOOKS = '/opt/elasticbeanstalk/hooks'
const RUN = '/opt/elasticbeanstalk/support/run'
/** a deployment, a change of the environment's properties, and "Restart App Server(s)" */
const KINDS = ['appdeploy', 'configdeploy', 'restartappserver'] as const

/** For the Amazon Linux AMI: one .ebextensions file, which puts the job, its script and the hooks onto the instances. */
export const upstartFiles = (plan: EbPlan): readonly EbFile[] => {
  const name = plan.serviceUnitName
  const all = instances(plan).map(({ words }) => words.join(' '))
  const hooks = (when: 'pre' | 'post', file: string, text: string): OnHost[] =>
    KINDS.map((kind, i) => {
      const path = `${HOOKS}/${kind}/${when}/${file}`
      return i === 0 ? { path, mode: '000755', text } : { path, link: `${HOOKS}/${KINDS[0]}/${when}/${file}` }
    })
  const files: readonly OnHost[] = [
    { path: `${RUN}_${name}`, mode: '000755', text: runScript(plan) },
    ...jobFiles(plan).flatMap(({ name: job, configFile }): OnHost[] => [
      { path: `/etc/init/${job}.conf`, mode: '000644', text: jobText(plan, configFile) },
      ...(plan.processes === 1 ? [] : [{ path: `/etc/init/${workersOf(job)}.conf`, mode: '000644', text: workers(plan, job) }]),
    ]),
    ...hooks('pre', `${plan.prefix}_quiet_${name}`, quiet(plan, all)),
    ...hooks('post', `${plan.prefix}_restart_${name}`, restart(plan, all)),
  ]
  const { replaces } = plan.settings
  return [
    {
      path: `.ebextensions/${plan.prefix}-${name}.config`,
      text: configText(plan.header, files, {
        [`01_remove_hooks_before_${name}`]: `rm -f ${[
          ...replaces.flatMap((hook) => [`${HOOKS}/${hook}`, `${HOOKS}/${hook}.bak`]),
          ...hookPaths(files).map((path) => `${path}.bak`),
        ].join(' ')}`,
        [`02_reload_jobs_of_${name}`]: 'initctl reload-configuration',
      }),
    },
    ...(plan.settings.inspeqtor ? inspeqtorFiles(plan) : []),
  ]
}

/** cfn-init keeps what it replaces as NAME.bak, with its mode, and the engine would run that too. */
const hookPaths = (files: readonly OnHost[]): readonly string[] =>
  files.map(({ path }) => path).filter((path) => path.startsWith(`${HOOKS}/`))

/** This platform has Upstart 0.6.5, which lacks setuid, reload signal and console log: the script does what they would do. */
const jobText = (plan: EbPlan, configFile: string): string => `# ${plan.header}
description ${quoteWord(`${plan.description}${configFile === 'sidekiq.yml' ? '' : ` ${configFile}`}`)}

${plan.processes === 1 ? 'start on runlevel [2345]\n' : ''}stop on runlevel [!2345]
${plan.processes === 1 ? '' : '\ninstance $index\n'}
respawn
respawn limit 3 30
normal exit 0 TERM
kill timeout ${plan.killTimeout}

exec ${RUN}_${plan.serviceUnitName} ${quoteWord(`config/${configFile}`)}
`

const workers = (plan: EbPlan, name: string): string =>
  workersText({
    header: `# ${plan.header}`,
    description: `${plan.description}: ${plan.processes} processes`,
    startOn: 'runlevel [2345]',
    stopOn: 'runlevel [!2345]',
    name,
    count: plan.processes,
  })

/**
 * What the job runs. `chroot --userspec` changes the user and execs its command, so the process that Upstart knows is Sidekiq. su and
 * runuser would stay as its parent, and kill it two seconds after TERM.
 */
const runScript = (plan: EbPlan): string => `${script(plan, 'Runs Sidekiq in the environment of the application, as its user.')}set -e

logs=/var/app/containerfiles/logs
mkdir -p "$logs"
exec >> "$logs/${plan.serviceUnitName}.log" 2>&1 < /dev/null

setting() { /opt/elasticbeanstalk/bin/get-config container -k "$1"; }

. "$(setting support_dir)/envvars"
. "$(setting script_dir)/use-app-ruby.sh"

user=${word(plan.user)}
app=$(setting app_deploy_dir)
HOME=$(getent passwd "$user" | cut -d: -f6)
export HOME MALLOC_ARENA_MAX=2 PATH=$PATH:/usr/sbin:/sbin
${plan.railsEnv === null ? 'env=${RAILS_ENV:-${RACK_ENV:-production}}' : `env=${word(plan.railsEnv)}`}
export RAILS_ENV=$env RACK_ENV=$env
${Object.entries(plan.env)
  .map(([name, value]) => `export ${name}=${word(String(value))}\n`)
  .join('')}${plan.umask === null || plan.umask === '0002' ? '' : `umask ${plan.umask}\n`}
# an older chroot changes to /, so cd comes after it
exec chroot --userspec="$user" --groups="$(id -G "$user" | tr ' ' ',')" / /bin/bash -c 'cd "$1" && shift && exec "$@"' sidekiq "$app" \\
  ${plan.bundlerPath === null ? 'bundle' : word(plan.bundlerPath)} exec ${word(plan.command)} -e "$env" -C "$1"${['', ...plan.args.map(word)].join(' ')} -t ${plan.timeout}${['', ...plan.shellArgs].join(' ')}
`

const ENV = 'export LC_ALL=C PATH=$PATH:/sbin:/usr/sbin'
const PID_OF = `pid_of() { initctl status $1 2>&1 | sed -n '1s/^.* start\\/running, process \\([0-9][0-9]*\\)$/\\1/p'; }`

/** Signals the process itself: this version of Upstart would send HUP. */
const quiet = (plan: EbPlan, jobs: readonly string[]): string =>
  quietHook(plan, {
    kind: 'job',
    names: jobs,
    setup: `${ENV}\n\n${PID_OF}`,
    signal: `kill -s ${plan.quietSignal} "$pid"`,
    recover: `  setsid /bin/bash -c 'sleep ${plan.settings.recoverAfter}
    case $(initctl status $1 2>&1) in (*" process $2") initctl stop $1; initctl start $1 ;; esac' quieted "$job" "$pid" > /dev/null 2>&1 < /dev/null &
`,
  })

/**
 * Runs after a deployment. Stops and starts the job, because a restart keeps the definition that it was started with, and fails if nothing
 * is running. Sidekiq's title, `sidekiq 5.2.7 current [0 of 25 busy]`, shows that it is up.
 */
const restart = (plan: EbPlan, jobs: readonly string[]): string => `${script(plan, RESTART)}${ENV}

${PID_OF}
fail() {
  echo "$1" >&2
  tail -n 25 /var/app/containerfiles/logs/${plan.serviceUnitName}.log >&2
  exit 1
}
stop() {
  output=$(initctl stop $1 2>&1) && { echo "$output"; return 0; }
  case $output in (*'Unknown instance'*) echo "$1 does not run"; return 0 ;; esac
  echo "$output" >&2
  return 1
}

jobs=(${words(jobs)})
# all at once: each may take its whole time
stops=()
for job in "\${jobs[@]}"; do stop "$job" & stops+=($!); done
for one in "\${stops[@]}"; do wait "$one" || fail 'Sidekiq does not stop'; done

for job in "\${jobs[@]}"; do
  output=$(initctl start $job 2>&1) || fail "$output"
  echo "$output"
done

for job in "\${jobs[@]}"; do
  pid=$(pid_of "$job")
  seconds=0
  while :; do
    if [ -z "$pid" ] || [ "$(pid_of "$job")" != "$pid" ]; then fail "$job ended while it came up: $(initctl status $job 2>&1)"; fi
    if [ "$seconds" -ge 3 ] && tr '\\0' '\\n' < "/proc/$pid/cmdline" | grep -qE '^sidekiq [0-9]'; then break; fi
    if [ "$seconds" -ge 60 ]; then fail "$job: process $pid is not up after 60 s"; fi
    sleep 1
    seconds=$((seconds + 1))
  done
  echo "$job is up, process $pid"
done
`
