import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { startShop, type Shop } from './support/shop.ts'

let shop: Shop
before(async () => {
  shop = await startShop(['a', 'b'])
})
after(() => shop.stop())

const run = (...words: string[]) => shop.place.shipit(['test', ...words], { cwd: 'project' })
const pending = async (...words: string[]): Promise<string> => {
  const ran = await run('pending', ...words)
  assert.deepEqual([ran.code, ran.stderr], [0, ''], ran.stdout)
  return ran.stdout.replaceAll(/ \d+ (s|min) {2}/g, ' N s  ')
}
const json = async (...words: string[]) => JSON.parse((await run('pending', '--json', ...words)).stdout)
const deploy = async (...words: string[]) => {
  const ran = await run('deploy', ...words)
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  return ran.stdout
}
const head = (dir = shop.repo): string => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: dir, encoding: 'utf8' }).trim()
const short = (commit: string): string => commit.slice(0, 7)
const git = (...words: string[]): string =>
  execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=a@example.com', ...words], {
    cwd: shop.repo,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
/** Clones of the repository that a host has left. */
const clones = (): string[] =>
  readdirSync(tmpdir()).filter((name) => {
    const file = join(tmpdir(), name, 'commits/config')
    return name.startsWith('tmp.') && existsSync(file) && readFileSync(file, 'utf8').includes(shop.repo)
  })

let first = ''

test('pending before the first deploy says that it is the first', async () => {
  first = head()
  assert.equal(
    await pending(),
    `a, b: nothing is live → ${short(first)} (main)\n\n✔ nothing is live yet: a deploy would be the first, of ${short(first)}\n`,
  )
  assert.deepEqual((await json()).from, [{ hosts: ['a', 'b'], commit: null, added: null, removed: null }])
})

test('pending with nothing new says so', async () => {
  await deploy()
  assert.equal(await pending(), `a, b: ${short(first)} → ${short(first)} (main)\n\n✔ nothing is pending: ${short(first)} is live\n`)
})

test('pending lists commits that neither the checkout nor the mirror has, and leaves nothing on the host', async () => {
  const one = shop.commit('cart', 'Add a cart', 'Grace Hopper')
  const two = shop.commit('till', 'Add a till', 'Grace Hopper')
  const three = shop.commit('sign', 'Hang a sign')
  const listed = `a, b: ${short(first)} → ${short(three)} (main)
  ${short(three)}  N s  Ada Lovelace  Hang a sign
  ${short(two)}  N s  Grace Hopper  Add a till
  ${short(one)}  N s  Grace Hopper  Add a cart

✔ 3 commits pending, by Grace Hopper (2), Ada Lovelace
`
  assert.equal(await pending(), listed)
  assert.deepEqual(clones(), [])
  // the same from the checkout
  shop.git('fetch', '-q')
  assert.equal(await pending(), listed)
  const { commit, branch, unpushed, from } = await json()
  assert.deepEqual([commit, branch, unpushed, from[0].commit, from[0].added.count], [three, 'main', 0, first, 3])
  assert.equal(from[0].added.commits[2].author, 'Grace Hopper')
})

test('pending --diff shows what changes in the files, from the host and from the checkout', async () => {
  const change = `diff --git a/cart b/cart\nnew file mode 100644\n`
  const local = await pending('--diff')
  assert.ok(local.includes(change) && local.includes('\n+Add a cart\n'))
  const four = shop.commit('cart', 'Paint the cart')
  const remote = await pending('--diff')
  assert.ok(remote.includes(`→ ${short(four)}`) && remote.includes('\n+Paint the cart\n') && remote.includes('\n+Add a till\n'))
  const { diff } = (await json('--diff')).from[0]
  assert.ok(diff.startsWith('diff --git') && diff.endsWith('\n+Add a till'))
})

test('pending --diff of a stage with repoTree shows that folder alone', async () => {
  const config = `repoTree: 'app*',`
  shop.commit('app*/page', 'Write a page')
  shop.commit('apple/core', 'Eat an apple')
  shop.config(config)
  try {
    for (const fetched of [false, true]) {
      if (fetched) shop.git('fetch', '-q')
      const text = await pending('--diff')
      assert.ok(text.includes('\n+Write a page\n') && !text.includes('+Eat an apple') && !text.includes('+Paint the cart'), text)
      assert.match(text, / Eat an apple\n/)
    }
  } finally {
    shop.config()
  }
})

test('pending of an older commit names the live ones that would go', async () => {
  const now = head()
  await deploy()
  const text = await pending('--branch', first)
  assert.match(text, new RegExp(`^a, b: ${short(now)} → ${short(first)} \\(${first}\\)$`, 'm'))
  assert.match(text, new RegExp(`^ {2}⚠ live now, and not in ${short(first)}:$`, 'm'))
  assert.match(text, /✔ no commit is pending; 6 live commits would go\n$/)
})

test('pending of hosts that differ has a list for each commit that is live', async () => {
  shop.commit('door', 'Open the door')
  await deploy('--hosts', 'a')
  shop.commit('lamp', 'Light a lamp')
  const { from } = await json()
  assert.deepEqual(
    from.map(({ hosts, added }: { hosts: string[]; added: { count: number } }) => [...hosts, added.count]),
    [
      ['a', 1],
      ['b', 2],
    ],
  )
  assert.match(await pending(), /✔ 2 commits pending, by Ada Lovelace \(2\)\n$/)
})

test('pending of a host that is down asks the next one, exit 3', async () => {
  const config = shop.place.read('ssh_config')
  shop.place.write({ ssh_config: config.replace(/(Host a\n.*\n +Port )\d+/, '$11') })
  const ran = await run('pending')
  shop.place.write({ ssh_config: config })
  assert.equal(ran.code, 3)
  assert.match(ran.stdout, /Light a lamp\n/)
  assert.match(ran.stdout, /⚠ not read: a\n⚠ 2 commits pending, by Ada Lovelace \(2\); 1 host could not be read\n$/)
})

test('pending of a branch that the repository does not have is an error, exit 1', async () => {
  const ran = await run('pending', '--branch', 'mian')
  assert.equal(ran.code, 1)
  assert.match(ran.stderr, /the repository has no branch or tag "mian" \(did you mean "main"\?\)/)
  assert.match(ran.stdout, /⚠ it is not known which commit mian is\n$/)
})

test('pending of a branch that was rewritten finds the live commit in the mirror', async () => {
  await deploy()
  const lost = head()
  git('reset', '-q', '--hard', first)
  shop.commit('new', 'Begin again')
  const { from } = await json()
  assert.deepEqual([from[0].commit, from[0].added.count, from[0].removed.count], [lost, 1, 8])
})

test('pending of a stage without a repository is a usage error', async () => {
  shop.config(
    "tasks: { 'git:check': {steps:()=>[]}, 'git:clone': {steps:()=>[]}, 'git:update': {steps:()=>[]}, 'git:create_release': {steps:()=>[]} },",
  )
  const ran = await run('pending')
  shop.config()
  assert.equal(ran.code, 2)
  assert.match(ran.stderr, /this stage does not deploy from a git repository/)
})

test('a deploy reports its new commits to programs and in the summary of a job', async () => {
  await deploy()
  for (let i = 1; i <= 22; i++) shop.commit('roof', `Mend tile ${i} | <b>`, 'Grace Hopper')
  shop.git('fetch', '-q')
  shop.git('reset', '-q', '--hard', 'origin/main')
  const file = join(shop.place.dir, 'summary.md')
  writeFileSync(file, '')
  const ran = await shop.place.shipit(['test', 'deploy', '-o', 'github'], { cwd: 'project', env: { GITHUB_STEP_SUMMARY: file } })
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  const summary = readFileSync(file, 'utf8')
  assert.match(summary, /^\*\*22 new commits\*\* since `[0-9a-f]{7}`, by Grace Hopper \(22\)$/m)
  assert.equal(summary.match(/^- `[0-9a-f]{7}` Mend tile \d+ \\\| &lt;b&gt; \(Grace Hopper\)$/gm)?.length, 20)
  assert.match(summary, /^- and 2 older commits$/m)
  shop.commit('door', 'Mend the door')
  shop.git('fetch', '-q')
  const events = (await shop.place.shipit(['test', 'deploy', '-o', 'jsonl'], { cwd: 'project' })).stdout.trim().split('\n')
  const commits = events.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ type }) => type === 'commits')
  assert.partialDeepStrictEqual(commits, {
    hosts: ['a', 'b'],
    added: { count: 1, newest: [{ author: 'Ada Lovelace', subject: 'Mend the door' }] },
  })
})

test('a deploy says how many commits are new and by whom, and what is not pushed', async () => {
  await deploy()
  shop.commit('roof', 'Mend the roof', 'Grace Hopper')
  shop.git('fetch', '-q')
  shop.git('reset', '-q', '--hard', 'origin/main')
  assert.match(await deploy(), /1 new commit since [0-9a-f]{7}, by Grace Hopper/)
  shop.commit('gate', 'Mend the gate')
  assert.match(
    await deploy(),
    /how many commits are new is not known: this checkout has not got all of \w+\.\.\w+; see shipit test pending/,
  )
  writeFileSync(join(shop.place.dir, 'project/mine'), '')
  shop.git('add', 'mine')
  shop.git('commit', '-qm', 'Mine')
  assert.match(await deploy(), /main of .* is at [0-9a-f]{7}; 1 local commit is not pushed/)
  assert.match((await run('pending')).stdout, /⚠ 1 local commit of main is not pushed, and would not be deployed\n/)
})

test('requirePushed refuses a deploy without the local commits, and its plan, until they are pushed', async () => {
  shop.config('requirePushed: true,')
  try {
    for (const words of [['deploy'], ['plan', 'deploy']]) {
      const ran = await run(...words)
      assert.equal(ran.code, 1, ran.stdout)
      assert.match(ran.stdout + ran.stderr, /1 local commit is not pushed, and requirePushed refuses that\n/)
      assert.match(ran.stdout + ran.stderr, /→ git push\. To deploy without them: shipit test deploy --set requirePushed=false\n/)
    }
    await deploy('--set', 'requirePushed=false')
    shop.git('fetch', '-q')
    shop.git('reset', '-q', '--hard', 'origin/main')
    await deploy()
  } finally {
    shop.config()
  }
})
