import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { markedIn, namesOf, nothingAt, readFile, unlooked } from '../../recipes/marked.ts'
import { sh } from '../../src/index.ts'
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
      assert.equal(asNobody(nothingAt(join(dir, 'missing'))).code, 0)
      assert.equal(asNobody(nothingAt(join(dir, 'closed/file'))).code, 1)
    })

    test('files with a mark are found below a folder; what could not be looked into is told', () => {
      const found = (path: string) => {
        const { code, stdout, stderr } = asNobody(markedIn(join(dir, path), '# mine', []))
        const fact = { ok: code === 0, code, stdout, stderr }
        return { names: [...namesOf(fact)].sort(), unlooked: unlooked(fact, join(dir, path)) }
      }
      chmodSync(join(dir, 'closed'), 0o700)
      chmodSync(join(dir, 'etc/secret'), 0o644)
      assert.deepEqual(found('etc'), { names: ["it's mine", 'secret', 'too'], unlooked: undefined })
      assert.deepEqual(found('etc/deep/none'), { names: [], unlooked: undefined })
      assert.match(found('closed').unlooked ?? '', /closed: Permission denied$/)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(found('etc').unlooked ?? '', /etc\/secret: Permission denied$/)
    })

    test('a refusal of sudo is told, though its exit code is that of a search that found nothing', () => {
      const refused = sh`sudo() { echo 'sudo: a password is required' >&2; return 1; }; set -- sudo -n;`
      const { code, stdout, stderr } = asNobody(markedIn(join(dir, 'etc'), '# mine', refused))
      assert.equal(unlooked({ ok: code === 0, code, stdout, stderr }, dir), 'sudo: a password is required')
    })
  })
}
