import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { cannotLook, looked, markedIn, namesOf, readFile } from '../../recipes/marked.ts'
import { raw, sh } from '../../src/index.ts'
import { textOf } from '../support/context.ts'
import { needs } from '../support/needs.ts'
import { runSteps, shells, type Ran } from '../support/script.ts'

const dir = mkdtempSync(join(tmpdir(), 'shipit-marked-'))
after(() => rmSync(dir, { recursive: true, force: true }))
chmodSync(dir, 0o755)
mkdirSync(join(dir, 'etc/deep'), { recursive: true })
mkdirSync(join(dir, 'closed'))
writeFileSync(join(dir, "etc/it's mine"), '# mine\n')
writeFileSync(join(dir, 'etc/deep/too'), '# mine\n')
writeFileSync(join(dir, 'etc/theirs'), '# theirs\n')
writeFileSync(join(dir, 'etc/secret'), '# mine\n')
symlinkSync('nowhere', join(dir, 'etc/dangling'))
symlinkSync('loop', join(dir, 'etc/loop'))

for (const { name, argv } of shells) {
  /** As an account that may do less. */
  const asNobody = (command: Parameters<typeof runSteps>[1][number]): Ran =>
    runSteps(['setpriv', '--reuid=65534', '--clear-groups', ...argv], [command])[0]!
  const said = (path: string): string => {
    const { code, stdout, stderr } = asNobody(readFile(join(dir, path)))
    return code === 0 ? stdout : stderr.replace(/^[^:]*: (?:cannot access )?/, '').trim()
  }

  describe(name, { skip: needs('root', 'setpriv') }, () => {
    test('a file is read as it is, and one that is not there is nothing', () => {
      assert.equal(said("etc/it's mine"), '# mine\n')
      for (const path of ['etc/missing', 'no/etc/missing', 'etc/theirs/below', 'etc/dangling']) assert.equal(said(path), '', path)
    })

    test('a file that cannot be looked at is a failure, and not nothing', () => {
      chmodSync(join(dir, 'closed'), 0o700)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(said('closed/file'), /closed\/file'?: Permission denied$/)
      assert.match(said('etc/secret'), /etc\/secret'?: Permission denied$/)
      assert.match(said('etc/loop'), /etc\/loop'?: (?:Too many levels of symbolic links|Symbolic link loop)$/)
      assert.equal(asNobody(looked(join(dir, 'missing'))).code, 0)
      assert.equal(asNobody(looked(join(dir, 'closed/file'))).code, 1)
    })

    const asked = (path: string, sudo = false, before = '') => {
      const command = markedIn(join(dir, path), '# mine', sudo)
      const { code, stdout, stderr } = asNobody(before === '' ? command : sh`${raw(before)}; ${command}`)
      const fact = { ok: code === 0, code, stdout, stderr }
      const why = cannotLook(fact, join(dir, path))
      return { names: [...namesOf(fact, join(dir, path))].sort(), why: why && textOf(why) }
    }

    test('files with a mark are found in a folder, and none below it', () => {
      chmodSync(join(dir, 'etc/secret'), 0o644)
      assert.deepEqual(asked('etc'), { names: ["it's mine", 'secret'], why: undefined })
      assert.deepEqual(asked('etc/deep/none'), { names: [], why: undefined })
    })

    test('what could not be looked into is told, and what was found all the same is known', () => {
      chmodSync(join(dir, 'closed'), 0o700)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(asked('closed').why ?? '', /closed: Permission denied/)
      const { names, why } = asked('etc')
      assert.deepEqual(names, ["it's mine"])
      assert.match(why ?? '', /etc\/secret: Permission denied/)
    })

    test('sudo is asked only where the account may not read them all, and its refusal is told', () => {
      const refusing = "sudo() { echo 'sudo: a password is required' >&2; return 1; }"
      chmodSync(join(dir, 'etc/secret'), 0o644)
      assert.equal(asked('etc', true, refusing).why, undefined)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(asked('etc', true, refusing).why ?? '', /sudo: a password is required/)
      const allowing = `sudo() { echo ${join(dir, 'etc/secret')}; }`
      assert.deepEqual(asked('etc', true, allowing), { names: ["it's mine", 'secret'], why: undefined })
    })
  })
}
