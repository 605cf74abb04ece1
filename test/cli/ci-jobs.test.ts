import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { startSshd, type Sshd } from '../support/sshd.ts'
import { configText, place, type Place } from './support/place.ts'

const skip = needs('sshd', 'ssh', 'ssh-keygen')
const token = 'a-token-of-the-job'
let sshd: Sshd
let project: Place
before(async () => {
  if (skip) return
  sshd = await startSshd()
  project = place({
    'deploy.config.ts': configText(`
  ssh: { configFile: '${sshd.configFile}' },
  tasks: {
    show: { steps: () => [sh\`printf '::add-mask::%s\\n' "$T"\`.env({ T: env.secret('TOKEN') })] },
    fail: { steps: () => [sh\`echo no; exit 3\`] },
    code: { run: () => { throw new TypeError('in code') } },
  },
  stages: { test: { servers: ['127.0.0.1:${sshd.port}'] } },`),
  })
})
after(async () => {
  await sshd?.stop()
  project?.remove()
})
const github = (summary = 'summary.md'): NodeJS.ProcessEnv => ({
  CI: 'true',
  GITHUB_ACTIONS: 'true',
  GITHUB_WORKSPACE: project.dir,
  GITHUB_STEP_SUMMARY: join(project.dir, summary),
  TOKEN: token,
})

test('a run in a job of GitHub Actions is grouped, masks its secrets on stderr alone, and writes a summary', { skip }, async () => {
  const ran = await project.shipit(['test', 'show'], { env: github('show.md') })
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(ran.stdout, /^::group::show on 127\.0\.0\.1.*\n[^]*\n::endgroup::$/m)
  assert.equal(ran.stderr, `::add-mask::${token}\n`)
  assert.ok(!ran.stdout.includes(token), ran.stdout)
  assert.match(ran.stdout, /\u200b?::add-mask::\[secret\]/)
  assert.ok(ran.stdout.split('\n').every((line) => !line.trimStart().startsWith('::add-mask')))
  const summary = project.read('show.md')
  assert.match(summary, /^### ✔ shop test: show\n/)
  assert.ok(!summary.includes(token))
  assert.ok(!project.read('log/shipit.log').includes(token))
})

test('secrets are not masked where stderr is a file, from which no runner takes the masks', { skip }, () => {
  const [program = '', ...args] = project.words('test', 'show', '--no-log')
  const file = openSync(join(project.dir, 'stderr.txt'), 'w')
  try {
    const env = { PATH: process.env['PATH'], HOME: project.home, USER: 'tester', ...github() }
    const ran = spawnSync(program, args, { cwd: project.dir, stdio: ['ignore', 'pipe', file], encoding: 'utf8', env })
    assert.equal(ran.status, 0, ran.stdout)
  } finally {
    closeSync(file)
  }
  assert.ok(!project.read('stderr.txt').includes(token))
})

test('--output github outside of a job masks nothing', { skip }, async () => {
  const ran = await project.shipit(['test', 'show', '-o', 'github', '--no-log'], { env: { TOKEN: token } })
  assert.equal(ran.code, 0, ran.stderr)
  assert.ok(!(ran.stdout + ran.stderr).includes(token))
  assert.match(ran.stdout, /^::group::show on /m)
})

test('a failure is an annotation, at its line where the config is at fault', { skip }, async () => {
  const ran = await project.shipit(['test', 'fail', '--no-log'], { env: github() })
  assert.equal(ran.code, 1)
  assert.match(ran.stdout, /^::error title=fail on 127\.0\.0\.1.*::exit 3%0Aecho no; exit 3%0Ano$/m)
  const code = await project.shipit(['test', 'code', '--no-log'], { env: github() })
  const line =
    project
      .read('deploy.config.ts')
      .split('\n')
      .findIndex((text) => text.includes('in code')) + 1
  assert.match(code.stdout, new RegExp(`^::error file=deploy\\.config\\.ts,line=${line},title=code::.*in code`, 'm'))
})

test('the mistakes that check finds are annotations', { skip }, async () => {
  const wrong = place({ 'deploy.config.ts': configText(`keepRelease: 3, deployTo: '/', repoUrl: '', stages: { production: {} }`) })
  try {
    const ran = await wrong.shipit(['check'], { env: { ...github(), GITHUB_WORKSPACE: wrong.dir } })
    assert.equal(ran.code, 2)
    const annotations = ran.stderr.split('\n').filter((line) => line.startsWith('::'))
    assert.ok(annotations.length >= 2, ran.stderr)
    for (const one of annotations) assert.match(one, /^::error file=deploy\.config\.ts,line=\d+,title=shipit::\S/)
  } finally {
    wrong.remove()
  }
})

test('a run in a job of GitLab CI has a section for each phase', { skip }, async () => {
  const ran = await project.shipit(['test', 'fail', '--no-log'], { env: { CI: 'true', GITLAB_CI: 'true', TOKEN: token } })
  assert.equal(ran.code, 1)
  assert.match(ran.stdout, /section_start:\d+:shipit_\d+_1\r\u001b\[0Kfail on 127\.0\.0\.1[^]*section_end:\d+:shipit_\d+_1\r/)
})

test('a plan in a job is a plan, without groups', { skip }, async () => {
  for (const more of [[], ['-o', 'github']]) {
    const ran = await project.shipit(['test', 'plan', 'show', ...more], { env: github() })
    assert.equal(ran.code, 0, ran.stderr)
    assert.doesNotMatch(ran.stdout + ran.stderr, /^::(group|error)/m)
  }
})
