import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'
import { render } from '../../src/shell/render.ts'
import { stageWith } from './support.ts'
import { checkLinkedFiles } from '../../src/tasks/deploy/linked-files.ts'
import { path } from '../../src/values/path.ts'
import { hintOf, hostOf } from '../support/context.ts'
import { missingShells, shells } from '../shell/shells.ts'

test('all shells are installed', { skip: missingShells() }, () => assert.ok(shells.length > 3))

const FILES = [
  'there',
  'missing',
  'link',
  'dangling',
  'loop',
  'dir',
  'dirlink',
  'there/under',
  'closed/key',
  'closedlink',
  'pipe',
  "it's a key",
  'new/key',
  'circle',
]

for (const shell of shells) {
  test(`each linked file that is not a readable file is reported by what it is (${shell.join(' ')})`, (t) => {
    const root = mkdtempSync(join(tmpdir(), 'shipit-linked-'))
    t.after(() => rmSync(root, { recursive: true, force: true }))
    chmodSync(root, 0o755)
    const at = (name: string) => join(root, name)
    for (const dir of ['dir', 'closed', 'releases']) mkdirSync(at(dir))
    for (const file of ['there', 'closed/key', 'releases/key']) writeFileSync(at(file), '')
    symlinkSync('there', at('link'))
    symlinkSync('/nowhere/at all', at('dangling'))
    symlinkSync('loop', at('loop'))
    symlinkSync(at('dir'), at('dirlink'))
    symlinkSync('closed/key', at('closedlink'))
    symlinkSync('releases/key', at('circle'))
    spawnSync('sh', ['-c', 'mkfifo "$1"', 'sh', at('pipe')])
    chmodSync(at('closed'), 0o700)
    const host = hostOf({ address: 'app1', user: 'deploy', port: 2222 })
    const command = checkLinkedFiles(stageWith({ linkedFiles: FILES }), host, { shared: path(root), releases: path(root, 'releases') })
    // root can read every file
    const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}
    const { status, stderr } = spawnSync(shell[0], [...shell.slice(1), '-s'], {
      input: Buffer.concat([Buffer.from('set -e\n'), render(command, { secrets: 'reveal' }), Buffer.from('\n')]),
      encoding: 'utf8',
      ...nobody,
    })
    const closed = process.getuid?.() === 0
    assert.equal(status, 1)
    assert.deepEqual(stderr.trim().split('\n'), [
      `linked file ${at('missing')} is missing`,
      `linked file ${at('dangling')} is a link to nothing (it leads to /nowhere/at all)`,
      `linked file ${at('loop')} is a link that leads back to itself (it leads to loop)`,
      `linked file ${at('dir')} is a directory, but must be a file`,
      `linked file ${at('dirlink')} is a link to a directory, but must lead to a file (it leads to ${at('dir')})`,
      `linked file ${at('there/under')} cannot be there: a file is in the place of its directory`,
      ...(closed
        ? [
            `linked file ${at('closed/key')} cannot be accessed: permission denied`,
            `linked file ${at('closedlink')} cannot be accessed: permission denied (it leads to closed/key)`,
          ]
        : []),
      `linked file ${at('pipe')} is not a file`,
      `linked file ${at("it's a key")} is missing`,
      `linked file ${at('new/key')} is missing, and so is its directory`,
      `linked file ${at('circle')} leads into a release, and would lead to itself once that release is live (it leads to releases/key)`,
    ])
    const ssh = 'ssh -p 2222 deploy@app1'
    const away = (name: string) => `${ssh} 'mv ${at(name)} ${at(name)}.before-$(date +%s)' && scp -P 2222 ${name} deploy@app1:${at(name)}`
    assert.equal(
      hintOf(command, { stderr }),
      `put linked files there once, by hand: scp -P 2222 missing deploy@app1:${at('missing')} && ` +
        `${['dangling', 'loop', 'dir', 'dirlink', 'pipe'].map(away).join(' && ')} && ` +
        `scp -P 2222 'it'\\''s a key' 'deploy@app1:${at("it'\\''s a key")}' && ` +
        `${ssh} 'mkdir -p ${at('new')}' && scp -P 2222 new/key deploy@app1:${at('new/key')} && ${away('circle')}` +
        (closed ? `; check the permissions there: ${ssh} 'namei -l ${at('closed/key')}' && ${ssh} 'namei -l ${at('closedlink')}'` : ''),
    )
  })
}

test("the hint's scp uses the stage's login, and a path in the home without a tilde", () => {
  const hint = (host: object, shared: string) =>
    hintOf(checkLinkedFiles(stageWith({ linkedFiles: ['-a:b'] }), hostOf(host), { shared: path(shared), releases: path('/r') }), {
      stderr: `linked file /home/x${shared.slice(1)}/-a:b is missing`,
    })
  assert.match(hint({ address: '2001:db8::1', user: undefined }, '~/srv/shared')!, /: scp \.\/-a:b '\[2001:db8::1\]:srv\/shared\/-a:b'$/)
  assert.match(
    hint({ address: 'a', user: 'u', ssh: { keys: ['~/.ssh/k'], proxyJump: 'j', configFile: 'c' } }, '~/s')!,
    /: scp -F c -i "\$HOME"\/\.ssh\/k -J j \.\/-a:b u@a:s\/-a:b$/,
  )
})
