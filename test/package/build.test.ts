import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, test } from 'node:test'

const root = resolve(import.meta.dirname, '../..')

describe('npm run build', () => {
  const place = mkdtempSync(join(tmpdir(), 'shipit-build-'))
  after(() => rmSync(place, { recursive: true }))
  const build = () => spawn(process.execPath, [join(place, '.config/build.ts')], { stdio: 'ignore' })
  const shipit = () => spawnSync(process.execPath, [join(place, 'dist/bin.js'), 'demo', '--help'], { encoding: 'utf8' })

  before(async () => {
    for (const name of ['.config', 'src', 'recipes', 'package.json', 'tsconfig.json'])
      cpSync(join(root, name), join(place, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(place, 'node_modules'))
    const [code] = await once(build(), 'close')
    assert.equal(code, 0)
    assert.equal(shipit().status, 0)
  })

  test('leaves a dist that works when it is killed at any moment', async () => {
    for (let files = 0; files < 24; files += 3) {
      // another text, and so another name, of the chunk that all others import
      appendFileSync(join(place, 'src/values/errors.ts'), `process.env['BUILD'] = '${files}'\n`)
      const child = build()
      let seen = 0
      const watcher = watch(join(place, 'dist'), () => {
        if (++seen > files) child.kill('SIGKILL')
      })
      await once(child, 'close')
      watcher.close()
      const { status, stderr } = shipit()
      assert.equal(status, 0, `killed after ${files} files: ${stderr}`)
    }
  })

  test('leaves no file of an earlier build', async () => {
    cpSync(join(place, 'dist/bin.js'), join(place, 'dist/old-12345678.js'))
    await once(build(), 'close')
    assert.ok(!readdirSync(join(place, 'dist')).includes('old-12345678.js'))
  })
})
