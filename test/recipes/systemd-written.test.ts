import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { recipeSettings } from '../../.config/settings/schema.ts'
import { systemd } from '../../recipes/index.ts'
import type { GivenService } from '../../recipes/systemd/given.ts'
import { host } from '../golden/sidekiq-units.ts'
import { commandsOf, contextOf, factsOf, goodRelease, stepsOf, textOf, type Answers, type Given } from '../support/context.ts'

const web = (service: GivenService) =>
  systemd({ services: { web: { exec: 'bin/web', ...service } as {}, other: { exec: 'bin/other' } as {} } })
const units = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=simple\n'
/** The facts of a host, without those about Sidekiq. */
const said = (more: Readonly<Record<string, string>> = {}) =>
  host(more)
    .split('\n')
    .filter((row) => !/^(bundle|sidekiq) /.test(row))
    .join('\n')
const given = (facts: Answers = {}, more: Given = {}): Given => ({
  layout: { releases: [goodRelease()] },
  args: {},
  ...more,
  facts: { 'web.units': units, 'web.files.0': '', 'web.host': said(), ...facts },
})
/** The unit file that install writes. */
const written = (service: GivenService, one: Given = given()): string => {
  const put = commandsOf(web(service), 'web:install', one).find(({ spec }) => spec.title?.startsWith('write '))
  return /printf '%s' '([^]*?)' > "\$work\/\$unit"/.exec(textOf(put!))![1]!.replaceAll(`'\\''`, "'")
}

test('the unit of a system service has these lines', () => {
  assert.equal(
    written({ serviceUnitUser: 'system', env: { NODE_ENV: 'production', PORT: 3000 }, envFiles: ['.env', '-/etc/web.env'] }),
    `# Written by shipit for shop (production): systemd:web:install writes web.service anew from the config. Deployed to /srv/shop
[Unit]
Description=web of shop (production)
After=network.target

[Service]
Type=simple
User=deploy
Group=deploy
WorkingDirectory=/srv/shop/current
Environment="NODE_ENV=production"
Environment="PORT=3000"
EnvironmentFile=/srv/shop/shared/.env
EnvironmentFile=-/etc/web.env
ExecStart=/srv/shop/current/bin/web
KillMode=mixed
TimeoutStopSec=30
Restart=always
RestartSec=1
SyslogIdentifier=web

[Install]
WantedBy=multi-user.target
`,
  )
})

const rows: readonly {
  readonly what: string
  readonly service: GivenService
  readonly given?: Given
  readonly lines: readonly string[]
  readonly without?: readonly string[]
}[] = [
  {
    what: "a unit of the user's systemd names no user, and starts with that systemd",
    service: {},
    lines: ['WorkingDirectory=/srv/shop/current', 'WantedBy=default.target'],
    without: ['User=', 'Group=', 'After='],
  },
  {
    what: 'a program in a folder with a space is quoted',
    service: { exec: ['/opt/My App/web', '--name', 'a b'] },
    lines: ["ExecStart='/opt/My App/web' --name 'a b'"],
  },
  {
    what: 'a dollar in the path of the program is written as it is, and doubled in an argument',
    service: { exec: ['/opt/d$x/web', '$HOME'] },
    lines: ['ExecStart=/opt/d$x/web $$HOME'],
  },
  {
    what: 'a program of the release in a folder with a space is quoted',
    service: { exec: ['My App/web'] },
    lines: ["ExecStart='/srv/shop/current/My App/web'"],
  },
  {
    what: 'a program in the PATH of the host has its full path',
    service: { exec: 'node server.js --port 3000' },
    given: given({ 'web.host': said({ node: '/usr/bin/node' }) }),
    lines: ['ExecStart=/usr/bin/node server.js --port 3000'],
    without: ['Environment='],
  },
  {
    what: 'a program from another folder adds its PATH',
    service: { exec: 'node server.js' },
    given: given({ 'web.host': said({ node: '/opt/node/bin/node', path: '/opt/node/bin:/usr/bin:/bin' }) }),
    lines: [
      'Environment="PATH=/opt/node/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
      'ExecStart=/opt/node/bin/node server.js',
    ],
  },
  {
    what: 'a program that is not installed yet is looked up at the start',
    service: { exec: 'node server.js' },
    lines: ['ExecStart=/usr/bin/env node server.js'],
  },
  {
    what: 'a program of the release has the PATH of the commands of the stage',
    service: {},
    given: given({ 'web.host': said({ path: '/home/deploy/.rbenv/shims:/usr/bin:/bin', rbenv_version: '3.4.1' }) }),
    lines: [
      'Environment="PATH=/home/deploy/.rbenv/shims:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
      'Environment="RBENV_VERSION=3.4.1"',
      'ExecStart=/srv/shop/current/bin/web',
    ],
  },
  {
    what: 'a list has its arguments unchanged, and systemd expands none of them',
    service: { exec: ['/bin/sh', '-c', 'exec bin/web "$PORT" 100%'] },
    lines: [`ExecStart=/bin/sh -c 'exec bin/web "$$PORT" 100%%'`],
  },
  {
    what: 'notify and stopTimeout',
    service: { notify: true, stopTimeout: 120 },
    lines: ['Type=notify', 'NotifyAccess=main', 'TimeoutStopSec=120'],
  },
  {
    what: 'logs and directives',
    service: { log: 'log/web.log', wants: ['redis.service'], directives: { Service: { MemoryMax: '2G', Restart: null } } },
    lines: [
      'After=redis.service',
      'Wants=redis.service',
      'StandardOutput=append:/srv/shop/shared/log/web.log',
      'StandardError=append:/srv/shop/shared/log/web.log',
      'MemoryMax=2G',
    ],
    without: ['Restart='],
  },
]
for (const { what, service, given: one, lines, without = [] } of rows)
  test(`the unit of a service is written: ${what}`, () => {
    const text = written(service, one).split('\n')
    assert.deepEqual(
      text.filter((line) => lines.includes(line)),
      lines,
    )
    for (const begin of without) assert.ok(!text.some((line) => line.startsWith(begin)), `${begin} in ${text.join('\n')}`)
  })

const withSocket = {
  serviceUnitUser: 'system',
  listen: [3000, 'tmp/sockets/web.sock'],
  directives: { Socket: { SocketMode: '0660' } },
} as const
/** A host with the units of {@link withSocket}, and what an installation there writes, by name. */
const down = 'LoadState=not-found\nActiveState=inactive\n'
const socketGiven = (facts: Answers = {}): Given => given({ 'web.units': `${down}\n${down}`, 'web.files.1': '', ...facts })
const filesOf = (service: GivenService): Readonly<Record<string, string>> =>
  Object.fromEntries(
    commandsOf(web(service), 'web:install', socketGiven()).flatMap((step) => {
      const name = /^write .*\/(.+)$/.exec(step.spec.title ?? '')?.[1]
      const text = /printf '%s' '([^]*?)' > "\$work\/\$unit"/.exec(textOf(step))?.[1]
      return name === undefined || text === undefined ? [] : [[name, text]]
    }),
  )

test('a service that listens has a socket unit', () => {
  const files = filesOf(withSocket)
  assert.deepEqual(Object.keys(files), ['web.service', 'web.socket'])
  assert.equal(
    files['web.socket'],
    `# Written by shipit for shop (production): systemd:web:install writes web.socket anew from the config. Deployed to /srv/shop
[Unit]
Description=Socket of web of shop (production)

[Socket]
ListenStream=3000
ListenStream=/srv/shop/shared/tmp/sockets/web.sock
SocketMode=0660

[Install]
WantedBy=sockets.target
`,
  )
  assert.match(files['web.service']!, /^Requires=web\.socket$/m)
  assert.doesNotMatch(files['web.service']!, /^Sockets=/m)
})

test('a socket of another name, and its service, name each other', () => {
  const files = filesOf({ units: ['http.socket', 'web'], listen: '127.0.0.1:3000' })
  assert.deepEqual(Object.keys(files), ['web.service', 'http.socket'])
  assert.match(files['http.socket']!, /^ListenStream=127\.0\.0\.1:3000\nService=web\.service$/m)
  assert.match(files['web.service']!, /^Requires=http\.socket$/m)
  assert.match(files['web.service']!, /^Sockets=http\.socket$/m)
})

test('a socket is installed and enabled with its service, and its folder in shared is made as the user who deploys', () => {
  const titles = commandsOf(web(withSocket), 'web:install', socketGiven()).map((step) => step.spec.title ?? textOf(step))
  assert.deepEqual(titles, [
    'unless test -d /srv/shop/shared/tmp/sockets\nmkdir -p /srv/shop/shared/tmp/sockets',
    'write /etc/systemd/system/web.service',
    'write /etc/systemd/system/web.socket',
    'sudo systemctl daemon-reload',
    'sudo systemctl enable web.socket web.service',
    'notes',
  ])
})

test('a socket is stopped and removed with its service', () => {
  const files = filesOf(withSocket)
  const facts = { 'web.files.0': files['web.socket']!, 'web.files.1': files['web.service']! }
  const steps = stepsOf(web(withSocket), 'web:uninstall', socketGiven({ ...facts, 'web.units': `${units}\n${units}` }))
  assert.equal(steps[0], 'sudo systemctl stop web.socket web.service')
  assert.ok(steps.includes('sudo rm -f /etc/systemd/system/web.socket /etc/systemd/system/web.service'), steps.join('\n'))
})

test('the doctor finds a socket that differs, and says that it moves with a stop and a start', () => {
  const files = filesOf(withSocket)
  const recipe = web({ ...withSocket, listen: [3001, 'tmp/sockets/web.sock'] })
  const facts = { 'web.files.0': files['web.socket']!, 'web.files.1': files['web.service']! }
  const found = recipe.definition
    .doctor!.findings(contextOf(recipe, socketGiven(facts)))
    .filter(({ message }) => message.includes('as the config'))
  assert.deepEqual(
    found.map(({ message }) => message),
    ['web.socket is not as the config says now'],
  )
  assert.match(
    found[0]!.remedy,
    /; then shipit production systemd:web:stop; then shipit production systemd:web:install .*; then shipit production systemd:web:start$/,
  )
})

test('a socket of a service that no longer listens is an old unit, and is removed with --prune', () => {
  const name = 'web.socket'
  const mark = `# Written by shipit for shop (production): systemd:install writes ${name} anew from the config. Deployed to /srv/shop`
  const ours = `file ${name}\n${mark}\n== owners\n/srv/shop\n${name}\nId=${name}\nLoadState=loaded\nMark=${mark}\n`
  const facts = { 'web.ours': ours, 'web.files.0': written({ serviceUnitUser: 'system' }) }
  assert.match(
    stepsOf(web({ serviceUnitUser: 'system' }), 'web:install', given(facts)).join('\n'),
    /no longer in the config: web\.socket\. To stop and remove: /,
  )
  const pruned = stepsOf(web({ serviceUnitUser: 'system' }), 'web:install', given(facts, { args: { prune: true } })).join('\n')
  assert.match(pruned, /sudo systemctl stop web\.socket$/m)
  assert.match(pruned, /sudo rm -f \/etc\/systemd\/system\/web\.socket$/m)
})

test('the socket of another service of the use is not an old unit', () => {
  const recipe = systemd({ services: { web: { exec: 'bin/web' } as {}, other: { exec: 'bin/other', listen: 3000 } as {} } })
  const facts = { 'web.ours': old('other.socket', 'other.service'), 'web.files.0': written({}) }
  assert.doesNotMatch(stepsOf(recipe, 'web:install', given(facts)).join('\n'), /no longer in the config/)
})

test('install writes the file, reloads systemd and enables the unit, and does nothing the second time', () => {
  const titles = (one: Given) => commandsOf(web({}), 'web:install', one).map((step) => step.spec.title ?? textOf(step))
  assert.deepEqual(titles(given({ 'web.linger': '' })), [
    'write /home/deploy/.config/systemd/user/web.service',
    'systemctl --user daemon-reload',
    'systemctl --user enable web.service',
    'notes',
  ])
  const shown = `${units}UnitFileState=enabled\nNeedDaemonReload=no\n`
  const again = given({ 'web.linger': '', 'web.shown': shown, 'web.files.0': written({}) })
  assert.deepEqual(titles(again), ['notes'])
  assert.match(stepsOf(web({}), 'web:install', again)[0]!, /nothing to write: web\.service is as the config says/)
})

test('a foreign file is refused and named', () => {
  for (const [now, says] of [
    ['[Unit]\n', /web\.service already exists and was not written by shipit\. To replace it: systemd:web:install --force keeps it/],
    [
      '# Written by shipit for blog (production): systemd:install writes web.service anew from the config. Deployed to /srv/blog\n',
      /for blog/,
    ],
  ] as const) {
    const [step, ...more] = commandsOf(web({}), 'web:install', given({ 'web.files.0': now }))
    assert.match(step!.spec.message!.text, says)
    assert.deepEqual(more, [])
  }
})

test('uninstall stops the unit and removes the file, and leaves a foreign one', () => {
  const own = given({ 'web.files.0': written({}) })
  const titles = commandsOf(web({}), 'web:uninstall', own).map(textOf)
  assert.equal(titles[0], 'systemctl --user stop web.service')
  assert.ok(titles.includes('rm -f /home/deploy/.config/systemd/user/web.service'))
  const theirs = stepsOf(web({}), 'web:uninstall', given({ 'web.files.0': '[Unit]\n' }))
  assert.ok(!theirs.some((text) => text.includes('rm -f')))
  assert.match(theirs.join('\n'), /was not written by shipit, and so is left as it is/)
})

test('units of the other services of the use are not leftovers', () => {
  const header = (name: string) =>
    `file ${name}\n# Written by shipit for shop (production): systemd:install writes ${name} anew from the config. Deployed to /srv/shop\n`
  const ours = `${header('other.service')}${header('gone.service')}== owners\n/srv/shop\ngone.service\nId=gone.service\nLoadState=loaded\nWorkingDirectory=/srv/shop/current\nWithin=./current\n`
  const steps = stepsOf(web({}), 'web:install', given({ 'web.ours': ours, 'web.files.0': written({}) }))
  assert.match(steps.join('\n'), /no longer in the config: gone\.service\. To stop and remove: .*systemd:web:install --prune/)
})

const old = (...names: readonly string[]): string =>
  `${names
    .map(
      (name) =>
        `file ${name}\n# Written by shipit for shop (production): systemd:install writes ${name} anew from the config. Deployed to /srv/shop\n`,
    )
    .join('')}== owners\n/srv/shop\n${names
    .map((name) => `${name}\nId=${name}\nLoadState=loaded\nWorkingDirectory=/srv/shop/current\nWithin=./current\n`)
    .join('\n')}`

test('uninstall leaves and names units that another service of the use may have had, and --prune removes them', () => {
  const facts = { 'web.ours': old('gone.service'), 'web.files.0': written({}) }
  const left = stepsOf(web({}), 'web:uninstall', given(facts)).join('\n')
  assert.match(left, /rm -f \S+\/web\.service$/m)
  assert.doesNotMatch(left, /stop gone\.service/)
  assert.match(left, /no longer in the config: gone\.service\. To stop and remove: .*systemd:web:uninstall --prune/)
  const pruned = stepsOf(web({}), 'web:uninstall', given(facts, { args: { prune: true } })).join('\n')
  assert.match(pruned, /stop web\.service gone\.service/)
})

test('a unit of a service without exec is in the config, so it is not a leftover', () => {
  const recipe = systemd({ services: { web: { exec: 'bin/web' } as {}, plain: {} } })
  const facts = { 'web.ours': old('plain.service'), 'web.files.0': written({}) }
  for (const task of ['web:install', 'web:uninstall'])
    assert.doesNotMatch(stepsOf(recipe, task, given(facts, { args: { prune: true } })).join('\n'), /plain\.service/)
})

test('--prune of a file that only root may remove needs root', () => {
  const facts = { 'web.ours': old('gone.service'), 'web.files.0': written({ serviceUnitUser: 'system' }), 'web.linger': '' }
  const recipe = web({ serviceUnitUser: 'system' })
  const found = recipe.definition.doctor!.findings(contextOf(recipe, given(facts))).find(({ message }) => message.includes('no longer'))
  assert.match(found!.remedy, /systemd:web:install --prune --set ssh\.user=root/)
})

test('doctor names a link in place of a unit file', () => {
  const facts = { 'web.ours': 'linked web.service\n', 'web.files.0': written({}), 'web.linger': '' }
  const found = web({})
    .definition.doctor!.findings(contextOf(web({}), given(facts)))
    .map(({ message }) => message)
  assert.ok(
    found.some((message) => message.startsWith('web.service is a link, and shipit makes no links: what it leads to is not compared')),
    found.join('\n'),
  )
})

test('a masked unit is not also reported as a link', () => {
  const facts = { 'web.ours': 'linked web.service\n', 'web.units': 'Id=web.service\nLoadState=masked\n', 'web.linger': '' }
  const found = web({})
    .definition.doctor!.findings(contextOf(web({}), given(facts)))
    .map(({ message }) => message)
  assert.ok(!found.some((message) => message.includes('is a link')), found.join('\n'))
})

test('a service with exec restarts in a deploy, unless a timer starts it', () => {
  const after = (service: GivenService): unknown =>
    (contextOf(web(service)).settings as { services: { web: { after: unknown } } }).services.web.after
  assert.deepEqual(after({}), { 'deploy:published': 'restart' })
  assert.deepEqual(after({ units: ['web.timer', 'web.service'] }), {})
})

test('doctor compares the file with the config, and start warns about changes that are not installed', () => {
  const changed = given({ 'web.files.0': written({}).replace('RestartSec=1', 'RestartSec=5'), 'web.linger': '' })
  const findings = web({}).definition.doctor!.findings(contextOf(web({}), changed))
  assert.deepEqual(
    findings.map(({ message }) => message).filter((message) => message.includes('as the config')),
    ['web.service is not as the config says now'],
  )
  const steps = commandsOf(web({}), 'web:restart', changed)
  assert.ok(steps.some(({ spec }) => spec.message?.level === 'warning' && spec.message.text.includes('not as the config says now')))
})

test('a service without exec has no install task, and refuses settings of its unit', () => {
  assert.ok(!Object.keys(systemd({ services: { web: {} } }).definition.tasks!).some((name) => name.endsWith('install')))
  for (const service of [
    { env: { A: 1 } },
    { notify: true },
    { stopTimeout: 5 },
    { log: 'x.log' },
    { directives: { Service: { Nice: 5 } } },
    { listen: 3000 },
  ])
    assert.throws(() => contextOf(systemd({ services: { web: service as {} } })), /needs `exec`/)
})

test('each setting of a unit becomes the directive that its comment names, with the value of its example', () => {
  /** The values of a directive in all files that install writes, for the service with these settings. */
  const valuesOf = (directive: string, service: GivenService): readonly string[] =>
    commandsOf(web(service), 'web:install', given()).flatMap((step) =>
      [...textOf(step).matchAll(new RegExp(`^${directive}=(.*)$`, 'gm'))].map(([, value]) => value!),
    )
  const described = [...recipeSettings()['systemd']!.docs].flatMap(([path, { directive, example }]) =>
    directive === undefined ? [] : [{ name: path.split('.')[2]!, directive, example }],
  )
  assert.ok(described.length > 0)
  const notWritten = described.flatMap(({ name, directive, example }) => {
    if (example === undefined) return [`${name} has no @example`]
    const value: unknown = parse(example)
    const before = valuesOf(directive, {})
    const values = valuesOf(directive, { [name]: value }).filter((one) => !before.includes(one))
    const lost = partsOf(value).filter((part) => !values.some((one) => one.includes(part)))
    return values.length === 0 || lost.length > 0 ? [`${name}: ${example} is not in ${directive}=${values.join(', ')}`] : []
  })
  assert.deepEqual(notWritten, [])
})

/** The words and numbers of a value, and its keys: what a unit must have of it. */
const partsOf = (value: unknown): readonly string[] => {
  if (Array.isArray(value)) return value.flatMap(partsOf)
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([key, one]) => [key, ...partsOf(one)])
  return typeof value === 'boolean' ? [] : [String(value)]
}

const wrong: readonly (readonly [string, GivenService, RegExp])[] = [
  ['a shell line', { exec: 'bin/web > log/web.log' }, /has characters that only a shell understands/],
  ['a quote', { exec: "bin/web 'a b'" }, /has characters that only a shell understands/],
  ['an empty command', { exec: ' ' }, /must not be empty/],
  ['two services', { units: ['web', 'jobs'] }, /needs exactly one service/],
  ['a variable', { exec: 'NODE_ENV=production node server.js' }, /begins with a variable: put it into env/],
  ['a list of one line', { exec: ['node server.js'] }, /write each word by itself/],
  ['a template', { unit: 'web@1' }, /needs exactly one service/],
  ['a reload without a command in the unit', { after: { 'deploy:published': ['reload'] } }, /after.*reloads a unit without ExecReload/s],
  [
    'a reload with an empty list',
    { after: { 'deploy:published': 'reload' }, directives: { Service: { ExecReload: [] } } },
    /without ExecReload/,
  ],
  [
    'a list of one line with a path',
    { exec: ['bin/web --config /etc/web.yml'] },
    /bin\/web --config \/etc\/web.yml.*: write each word by itself/,
  ],
  ['a path in a home', { listen: '~/web.sock' }, /begins with ~, which systemd does not expand/],
  ['a log in a home', { log: '~/web.log' }, /begins with ~/],
  ['an env file in a home', { envFiles: ['-~/.env'] }, /begins with ~/],
  ['a pattern of env files', { envFiles: ['.env.*'] }, /has a wildcard, with which systemd would read several files/],
  ['an address twice', { listen: [3000, '3000'] }, /listen.*3000: listed twice/s],
  ['a path twice in two spellings', { listen: ['tmp/a.sock', './tmp//a.sock'] }, /tmp\/a\.sock: listed twice/],
  ['a port and one of its addresses', { listen: [3000, '0.0.0.0:3000'] }, /listen.*0\.0\.0\.0:3000: port 3000 listens on all addresses/s],
  ['an address and its port', { listen: ['127.0.0.1:3000', 3000] }, /listen.*3000: port 3000 listens on all addresses/s],
  [
    'all IPv4 addresses and one',
    { listen: ['127.0.0.1:3000', '0.0.0.0:3000'] },
    /0\.0\.0\.0:3000: 0\.0\.0\.0:3000 listens on all addresses/,
  ],
  ['all addresses and one of IPv4', { listen: ['[::]:3000', '127.0.0.1:3000'] }, /127\.0\.0\.1:3000: \[::\]:3000 listens on all addresses/],
  ['a port and all its addresses', { listen: [3000, '[::]:3000'] }, /\[::\]:3000: \[::\]:3000 listens on all addresses/],
  [
    'all IPv6 addresses and one',
    { listen: [3000, '[::1]:3000'], directives: { Socket: { BindIPv6Only: 'ipv6-only' } } },
    /\[::1\]:3000: port 3000 listens on all addresses/,
  ],
  [
    'a program in a home',
    { exec: ['~/bin/web', '--port', '3000'] },
    /begins with ~, which systemd does not expand: write the path in full/,
  ],
  ['an env file outside its folder', { envFiles: ['-../x'] }, /has `\.\.`/],
  ['a log outside its folder', { log: '../web.log' }, /has `\.\.`/],
  ['a host name', { listen: 'localhost:3000' }, /must be a port, an IP address with a port, or a path/],
  ['a port that there is not', { listen: 70_000 }, /listen/],
  ['two sockets', { units: ['web', 'a.socket', 'b.socket'], listen: 3000 }, /allows one socket unit, found a\.socket and b\.socket/],
  ['directives of a socket that there is not', { directives: { Socket: { Backlog: 10 } } }, /needs `listen`/],
  ['a shared service', { shared: true }, /cannot be used with `exec`/],
]
for (const [what, service, says] of wrong)
  test(`${what} is refused with exec`, () => {
    assert.throws(() => contextOf(web(service)), says)
  })

test('a port and an address of it are two sockets if the directives of the socket separate them', () => {
  for (const Socket of [{ BindIPv6Only: 'ipv6-only' }, { ReusePort: true }])
    assert.doesNotThrow(() => contextOf(web({ listen: [3000, '0.0.0.0:3000'], directives: { Socket } })))
  assert.doesNotThrow(() => contextOf(web({ listen: ['0.0.0.0:3000', '[::1]:3000', '127.0.0.1:3001', '127.0.0.2:3001'] })))
})

test('install and uninstall of a service whose exec a stage removes say so', () => {
  const settings = { services: { web: {}, other: {} } }
  for (const task of ['web:install', 'web:uninstall']) {
    const [step, ...more] = commandsOf(web({}), task, { settings })
    assert.equal(step!.spec.message!.text, 'web has no exec in production, so shipit writes no unit for it')
    assert.deepEqual(more, [])
  }
})

test('unit files are read only by runs that write, remove or compare them', () => {
  const names = (...tasks: string[]) =>
    Object.keys(factsOf(web({}), { runs: tasks.map((task) => `systemd:web:${task}`) })).filter((name) =>
      /^web\.(files|ours|host|otherScope)/.test(name),
    )
  assert.deepEqual(names('install'), ['web.files.0', 'web.ours', 'web.host', 'web.otherScope'])
  assert.deepEqual(names('uninstall'), ['web.files.0', 'web.ours'])
  assert.deepEqual(names('restart'), ['web.files.0', 'web.ours', 'web.host', 'web.otherScope'])
  assert.deepEqual(names('stop', 'reload', 'status'), [])
})

test('a name that a package of the host has is refused by install, before a deploy and by the doctor', () => {
  const theirs = {
    'web.units': units,
    'web.owner':
      '/srv/shop\nweb.service\nId=web.service\nLoadState=loaded\nFragmentPath=/lib/systemd/system/web.service\nExecStart=/usr/bin/web\n',
    'web.linger': '',
  }
  const says = /web\.service belongs to the host: it came with a package/
  const [install, ...more] = commandsOf(web({}), 'web:install', given(theirs))
  assert.match(install!.spec.message!.text, says)
  assert.deepEqual(more, [])
  assert.match(commandsOf(web({}), 'web:check', given(theirs))[0]!.spec.message!.text, says)
  const found = web({}).definition.doctor!.findings(contextOf(web({}), given(theirs)))
  assert.ok(found.some(({ message }) => says.test(message)))
})
