import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { needs } from '../support/needs.ts'
import { configText, place, type Place } from './support/place.ts'
import { terminals } from './support/terminal.ts'

let project: Place
before(() => {
  project = place()
  project.write({
    'deploy.config.ts': configText(`
  deployTo: '${project.dir}/srv', ssh: { transport: 'local' },
  tasks: {
    good: { steps: () => [sh\`echo output\`, sh\`echo careful >&2; exit 1\`.allowFailure()] },
    fine: { steps: () => [sh\`echo output\`] },
    bad: { steps: () => [sh\`echo broken; exit 3\`.hint('mend it')] },
    shown: { shows: true, steps: () => [sh\`echo output\`] },
  },
  stages: { test: { servers: ['h1'] } },`),
  })
})
after(() => project.remove())

const quiet = (...args: string[]) => project.shipit(['test', ...args, '--no-log'])
const withoutTime = (text: string): string => text.replaceAll(/\(\d+(?:\.\d+)?m?s\)/g, '(TIME)')

test('--quiet shows only the end of a run, with its warnings and its failures', async () => {
  for (const [task, code, shown] of [
    ['fine', 0, /^✔ .* \(TIME\)\n$/],
    ['good', 0, /^⚠ h1: echo careful >&2; exit 1: exit 1\n  careful\n\n⚠ .* \(TIME\)\n$/],
    ['bad', 1, /^✖ bad on h1: exit 3\n {2}\$ echo broken; exit 3\n {2}│ broken\n {2}→ mend it\n\n✖ .* \(TIME\)\n$/],
  ] as const) {
    const ran = await quiet(task, '-q')
    assert.deepEqual([ran.code, ran.stderr], [code, ''])
    assert.match(withoutTime(ran.stdout), shown)
    assert.equal(withoutTime((await quiet(task, '--quiet', '--yes')).stdout), withoutTime(ran.stdout))
  }
})

test('--quiet leaves a task alone that prints something for you', async () => {
  assert.deepEqual(await quiet('shown', '-q'), { code: 0, stdout: 'output\n', stderr: '' })
})

test('--quiet shows the findings of the doctor, and draws no tree in a terminal', { skip: needs('tmux') }, async () => {
  const doctor = await quiet('doctor', '-q')
  assert.doesNotMatch(doctor.stdout, /== examine/)
  assert.match(doctor.stdout, /(?:findings?|nothing found)/)
  const seen = terminals()('quiet', project.words('test', 'fine', '-q', '--no-log'), { cwd: project.dir, env: { HOME: project.home } })
  assert.match(withoutTime(await seen.until(/^exit 0$/m)), /^✔ [^\n]*\(TIME\)\nexit 0$/)
})
