import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { serviceSchema } from '../../recipes/systemd/settings.ts'
import { misplacedSettings } from '../../src/settings/key-hints.ts'
import { unwrap } from '../../src/settings/zod-introspection.ts'
import { refusal, shown, stageOf } from './support.ts'

const config = (rails: string, linkedDirs: string) => `import { defineConfig } from 'shipit-ts'
import { rails } from 'shipit-ts/recipes'
export default defineConfig({
  application: 'shop',
  linkedDirs: [${linkedDirs}],
  use: [rails(${rails})],
  stages: { production: { servers: ['a1'] } },
})`

test("a conflict between a recipe's settings and the stage is a config error with its line", async (t) => {
  const error = await refusal(stageOf(t, config(`{ assetsPrefix: 'static/assets' }`, `'public/static'`)))
  assert.equal(error.exit, 2)
  assert.match(
    shown(error),
    /assetsPrefix is "static\/assets": public\/static\/assets is inside "public\/static".*\nat deploy\.config\.ts:6/,
  )
  assert.deepEqual((await stageOf(t, config('', `'public/uploads'`))).linkedDirs, ['public/uploads'])
})

const services = (web: string) => `import { defineConfig } from 'shipit-ts'
import { systemd } from 'shipit-ts/recipes'
export default defineConfig({
  application: 'shop',
  use: [systemd({ services: { web: ${web} } } as never)],
  stages: { production: { servers: { app: ['a1'] } } },
})`

for (const [given, says] of [
  [`{ on: { role: 'app' } }`, /services\.web\.on\.role: unknown key "role" \(did you mean "roles"\?\)/],
  [`{ on: { roles: ['app'], primry: true } }`, /services\.web\.on\.primry: unknown key "primry" \(did you mean "primary"\?\)/],
  [
    `{ exec: 'node server.js | tee log/out.log' }`,
    /services\.web\.exec: has characters that only a shell understands: write its words as a list/,
  ],
  [`{ user: 'system' }`, /services\.web\.user: is the name of an account: to choose the systemd, write serviceUnitUser: 'system'/],
  [`{ user: 'user' }`, /services\.web\.user: is the name of an account: to choose the systemd, write serviceUnitUser: 'user'/],
  [`{ exec: 'bin/web', listen: [99999] }`, /services\.web\.listen\[0\]: expected at most 65535/],
  [`{ exec: 'bin/web', listen: 'tcp://0.0.0.0:3000' }`, /services\.web\.listen: must be a port, an IP address with a port, or a path/],
  [`{ exec: 'bin/web', listen: '127.0.0.1:99999' }`, /services\.web\.listen: must be a port, an IP address with a port, or a path/],
  [`{ rolling: {} }`, /services\.web\.rolling\.size: is missing: expected a number or a string/],
  [`{ exec: 'bin/web', env: { A: undefined } }`, /services\.web\.env\.A: is missing: expected a string or a number/],
  [`{ exec: 'A=1 node server.js' }`, /services\.web\.exec: begins with a variable: put it into env/],
  [
    `{ after: { 'deploy:published': ['restart', 'stp'] } }`,
    /\["deploy:published"\]\[1\]: expected .* found "stp" \(did you mean "stop"\?\)/,
  ],
  [`{ exec: 'bin/web', wants: ['redis'] }`, /services\.web\.wants\[0\]: must be the full name of a unit/],
] as const)
  test(`a setting with several forms reports the mistake in the form that was meant: ${given}`, async (t) => {
    const error = await refusal(stageOf(t, services(given)))
    assert.equal(error.exit, 2)
    assert.match(shown(error), says)
  })

for (const [given, says] of [
  ['', /systemd\(\) in use\[0\]: services: is missing: expected an object/],
  ['{}', /systemd\(\) in use\[0\]: services: is missing: expected an object/],
  [`{ web: { exec: 'bin/web' } }`, /systemd\(\) in use\[0\]: unknown setting web: the only setting is services/],
  [
    `{ name: 'api', exec: 'bin/api' }`,
    /^systemd\(\) in use\[0\]: unknown settings name and exec: write services: \{ api: \{ exec: … \} \}\nat deploy\.config\.ts:3$/,
  ],
  [
    `{ listen: 3000, exec: 'bin/web', env: {}, log: 'log/web.log', unit: 'web' }`,
    /^systemd\(\) in use\[0\]: unknown settings .* and unit: write services: \{ web: \{ listen: …, exec: …, env: …, … \} \}\nat deploy\.config\.ts:3$/,
  ],
  [`{ name: 'my web' }`, /^systemd\(\) in use\[0\]: unknown setting name: write services: \{ web: \{\} \}\nat deploy\.config\.ts:3$/],
  [
    `{ services: { web: {} }, exec: 'bin/web', zzz: 1 }`,
    /: unknown setting exec: write services: \{ web: \{ exec: … \} \}\n.*: unknown setting zzz: the only setting is services$/,
  ],
] as const)
  test(`systemd(${given}) is refused like any other mistake of a config`, async (t) => {
    const config = `import { defineConfig } from 'shipit-ts'
import { systemd } from 'shipit-ts/recipes'
export default defineConfig({ application: 'shop', use: [(systemd as any)(${given})], stages: { production: { servers: ['a1'] } } })`
    assert.match(shown(await refusal(stageOf(t, config))), says)
  })

test('a command that only a stage gives a service is refused, since its tasks come from use', async (t) => {
  const config = `import { defineConfig } from 'shipit-ts'
import { systemd } from 'shipit-ts/recipes'
export default defineConfig({
  application: 'shop',
  use: [systemd({ services: { web: {} } })],
  stages: { production: { servers: ['a1'], settings: { systemd: { services: { web: { exec: 'bin/web' } as never } } } } },
})`
  assert.match(shown(await refusal(stageOf(t, config))), /services\.web\.exec: must be in `use` too/)
})

test('an unknown setting of a recipe is an error with its settings, however many, if none is near', async (t) => {
  const config = (use: string) => `import { defineConfig } from 'shipit-ts'
import { puma, sidekiq } from 'shipit-ts/recipes'
void puma, sidekiq
export default defineConfig({ application: 'shop', use: [${use} as never], stages: { production: { servers: ['a1'] } } })`
  assert.match(
    shown(await refusal(stageOf(t, config('puma({ threads: 5 } as never)')))),
    /^puma\(\) in use\[0\]: unknown setting threads: use one of (\w+, ){18}\w+\nat deploy\.config\.ts:4$/,
  )
  assert.match(shown(await refusal(stageOf(t, config('sidekiq({ zzz: 5 } as never)')))), /unknown setting zzz: use one of (\w+, ){33}\w+\n/)
})

test('every setting of a service of systemd() that is given to the recipe itself says where it belongs', () => {
  const { shape } = unwrap(serviceSchema('web')) as z.ZodObject
  for (const key of Object.keys(shape)) assert.deepEqual(misplacedSettings('systemd', [key], {})?.keys, [key])
})
