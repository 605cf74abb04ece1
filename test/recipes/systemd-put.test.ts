import assert from 'node:assert/strict'
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemd } from '../../recipes/index.ts'
import { commandsOf, factsOf, goodRelease, stepsOf, type Given } from '../support/context.ts'
import { runSteps, shells, stubs } from '../support/script.ts'

const recipe = systemd({ services: { web: { exec: 'bin/web' } } })
const units = 'LoadState=loaded\nActiveState=active\nMainPID=7\nType=simple\n'

test('a unit of another deployTo is neither overwritten nor removed, and its folder is named', () => {
  const theirs =
    '# Written by shipit for shop (production): systemd:install writes web.service anew from the config. Deployed to /srv/shop2\n[Service]\n'
  const given: Given = {
    layout: { releases: [goodRelease()] },
    args: {},
    facts: { 'web.units': units, 'web.host': '', 'web.ours': '', 'web.files.0': theirs },
  }
  const who = 'was written by shipit for shop (production): systemd:install, deployed to /srv/shop2'
  const [refused, ...more] = stepsOf(recipe, 'web:install', given)
  assert.deepEqual(more, [])
  assert.ok(refused!.includes(`web.service already exists and ${who}. To replace it: `), refused)
  assert.deepEqual(stepsOf(recipe, 'web:uninstall', given), [`printf '%s\\n' 'web.service ${who}, and so is left as it is'`])
})

for (const { name: shell, argv } of shells) {
  /** A home with a folder for units, and an installation there. */
  const place = (t: { after: (done: () => void) => void }, programs: Record<string, string> = {}) => {
    const home = mkdtempSync(join(tmpdir(), 'shipit-put-'))
    const dir = join(home, '.config/systemd/user')
    mkdirSync(dir, { recursive: true })
    const fake = stubs({ 'systemd-analyze': ':', ...programs })
    t.after(() => {
      rmSync(home, { recursive: true, force: true })
      fake.remove()
    })
    const env = { PATH: fake.path, HOME: home }
    const file = join(dir, 'web.service')
    const read = (): Given => {
      const asked = factsOf(recipe, { runs: ['systemd:web:install'] })
      const [ours, text] = runSteps(argv, [asked['web.ours']!, asked['web.files.0']!], env)
      return {
        layout: { home, releases: [goodRelease()] },
        facts: { 'web.units': units, 'web.host': '', 'web.ours': ours!.stdout, 'web.files.0': text!.stdout },
      }
    }
    const put = (given: Given, args = {}) => {
      const command = commandsOf(recipe, 'web:install', { ...given, args }).find(({ spec }) => spec.title === `write ${file}`)!
      return runSteps(argv, [command], env)[0]!
    }
    return { home, dir, file, read, put }
  }

  test(`${shell}: a link in a unit's place is refused, and --force keeps it as a backup`, (t) => {
    const { home, dir, file, read, put } = place(t)
    const managed = join(home, 'web.service')
    for (const text of ['[Service]\n', undefined]) {
      if (text === undefined) rmSync(managed)
      else writeFileSync(managed, text)
      symlinkSync(managed, file)
      const given = read()
      const [refused, ...more] = stepsOf(recipe, 'web:install', { ...given, args: {} })
      assert.deepEqual(more, [])
      assert.match(
        refused!,
        /web\.service already exists and is a link, and shipit makes no links\. To replace it: systemd:web:install --force/,
      )
      const { code, stderr } = put(given, { force: true })
      assert.equal(code, 0, stderr)
      assert.ok(lstatSync(file).isFile())
      assert.equal(readlinkSync(`${file}.before-shipit`), managed)
      if (text !== undefined) assert.equal(readFileSync(managed, 'utf8'), text)
      for (const name of readdirSync(dir)) rmSync(join(dir, name))
    }
  })

  test(`${shell}: a link that appeared after the facts is left, whatever its target`, (t) => {
    const { home, file, read, put } = place(t)
    const given = read()
    symlinkSync(join(home, 'nowhere'), file)
    assert.equal(put(given).code, 68)
    assert.equal(readlinkSync(file), join(home, 'nowhere'))
  })

  test(`${shell}: a unit is written on a file system without hard links, and not over one that has just appeared`, (t) => {
    const came = place(t, { ln: 'echo theirs > "$2"; exit 1' })
    assert.equal(came.put(came.read()).code, 68)
    assert.equal(readFileSync(came.file, 'utf8'), 'theirs\n')
    const { dir, file, read, put } = place(t, { ln: 'echo "ln: Operation not permitted" >&2; exit 1' })
    const { code, stderr } = put(read())
    assert.equal(code, 0, stderr)
    assert.match(readFileSync(file, 'utf8'), /^# Written by shipit/)
    assert.deepEqual(readdirSync(dir), ['web.service'])
  })
}
