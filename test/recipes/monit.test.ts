import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { monit } from '../../recipes/index.ts'
import { monitFiles } from '../../recipes/monit/files.ts'
import { cannot, ruleLine } from '../../recipes/monit/rule.ts'
import { settings } from '../../recipes/monit/settings.ts'
import { parseRule, problemText } from '../../recipes/rules/parse.ts'
import { files, refused, rules, sidekiqSettings } from '../golden/monit.ts'
import { asksOf, commandsOf, contextOf, factsOf, hintOf, hostOf, stepsOf, textOf, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

for (const [inspeqtor, expected] of rules)
  test(`"${inspeqtor}" becomes "${expected}"`, () => {
    const parsed = parseRule(inspeqtor)
    assert.ok(parsed.ok)
    assert.equal(cannot(parsed.value), undefined)
    assert.equal(ruleLine(parsed.value), expected)
  })

for (const [text, why] of refused)
  test(`"${text}" is refused`, () => {
    const parsed = parseRule(text)
    assert.match(parsed.ok ? (cannot(parsed.value) ?? 'accepted') : problemText(parsed.problem), why)
  })

const installedGiven: Given = { facts: { program: '/usr/bin/monit' } }

for (const { title, services, given, text } of files)
  test(`the file of ${title} is written`, () => {
    const c = contextOf(monit({ services }), { ...installedGiven, ...given })
    assert.deepEqual(
      monitFiles(c as never).map((file) => file.text),
      [text],
    )
  })

const wrong: readonly [services: object, why: RegExp][] = [
  [{ web: {} }, /needs matching or pidfile/],
  [{ web: { matching: 'a', pidfile: '/a' } }, /both matching and pidfile/],
  [{ web: { matching: `'"` } }, /has both quotes/],
  [{ web: { matching: 'a', start: '/a' } }, /needs both/],
  [{ web: { matching: 'a', start: 'start web', stop: '/a' } }, /absolute path/],
  [{ web: { matching: 'a', giveUp: { restarts: 6, cycles: 5 } } }, /more restarts than cycles/],
  [{ web: { matching: 'a', group: 'my group' } }, /must be a word/],
  [{ web: { matching: 'a', name: 'my web' } }, /letters, digits/],
  [{ web: { matching: 'a', rules: ['cpu:user > 60% then restart'] } }, /"cpu:user > 60% then restart": Monit does not separate/],
]
for (const [services, why] of wrong)
  test(`services are refused: ${JSON.stringify(services)}`, () => {
    const result = settings.safeParse({ services })
    assert.match(result.error?.issues.map(({ message }) => message).join('; ') ?? 'accepted', why)
  })

const recipe = monit({ services: { web: { matching: '^web ' } }, upTimeout: 1 })
const name = 'web_shop_production'

test('sudo is asked for the same calls as a deploy makes', () => {
  assert.deepEqual(asksOf(factsOf(recipe, { runs: ['monit:check'] })), [
    `sudo -n -l monit unmonitor ${name}`,
    `sudo -n -l monit monitor ${name}`,
    `sudo -n -l monit -B status ${name}`,
  ])
  const refused = { ...installedGiven, facts: { ...installedGiven.facts, 'sudo.1': { code: 1 } } }
  const [first] = commandsOf(recipe, 'check', refused)
  assert.equal(textOf(first!), `printf '%s\\n' 'deploy may not run through sudo: monit monitor ${name}' >&2; exit 1`)
  assert.match(
    hintOf(first!, { stderr: 'sudo: a password is required' }) ?? '',
    /shop_production_monit, and add the line\ndeploy ALL=\(root\) NOPASSWD: \/usr\/bin\/monit unmonitor web_shop_production, \/usr\/bin\/monit monitor web_shop_production, \/usr\/bin\/monit -B status web_shop_production$/,
  )
  const root = stepsOf(recipe, 'check', { ...installedGiven, layout: { user: 'root' } })
  assert.equal(root.length, 1)
})

test('a service that cannot be watched is reported once, before anything is touched', () => {
  const of = (more: object, services = { sidekiq: {} }, roles = ['worker']) =>
    stepsOf(monit({ services }), 'check', {
      ...installedGiven,
      others: sidekiqSettings(more),
      host: hostOf({ roles }),
      hosts: [hostOf({ roles }), hostOf({ name: 'w2', roles })],
    }).join('\n')
  assert.match(of({ processes: 2 }), /Sidekiq has 2 processes on a host, which Monit cannot tell apart/)
  assert.match(of({ manager: 'signals' }), /no unit: set start, stop and pidfile/)
  assert.match(of({ roles: ['jobs'] }, { sidekiq: {} }, ['web']), /no server of production has the role jobs/)
  const second = stepsOf(monit({ services: { sidekiq: {} } }), 'check', {
    ...installedGiven,
    others: sidekiqSettings({ processes: 2 }),
    host: hostOf({ name: 'w2' }),
    hosts: [hostOf(), hostOf({ name: 'w2' })],
  })
  assert.deepEqual(second, [])
})

test('a host without Monit fails before anything is touched, and with optional it is a warning', () => {
  const [command] = commandsOf(recipe, 'check', {})
  assert.match(hintOf(command!, {}) ?? '', /apt-get install monit.*shipit production monit:install/)
  const optional = monit({ services: { web: { matching: '^web ' } }, optional: true })
  assert.equal(commandsOf(optional, 'check', {})[0]!.spec.allow, true)
  assert.deepEqual(stepsOf(optional, 'unmonitor', { release: '20261123100000' }), [])
})

test('a host without the roles is left alone', () => {
  const of = monit({ services: { web: { matching: '^web ', roles: ['web'] } } })
  const host = hostOf({ roles: ['db'] })
  assert.deepEqual(Object.keys(factsOf(of, { host })), [])
  for (const task of ['install', 'uninstall', 'unmonitor', 'monitor', 'status', 'check'])
    assert.deepEqual(stepsOf(of, task, { ...installedGiven, host, hosts: [host, hostOf({ name: 'w2', roles: ['web'] })] }), [], task)
})

test('monitoring resumes after a failure only if this run paused it, and its failure is a warning', () => {
  assert.deepEqual(stepsOf(recipe, 'monitor', { ...installedGiven, ran: {} }), [])
  const [command, ...more] = commandsOf(recipe, 'monitor', { ...installedGiven, ran: { 'monit:unmonitor': 'done' } })
  assert.equal(command!.spec.allow, true)
  assert.equal(more.length, 0)
})

const status = (state: string, pid = '') =>
  `printf 'Monit 5.33.0 uptime: 1m\\n\\nProcess web\\n  status                       ${state}\\n  monitoring status            ${state === 'Not monitored' ? state : 'Monitored'}\\n${pid && `  pid                          ${pid}\\n`}'`

for (const { name: shell, argv } of shells) {
  const play = (task: string, program: string, given: Given = installedGiven, of = recipe) => {
    const fake = stubs({
      sudo: 'if [ "$1" = -n ]; then shift; fi; exec "$@"',
      monit: program,
      pgrep: 'exit 0',
      sleep: ':',
    })
    try {
      const commands = commandsOf(of, task, given)
      const [ran] = runSteps(argv, commands, { PATH: fake.path })
      return {
        code: ran!.code,
        output: ran!.stdout + ran!.stderr,
        hint: hintOf(commands[0]!, ran!) ?? '',
        calls: fake.calls().filter((call) => call.startsWith('monit')),
      }
    } finally {
      fake.remove()
    }
  }

  test(`${shell}: unmonitor waits until Monit confirms it`, () => {
    const done = play('unmonitor', `case $1 in unmonitor) ;; *) ${status('Not monitored')} ;; esac`)
    assert.equal(done.code, 0, done.output)
    assert.deepEqual(done.calls, [`monit unmonitor ${name}`, `monit -B status ${name}`])
    const busy = play('unmonitor', `case $1 in unmonitor) ;; *) ${status('Initializing - unmonitor pending')} ;; esac`)
    assert.equal(busy.code, 1)
    assert.match(busy.hint, /Monit was busy/)
  })

  test(`${shell}: a service that Monit does not know yet does not stop a deploy, and a failure of Monit does`, () => {
    const unknown = play('unmonitor', `echo 'There is no service named "${name}"' >&2; exit 1`)
    assert.equal(unknown.code, 0)
    assert.match(unknown.output, /Monit does not know web_shop_production: shipit production monit:install/)
    const off = play('unmonitor', `echo 'Monit: the monit HTTP interface is not enabled' >&2; exit 1`)
    assert.equal(off.code, 1)
    assert.match(off.hint, /monit\(\{ httpd: true \}\)/)
    const dead = play('unmonitor', `echo 'Unix socket /run/monit.sock connection error -- No such file or directory' >&2; exit 1`)
    assert.match(dead.hint, /systemctl start monit/)
    const refuse = play('unmonitor', `echo 'sudo: a password is required' >&2; exit 1`)
    assert.match(refuse.hint, /NOPASSWD/)
  })

  test(`${shell}: monitor requires the service to be up with a living process`, () => {
    const up = play('monitor', `case $1 in monitor) ;; *) ${status('OK', `${process.pid}`)} ;; esac`)
    assert.equal(up.code, 0, up.output)
    const gone = play('monitor', `case $1 in monitor) ;; *) ${status('OK', '99999999')} ;; esac`)
    assert.equal(gone.code, 1)
    const down = play('monitor', `case $1 in monitor) ;; *) ${status('Does not exist')} ;; esac`)
    assert.equal(down.code, 1)
    assert.match(down.hint, /finds no such process/)
  })

  test(`${shell}: another application's check under a chosen name is refused by the check, both tasks and the doctor`, async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'shipit-monit-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const [deployTo, confDir] = [join(root, 'shop'), join(root, 'conf.d')]
    const of = monit({ services: { web: { matching: '^web ', name: 'web' }, own: { matching: '^own ' } }, confDir, upTimeout: 1 })
    const release = (app: string) => join(root, app, 'releases/20260101000000')
    for (const dir of [release('shop'), release('blog'), join(root, 'lib/redis'), confDir]) mkdirSync(dir, { recursive: true })
    /** The messages about a check whose file has this first line, and whose process runs in `cwd`. */
    const messageFor = (header: string, cwd: string | undefined) => {
      writeFileSync(join(confDir, 'web'), header)
      const running = cwd === undefined ? undefined : spawn('sleep', ['100'], { cwd, stdio: 'ignore' })
      const fake = stubs({
        sudo: 'if [ "$1" = -n ]; then shift; fi; exec "$@"',
        monit: running ? status('OK', `${running.pid}`) : status('Not monitored'),
      })
      try {
        const given = { ...installedGiven, deployTo, runs: ['monit:unmonitor'] }
        const asked = factsOf(of, given)
        const [ran] = runSteps(argv, [asked['owner']!], { PATH: fake.path })
        assert.equal(ran!.code, 0, ran!.stderr)
        const facts = { ...installedGiven.facts, owner: ran!.stdout }
        const all = ['check', 'unmonitor', 'monitor'].map((task) => commandsOf(of, task, { ...given, facts }))
        const refused = all.map(
          ([first, ...more]) =>
            /^check (that Monit's checks belong|the services that Monit)/.test(first!.spec.title ?? '') && more.length === 0,
        )
        assert.equal(new Set(refused).size, 1)
        const findings = of.definition.doctor!.findings(contextOf(of, { ...given, facts }) as never)
        const found = findings.filter(({ message }) => /does not belong to/.test(message))
        assert.equal(found.length > 0, refused[0])
        if (refused[0])
          assert.match(hintOf(all[0]![0]!, {}) ?? '', /^leave `name` out .* web_shop_production; then shipit production monit:install$/m)
        return found[0]?.message
      } finally {
        running?.kill()
        fake.remove()
      }
    }
    const theirs = `the check web of Monit watches a process that runs in ${release('blog')}: it does not belong to shop (production), which is deployed to ${deployTo}`
    assert.equal(messageFor('', release('blog')), theirs)
    assert.equal(
      messageFor('# by shipit, for blog (production)\n', undefined),
      `the check web of Monit was written for blog (production): it does not belong to shop (production), which is deployed to ${deployTo}`,
    )
    assert.match(messageFor('# by shipit, for shop (staging)\n', release('shop')) ?? '', /was written for shop \(staging\)/)
    assert.equal(messageFor('# by shipit, for shop (production)\n', undefined), undefined)
    for (const cwd of [undefined, release('shop'), join(root, 'lib/redis'), '/'])
      assert.equal(messageFor('check process web\n', cwd), undefined)
    assert.deepEqual(Object.keys(factsOf(recipe, installedGiven)), ['program', 'owner'])
  })

  test(`${shell}: the check of another deployment with the same application and stage is refused`, (t) => {
    const fake = stubs({ sudo: 'if [ "$1" = -n ]; then shift; fi; exec "$@"', monit: status('Not monitored') })
    t.after(() => fake.remove())
    const confDir = join(fake.dir, 'conf.d')
    mkdirSync(confDir)
    const of = monit({ services: { web: { matching: '^web ' } }, confDir })
    const findingsAt = (deployTo: string) => {
      writeFileSync(join(confDir, 'web_shop_production'), headerFor('web_shop_production', 'monit', '/srv/shop'))
      const given = { ...installedGiven, deployTo, runs: ['monit:unmonitor'] }
      const [ran] = runSteps(argv, [factsOf(of, given)['owner']!], { PATH: fake.path })
      assert.equal(ran!.code, 0, ran!.stderr)
      const facts = { ...installedGiven.facts, owner: ran!.stdout }
      const [step] = commandsOf(of, 'unmonitor', { ...given, facts })
      const findings = of.definition.doctor!.findings(contextOf(of, { ...given, facts }) as never)
      const found = findings.filter(({ message }) => /does not belong to/.test(message))
      assert.equal(step!.spec.title?.startsWith("check that Monit's checks belong") === true, found.length > 0)
      return found
    }
    assert.deepEqual(findingsAt('/srv/shop'), [])
    const [found] = findingsAt('/srv/other')
    assert.match(
      found!.message,
      /^the check web_shop_production of Monit was written for \/srv\/shop: it does not belong to shop \(production\)/,
    )
    assert.match(found!.remedy, /give the service web a `name` of its own; then shipit production monit:install$/)
  })

  test(`${shell}: a missing pidfile is waited for`, () => {
    const fake = stubs({ sudo: 'shift; exec "$@"', monit: status('OK', `${process.pid}`) })
    const pidfile = join(fake.dir, 'web.pid')
    try {
      writeFileSync(join(fake.dir, 'bin/sleep'), `#!/bin/sh\necho ${process.pid} > ${pidfile}\n`, { mode: 0o755 })
      const of = monit({ services: { web: { pidfile } }, upTimeout: 5 })
      const [ran] = runSteps(argv, commandsOf(of, 'monitor', installedGiven), { PATH: fake.path })
      assert.equal(ran!.code, 0, ran!.stderr)
      assert.equal(readFileSync(pidfile, 'utf8'), `${process.pid}\n`)
    } finally {
      fake.remove()
    }
  })

  test(`${shell}: files are tested as a whole, and a file that Monit rejects changes nothing`, () => {
    const fake = stubs({
      sudo: 'while :; do case $1 in -n | -H) shift ;; -u) shift 2 ;; --) shift ;; *) break ;; esac; done\nexec "$@"',
      monit:
        'f=$3; cat "${f%/*}"/conf/* ; grep include "$f"; if grep -q bad "${f%/*}"/conf/*; then echo "${f%/*}/conf/theirs:1: syntax error" >&2; exit 1; fi',
    })
    const [confDir, controlFile] = [join(fake.dir, 'conf.d'), join(fake.dir, 'monitrc')]
    const of = monit({ services: { web: { matching: '^web ' } }, confDir, controlFile })
    const go = () => runSteps(argv, commandsOf(of, 'install', installedGiven).slice(0, 2), { PATH: fake.path })
    try {
      mkdirSync(confDir)
      writeFileSync(controlFile, 'set daemon 30\n')
      const [unread] = go()
      assert.equal(unread!.code, 66)
      writeFileSync(controlFile, `set daemon 30\ninclude ${confDir}/*\n`)
      writeFileSync(join(confDir, 'theirs'), 'bad\n')
      const [bad] = go()
      assert.equal(bad!.code, 65)
      assert.ok(bad!.stderr.endsWith(`${confDir}/theirs:1: syntax error\n`), bad!.stderr)
      writeFileSync(join(confDir, 'theirs'), 'good\n')
      const [tried, put] = go()
      assert.deepEqual([tried!.code, put!.code], [0, 0], tried!.stderr + put!.stderr)
      assert.match(readFileSync(join(confDir, name), 'utf8'), /^check process "web_shop_production"/m)
      // another application may have a check with a chosen name
      writeFileSync(join(confDir, name), '# by shipit, for blog (production)\n')
      const [foreign] = go()
      assert.equal(foreign!.code, 67)
      assert.match(foreign!.stderr, /web_shop_production exists and does not belong to shop \(production\)/)
      const hint = hintOf(commandsOf(of, 'install', installedGiven)[0]!, { code: 67, stderr: foreign!.stderr }) ?? ''
      assert.match(hint, /^nothing was changed\. /)
      assert.ok(hint.endsWith(`sudo rm ${join(confDir, name)}`), hint)
    } finally {
      fake.remove()
    }
  })
}

const headerFor = (file: string, use = 'monit', deployTo = '/srv/shop') =>
  `# Written by shipit for shop (production): ${use}:install writes ${file} anew from the config. Deployed to ${deployTo}\n`
const OLDER = '# by shipit, for shop (production)\n# shipit production monit:install writes it anew\n'
const check = 'check process x matching "x"\n'

for (const { name: shell, argv } of shells)
  test(`${shell}: only shipit's own files in Monit's folder are removed, and other marked ones are named`, (t) => {
    const root = mkdtempSync(join(tmpdir(), 'shipit-monit-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const confDir = join(root, 'conf.d')
    mkdirSync(confDir)
    const files: Readonly<Record<string, string>> = {
      [name]: headerFor(name) + check,
      gone_shop_production: headerFor('gone_shop_production') + check,
      importer: headerFor('importer', 'monit2') + check,
      elsewhere: headerFor('elsewhere', 'monit', '/var/www/app') + check,
      copy: headerFor(name) + check,
      older: OLDER + check,
      a: check,
      'a\nb': headerFor('a') + check,
      quoted: `${check}${OLDER}`,
      blog: headerFor('blog').replace('shop', 'blog') + check,
    }
    for (const [file, text] of Object.entries(files)) writeFileSync(join(confDir, file), text)
    writeFileSync(join(root, 'available'), headerFor('linked') + check)
    symlinkSync('../available', join(confDir, 'linked'))
    const of = monit({ services: { web: { matching: '^web ' } }, confDir, sudo: false })
    const play = (task: 'install' | 'uninstall') => {
      const [asked] = runSteps(argv, [factsOf(of, { runs: [`monit:${task}`] })['ours']!])
      assert.equal(asked!.code, 0, asked!.stderr)
      const commands = commandsOf(of, task, { facts: { ...installedGiven.facts, ours: asked!.stdout } })
      const some = commands.filter(({ spec: { title = '' } }) => /^(remove|files left as they are)/.test(title))
      return runSteps(argv, some)
        .map(({ code, stdout }) => (assert.equal(code, 0), stdout))
        .join('')
    }
    const left = (output: string) =>
      output
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.replace(', and so is left as it is', ''))
        .sort()
    const stays = [
      'a?b has control characters in its name',
      `copy is a copy of ${name}`,
      'elsewhere was written for /var/www/app',
      'linked is a link, and shipit makes no links',
      'older was written by an older shipit, and it is not known for which deployment',
    ]
    assert.deepEqual(left(play('install')), stays)
    const others = ['a', 'a\nb', 'blog', 'copy', 'elsewhere', 'importer', 'linked', 'older', 'quoted']
    assert.deepEqual(readdirSync(confDir).sort(), [...others, name])
    // a file of an older version is ours if its name is still in the config
    writeFileSync(join(confDir, name), OLDER + check)
    assert.deepEqual(left(play('uninstall')), [...stays, 'importer was written by monit2:install'].sort())
    assert.deepEqual(readdirSync(confDir).sort(), others)
  })

for (const { name: shell, argv } of shells)
  test(`${shell}: a file of another use or folder, or behind a link, is not overwritten, and the refusal quotes its first line`, (t) => {
    const root = mkdtempSync(join(tmpdir(), 'shipit-monit-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    const [confDir, controlFile] = [join(root, 'conf.d'), join(root, 'monitrc')]
    mkdirSync(confDir)
    writeFileSync(controlFile, `include ${confDir}/*\n`)
    const file = join(confDir, name)
    const of = monit({ services: { web: { matching: '^web ' } }, confDir, controlFile, sudo: false, monitBin: 'true' })
    const tried = () => runSteps(argv, commandsOf(of, 'install', installedGiven).slice(0, 1))[0]!
    for (const text of [headerFor(name, 'monit2'), headerFor(name, 'monit', '/var/www/app'), headerFor('copied')]) {
      writeFileSync(file, text)
      const { code, stderr } = tried()
      assert.equal(code, 67)
      assert.ok(
        stderr.includes(
          `${file} exists and does not belong to shop (production), monit:install, deployed to /srv/shop: it begins with "${text.trim()}"`,
        ),
        stderr,
      )
    }
    writeFileSync(file, check + OLDER)
    assert.equal(tried().code, 67)
    rmSync(file)
    symlinkSync('../nowhere', file)
    assert.equal(tried().code, 67)
    rmSync(file)
    for (const text of [OLDER, headerFor(name)]) {
      writeFileSync(file, text)
      assert.equal(tried().code, 0)
    }
  })

test('a Sidekiq without Rails is matched without a tag in its title', () => {
  const check = (more: object) =>
    stepsOf(monit({ services: { sidekiq: {} } }), 'check', { ...installedGiven, others: sidekiqSettings(more) }).join('\n')
  const file = (more: object, services: { sidekiq: { matching?: string } } = { sidekiq: {} }) =>
    monitFiles(contextOf(monit({ services }), { ...installedGiven, others: sidekiqSettings(more) }) as never)
      .map(({ text }) => text)
      .join('')
  for (const commandArgs of [['-r', './worker.rb'], ['-r./worker.rb'], ['--require=lib/worker.rb'], ['--require', 'worker.rb']])
    assert.match(
      check({ commandArgs }),
      /instead of Rails, so its title has no tag to match\. Set one, commandArgs: \[.*-g.*NAME.*\], or set matching or pidfile/,
    )
  assert.match(check({ manager: 'signals', signals: { require: ['worker.rb'], tag: null } }), /instead of Rails|no unit/)
  // a folder belongs to a Rails application; an explicit tag is in the title
  assert.match(file({ commandArgs: ['-r', 'apps/shop'] }), /matching "\^sidekiq \[0-9\.\]\+ shop "/)
  for (const tag of [['-g', 'mine'], ['-gmine'], ['--tag=mine'], ['--tag', 'mine']])
    assert.match(file({ commandArgs: ['-r', './worker.rb', ...tag] }), /matching "\^sidekiq \[0-9\.\]\+ mine "/)
  assert.match(file({ commandArgs: ['-r', './worker.rb'] }, { sidekiq: { matching: '^sidekiq ' } }), /matching "\^sidekiq "/)
})

test('doctor reports missing files in a missing folder, and nothing in an unreadable one', () => {
  const of = monit({ services: { web: { matching: '^web ' } } })
  const found = (ours: string | { code: number; stderr: string }) =>
    of.definition
      .doctor!.findings(contextOf(of, { ...installedGiven, facts: { ...installedGiven.facts, 'files.0': { code: 1 }, ours } }))
      .map(({ message }) => message)
  const { confDir } = settings.parse({ services: {} })
  const missing = found('')
  assert.deepEqual(missing, [`${confDir}/web_shop_production is missing or cannot be read`])
  assert.deepEqual(found({ code: 1, stderr: 'sudo: a password is required\n' }), [])
})
