import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place } from './support/place.ts'

const skip = needs('sshd', 'ssh', 'scp', 'ssh-keygen', 'git')
let sshd: Sshd
before(async () => {
  if (!skip) sshd = await startSshd({ config: ['Subsystem sftp internal-sftp'] })
})
after(() => sshd?.stop())

test(
  'deploy:check tells all that is missing at once, and the next command works when its remedies have run as printed',
  { skip },
  async (t) => {
    const p = place()
    t.after(p.remove)
    const repo = join(p.dir, 'repo')
    mkdirSync(repo)
    const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: repo })
    git('init', '-q', '-b', 'main')
    git('commit', '-qm', 'one', '--allow-empty')
    p.write({
      '.env': 'KEY=1\n',
      'config/master key': 'key',
      ssh_config: `UserKnownHostsFile ${sshd.knownHosts}\nIdentityFile ${sshd.keyFile}\nIdentitiesOnly yes\nIdentityAgent none\n`,
      'deploy.config.ts': configText(`
  repoUrl: 'ssh://git@127.0.0.1:${sshd.port}/srv/shop.git',
  deployTo: '${join(p.dir, 'srv')}',
  linkedFiles: ['.env', 'config/master key'],
  linkedDirs: ['log'],
  ssh: { configFile: './ssh_config', user: '${userInfo().username}' },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },`),
    })
    const shipit = (...args: string[]) => p.shipit(['test', ...args, '--no-log', '--output', 'plain'])
    const first = await shipit('deploy:check')
    assert.equal(first.code, 1, first.stdout)
    assert.match(first.stdout, /Host key verification failed/)
    assert.match(first.stdout, /linked file \S+\/srv\/shared\/\.env is missing/)
    assert.match(first.stdout, /linked file \S+\/srv\/shared\/config\/master key is missing/)
    assert.ok(existsSync(join(p.dir, 'srv/shared/log')))
    const [, remedy] = /linked files are made once, by hand: (.*)$/m.exec(first.stdout)!
    assert.equal(remedy!.split(' && ').length, 2, first.stdout)
    execFileSync('sh', ['-c', remedy!], { cwd: p.dir, stdio: 'pipe' })
    assert.equal(readFileSync(join(p.dir, 'srv/shared/config/master key'), 'utf8'), 'key')
    const second = await shipit('deploy:check')
    assert.match(second.stdout, /Host key verification failed/)
    assert.doesNotMatch(second.stdout, /linked file /)
    assert.equal((await shipit('deploy:check', '--set', `repoUrl=${repo}`)).code, 0)
    assert.equal((await shipit('plan', 'deploy', '--set', `repoUrl=${repo}`)).code, 0)
  },
)
