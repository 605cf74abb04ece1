import type { Draft, FailureReport, LiveRelease, RunEvent } from '../../src/events/types.ts'

/** A recorded run: events with the times they happened at. */
export interface Recording {
  readonly events: RunEvent[]
  /** ms later */
  wait(ms: number): void
  add(...drafts: Draft[]): void
  /** A step with its output, ended after `ms`. */
  step(host: string, task: string, title: string, more?: StepOptions): void
}

interface StepOptions {
  readonly command?: string
  readonly output?: readonly string[]
  readonly status?: 'ok' | 'skipped' | 'warned' | 'tolerated' | 'failed' | 'cancelled'
  readonly code?: number
  readonly note?: string
  readonly ms?: number
}

export const START = Date.UTC(2026, 10, 25, 10, 11, 12)

export const record = (): Recording => {
  const events: RunEvent[] = []
  let at = START
  let number = 0
  const add = (...drafts: Draft[]): void => void events.push(...drafts.map((draft): RunEvent => ({ at, ...draft })))
  return {
    events,
    wait: (ms) => void (at += ms),
    add,
    step: (host, task, title, { command = title, output = [], status = 'ok', code = 0, note, ms = 240 } = {}) => {
      const ref = { host, task, step: String(++number) }
      add({ type: 'step:start', ...ref, title, command })
      for (const line of output) add({ type: 'step:output', ...ref, stream: 'stdout', line })
      at += ms
      add({
        type: 'step:end',
        ...ref,
        status,
        code: status === 'cancelled' || status === 'warned' ? undefined : code,
        ms,
        ...(note === undefined ? {} : { note }),
      })
    },
  }
}

export const OLD = '20261124080000'
export const NEW = '20261125101112'
const REVISION = '4a5b6c7d8e9f00112233445566778899aabbccdd'

export const live = (
  host: string,
  state: LiveRelease['state'],
  release: string | undefined = state === 'switched' ? NEW : OLD,
): LiveRelease => ({ host, release, revision: REVISION, state })

export const begin = (run: Recording, hosts: readonly string[], task = 'deploy'): void => {
  run.add({
    type: 'run:start',
    run: 'r1',
    stage: 'production',
    application: 'shop',
    tasks: [task],
    hosts: hosts.map((host) => ({ host, address: `deploy@${host}:22` })),
    user: 'anna',
    version: '0.1.0',
  })
  for (const host of hosts) run.add({ type: 'host:connecting', host, attempt: 1 })
  run.wait(120)
  for (const host of hosts) run.add({ type: 'host:connected', host, ms: 120 })
  run.wait(80)
  for (const host of hosts) run.add({ type: 'facts', host, ms: 80, live: OLD, revision: REVISION })
  run.add({ type: 'deploy', release: NEW, revision: REVISION, branch: 'main' })
}

export const wave = (run: Recording, wave: number, title: string, hosts: readonly string[], work: () => void, ok = true): void => {
  run.add({ type: 'wave:start', wave, title, tasks: [title], hosts })
  work()
  run.add({ type: 'wave:end', wave, ok, ms: 1500 })
}

const bundle = "bundle config set --local deployment 'true' && bundle install --jobs 4"

/** A successful deploy to two hosts. */
export const goodDeploy = (): RunEvent[] => {
  const run = record()
  const hosts = ['a1', 'worker-1']
  begin(run, hosts)
  wave(run, 0, 'check', hosts, () => {
    for (const host of hosts)
      run.step(host, 'deploy:check:directories', 'Make the directories', { command: 'mkdir -p /srv/shop_production/releases' })
    for (const host of hosts) run.step(host, 'git:check', 'git ls-remote git@github.com:example/shop.git main')
  })
  wave(run, 1, 'update', hosts, () => {
    run.step('a1', 'git:update', 'Fetch main', {
      command: 'git --git-dir /srv/shop_production/repo fetch origin\nsecond line',
      output: ['remote: Counting objects: 12, done.', '\u001b[32mFrom github.com:example/shop\u001b[0m'],
      ms: 3200,
    })
    run.step('worker-1', 'git:update', 'Fetch main', {
      command: 'git --git-dir /srv/shop_production/repo fetch origin\nsecond line',
      output: ['remote: Counting objects: 12, done.'],
      ms: 2100,
    })
    run.step('a1', 'bundler:install', 'Install gems', { command: bundle, status: 'skipped', note: 'bundle check is satisfied' })
    run.step('worker-1', 'bundler:install', 'Install gems', {
      command: bundle,
      output: ['Fetching sidekiq 6.4.1', 'Bundle complete! 漢字も出る'],
      ms: 61_000,
    })
    run.step('worker-1', 'sidekiq:quiet', 'sudo systemctl reload sidekiq.service', {
      status: 'tolerated',
      code: 5,
      note: 'no unit sidekiq.service yet',
    })
    run.add({
      type: 'log',
      level: 'warn',
      host: 'worker-1',
      message: 'sidekiq.service does not exist yet\ninstall it before the next deploy',
    })
    run.add({ type: 'log', level: 'debug', message: 'not for people' })
  })
  wave(run, 2, 'publish', hosts, () => {
    for (const host of hosts) run.step(host, 'deploy:symlink:release', 'Switch current', { command: 'mv -T current.new current', ms: 30 })
  })
  run.add({
    type: 'run:end',
    exit: 0,
    ms: 72_000,
    headline: `shop ${NEW} is live on 2 hosts`,
    live: hosts.map((host) => live(host, 'switched')),
    next: [],
  })
  return run.events
}

const gems = (host: string): FailureReport => ({
  host,
  task: 'bundler:install',
  command: bundle,
  reason: 'exit 7',
  output: ['Fetching gem metadata from https://gems.example.com/', "Could not find gem 'nope' in any of the sources"],
  hint: 'run `bundle lock --add-platform x86_64-linux` and commit Gemfile.lock',
})

/** A deploy to three hosts: two fail in the same way, and one is cancelled. */
export const failingDeploy = (): RunEvent[] => {
  const run = record()
  const hosts = ['a1', 'a2', 'w1']
  begin(run, hosts)
  wave(
    run,
    0,
    'update',
    hosts,
    () => {
      for (const host of ['a1', 'a2']) {
        run.step(host, 'bundler:install', bundle, { output: gems(host).output, status: 'failed', code: 7, ms: 4100 })
        run.add({ type: 'failure', failure: gems(host) })
      }
      run.step('w1', 'bundler:install', bundle, { status: 'cancelled', ms: 4000 })
    },
    false,
  )
  run.add({ type: 'log', level: 'info', message: `removed the unfinished release ${NEW}` })
  run.add({
    type: 'run:end',
    exit: 1,
    ms: 9300,
    headline: 'the deploy failed, what was live is still live',
    live: hosts.map((host) => live(host, 'same')),
    next: [{ command: 'shipit production deploy' }],
  })
  return run.events
}

/** A deploy after which hosts differ, with the next commands in the table. */
export const splitDeploy = (): RunEvent[] => {
  const run = record()
  const hosts = ['a1', 'a2', 'a3']
  begin(run, hosts)
  wave(
    run,
    0,
    'publish',
    hosts,
    () => {
      run.step('a1', 'deploy:symlink:release', 'Switch current', { command: 'mv -T current.new current' })
      run.step('a3', 'deploy:symlink:release', 'Switch current', { command: 'mv -T current.new current' })
      run.add({ type: 'host:lost', host: 'a2', reason: 'no answer for 45s' })
      run.add({
        type: 'failure',
        failure: {
          host: 'a2',
          task: 'deploy:symlink:release',
          reason: 'connection lost: no answer for 45s',
          output: [],
          where: 'deploy.config.ts:12',
        },
      })
    },
    false,
  )
  const type = 'shipit production deploy --hosts a2'
  run.add({
    type: 'run:end',
    exit: 6,
    ms: 50_000,
    headline: 'hosts differ: look at the table',
    live: [
      live('a1', 'switched'),
      { host: 'a2', release: undefined, revision: undefined, state: 'unknown', next: type },
      live('a3', 'switched'),
    ],
    next: [{ command: type }],
  })
  return run.events
}

/** A deploy with Ctrl-C during the installation of gems. */
export const interrupted = (): RunEvent[] => {
  const run = record()
  const hosts = ['a1', 'a2']
  begin(run, hosts)
  run.add({ type: 'wave:start', wave: 0, title: 'update', tasks: ['bundler:install'], hosts })
  run.add({ type: 'step:start', host: 'a1', task: 'bundler:install', step: '90', title: 'bundle install', command: 'bundle install' })
  run.add({ type: 'step:output', host: 'a1', task: 'bundler:install', step: '90', stream: 'stderr', line: 'Fetching rails 8.1.0' })
  run.wait(900)
  run.add({ type: 'interrupt', signal: 'SIGINT', message: 'Interrupted: cleaning up. Press Ctrl-C again to quit at once' })
  run.add({ type: 'step:end', host: 'a1', task: 'bundler:install', step: '90', status: 'cancelled', code: undefined, ms: 900 })
  run.add({ type: 'wave:end', wave: 0, ok: false, ms: 950 })
  run.add({
    type: 'run:end',
    exit: 130,
    ms: 1400,
    headline: 'interrupted, nothing was switched',
    live: hosts.map((host) => live(host, 'same')),
    next: [],
  })
  return run.events
}

/** A deploy to a hundred hosts, one of which is left behind. */
export const hundredHosts = (): RunEvent[] => {
  const run = record()
  const hosts = Array.from({ length: 100 }, (_, i) => `app-${String(i + 1).padStart(3, '0')}`)
  begin(run, hosts)
  wave(run, 0, 'publish', hosts, () => {
    for (const host of hosts) run.step(host, 'deploy:symlink:release', 'Switch current', { command: 'mv -T current.new current', ms: 10 })
  })
  run.add({
    type: 'run:end',
    exit: 7,
    ms: 12_000,
    headline: 'the new release is live and a later task failed',
    live: hosts.map((host, i) => live(host, i === 41 ? 'same' : 'switched')),
    next: [],
  })
  return run.events
}

/** Forty hosts during a phase: some done, some running, some waiting, two failed. */
export const busyHosts = (): RunEvent[] => {
  const run = record()
  const hosts = Array.from({ length: 40 }, (_, i) => `web${i + 1}`)
  begin(run, hosts)
  run.add({ type: 'wave:start', wave: 0, title: 'update', tasks: ['git:update', 'bundler:install'], hosts })
  for (const [i, host] of hosts.entries()) {
    if (i >= 32) continue
    const ref = { host, task: 'bundler:install', step: `s${i}` }
    run.add({ type: 'task:start', host, task: ref.task, wave: 0 })
    run.add({
      type: 'step:start',
      ...ref,
      title: 'bundle install --jobs 4 --retry 3 --quiet --path /srv/shop_production/shared/bundle',
      command: 'bundle install',
    })
    run.add({
      type: 'step:output',
      ...ref,
      stream: 'stdout',
      line: `Fetching gem ${i} 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字`,
    })
    if (i % 16 === 3) {
      run.add(
        { type: 'step:end', ...ref, status: 'failed', code: 7, ms: 10 },
        { type: 'task:end', host, task: ref.task, wave: 0, ok: false, ms: 10 },
      )
      run.add({ type: 'failure', failure: gems(host) })
    } else if (i < 24)
      run.add(
        { type: 'step:end', ...ref, status: 'ok', code: 0, ms: 10 },
        { type: 'task:end', host, task: ref.task, wave: 0, ok: true, ms: 10 },
      )
  }
  run.add({ type: 'wave:end', wave: 0, ok: false, ms: 9000 })
  run.add({ type: 'run:end', exit: 1, ms: 9300, headline: 'the deploy failed', live: hosts.map((host) => live(host, 'same')), next: [] })
  return run.events
}

/** A deploy to fifty hosts that mostly say the same: web7 prints and warns otherwise, web21 fails, and the others are cancelled for it. */
export const fleetDeploy = (): RunEvent[] => {
  const run = record()
  const hosts = Array.from({ length: 50 }, (_, i) => `web${i + 1}`)
  begin(run, hosts)
  wave(run, 0, 'check', hosts, () => {
    for (const host of hosts) run.step(host, 'deploy:check:directories', 'make the directories', { ms: host === 'web9' ? 40 : 4 })
    for (const host of hosts) run.step(host, 'app:versions', 'ruby -v', { output: [`ruby ${host === 'web7' ? '3.3.0' : '3.4.1'}`], ms: 30 })
    for (const host of hosts) {
      if (host === 'web7') continue
      run.add({ type: 'log', level: 'warn', host, message: 'sidekiq.service is not there yet' })
    }
    run.add({ type: 'log', level: 'warn', host: 'web7', message: 'the disk is filling: 91 %' })
  })
  const failure = {
    host: 'web21',
    task: 'bundler:install',
    command: 'bundle install',
    reason: 'exit 7',
    output: ['Could not find gem nope'],
  }
  const install = (host: string) => ({ host, task: 'bundler:install', step: `bundle-${host}` })
  wave(
    run,
    1,
    'prepare',
    hosts,
    () => {
      for (const host of hosts) run.add({ type: 'step:start', ...install(host), title: 'install gems', command: 'bundle install' })
      run.add({ type: 'step:output', ...install('web21'), stream: 'stderr', line: 'Could not find gem nope' })
      run.add({ type: 'step:end', ...install('web21'), status: 'failed', code: 7, ms: 300 }, { type: 'failure', failure })
      for (const host of hosts)
        if (host !== 'web21') run.add({ type: 'step:end', ...install(host), status: 'cancelled', code: undefined, ms: 310 })
    },
    false,
  )
  run.add({
    type: 'run:end',
    exit: 1,
    ms: 9300,
    headline: 'the deploy failed, what was live is still live',
    live: hosts.map((host) => live(host, 'same')),
    next: [{ command: 'shipit production deploy' }],
    warnings: run.events.flatMap((event) =>
      event.type === 'log' && event.level === 'warn' ? [{ host: event.host, message: event.message }] : [],
    ),
  })
  return run.events
}
