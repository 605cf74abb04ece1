import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { layoutFact, parseLayout } from '../../src/facts/layout-fact.ts'
import { render } from '../../src/shell/render.ts'
import { path } from '../../src/values/path.ts'
import type { Shell } from '../shell/shells.ts'

/** The facts of the deploy below `root`, as this shell reads them. */
export const readLayout = ([file, ...args]: Shell, root: string) => {
  const at = path(root)
  const script = render(layoutFact({ deployTo: at, releases: at.join('releases'), current: at.join('current'), repo: at.join('repo') }), {
    secrets: 'reveal',
  })
  const { stdout, stderr, status } = spawnSync(file, [...args, '-s'], {
    input: Buffer.concat([Buffer.from('set -e\n'), script, Buffer.from('\n')]),
    encoding: 'utf8',
    timeout: 60_000,
    maxBuffer: 4 * 1024 * 1024,
  })
  assert.equal(stderr, '')
  assert.equal(status, 0)
  return parseLayout(stdout, String(at.join('releases')))
}
