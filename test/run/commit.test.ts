import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fullPlan } from '../../src/plan/print-full.ts'
import { sh } from '../../src/shell/sh.ts'
import { startFleet, type Fleet, type Ran, type RunOptions } from './support.ts'

let fleet: Fleet
before(async () => {
  fleet = await startFleet(['a', 'b'])
})
after(() => fleet.stop())
beforeEach(() => {
  for (const host of ['a', 'b']) rmSync(fleet.on(host, '.'), { recursive: true, force: true })
  rmSync(join(root(), '.git'), { recursive: true, force: true })
})

const root = () => dirname(fleet.repo)
const git = (cwd: string, ...args: string[]) =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { encoding: 'utf8', cwd }).trim()
const revision = (host = 'b') => readFileSync(fleet.on(host, 'current/REVISION'), 'utf8').trim()
const deploy = (branch?: string, o: RunOptions = {}) => fleet.run(['deploy'], { ...o, ...(branch === undefined ? {} : { branch }) })
const good = async (branch?: string, o?: RunOptions) => {
  const ran = await deploy(branch, o)
  assert.deepEqual([ran.exit, ran.failures], [0, []])
  return ran
}
const said = (ran: Ran) => ran.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])).join('\n')
/** Turns the config's folder into a checkout of the repository. */
const desk = () => {
  git(root(), 'clone', '-q', '--no-checkout', fleet.repo, join(root(), 'clone'))
  renameSync(join(root(), 'clone/.git'), join(root(), '.git'))
  rmSync(join(root(), 'clone'), { recursive: true })
}
const deskCommit = (message: string) => {
  git(root(), 'commit', '-q', '--allow-empty', '-m', message)
  return git(root(), 'rev-parse', 'HEAD')
}

test('a short commit is deployed to every host: with 7 or 12 digits, in capitals, at a tip or below it', async () => {
  const first = git(fleet.repo, 'rev-parse', 'HEAD')
  const middle = fleet.commit('index', 'middle')
  const tip = fleet.commit('index', 'tip')
  for (const commit of [tip, middle, first]) {
    for (const short of [commit.slice(0, 7), commit.slice(0, 12), commit.slice(0, 9).toUpperCase()]) {
      await good(short)
      assert.deepEqual([revision('a'), revision('b')], [commit, commit])
    }
  }
})

test('a short commit that the mirror does not have is looked up without leaving files on the host', async () => {
  await good()
  const hidden = fleet.commit('index', 'hidden')
  fleet.commit('index', 'above it')
  const plan = await deploy(hidden.slice(0, 7), { planOnly: true })
  assert.deepEqual(plan.failures, [])
  assert.match(fullPlan(plan.plan!, ''), new RegExp(hidden))
  assert.equal(existsSync(fleet.on('a', 'repo/FETCH_HEAD')), false, 'a plan fetches nothing into the mirror')
  await good(hidden.slice(0, 7))
  assert.equal(revision(), hidden)
  const leftOver = execFileSync('sh', ['-c', 'find "${TMPDIR:-/tmp}" -maxdepth 2 -name commits -path "*tmp.*" | wc -l'], {
    encoding: 'utf8',
  })
  assert.equal(leftOver.trim(), '0')
})

test('a short commit that does not exist is an error, and a branch of that name wins', async () => {
  const none = await deploy('0123456')
  assert.equal(none.exit, 1)
  assert.match(none.failures[0]!.reason, /no branch, no tag and no commit "0123456": was it pushed\?/)
  const tip = git(fleet.repo, 'rev-parse', 'HEAD')
  const name = tip.slice(0, 8)
  const other = fleet.commit('index', 'branch')
  git(fleet.repo, 'branch', name, other)
  await good(name)
  assert.equal(revision(), other)
  git(fleet.repo, 'branch', '-D', name)
})

test('an ambiguous short commit is an error that names both commits', async () => {
  const tree = git(fleet.repo, 'rev-parse', 'HEAD^{tree}')
  const text = (i: number) => `tree ${tree}\nauthor t <t@e> ${i} +0000\ncommitter t <t@e> ${i} +0000\n\nx\n`
  const seen = new Map<string, number>()
  let pair: readonly number[] = []
  for (let i = 1; pair.length === 0; i++) {
    const body = text(i)
    const start = createHash('sha1').update(`commit ${body.length}\0${body}`).digest('hex').slice(0, 7)
    if (seen.has(start)) pair = [seen.get(start)!, i]
    seen.set(start, i)
  }
  const write = (i: number) =>
    execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin'], { cwd: fleet.repo, input: text(i), encoding: 'utf8' }).trim()
  const [one, two] = pair.map(write) as [string, string]
  git(fleet.repo, 'branch', 'one', one)
  await good(one.slice(0, 7))
  git(fleet.repo, 'branch', 'two', two)
  const ran = await deploy(one.slice(0, 7))
  assert.equal(ran.failures[0]!.reason, `"${one.slice(0, 7)}" is the beginning of 2 commits: ${[one, two].sort().join(', ')}`)
  assert.equal(ran.failures[0]!.hint, 'give more digits')
  await good(two.slice(0, 12))
  assert.equal(revision(), two)
  git(fleet.repo, 'branch', '-D', 'one', 'two')
})

test('a short commit that only the local checkout has is reported as not pushed', async () => {
  desk()
  const commit = deskCommit('local')
  const ran = await deploy(commit.slice(0, 7))
  assert.equal(ran.exit, 1)
  assert.match(ran.failures[0]!.hint ?? '', new RegExp(`no commit ${commit}: was it pushed\\?`))
})

test('a deploy says when its commit is live already and when local commits are not pushed, in a plan too', async () => {
  desk()
  const first = await good()
  assert.equal(said(first), '')
  const short = git(fleet.repo, 'rev-parse', 'HEAD').slice(0, 7)
  assert.match(said(await good()), new RegExp(`^${short} is the commit that is already live$`, 'm'))
  deskCommit('one')
  const words = new RegExp(`^main of .*repo is at ${short}; 1 local commit is not pushed$`, 'm')
  assert.match(said(await good()), words)
  deskCommit('two')
  let title = ''
  await fleet.run(['deploy'], { planOnly: true, onTitle: (text) => (title = text) })
  assert.match(title, /2 local commits are not pushed/)
  assert.match(title, /is the commit that is already live/)
  fleet.commit('index', 'elsewhere')
  const behind = said(await good())
  assert.doesNotMatch(behind, /already live/)
  // neither the checkout nor its remote has the new commit yet
  assert.match(behind, /^how many commits are new is not known: /m)
  assert.match(behind, /; 2 local commits are not pushed$/m)
})

test('a config outside a checkout of the repository, and a machine without git, cause no warning', async () => {
  await good()
  git(root(), 'init', '-q', '-b', 'main')
  deskCommit('of another repository')
  assert.doesNotMatch(said(await good()), /not pushed/)
})

test('a deploy names only the hosts where its commit is live', async () => {
  await good(undefined, { filter: { hosts: ['a'] } })
  assert.match(said(await good()), /is the commit that is already live on a$/m)
})

const own = {
  'git:check': { steps: () => [] },
  'git:clone': { steps: () => [] },
  'git:update': { steps: () => [] },
  'git:create_release': { steps: ({ paths }: { paths: { release: string } }) => [sh`echo mine > ${paths.release}/index`] },
}

test('a config that replaces all git tasks needs no repoUrl, and no host asks a git server', async () => {
  for (const repoUrl of ['file:///srv/nobody-may-read', undefined]) {
    const sent: string[] = []
    const ran = await good(undefined, { config: { repoUrl, tasks: own }, onSend: (_, bytes) => sent.push(bytes.toString()) })
    assert.doesNotMatch(sent.join('\n'), /ls-remote|git clone/)
    assert.equal(ran.exit, 0)
    assert.equal(readFileSync(fleet.on('a', 'current/index'), 'utf8'), 'mine\n')
    assert.ok(!existsSync(fleet.on('a', 'current/REVISION')), 'nothing is said of a commit that is not known')
  }
  assert.match(readFileSync(fleet.on('a', 'revisions.log'), 'utf8'), /^Branch main deployed as release \d{14} by anna$/m)
  const doctor = await fleet.run([], { doctor: true, config: { repoUrl: 'file:///srv/nobody-may-read', tasks: own } })
  assert.deepEqual(doctor.findings, [])
  const back = await fleet.run(['deploy:rollback'], { config: { repoUrl: undefined, tasks: own } })
  assert.deepEqual([back.exit, back.failures], [0, []])
})

test('the setting revision names the commit of own tasks, and pins the branch of git without asking the server', async () => {
  const commit = 'c'.repeat(40)
  await good(undefined, { config: { revision: commit, tasks: own } })
  assert.equal(revision(), commit)
  assert.ok(!existsSync(fleet.on('a', 'current/REVISION_TIME')), 'only the repository knows the time of a commit')
  assert.match(readFileSync(fleet.on('a', 'revisions.log'), 'utf8'), new RegExp(`Branch main \\(at ${commit}\\)`))
  const before = git(fleet.repo, 'rev-parse', 'HEAD')
  fleet.commit('index', 'too new')
  const sent: string[] = []
  await good(undefined, { config: { revision: () => before }, onSend: (_, bytes) => sent.push(bytes.toString()) })
  assert.equal(revision(), before)
  assert.doesNotMatch(sent.join('\n'), /ls-remote .*refs\/heads/)
  await assert.rejects(deploy(undefined, { config: { revision: 'main' } }), /is not a commit/)
})

test('a git task that its `when` skips counts as replaced', async () => {
  const off = Object.fromEntries(Object.keys(own).map((name) => [name, { when: () => false, steps: () => [] }]))
  mkdirSync(fleet.on('a', 'x'), { recursive: true })
  writeFileSync(fleet.on('a', 'x/y'), '')
  await good(undefined, { config: { repoUrl: undefined, tasks: off } })
  assert.deepEqual(readdirSync(fleet.on('a', 'current')), [])
})
