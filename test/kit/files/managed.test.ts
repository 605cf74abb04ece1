import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { raw, sh } from '../../../src/index.ts'
import { cannotList, managedIn } from '../../../src/kit/files/managed.ts'
import { failIfUnknown, printFile } from '../../../src/kit/files/found-file.ts'
import { textOf } from '../../support/context.ts'
import { needs } from '../../support/needs.ts'
import { runSteps, shells, type Ran } from '../../support/script.ts'

const dir = mkdtempSync(join(tmpdir(), 'shipit-managed-'))
after(() => rmSync(dir, { recursive: true, force: true }))
chmodSync(dir, 0o755)
const HEADER = '# Written by shipit for shop (production): monit:install writes web anew from the config. Deployed to /srv/shop'
const sq = (text: string): string => `'${text}'`
mkdirSync(join(dir, 'etc/deep'), { recursive: true })
mkdirSync(join(dir, 'closed'))
writeFileSync(join(dir, "etc/it's mine"), `${HEADER}\n`)
writeFileSync(join(dir, 'etc/deep/too'), `${HEADER}\n`)
writeFileSync(join(dir, 'etc/theirs'), '# theirs\n')
writeFileSync(join(dir, 'etc/secret'), `${HEADER}\n`)
writeFileSync(join(dir, 'etc/quoted'), `check process x\n${HEADER}\n`)
writeFileSync(join(dir, 'etc/copied'), HEADER)
writeFileSync(join(dir, 'etc/a\nb'), `${HEADER}\n`)
symlinkSync('deep/too', join(dir, 'etc/linked'))
symlinkSync('nowhere', join(dir, 'etc/dangling'))
symlinkSync('loop', join(dir, 'etc/loop'))

for (const { name, argv } of shells) {
  /** Runs a command as nobody. */
  const asNobody = (command: Parameters<typeof runSteps>[1][number]): Ran =>
    runSteps(['setpriv', '--reuid=65534', '--clear-groups', ...argv], [command])[0]!
  const printed = (path: string): string => {
    const { code, stdout, stderr } = asNobody(printFile(join(dir, path)))
    return code === 0 ? stdout : stderr.replace(/^[^:]*: (?:cannot access )?/, '').trim()
  }

  describe(name, { skip: needs('root', 'setpriv') }, () => {
    test('a file is read, and a missing one is empty', () => {
      assert.equal(printed("etc/it's mine"), `${HEADER}\n`)
      for (const path of ['etc/missing', 'no/etc/missing', 'etc/theirs/below', 'etc/dangling']) assert.equal(printed(path), '', path)
    })

    test('an unreadable file is a failure, not an empty one', () => {
      chmodSync(join(dir, 'closed'), 0o700)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(printed('closed/file'), /closed\/file'?: Permission denied$/)
      assert.match(printed('etc/secret'), /etc\/secret'?: Permission denied$/)
      assert.match(printed('etc/loop'), /etc\/loop'?: (?:Too many levels of symbolic links|Symbolic link loop)$/)
      assert.equal(asNobody(failIfUnknown(join(dir, 'missing'))).code, 0)
      assert.equal(asNobody(failIfUnknown(join(dir, 'closed/file'))).code, 1)
    })

    const asked = (path: string, sudo = false, before = '') => {
      const { command, parse } = managedIn(join(dir, path), sudo)
      const { code, stdout, stderr } = asNobody(before === '' ? command : sh`${raw(before)}; ${command}`)
      const marked = parse({ ok: code === 0, code: code ?? -1, stdout, stderr })
      const why = cannotList(marked, join(dir, path))
      return { names: marked.files.map(({ name, kind }) => `${kind} ${name}`).sort(), why: why && textOf(why) }
    }
    const all = ['file copied', "file it's mine", 'file secret', 'link linked', 'odd a?b']

    test('files with a header are found in a folder, links included, and not in its subfolders', () => {
      chmodSync(join(dir, 'etc/secret'), 0o644)
      assert.deepEqual(asked('etc'), { names: all, why: undefined })
      assert.deepEqual(asked('etc/deep/none'), { names: [], why: undefined })
    })

    test('an unreadable folder or file is reported, and the files that were found are known', () => {
      chmodSync(join(dir, 'closed'), 0o700)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(asked('closed').why ?? '', /closed: Permission denied/)
      const { names, why } = asked('etc')
      assert.deepEqual(
        names,
        all.filter((name) => name !== 'file secret'),
      )
      assert.match(why ?? '', /etc\/secret: Permission denied/)
    })

    test('sudo is used only if the account cannot read all files, and its refusal is reported', () => {
      const refusing = "sudo() { echo 'sudo: a password is required' >&2; return 1; }"
      chmodSync(join(dir, 'etc/secret'), 0o644)
      assert.equal(asked('etc', true, refusing).why, undefined)
      chmodSync(join(dir, 'etc/secret'), 0o600)
      assert.match(asked('etc', true, refusing).why ?? '', /sudo: a password is required/)
      const allowing = `sudo() { printf '%s\\n' 'file secret' ${sq(HEADER)}; }`
      assert.deepEqual(asked('etc', true, allowing), { names: all, why: undefined })
    })
  })
}
