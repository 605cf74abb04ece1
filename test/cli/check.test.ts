import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withAccount } from '../support/account.ts'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place } from './support/place.ts'

const skip = needs('root', 'useradd', 'sudo', 'sshd', 'ssh', 'scp', 'ssh-keygen', 'ssh-keyscan', 'git')
let sshd: Sshd
before(async () => {
  if (!skip) sshd = await startSshd({ config: ['Subsystem sftp internal-sftp'] })
})
after(() => sshd?.stop())

test('deploy:check on a fresh server reports everything at once, and its remedies and a deploy work as printed', { skip }, async (t) => {
  await using account = await withAccount('fresh', { files: { '.ssh/id_ed25519': readFileSync(sshd.keyFile, 'utf8') } })
  const p = place()
  const server = mkdtempSync(join(tmpdir(), 'shipit-server-'))
  t.after(() => (p.remove(), rmSync(server, { recursive: true, force: true })))
  chmodSync(server, 0o755)
  const sh = (command: string) => execFileSync('sh', ['-c', command], { cwd: p.dir, stdio: 'pipe', encoding: 'utf8' })
  const git = `git -C ${server}/work -c user.name=t -c user.email=t@example.com`
  sh(`git init -q -b main ${server}/work && ${git} commit -qm one --allow-empty && git clone -q --bare ${server}/work ${server}/shop.git`)
  sh(
    `chown -R ${account.name} ${server}/shop.git ${account.home}/.ssh && chmod 700 ${account.home}/.ssh && chmod 600 ${account.home}/.ssh/*`,
  )
  const deployTo = join(server, 'apps/shop')
  p.write({
    '.env': 'KEY=1\n',
    'config/master key': 'key',
    ssh_config: `UserKnownHostsFile ${sshd.knownHosts}\nIdentityFile ${sshd.keyFile}\nIdentitiesOnly yes\nIdentityAgent none\n`,
    'deploy.config.ts': configText(`
  repoUrl: 'ssh://${account.name}@127.0.0.1:${sshd.port}${server}/shop.git',
  deployTo: '${deployTo}',
  linkedFiles: ['.env', 'config/master key'],
  linkedDirs: ['log'],
  ssh: { configFile: './ssh_config', user: '${account.name}' },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },`),
  })
  const shipit = (...args: string[]) => p.shipit(['test', ...args, '--no-log', '--output', 'plain'])
  const there = (command: string) =>
    sh(`ssh -F ./ssh_config -p ${sshd.port} ${account.name}@127.0.0.1 '${command.replaceAll("'", `'\\''`)}'`)
  const told = (text: string, pattern: RegExp): string => {
    const found = pattern.exec(text)
    assert.ok(found, `${pattern}: ${text}`)
    return found[1]!
  }

  const first = await shipit('deploy:check')
  assert.equal(first.code, 1, first.stdout)
  assert.match(first.stdout, /linked file \S+\/shared\/\.env is missing/)
  assert.match(first.stdout, /linked file \S+\/shared\/config\/master key is missing/)
  sh(told(first.stdout, /create \S+ once, on that host: (sudo install -d .*)$/m))
  there(told(first.stdout, /on that host, (ssh-keyscan .*?) \(/))
  sh(told(first.stdout, /put linked files there once, by hand: (.*)$/m))
  assert.equal(readFileSync(join(deployTo, 'shared/config/master key'), 'utf8'), 'key')

  const second = await shipit('deploy:check')
  assert.equal(second.code, 0, second.stdout)
  assert.ok(existsSync(join(deployTo, 'shared/log')))
  assert.equal((await shipit('plan', 'deploy')).code, 0)
  const deployed = await shipit('deploy')
  assert.equal(deployed.code, 0, deployed.stdout)

  sh(`chown root ${deployTo}/releases && chmod 555 ${deployTo}/releases && mv ${deployTo}/shared/.env ${deployTo}/shared/elsewhere`)
  mkdirSync(join(deployTo, 'shared/.env'))
  writeFileSync(join(deployTo, 'shared/.env/file'), '')
  sh(`chown -R ${account.name} ${deployTo}/shared`)
  const third = await shipit('deploy:check')
  assert.match(third.stdout, /may not write in \S+\/releases$/m)
  assert.match(third.stdout, /linked file \S+\/shared\/\.env is a directory/)
  sh(told(third.stdout, /On that host: (sudo chown .*)$/m))
  sh(told(third.stdout, /put linked files there once, by hand: (.*)$/m))
  assert.equal((await shipit('deploy')).code, 0)
})

test('deploy reports the same problem with /var/www as deploy:check, and the remedy works as printed', { skip }, async (t) => {
  await using account = await withAccount('novar', { files: { '.ssh/id_ed25519': readFileSync(sshd.keyFile, 'utf8') } })
  const p = place()
  const application = `shop-${process.pid}`
  t.after(() => (p.remove(), rmSync(`/var/www/${application}`, { recursive: true, force: true })))
  p.write({
    ssh_config: `UserKnownHostsFile ${sshd.knownHosts}\nIdentityFile ${sshd.keyFile}\nIdentitiesOnly yes\nIdentityAgent none\n`,
    'deploy.config.ts': configText(`
  application: '${application}', repoUrl: '/nowhere.git', ssh: { configFile: './ssh_config', user: '${account.name}' },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },`).replace("application: 'shop', ", ''),
  })
  const shipit = (...args: string[]) => p.shipit(['test', ...args, '--no-log', '--output', 'plain'])
  const hint = (text: string) => /create \S+ once, on that host: sudo install -d -o \S+ \/var\/www\/\S+/.exec(text)?.[0]
  const deploy = await shipit('deploy')
  assert.ok(hint(deploy.stdout), deploy.stdout)
  assert.equal(hint(deploy.stdout), hint((await shipit('deploy:check')).stdout))
  execFileSync('sh', ['-c', hint(deploy.stdout)!.split(': ')[1]!])
  assert.doesNotMatch((await shipit('deploy')).stdout, /cannot be created/)
  chmodSync(`/var/www/${application}/.shipit/lock`, 0o400)
  execFileSync('chown', ['-R', 'root', `/var/www/${application}/.shipit`])
  const closed = await shipit('deploy')
  const command = /its owner or its mode keeps \S+ out\. On that host: (sudo chown -R .*)$/m.exec(closed.stdout)?.[1]
  assert.ok(command, closed.stdout)
  execFileSync('sh', ['-c', command])
  assert.doesNotMatch((await shipit('deploy')).stdout, /the lock/)
})
