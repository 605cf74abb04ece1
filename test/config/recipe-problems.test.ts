import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, shown, stageOf } from './support.ts'

const config = (rails: string, linkedDirs: string) => `import { defineConfig } from 'shipit-ts'
import { rails } from 'shipit-ts/recipes'
export default defineConfig({
  application: 'shop',
  linkedDirs: [${linkedDirs}],
  use: [rails(${rails})],
  stages: { production: { servers: ['a1'] } },
})`

test('what a recipe has against its settings beside the stage is an error of the config, at its line', async (t) => {
  const error = await refusal(stageOf(t, config(`{ assetsPrefix: 'static/assets' }`, `'public/static'`)))
  assert.equal(error.exit, 2)
  assert.match(shown(error), /assetsPrefix is "static\/assets": public\/static\/assets lies in "public\/static".*\nat deploy\.config\.ts:6/)
  assert.deepEqual((await stageOf(t, config('', `'public/uploads'`))).linkedDirs, ['public/uploads'])
})
