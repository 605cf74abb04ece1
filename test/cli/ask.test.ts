import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { configText, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

const skip = needs('tmux')
const terminal = terminals()
let project: Place
const SERVERS = `[{ host: 'one', ssh: { transport: 'local' } }]`

before(() => {
  project = place()
  project.write({
    'deploy.config.ts': `import { ask, askSecret } from 'shipit-ts'\n${configText(`
  repoUrl: 'unused', deployTo: '${project.dir}/srv',
  branch: ask('branch', { default: ({ stage }) => stage + '-branch' }),
  vars: {
    reason: ask('reason', { message: 'Why now?', validate: (text) => text.length > 2 || 'say a little more' }),
    size: ask('size', { choices: ['small', 'large'], default: 'small' }),
    token: askSecret('token'),
    must: ask('must', { default: 'a default', unattended: 'fail' }),
  },
  tasks: {
    why: { steps: ({ vars }) => [sh\`echo "because: "\${vars.reason}\`] },
    sized: { steps: ({ vars, layout }) => [sh\`echo "size "\${vars.size}" live "\${layout.live ?? 'nothing'}\`] },
    facts: { steps: ({ vars, layout }) => (layout.live === undefined ? [sh\`echo "late "\${vars.reason}\`] : []) },
    sends: { steps: ({ vars }) => [sh\`echo "token is "\${vars.token}; test "$TOKEN" = swordfish && echo "it is right"\`.env({ TOKEN: vars.token })] },
    must: { steps: ({ vars }) => [sh\`echo "must "\${vars.must}\`] },
    nothing: { steps: () => [sh\`echo "asks nothing"\`] },
    two: { steps: ({ vars }) => [sh\`echo \${vars.reason} \${vars.token}\`] },
    reads: { run: ({ deploy, log }) => log.info('branch ' + deploy.branch) },
    mentions: { run: async ({ vars, log }) => log.info('it is ' + vars.size) },
    code: { run: async ({ on, ask, askSecret, confirm, log }) => {
      const busy = on('all', (h) => h.run(sh\`for i in 1 2 3 4 5 6; do echo "at work $i"; sleep 0.1; done\`))
      const name = await ask('name', { default: 'nobody' })
      const key = await askSecret('key', { message: 'The key' })
      await busy
      await on('all', (h) => h.run(sh\`echo "hello "\${name}" with "\${key}\`))
      await confirm('Really?')
      await confirm('All of it', { type: 'everything' })
      log.info('went on')
    } },
  },
  stages: { test: { servers: ${SERVERS} }, sure: { servers: ${SERVERS}, confirm: true } },`)}`,
  })
})
after(() => project?.remove())

const open = (name: string, ...args: string[]) => terminal(name, project.words(...args), { cwd: project.dir, env: { HOME: project.home } })
const run = (...args: string[]) => project.shipit([...args, '--no-log', '-o', 'plain'])

test('a setting is asked for before anything connects, until the answer will do', { skip }, async () => {
  const screen = open('reason', 'test', 'why', '--no-log')
  assert.equal(await screen.until(/Why now\?:$/), 'Why now?:')
  screen.type('ab')
  screen.keys('Enter')
  await screen.until(/say a little more\nWhy now\?:$/)
  screen.type('it is time')
  screen.keys('Enter')
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /Why now\?: it is time\nshop test: why on one\n[^]*because: it is time\n[^]*exit 0/)
})

test('an empty line is the default, a choice has a number, and what nothing needs is not asked for', { skip }, async () => {
  const screen = open('choice', 'test', 'sized', '--no-log')
  assert.equal(await screen.until(/\[small\]:$/), 'size\n   1  small\n   2  large\nWhich one, 1 to 2? [small]:')
  screen.type('3')
  screen.keys('Enter')
  await screen.until(/it must be one of small, large\nWhich one, 1 to 2\? \[small\]:$/)
  screen.type('2')
  screen.keys('Enter')
  assert.match(await screen.until(/^exit \d+$/m), /size large live nothing/)
  const preset = open('default', 'test', 'sized', '--no-log')
  await preset.until(/\[small\]:$/)
  preset.keys('Enter')
  assert.match(await preset.until(/^exit \d+$/m), /size small live nothing/)
  assert.doesNotMatch(await open('nothing', 'test', 'nothing', '--no-log').until(/^exit 0$/m), /\?:|\]:/)
})

test('steps that read facts, and code, have their questions asked before too', { skip }, async () => {
  const facts = open('facts', 'test', 'facts', '--no-log')
  await facts.until(/^Why now\?:$/m)
  facts.type('because')
  facts.keys('Enter')
  assert.match(await facts.until(/^exit \d+$/m), /late because[^]*exit 0/)
  const code = open('mentions', 'test', 'mentions', '--no-log')
  await code.until(/\[small\]:$/)
  code.type('large')
  code.keys('Enter')
  assert.match(await code.until(/^exit \d+$/m), /it is large[^]*exit 0/)
})

test('code that reads a setting in another way gets its default, although a person could have been asked', { skip }, async () => {
  assert.match(await open('reads', 'test', 'reads', '--no-log').until(/^exit \d+$/m), /branch test-branch\n[^]*exit 0/)
  const answered = open('reads-answer', 'test', 'reads', '--answer', 'branch=other', '--no-log')
  assert.match(await answered.until(/^exit \d+$/m), /branch other\n[^]*exit 0/)
})

test('pending asks for the branch before it connects', { skip }, async () => {
  const screen = open('pending', 'test', 'pending')
  await screen.until(/^branch \[test-branch\]:$/m)
  screen.keys('C-c')
  assert.match(await screen.until(/^exit \d+$/m), /exit 130/)
  assert.doesNotMatch(await open('pending-branch', 'test', 'pending', '-b', 'main').until(/^exit \d+$/m), /\]:|no answer/)
})

test('a secret is not shown as it is typed, and masked afterwards', { skip }, async () => {
  const screen = open('secret', 'test', 'sends', '--log', 'secret.log')
  await screen.until(/^token:$/m)
  screen.type('swordfish')
  screen.keys('Enter')
  const end = await screen.until(/^exit \d+$/m)
  assert.match(end, /token is \[secret\]\n[^]*it is right[^]*exit 0/)
  assert.doesNotMatch(screen.history() + project.read('secret.log'), /swordfish/)
})

test('Ctrl-C at a question exits 130 and has done nothing; Ctrl-D is an error', { skip }, async () => {
  const screen = open('ctrl-c', 'test', 'why', '--no-log')
  await screen.until(/Why now\?:$/)
  screen.keys('C-c')
  assert.match(await screen.until(/^exit \d+$/m), /exit 130/)
  const eof = open('ctrl-d', 'test', 'why', '--no-log')
  await eof.until(/Why now\?:$/)
  eof.keys('C-d')
  assert.match(await eof.until(/^exit \d+$/m), /the question was not answered[^]*exit 2/)
})

test('without a terminal it is the answer of the command line, the default, or an error that names all that is missing', async () => {
  const missing = await run('test', 'two')
  assert.equal(missing.code, 2)
  assert.equal(
    missing.stderr,
    'shipit: there is no answer for: reason (Why now?), token\n  answer with --answer reason=… --answer token=…\n',
  )
  const given = await run('test', 'two', '--answer', 'reason=the reason', '--answer=token=swordfish')
  assert.equal(given.code, 0, given.stderr)
  assert.match(given.stdout, /the reason \[secret\]/)
  assert.match((await run('test', 'sized')).stdout, /size small live nothing/)
  assert.match((await run('test', 'mentions', '--answer', 'size=large')).stdout, /it is large/)
  assert.match((await run('test', 'must')).stderr, /there is no answer for: must\n {2}answer with --answer must=…\n$/)
  assert.match((await run('test', 'must', '--answer', 'must=a=b')).stdout, /must a=b/)
  const wrong = await run('test', 'sized', '--answer', 'size=huge')
  assert.deepEqual([wrong.code, wrong.stderr.split('\n')[0]], [2, 'shipit: --answer size=…: it must be one of small, large'])
})

test('an answer to no question, or without a name, is an error', async () => {
  const stray = await run('test', 'nothing', '--answer', 'resaon=x')
  assert.equal(stray.code, 2)
  assert.match(stray.stderr, /--answer resaon=…: nothing asks for resaon \(did you mean "reason"\?\)/)
  assert.match((await run('test', 'nothing', '--answer', 'reason')).stderr, /--answer takes NAME=VALUE/)
})

test('-y takes defaults at a terminal, and is an error where there is none', { skip }, async () => {
  assert.match(await open('yes', 'test', 'sized', '-y', '--no-log').until(/^exit \d+$/m), /size small[^]*exit 0/)
  assert.match(await open('yes-why', 'test', 'why', '--yes', '--no-log').until(/^exit \d+$/m), /there is no answer for: reason[^]*exit 2/)
})

test('plan, check, config, tree and --tasks never ask', { skip }, async () => {
  const shown = async (...args: string[]) => open(args.join('-').replaceAll(/\W/g, ''), ...args).until(/^exit \d+$/m)
  assert.match(await shown('test', 'plan', 'why'), /there is no answer for: reason[^]*exit 2/)
  assert.match(await shown('test', 'plan', 'why', '--answer', 'reason=because'), /because[^]*exit 0/)
  assert.match(await shown('test', 'check'), /no mistakes[^]*exit 0/)
  assert.match(
    await shown('test', 'config', 'branch', 'vars.reason', 'vars.token'),
    /branch +test-branch[^]*\(asked for: reason\)[^]*\[secret\][^]*exit 0/,
  )
  assert.match(await shown('test', 'tree', 'why'), /exit 0/)
  assert.match(await shown('test', '--tasks'), /exit 0/)
})

test('code asks while hosts work, and the screen makes room; secrets are masked', { skip }, async () => {
  for (const output of ['tree', 'plain']) {
    const screen = open(`code-${output}`, 'test', 'code', '--log', 'code.log', '-o', output)
    await screen.until(/name \[nobody\]:$/)
    screen.type('anna')
    screen.keys('Enter')
    await screen.until(/^The key:$/m)
    screen.type('opensesame')
    screen.keys('Enter')
    await screen.until(/^Really\? \[y\/N\]$/m)
    screen.type('y')
    screen.keys('Enter')
    await screen.until(/All of it\nType everything to go on:$/)
    screen.type('everything')
    screen.keys('Enter')
    const end = await screen.until(/^exit \d+$/m)
    assert.match(end, /hello anna with \[secret\][^]*went on[^]*exit 0/)
    assert.doesNotMatch(screen.history() + project.read('code.log'), /opensesame/)
  }
})

test('code that asks is refused, answered by options, or stopped by a no', { skip }, async () => {
  const none = await run('test', 'code')
  assert.equal(none.code, 1)
  assert.match(none.stdout, /there is no answer for: key \(The key\)\n[^]*answer with --answer key=…/)
  const yes = await run('test', 'code', '--yes', '--answer', 'key=opensesame')
  assert.equal(yes.code, 0, yes.stdout)
  assert.match(yes.stdout, /hello nobody with \[secret\]\n[^]*went on/)
  const no = open('no', 'test', 'code', '--no-log', '--answer', 'key=opensesame', '--answer', 'name=x')
  await no.until(/Really\? \[y\/N\]$/m)
  no.keys('Enter')
  assert.match(await no.until(/^exit \d+$/m), /not confirmed: Really\?[^]*exit 1/)
})

test('an answer on the command line is not in the log', async () => {
  await project.shipit(['test', 'code', '--yes', '--answer', 'key=opensesame', '--answer=name=x', '--log', 'argv.log'])
  assert.match(project.read('argv.log'), /--answer key=… --answer=name=…/)
  assert.doesNotMatch(project.read('argv.log'), /opensesame/)
})

test('a stage with confirm has its name typed before a deploy, and before nothing else', { skip }, async () => {
  assert.match((await run('sure', 'nothing')).stdout, /asks nothing/)
  const none = await run('sure', 'deploy')
  assert.equal(none.code, 2)
  assert.equal(none.stderr, 'shipit: sure asks for a confirmation, and there is no terminal\n  shipit sure deploy --yes\n')
  const screen = open('sure', 'sure', 'deploy:rollback', '--no-log')
  await screen.until(/^The stage sure asks for a confirmation before deploy:rollback on one\.\nType sure to go on:$/m)
  screen.type('yes')
  screen.keys('Enter')
  assert.match(await screen.until(/^exit \d+$/m), /nothing was done: sure was not typed\n[^]*exit 1/)
  const typed = open('typed', 'sure', 'deploy:rollback', '--no-log', '-o', 'plain')
  await typed.until(/Type sure to go on:$/)
  typed.type('sure')
  typed.keys('Enter')
  // there is nothing to go back to
  assert.doesNotMatch(await typed.until(/^exit [1-9]$/m), /was not typed/)
  assert.match(typed.history(), /shop sure: deploy:rollback/)
})

test('a question of exec leaves a relative --log in the folder that shipit was called in', { skip }, async () => {
  const own = place()
  try {
    own.write({
      'deploy.config.ts': `import { ask } from 'shipit-ts'\n${configText(`
  repoUrl: 'unused', deployTo: ask('where', { default: '${own.dir}/srv' }),
  stages: { test: { servers: ${SERVERS} } },`)}`,
      'sub/here': '',
    })
    const words = own.words('test', 'exec', '--config', '../deploy.config.ts', '--log', 'run.log', '--', 'true')
    const screen = terminal('log', words, { cwd: `${own.dir}/sub`, env: { HOME: own.home } })
    await screen.until(/where \[.*\]:$/)
    screen.keys('Enter')
    await screen.until(/^exit 0$/m)
    assert.deepEqual([existsSync(`${own.dir}/sub/run.log`), existsSync(`${own.dir}/run.log`)], [true, false])
  } finally {
    own.remove()
  }
})

test('a printed command repeats the answers, and no secret: neither one that nothing needed nor one that only code asks for', async () => {
  const answers = ['--answer', 'reason=it is time', '--answer', 'token=swordfish', '--answer', 'name=anna']
  const ran = await run('sure', 'deploy', 'code', ...answers)
  assert.equal(ran.code, 2, ran.stdout)
  assert.match(
    ran.stderr,
    /shipit sure deploy code --yes --answer 'reason=it is time' --answer token="\$\{TOKEN:\?\}" --answer name="\$\{NAME:\?\}"/,
  )
  assert.ok(!(ran.stdout + ran.stderr).includes('swordfish'))
})
