import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { configText, place } from './support/place.ts'

const project = place({
  'deploy.config.ts': configText(`
  stageVars: z.object({
    port: z.coerce.number(),
    ips: z.string().transform((text) => text.split(',')),
    zone: z.enum(['a', 'b']).default('a'),
    token: secretSchema(),
  }),
  vars: { ips: '10.0.0.1,10.0.0.2' },
  tasks: {
    open: {
      on: 'local',
      when: ({ vars }) => vars.port > 1000,
      steps: ({ vars }) => [sh\`echo \${vars.ips} \${vars.port + 1} \${vars.zone}\`, sh\`printf %s \${vars.token}\`],
    },
    code: { on: 'local', run: ({ vars, log }) => log.info([vars.zone, typeof vars.port, ...vars.ips].join(' ')) },
  },
  hooks: { after: { open: { on: 'local', steps: ({ vars }) => [sh\`echo hooked \${vars.ips[1]}\`] } } },
  stages: {
    production: { servers: [], vars: { port: '8080', token: 's3cret-of-ours' } },
    bare: { servers: ['b1'] },
  },`).replace("'shipit-ts/recipes'", `'shipit-ts/recipes'\nimport { z } from 'zod'; import { secretSchema } from 'shipit-ts/kit'`),
  'data/deploy.config.yaml': 'application: shop\nstageVars: { port: number }\nstages: { production: { servers: [a1] } }\n',
})
after(() => project.remove())

test('steps, code, when and hooks get vars as the schema makes them, and a secret is masked', async () => {
  const ran = await project.shipit(['production', 'open', 'code', '--no-log', '--set', 'vars.zone=b'])
  assert.equal(ran.code, 0, ran.stdout + ran.stderr)
  for (const line of [/10\.0\.0\.1 10\.0\.0\.2 8081 b$/m, /hooked 10\.0\.0\.2$/m, /b number 10\.0\.0\.1 10\.0\.0\.2$/m])
    assert.match(ran.stdout, line)
  assert.match(ran.stdout, /\[secret\]/)
  assert.doesNotMatch(ran.stdout + ran.stderr, /of-ours/)
  const plan = await project.shipit(['production', 'plan', 'open', '--full', '--set', 'vars.port=80'])
  assert.doesNotMatch(plan.stdout, /10\.0\.0\.1/)
})

test('a printed command repeats a typed var, but not a typed secret', async () => {
  const { stdout } = await project.shipit(['production', 'plan', 'open', '--set', 'vars.token=typed-of-ours', '--set', 'vars.port=9000'])
  assert.match(stdout, /9001/)
  assert.doesNotMatch(stdout, /of-ours/)
})

test('a stage that lacks vars is refused before anything runs, with all that it lacks', async () => {
  const { code, stdout, stderr } = await project.shipit(['bare', 'code', '--no-log'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(stderr, /2 mistakes in .*\n.*deploy\.config\.ts:\d+ +stages\.bare: vars\.port is missing: expected a number\n/)
  assert.match(stderr, /deploy\.config\.ts:\d+ +stages\.bare: vars\.token is missing: expected text or a secret\n/)
})

test('stageVars in YAML is refused, because a zod object needs code', async () => {
  const { code, stderr } = await project.shipit(['production', 'deploy:check', '--config', 'data/deploy.config.yaml'])
  assert.equal(code, 2)
  assert.match(
    stderr,
    /stageVars: must be a zod object, z\.object\(\{ … \}\), which only a config in code can have[^]*deploy\.config\.yaml:2/,
  )
})
