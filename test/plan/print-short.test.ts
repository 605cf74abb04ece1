import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fail, note, prepend, secret, sh, warn } from '../../src/index.ts'
import { plainPaint } from '../../src/output/colours.ts'
import { fullPlan } from '../../src/plan/print-full.ts'
import { shortPlan } from '../../src/plan/print-short.ts'
import type { Plan } from '../../src/plan/types.ts'
import { command } from '../../src/shell/command.ts'
import { rsync } from '../../src/shell/rsync.ts'
import type { Command } from '../../src/shell/types.ts'
import { upload } from '../../src/shell/upload.ts'
import { width } from '../../src/values/width.ts'
import { planOf } from './plans.ts'

const print = (plan: Plan, columns = 100): string => shortPlan(plan, 'plan of go', { columns, paint: plainPaint })
/** The lines of steps, without the name of the task. */
const short = (steps: readonly Command[], columns = 100): string[] =>
  print(
    planOf(() => steps),
    columns,
  )
    .split('\n')
    .flatMap((line) => (/^ {3}(?:go| {2}) {2}/.test(line) ? [line.slice(7)] : []))

test('a short plan is a line a step, says where all wait, and how to see more', () => {
  assert.equal(
    print(planOf(() => [sh`echo one`, sh`echo two`])),
    `plan of go

1. go on a, b
   go  echo one
       echo two
   -- every host waits until all have passed the checks

--full shows every command, byte for byte
`,
  )
  assert.equal(print({ waves: [] }), 'plan of go\n\nnothing to do\n')
})

test('hosts that run something else have lines of their own', () => {
  assert.match(print(planOf((host) => [sh`echo ${host}`])), /^1\. go on a, b\n {3}go on a {2}echo a\n {3}go on b {2}echo b\n/m)
})

test('hosts whose commands only look the same stay apart', () => {
  const text = print(planOf((host) => [sh`echo ${host} ${'x'.repeat(120)}`.title('say it')]))
  assert.match(text, / {3}go on a {2}say it\n {3}go on b {2}say it\n/)
})

test('more than eight hosts are named once, at the top', () => {
  const names = Array.from({ length: 9 }, (_, i) => `web${i + 1}`)
  const text = print(planOf((host) => (host === 'web9' ? [sh`true`] : [sh`false`]), names))
  assert.match(text, /^plan of go\n\nhosts: web1, web2, [^\n]*, web9\n\n1\. go on all 9 hosts\n/)
  assert.equal(text.match(/^ {3}go on all but web9 {2}false\n {3}go on web9 +true$/m)?.length, 1)
})

test('a name that would leave no room for its steps has a line of its own', () => {
  const [wave] = planOf(() => [sh`true`]).waves
  if (wave?.kind !== 'steps') throw new Error('no steps')
  const name = 'a:task:with:quite:a:long:name'
  const lanes = wave.lanes.map((lane) => ({
    ...lane,
    chunks: lane.chunks.map((chunk) => ({ ...chunk, tasks: chunk.tasks.map((task) => ({ ...task, name })) })),
  }))
  assert.match(print({ waves: [{ ...wave, tasks: [name], lanes }] }, 40), /\n {3}a:task:with:quite:a:long:name\n {5}true\n/)
})

test('a step is a line: its title, and its command if both fit', () => {
  const script = sh`
first
second`
  assert.deepEqual(short([sh`uptime`.in('/srv')]), ['cd /srv && uptime'])
  const restart = sh`systemctl restart puma`.sudo().title('restart Puma')
  assert.deepEqual(short([restart]), ['restart Puma: sudo systemctl restart puma'])
  assert.deepEqual(short([restart], 40), ['restart Puma, as root'])
  assert.deepEqual(short([script.title('do both'), sh`echo ${'x'.repeat(200)}`.title('print a lot')]), ['do both', 'print a lot'])
  const [untitled, long] = short([script, sh`echo ${'x'.repeat(200)}`])
  assert.equal(untitled, 'first ⏎ second')
  assert.ok(long!.length <= 93 && long!.endsWith('…'), long)
})

test('of a directory that makes a line too long only the last part is shown', () => {
  const step = sh`bundle install --quiet`.in('/srv/shop_production/releases/20261123100000')
  assert.deepEqual(short([step, step.title('install')]), [
    'cd /srv/shop_production/releases/20261123100000 && bundle install --quiet',
    'install: cd /srv/shop_production/releases/20261123100000 && bundle install --quiet',
  ])
  assert.deepEqual(short([step, step.title('install')], 60), ['cd …/20261123100000 && bundle install --quiet', 'install'])
  assert.deepEqual(short([sh`make`.in('/tmp').env({ A: 'x'.repeat(40) }), sh`true`], 40), ['cd /tmp && make', 'true'])
  assert.deepEqual(short([step], 40), ['bundle install --quiet'])
})

test('a step that copies files shows all that it would change, in lines below if need be', () => {
  const { spec } = upload('dist', '/srv/shop_production/shared/dist', { delete: true })
  const summary = { size: '1 of 2 files differs and 1 is missing, 7 bytes; 1 would be removed', files: [] }
  const step = command({ ...spec, upload: { ...spec.upload!, summary } }).unless(sh`test -e /srv/frozen`)
  assert.deepEqual(short([step]), [
    'upload dist to /srv/shop_production/shared/dist: 1 of 2 files differs and 1 is missing, 7',
    '  bytes; 1 would be removed, unless test -e /srv/frozen',
  ])
  assert.equal(short([step], 200).length, 1)
  const copy = rsync('media/', { remote: '/srv/shop_production/shared/media' }, { delete: true, exclude: ['.DS_Store', '/cache/'] })
  assert.deepEqual(short([copy]), [
    'rsync: send media/ to /srv/shop_production/shared/media, delete what it does not have,',
    '  exclude .DS_Store /cache/',
  ])
  assert.deepEqual(short([upload('dist', `/srv/${'x'.repeat(200)}`).as('www')], 40).at(-1), '  as www')
})

test('a condition follows its step, and is whole where the step is cut', () => {
  const guarded = sh`mkdir x`.unless(sh`test -d x`).onlyIf(sh`test -w .`.title('it may be written'))
  assert.deepEqual(short([guarded]), ['mkdir x, unless test -d x, only if it may be written'])
  const long = sh`mkdir ${'x'.repeat(200)}`.unless(sh`
a
b`)
  assert.match(short([long])[0]!, /^mkdir x+…, if needed$/)
})

test('the user of a step is shown, with or without its command', () => {
  const long = sh`systemctl restart ${'x'.repeat(120)}`.title('restart it')
  assert.deepEqual(short([long.sudo(), long.as('anna'), long]), ['restart it, as root', 'restart it, as anna', 'restart it'])
})

test('the environment that all commands share is printed once, and none at a command', () => {
  const stage = { PATH: prepend('/opt/ruby/bin'), RAILS_ENV: 'production' }
  const steps = [
    sh`bin/one`.env(stage),
    sh`bin/two`.env(stage).env({ FORCE: 1 }),
    sh`bin/three`.env(stage).title('do three'),
    sh`systemctl restart puma`.sudo(),
    warn('look'),
  ]
  const text = print(planOf(() => steps))
  assert.match(
    text,
    /\n\nenvironment of the commands on a, b:\n {3}PATH=\/opt\/ruby\/bin"\$\{PATH:\+:\$PATH\}"\n {3}RAILS_ENV=production\n\n1\. go/,
  )
  assert.deepEqual(short(steps), ['bin/one', 'bin/two', 'do three: bin/three', 'sudo systemctl restart puma', 'warns: look'])
  assert.deepEqual(short([sh`true`, sh`bin/two`.env({ FORCE: 1 }).sudo()]), ['true', 'sudo bin/two'])
})

test('a variable that has another value for one command is not printed as shared', () => {
  const steps = [sh`one`.env({ A: 1, B: 1 }), sh`two`.env({ A: 1, B: 1 }), sh`three`.env({ A: 1, B: 2 })]
  const text = print(planOf(() => steps))
  assert.match(text, /\nenvironment of the commands on a, b:\n {3}A=1\n\n/)
  assert.deepEqual(short(steps), ['one', 'two', 'three'])
})

test('hosts that differ only in the environment of all their commands share their steps, and the difference is shown once', () => {
  const names = Array.from({ length: 12 }, (_, i) => `w${i + 1}`)
  const steps = (host: string) => {
    const env = {
      ...(host === 'w7' ? { PATH: prepend('/opt/bin') } : host === 'w9' ? { PATH: null } : { PATH: prepend('/usr/bin') }),
      ALL: 1,
    }
    return [sh`one`.env(env).onlyIf(sh`test -e x`.env(env)), sh`two`.env(env).orElse(sh`three`.env(env))]
  }
  const text = print(planOf(steps, names))
  assert.match(
    text,
    /\nenvironment of the commands on all 12 hosts:\n {3}ALL=1\n {3}on all but w7, w9: PATH=\/usr\/bin.*\n {3}on w7: PATH=\/opt\/bin.*\n {3}on w9: unset PATH\n\n1\. go on all 12 hosts\n {3}go {2}one/,
  )
  assert.equal(text.match(/^ {3}go /gm)?.length, 1)
  const own = (host: string) => [sh`one`.env({ ALL: 1 }), sh`two`.env({ ALL: 1, OWN: host })]
  assert.match(print(planOf(own)), /\n {3}go on a {2}one\n.*two\n {3}go on b {2}one\n/)
})

test('a user service has the same short lines for each of its verbs, with and without a runtime directory', () => {
  const ctl = (verb: string) => sh`systemctl --user ${verb} web`.title(`${verb} it`)
  const [stop, start] = [ctl('stop').env({ XDG_RUNTIME_DIR: '/run/user/1000' }), ctl('start')]
  assert.deepEqual(short([stop, start, sh`true`]), ['stop it: systemctl --user stop web', 'start it: systemctl --user start web', 'true'])
  assert.match(
    fullPlan(
      planOf(() => [stop]),
      'plan of go',
    ),
    /XDG_RUNTIME_DIR/,
  )
})

test('the value of a secret is not shown in an environment', () => {
  const text = print(planOf(() => [sh`true`.env({ TOKEN: secret('hunter2 hunter2') })]))
  assert.match(text, / {3}TOKEN=\[secret\]\n/)
})

test('a secret is masked before a line is cut', () => {
  const url = `https://bob:hunter2-${'x'.repeat(120)}@example.com/shop.git`
  const text = print(planOf(() => [sh`git clone ${url}`, fail(`cannot clone ${url}`), sh`true`.unless(sh`git ls-remote ${url}`)]))
  assert.doesNotMatch(text, /hunter2/)
  assert.match(text, /git clone https:\/\/bob:\[secret\]@example\.com/)
})

test('a step that only says something is what it says, with its conditions', () => {
  const guarded = fail('no').onlyIf(sh`test -e x`)
  assert.deepEqual(short([guarded, fail('allowed').allowFailure()]), ['fails: no, only if test -e x', 'warns: allowed'])
  assert.deepEqual(short([note('good'), warn(['look', 'here']), fail('no')]), ['prints: good', 'warns: look here', 'fails: no'])
})

test('warnings, failures and the notes above a plan have a colour', () => {
  const tint = (name: string) => (text: string) => `<${name}>${text}</${name}>`
  const paint = { bold: (text: string) => text, dim: (text: string) => text, yellow: tint('yellow'), red: tint('red') }
  const plan = planOf(() => [warn('look'), fail('no'), fail('maybe').allowFailure(), note('good')])
  const text = shortPlan(plan, 'plan of go\nthe same commit is live\nThe hosts were read.', { columns: 80, paint })
  assert.deepEqual(text.match(/<.*>/g), [
    '<yellow>the same commit is live</yellow>',
    '<yellow>warns: look</yellow>',
    '<red>fails: no</red>',
    '<yellow>warns: maybe</yellow>',
  ])
})

test('a line is cut by the columns that it takes on a terminal', () => {
  const [line] = short([sh`echo ${'部'.repeat(100)}`])
  assert.ok(width(line!) <= 93 && line!.endsWith('…'), line)
  assert.deepEqual(short([sh`echo ${'部'.repeat(50)}`.title('print it')]), ['print it'])
})

test('control characters in a short plan are shown by their numbers', () => {
  assert.deepEqual(short([sh`true`.title('a\u001bb'), sh`true`.onlyIf(sh`test x`.title('two\nlines'))]), [
    'a\\x1bb: true',
    'true, only if two lines',
  ])
})

test('a step that is tried again, or has an alternative, says so', () => {
  const retry = { every: '3s', for: '3m' } as const
  assert.deepEqual(
    short([
      sh`curl -sf localhost`.retry(retry).onlyIf(sh`test -e x`),
      sh`systemctl reload puma`.sudo().orElse(sh`systemctl restart puma`.sudo()),
      sh`x`.title('wait for puma').retry(retry),
      sh`docker login --password-stdin`.stdin('hidden-here'),
      sh`x`.as('app', { group: 'www' }),
      sh`a`.retry(retry).orElse(sh`b`.retry(retry)),
      sh`one
two`
        .title('wait for both')
        .retry(retry),
    ]),
    [
      'curl -sf localhost, tried every 3s for 3m, only if test -e x',
      'sudo systemctl reload puma, or else sudo systemctl restart puma',
      'wait for puma: x, tried every 3s for 3m',
      'docker login --password-stdin',
      'as app:www: x',
      'a, tried every 3s for 3m, or else b, tried every 3s for 3m',
      'wait for both, tried every 3s for 3m',
    ],
  )
})
