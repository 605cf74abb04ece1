import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createDemoFolder } from '../../src/sandbox/demo-folder.ts'
import { folderTree } from '../../src/sandbox/folder-tree.ts'
import type { SandboxHost } from '../../src/sandbox/types.ts'

const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-place-')))
after(() => rmSync(dir, { recursive: true, force: true }))

const host = (name: string, port: number): SandboxHost => ({
  name,
  port,
  home: join(dir, name),
  knownHost: `[127.0.0.1]:${port} ssh-ed25519 AAAA`,
  running: () => [],
  close: async () => {},
})

test("the demo creates a repository with one commit a version, whatever the machine's git config", () => {
  process.env['GIT_DIR'] = '/nowhere'
  try {
    const place = createDemoFolder(dir)
    place.writeConfigs([host('web1', 4001), host('web2', 4002)])
    place.commit(1, 'one')
    place.commit(2, 'two')
    delete process.env['GIT_DIR']
    const log = execFileSync('git', ['-C', place.shop, 'log', '--format=%s %an', 'main'], { encoding: 'utf8' })
    assert.equal(log, 'two Demo\none Demo\n')
    const files = execFileSync('git', ['-C', place.shop, 'ls-files'], { encoding: 'utf8' })
    assert.equal(files, 'deploy.config.ts\nindex.html\n')
    assert.equal(statSync(join(dir, 'you/.ssh/id_ed25519')).mode & 0o777, 0o600)
  } finally {
    delete process.env['GIT_DIR']
  }
})

test('tree() shows links, opens folders down to its depth and leaves closed ones shut', () => {
  const top = join(dir, 'app')
  mkdirSync(join(top, 'releases/1/deep'), { recursive: true })
  mkdirSync(join(top, 'repo/objects'), { recursive: true })
  writeFileSync(join(top, 'revisions.log'), '')
  symlinkSync(join(top, 'releases/1'), join(top, 'current'))
  symlinkSync('/etc/hosts', join(top, 'releases/outside'))
  assert.deepEqual(folderTree(top, { depth: 2, closed: ['repo'] }), [
    '├── current -> releases/1',
    '├── releases/',
    '│   ├── 1/',
    '│   └── outside -> /etc/hosts',
    '├── repo/',
    '└── revisions.log',
  ])
})
