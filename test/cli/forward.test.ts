import assert from 'node:assert/strict'
import { chownSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { withAccount, type Account } from '../support/account.ts'
import { startAgent, type TestAgent } from '../support/agent.ts'
import { exec } from '../support/exec.ts'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place, type Place } from './support/place.ts'

/** An account to deploy to, and a git server that only the key in the deployer's agent opens. */
const skip = needs('root', 'useradd', 'sshd', 'ssh', 'git', 'ssh-agent', 'ssh-add')
let host: Sshd
let server: Sshd
let agent: TestAgent
let account: Account
let project: Place

before(async () => {
  if (skip) return
  ;[host, server, agent, account] = await Promise.all([startSshd(), startSshd(), startAgent(), withAccount('git')])
  await agent.add(server.keyFile)
  project = place()
  const git = (...args: string[]) =>
    exec('git', ['-C', join(project.dir, 'repo'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])
  project.write({ 'repo/index': 'one\n' })
  await git('init', '-q', '-b', 'main')
  await git('add', '-A')
  await git('commit', '-qm', 'one')
  project.write({
    ssh_config: `UserKnownHostsFile ${host.knownHosts}\nGlobalKnownHostsFile /dev/null\nIdentityFile ${host.keyFile}\nIdentitiesOnly yes\n`,
    'deploy.config.ts': configText(`
  repoUrl: 'ssh://${server.user}@127.0.0.1:${server.port}${project.dir}/repo',
  deployTo: '~/shop',
  ssh: { user: '${account.name}', configFile: '${project.dir}/ssh_config' },
  tasks: {
    // sshd leaves the socket there, and the variable that names it: nothing may answer on it
    look: { steps: () => [sh\`
for socket in $(find /tmp -maxdepth 2 -user "$(id -un)" -name 'agent.*' 2>/dev/null); do
  echo "socket: $(SSH_AUTH_SOCK=$socket ssh-add -l 2>&1)"
done
\`] },
  },
  hooks: { after: { 'git:check': 'look', 'git:update': 'look', 'deploy:published': 'look' } },
  stages: { test: { servers: ['127.0.0.1:${host.port}'] } },`),
  })
})
after(async () => {
  await Promise.all([host?.stop(), server?.stop(), agent?.stop(), account?.remove()])
  project?.remove()
})

const known = (): string => join(account.home, '.ssh/known_hosts')
const trust = (text: string): void => {
  mkdirSync(join(account.home, '.ssh'), { recursive: true, mode: 0o700 })
  writeFileSync(known(), text)
  for (const file of [join(account.home, '.ssh'), known()]) chownSync(file, account.uid, account.uid)
}
const deploy = (...sets: string[]) => {
  rmSync(join(account.home, 'shop'), { recursive: true, force: true })
  return project.shipit(['test', 'deploy', '--no-log', ...sets.flatMap((set) => ['--set', set])], { env: { SSH_AUTH_SOCK: agent.socket } })
}

test(
  "forwardAgent: 'git' lets git use the deployer's agent to read the repository, and gives the agent to no other step at all",
  { skip },
  async () => {
    trust(readFileSync(server.knownHosts, 'utf8'))
    const ran = await deploy('ssh.forwardAgent=git')
    assert.equal(ran.code, 0, ran.stdout + ran.stderr)
    assert.equal(readFileSync(join(account.home, 'shop/current/index'), 'utf8'), 'one\n')
    const answers = ran.stdout.match(/ socket: .*/g) ?? []
    assert.ok(answers.length > 0, ran.stdout)
    assert.deepEqual(
      answers.filter((answer) => /SHA256|ED25519/.test(answer)),
      [],
    )
  },
)

test('the git step fails without forwardAgent and names it as the remedy', { skip }, async () => {
  trust(readFileSync(server.knownHosts, 'utf8'))
  const ran = await deploy()
  assert.equal(ran.code, 1, ran.stdout)
  assert.match(ran.stdout, /Permission denied \(publickey/)
  assert.match(ran.stdout, /forwardAgent: 'git'/)
  assert.equal(ran.stdout.match(/forwardAgent: 'git'/g)?.length, 1)
})

test(
  "a git server that the host does not know is refused, and the printed remedy, git.hostKeys: 'accept-new', adds its key",
  { skip },
  async () => {
    trust('')
    const refused = await deploy('ssh.forwardAgent=git')
    assert.equal(refused.code, 1, refused.stdout)
    assert.match(refused.stdout, /Host key verification failed/)
    assert.match(refused.stdout, /git: \{ hostKeys: 'accept-new' \}/)
    assert.equal(readFileSync(known(), 'utf8'), '')

    const accepted = await deploy('ssh.forwardAgent=git', 'git.hostKeys=accept-new')
    assert.equal(accepted.code, 0, accepted.stdout + accepted.stderr)
    assert.notEqual(readFileSync(known(), 'utf8'), '')
    assert.equal((await deploy('ssh.forwardAgent=git')).code, 0)
  },
)

test(
  'accept-new refuses a git server whose key is not the known one, and the error has no hint that suggests accepting the key',
  { skip },
  async () => {
    trust(readFileSync(host.knownHosts, 'utf8').replaceAll(String(host.port), String(server.port)))
    const ran = await deploy('ssh.forwardAgent=git', 'git.hostKeys=accept-new')
    assert.equal(ran.code, 1, ran.stdout)
    assert.match(ran.stdout, /find out why; then, on that host: ssh-keygen -R/)
    assert.doesNotMatch(ran.stdout, /accept-new' \}/)
  },
)
