import assert from 'node:assert/strict'
import { chmodSync, chownSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withAccount } from '../support/account.ts'
import { needs, startSshd, type Sshd } from '../support/sshd.ts'
import { place, type Place, type Ran } from './support/place.ts'

// Containers: a uid that /etc/passwd does not know, no HOME, and a HOME that is not the account's home.

const skip = needs('root', 'sshd', 'ssh', 'setpriv', 'useradd')
const NAMELESS = 54321
let sshd: Sshd
let project: Place
before(async () => {
  if (skip) return
  sshd = await startSshd()
  project = place()
  // read by anybody
  chmodSync(project.dir, 0o755)
})
after(async () => {
  await sshd?.stop()
  project?.remove()
})

const config = (ssh: string, server: string): void =>
  project.write({
    'deploy.config.ts': `import { sh } from 'shipit-ts'
export default {
  application: 'shop',
  ssh: { ${ssh} },
  tasks: {
    far: { steps: () => [sh\`echo far\`] },
    near: { on: 'local', steps: () => [sh\`echo near as $(id -u)\`] },
    words: { steps: ({ host }) => [sh\`echo ${'${host.sshCommand}'}\`] },
  },
  stages: { test: { servers: ['${server}'] } },
}
`,
  })

/** A home with these files, which this uid owns. */
const homeFor = (uid: number, name: string, files: Readonly<Record<string, string>> = {}): string => {
  const home = join(project.dir, name)
  rmSync(home, { recursive: true, force: true })
  mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(home, file), text, { mode: 0o600 })
  for (const file of ['', '.ssh', ...Object.keys(files)]) chownSync(join(home, file), uid, uid)
  return home
}
const key = (): string => readFileSync(sshd.keyFile, 'utf8')
const known = (): string => readFileSync(sshd.knownHosts, 'utf8')

/** Runs as this uid, with this HOME (undefined: unset) and without USER and its variants. */
const as = async (uid: number, home: string | undefined, ...words: string[]): Promise<Ran> => {
  const unset = ['env', '-u', 'USER', '-u', 'LOGNAME', '-u', 'USERNAME', ...(home === undefined ? ['-u', 'HOME'] : [`HOME=${home}`])]
  const ran = await project.shipit([...words, '--no-log', '-o', 'plain'], {
    under: ['setpriv', '--reuid', String(uid), '--regid', String(uid), '--clear-groups', ...unset],
  })
  // every error is readable
  assert.doesNotMatch(ran.stdout + ran.stderr, /bug in shipit|\n {4}at |uv_os_get_passwd|No user exists/)
  return ran
}

test("a uid without a name logs in with configFile: 'none', and a local task runs without a HOME", { skip }, async () => {
  const files = { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known() }
  const home = homeFor(NAMELESS, 'nameless', files)
  config(`configFile: 'none'`, `${sshd.user}@127.0.0.1:${sshd.port}`)
  const ran = await as(NAMELESS, home, 'test', 'far')
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  for (const none of [undefined, '', '/nowhere']) {
    const near = await as(NAMELESS, none, 'test', 'near')
    assert.equal(near.code, 0, near.stdout + near.stderr)
    const plan = await as(NAMELESS, none, 'test', 'far')
    assert.equal(plan.code, 3)
    assert.match(plan.stdout + plan.stderr, /no key to offer|is not known/)
  }
})

test('a uid without a name and without an ssh_config needs no setting', { skip }, async () => {
  const home = homeFor(NAMELESS, 'nameless', { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known() })
  config('', `${sshd.user}@127.0.0.1:${sshd.port}`)
  for (const words of [['far'], ['plan', 'far'], ['doctor']]) {
    const ran = await as(NAMELESS, home, 'test', ...words)
    assert.ok(ran.code === 0 || (words[0] === 'doctor' && ran.code === 1), ran.stdout + ran.stderr)
  }
})

test('an ssh_config that ssh cannot read for a uid without a name is reported with a remedy that works', { skip }, async () => {
  const files = { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known(), '.ssh/config': 'Host x\n  User y\n' }
  const home = homeFor(NAMELESS, 'nameless', files)
  config('', `${sshd.user}@127.0.0.1:${sshd.port}`)
  const ran = await as(NAMELESS, home, 'test', 'far')
  assert.equal(ran.code, 3)
  const all = ran.stdout + ran.stderr
  assert.match(all, new RegExp(`ssh cannot read ${home}/\\.ssh/config for uid ${NAMELESS}, which has no entry in /etc/passwd`))
  const entry = /echo '(deploy:x:54321:54321:.*)' >> \/etc\/passwd/.exec(all)
  assert.equal(entry?.[1], `deploy:x:${NAMELESS}:${NAMELESS}::${home}:/bin/sh`)
  config(`configFile: 'none'`, `${sshd.user}@127.0.0.1:${sshd.port}`)
  assert.equal((await as(NAMELESS, home, 'test', 'far')).code, 0)
})

test('a uid without a name is asked to set a user if the config has no user', { skip }, async () => {
  const home = homeFor(NAMELESS, 'nameless', { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known() })
  config('', `127.0.0.1:${sshd.port}`)
  const ran = await as(NAMELESS, home, 'test', 'far')
  assert.equal(ran.code, 3)
  assert.match(ran.stdout + ran.stderr, /no user is given for the login to 127\.0\.0\.1, and uid 54321 has no name on this machine/)
  assert.match(ran.stdout + ran.stderr, /write the user before the host \(deploy@127\.0\.0\.1\), or set ssh: \{ user: 'deploy' \}/)
  config(`user: '${sshd.user}'`, `127.0.0.1:${sshd.port}`)
  assert.equal((await as(NAMELESS, home, 'test', 'far')).code, 0)
})

test("keys, known hosts and ssh_config are found in HOME and in the account's home where they differ", { skip }, async () => {
  await using account = await withAccount('homes')
  config('', 'target')
  const target = `Host target\n  HostName 127.0.0.1\n  Port ${sshd.port}\n  User ${sshd.user}\n`
  const all = { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known(), '.ssh/config': target }
  const names = Object.keys(all) as (keyof typeof all)[]
  // each file in one home or in the other
  for (const way of [0, 1, 2, 4, 7]) {
    const there = (own: boolean) =>
      Object.fromEntries(names.filter((_, i) => ((way >> i) & 1) === (own ? 1 : 0)).map((name) => [name, all[name]]))
    const home = homeFor(account.uid, 'other-home', there(false))
    const mine = homeFor(account.uid, 'own-home', there(true))
    rmSync(account.home, { recursive: true, force: true })
    cpSync(mine, account.home, { recursive: true, preserveTimestamps: true })
    for (const file of ['', '.ssh', ...Object.keys(there(true))]) chownSync(join(account.home, file), account.uid, account.uid)
    const ran = await as(account.uid, home, 'test', 'far')
    assert.equal(ran.code, 0, `${Object.keys(there(false)).join(' ')} in HOME: ${ran.stdout}${ran.stderr}`)
  }
})

test("host.sshCommand names a key in the account's home where HOME is another one", { skip }, async () => {
  await using account = await withAccount('sshwords', { files: { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known() } })
  const home = homeFor(account.uid, 'other-home')
  config(`configFile: 'none', keys: ['~/.ssh/id_ed25519']`, `${sshd.user}@127.0.0.1:${sshd.port}`)
  for (const file of ['.ssh', '.ssh/id_ed25519', '.ssh/known_hosts']) chownSync(join(account.home, file), account.uid, account.uid)
  chmodSync(join(account.home, '.ssh/id_ed25519'), 0o600)
  assert.match((await as(account.uid, home, 'test', 'words')).stdout, new RegExp(`-i ${account.home}/\\.ssh/id_ed25519 `))
})

test("the account's home is used where HOME is not set", { skip }, async () => {
  await using account = await withAccount('nohome', {
    files: { '.ssh/id_ed25519': key(), '.ssh/known_hosts': known() },
  })
  for (const file of ['', '.ssh', '.ssh/id_ed25519']) {
    chownSync(join(account.home, file), account.uid, account.uid)
    if (file !== '') chmodSync(join(account.home, file), file === '.ssh' ? 0o700 : 0o600)
  }
  config('', `${sshd.user}@127.0.0.1:${sshd.port}`)
  for (const none of [undefined, '']) {
    const ran = await as(account.uid, none, 'test', 'far')
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  }
})
