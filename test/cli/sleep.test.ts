import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { alive, pidsIn, until } from '../transport/contract-support.ts'
import { place, type Place } from './support/place.ts'

let project: Place
before(() => {
  project = place()
  project.write({
    'deploy.config.ts': `import { defineConfig, prepend, sh, sleep } from 'shipit-ts'
export default defineConfig({
  application: 'shop', deployTo: '${project.dir}/srv', ssh: { transport: 'local' },
  env: { PATH: prepend('${project.dir}/bin') },
  tasks: {
    short: { steps: () => [sleep('1s'), sh\`echo over\`] },
    long: { steps: () => [sleep('1h'), sh\`echo never\`] },
    wrong: { steps: () => [sleep('1500ms')] },
  },
  stages: { production: { servers: ['h1'] } },
})
`,
    // says which process it is
    'bin/sleep': `#!/bin/sh\necho "$$" >>'${project.dir}/pids'\nexec /bin/sleep "$@"\n`,
  })
  chmodSync(join(project.dir, 'bin/sleep'), 0o755)
})
after(() => project.remove())

test('sleep() is in the plan and in the output, with its title', async () => {
  const plan = await project.shipit(['production', 'plan', 'short', '--no-log'])
  assert.match(plan.stdout, / sleep 1s: sleep 1\n/)
  const full = await project.shipit(['production', 'plan', 'short', '--full', '--no-log'])
  assert.match(full.stdout, /^ *sleep 1$/m)
  const { code, stdout, stderr } = await project.shipit(['production', 'short', '--no-log'])
  assert.equal(code, 0, stderr)
  assert.match(stdout, /sleep 1s[^]*over/)
})

test('Ctrl-C ends sleep() on the host, and nothing after it runs', async () => {
  const before = (await pidsIn(join(project.dir, 'pids'))).length
  const child = project.spawn(['production', 'long', '--no-log'])
  const exit = once(child, 'close')
  let text = ''
  child.stdout!.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const pid = (await pidsIn(join(project.dir, 'pids'), before + 1)).at(-1)!
  assert.ok(alive(pid))
  child.kill('SIGINT')
  assert.deepEqual(await exit, [130, null])
  await until(() => !alive(pid))
  assert.doesNotMatch(text, /^never/m)
})

test('sleep() with parts of a second is an error before anything runs, with what to write', async () => {
  const { code, stdout, stderr } = await project.shipit(['production', 'wrong', '--no-log'])
  assert.equal(code, 2)
  assert.match(stdout + stderr, /sleep\(\) takes whole seconds, not "1500ms"[^]*write sleep\('2s'\)/)
})
