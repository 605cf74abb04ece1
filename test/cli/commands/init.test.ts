import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { needs } from '../../support/needs.ts'
import { startSshd } from '../../support/sshd.ts'
import { place, type Place } from '../support/place.ts'
import { terminals } from '../support/terminal.ts'

const skip = needs('git')
const terminal = terminals()
const made: Place[] = []
after(() => made.forEach((one) => one.remove()))

/** A project in git with a remote. Files whose names are in `ignored` are not in git. */
const project = (files: Readonly<Record<string, string>>, ignored: Readonly<Record<string, string>> = {}): Place => {
  const one = place()
  made.push(one)
  rmSync(join(one.dir, '.git'), { recursive: true })
  one.write(files)
  const git = (...args: string[]) => execFileSync('git', ['-C', one.dir, ...args], { stdio: 'ignore' })
  git('init', '-q', '-b', 'trunk')
  git('remote', 'add', 'origin', 'git@git.example.com:acme/shop.git')
  git('add', '.')
  git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-qm', 'one', '--allow-empty')
  one.write(ignored)
  return one
}
const lock = (...gems: string[]): string => `GEM\n  specs:\n${gems.map((gem) => `    ${gem} (1.0)\n      other (2)\n`).join('')}`
const init = (one: Place, ...args: string[]) => one.shipit(['init', '--yes', '--server', 'deploy@app1.example.com', ...args])

const rails = () =>
  project(
    {
      'Gemfile.lock': lock('rails', 'puma', 'sidekiq'),
      '.ruby-version': '3.4.1\n',
      'config/credentials.yml.enc': 'x',
      'config/storage.yml': 'x',
      Procfile:
        'web: bundle exec puma -C config/puma.rb\nworker: bundle exec sidekiq\nclock: bundle exec clockwork clock.rb\njobs: bin/rails solid_queue:start\nold: bin/rails server -p 3001\n',
    },
    { 'config/master.key': 'k', '.env': 'A=1' },
  )
const projects: Readonly<Record<string, { readonly make: () => Place; readonly has: readonly RegExp[] }>> = {
  rails: {
    make: rails,
    has: [
      /repoUrl: 'git@git\.example\.com:acme\/shop\.git'/,
      /branch: 'trunk'/,
      /linkedFiles: \['config\/master\.key', '\.env'\]/,
      /linkedDirs: \['log', 'tmp\/pids', 'tmp\/cache', 'tmp\/sockets', 'storage'\]/,
      /rbenv\(\{ ruby: null \}\),\n {4}bundler\(\),\n {4}rails\(\),\n {4}puma\(.*\),\n {4}sidekiq\(/,
      /services: \{\n\s+clock: \{ exec: 'bundle exec clockwork clock\.rb', serviceUnitUser: 'system' \},\n\s+jobs: \{ exec: 'bin\/rails solid_queue:start', serviceUnitUser: 'system' \},\n\s+\},/,
    ],
  },
  'a Ruby program': { make: () => project({ Gemfile: "gem 'sidekiq'\n" }), has: [/use: \[\n {4}bundler\(\),\n {4}sidekiq\(/] },
  'npm with a lock file': {
    make: () => project({ 'package.json': '{"name":"@acme/web","scripts":{"build":"x","start":"y"}}', 'package-lock.json': '{}' }),
    has: [
      /application: 'web'/,
      /sh`npm ci`\.in\(paths\.release\), sh`npm run build`/,
      /web: \{ exec: 'npm start', env: \{ NODE_ENV: 'production' \}/,
    ],
  },
  pnpm: { make: () => project({ 'package.json': '{}', 'pnpm-lock.yaml': '' }), has: [/sh`pnpm install --frozen-lockfile`/] },
  yarn: { make: () => project({ 'package.json': '{"scripts":{"build":"x"}}', 'yarn.lock': '' }), has: [/sh`yarn run build`/] },
  laravel: {
    make: () =>
      project({
        'composer.json': '{"require":{"laravel/framework":"^12"}}',
        '.env.example': '',
        'package.json': '{"scripts":{"build":"x"}}',
      }),
    has: [
      /linkedFiles: \['\.env'\]/,
      /linkedDirs: \['storage'\]/,
      /php artisan migrate --force/,
      /'deploy:updated': \['assets:build', 'composer:install'\]/,
    ],
  },
  symfony: { make: () => project({ 'composer.json': '{}', 'bin/console': '' }), has: [/linkedDirs: \['var\/log'\]/] },
  'a Procfile with shell': {
    make: () => project({ Procfile: "web: bin/web -p ${PORT:-3000}\njobs: A=1 bin/jobs 'x y' | cat\nrelease: bin/migrate\n" }),
    has: [
      /web: \{ exec: \['\/bin\/sh', '-c', 'exec bin\/web -p \$\{PORT:-3000\}'\]/,
      /jobs: \{ exec: \['\/bin\/sh', '-c', 'A=1 bin\/jobs \\'x y\\' \| cat'\]/,
    ],
  },
  'an empty folder': { make: () => project({}), has: [/servers: \['deploy@app1\.example\.com'\]/] },
}

for (const [name, { make, has }] of Object.entries(projects)) {
  test(`init in a project of ${name} writes a config without mistakes`, { skip }, async () => {
    const one = make()
    const ran = await init(one)
    assert.equal(ran.code, 0, ran.stderr)
    const text = one.read('deploy.config.ts')
    for (const pattern of has) assert.match(text, pattern)
    const tree = await one.shipit(['production', 'tree', 'deploy'])
    assert.equal(tree.code, 0, tree.stderr)
  })
}

test('configs that init writes compile', { skip }, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-init-'))
  try {
    const root = resolve(import.meta.dirname, '../../..')
    mkdirSync(join(dir, 'configs'))
    for (const [i, { make }] of Object.values(projects).entries()) {
      const one = make()
      assert.equal((await init(one)).code, 0)
      writeFileSync(join(dir, 'configs', `${i}.ts`), one.read('deploy.config.ts'))
    }
    const paths = { 'shipit-ts': [join(root, 'src/index.ts')], 'shipit-ts/recipes': [join(root, 'recipes/index.ts')] }
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      target: 'esnext',
      types: ['node'],
      module: 'nodenext',
      moduleResolution: 'nodenext',
      paths,
      typeRoots: [join(root, 'node_modules/@types')],
    }
    writeFileSync(join(dir, 'package.json'), '{"type":"module"}')
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['configs'] }))
    const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', dir], { encoding: 'utf8' })
    assert.equal(tsc.stdout, '')
    assert.equal(tsc.status, 0)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('a config that init writes plans a deploy', { skip: skip || needs('sshd', 'ssh', 'ssh-keygen') }, async () => {
  const sshd = await startSshd()
  try {
    const one = project({ 'package.json': '{"scripts":{"build":"x"}}', 'package-lock.json': '{}' })
    const ran = await one.shipit(['init', '--yes', '--server', `127.0.0.1:${sshd.port}`, '--stage', 'staging'])
    assert.equal(ran.code, 0, ran.stderr)
    const set = [`ssh.configFile=${sshd.configFile}`, `deployTo=${join(one.dir, 'server')}`, `repoUrl=${one.dir}`]
    const plan = await one.shipit(['staging', 'plan', 'deploy', ...set.flatMap((one) => ['--set', one])])
    assert.equal(plan.code, 0, plan.stderr)
    assert.match(plan.stdout, /app:build/)
  } finally {
    await sshd.stop()
  }
})

test('init never replaces a config, also one of a folder above', { skip }, async () => {
  const one = project({ 'deploy.config.yaml': 'application: shop\n', 'sub/package.json': '{}' })
  for (const cwd of ['.', 'sub']) {
    const ran = await one.shipit(['init', '--yes'], { cwd })
    assert.equal(ran.code, 2)
    assert.match(ran.stderr, /there is a config: .*deploy\.config\.yaml\n {2}init replaces nothing/)
  }
  assert.equal(one.read('deploy.config.yaml'), 'application: shop\n')
  assert.ok(!existsSync(join(one.dir, 'deploy.config.ts')))
})

test('a token in the address of the remote is not in the config', { skip }, async () => {
  const one = project({})
  execFileSync('git', ['-C', one.dir, 'remote', 'set-url', 'origin', 'https://me:secret-token@git.example.com/shop.git'])
  const ran = await init(one)
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(one.read('deploy.config.ts'), /repoUrl: 'https:\/\/git\.example\.com\/shop\.git'/)
  assert.ok(!(one.read('deploy.config.ts') + ran.stdout + ran.stderr).includes('secret-token'))
  assert.match(ran.stdout, /⚠ the address of the remote has a login/)
})

test('init without a server and without a remote says what to put into the config', { skip }, async () => {
  const one = place({ 'odd name!/x': '' })
  made.push(one)
  const ran = await one.shipit(['init'], { cwd: 'odd name!' })
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(one.read('odd name!/deploy.config.ts'), /application: 'odd-name'/)
  assert.match(
    ran.stdout,
    /⚠ put the address of your repository into deploy\.config\.ts: repoUrl\n⚠ put your server into deploy\.config\.ts: servers\n/,
  )
  assert.match(ran.stdout, /next: shipit production doctor\n/)
  assert.match(ran.stdout, /^for completion in your editor: shipit types$/m)
})

test('a mistake in an option leaves no config behind', { skip }, async () => {
  const one = project({})
  const ran = await init(one, '--stage', 'deploy')
  assert.equal(ran.code, 2)
  assert.ok(!existsSync(join(one.dir, 'deploy.config.ts')))
  assert.match((await one.shipit(['init', 'production'])).stderr, /init takes no production/)
})

test('init at a terminal asks, proposes what it found, and refuses a wrong answer', { skip: skip || needs('tmux') }, async () => {
  const one = rails()
  const screen = terminal('init', one.words('init'), { cwd: one.dir, env: { HOME: one.home } })
  await screen.until(/found Gemfile\.lock, \.ruby-version, Procfile\nServers of production, user@host \[[^\]]+\]:$/s)
  screen.type('deploy@')
  screen.keys('Enter')
  await screen.until(/"deploy@" is not a host.*\nServers of production.*:$/s)
  screen.type('deploy@a1.invalid deploy@a2.invalid')
  screen.keys('Enter')
  await screen.until(/a1\.invalid, a2\.invalid were not read.*\nApplication \[[^\]]+\]:$/s)
  screen.type('no spaces here')
  screen.keys('Enter')
  await screen.until(/may contain only.*\nApplication \[[^\]]+\]:$/s)
  screen.type('shop')
  screen.keys('Enter')
  await screen.until(/Repository \[git@git\.example\.com:acme\/shop\.git\]:$/)
  screen.keys('Enter')
  await screen.until(/Branch \[trunk\]:$/)
  screen.keys('Enter')
  await screen.until(/Directory on the servers \[\/var\/www\/shop\]:$/)
  screen.type('srv/shop')
  screen.keys('Enter')
  await screen.until(/expected an absolute path.*\nDirectory on the servers \[\/var\/www\/shop\]:$/s)
  screen.keys('Enter')
  await screen.until(/^exit 0$/m)
  assert.match(one.read('deploy.config.ts'), /servers: \['deploy@a1\.invalid', 'deploy@a2\.invalid'\]/)
})

test('Ctrl-C and Ctrl-D at a question write nothing', { skip: skip || needs('tmux') }, async () => {
  for (const [key, end] of [
    ['C-c', /nothing was written\s+exit 130/],
    ['C-d', /was not answered[^]*exit 2/],
  ] as const) {
    const one = project({})
    const screen = terminal(`stop-${key}`, one.words('init'), { cwd: one.dir, env: { HOME: one.home } })
    await screen.until(/Servers of production/)
    screen.keys(key)
    await screen.until(end)
    assert.ok(!existsSync(join(one.dir, 'deploy.config.ts')))
  }
})

test('a mistake in an option of init is about that option, before anything is asked or written', { skip }, async () => {
  for (const [words, message] of [
    [['--server', '@a1'], '--server: "@a1" is not a host: the user name before @ is empty'],
    [['--server', 'a1,b:22x'], '--server: "b:22x" is not a host: the port is not a number from 1 to 65535'],
    [['--server', 'a1,deploy@a1'], '--server: a1 is listed twice'],
    [['--server', ' , '], '--server: there is no server in it'],
    [['--stage', 'prod uction'], '--stage: "prod uction" may contain only a-z, A-Z, 0-9, ".", "_" and "-"'],
    [['--stage', 'deploy'], '--stage: "deploy" is a command of shipit: call the stage something else'],
  ] as const) {
    const one = project({ 'Gemfile.lock': lock('rails', 'puma', 'sidekiq') })
    const ran = await one.shipit(['init', '--yes', ...words])
    assert.deepEqual([ran.code, ran.stderr.split('\n')[0]], [2, `shipit: ${message}`])
    assert.doesNotMatch(ran.stderr, /deploy\.config\.ts/)
    assert.equal(existsSync(join(one.dir, 'deploy.config.ts')), false)
  }
})
