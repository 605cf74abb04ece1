import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GitStage } from '../../src/git/options.ts'
import { withSilenceWatch } from '../../src/git/watch.ts'
import { sh } from '../../src/shell/sh.ts'
import { runSteps, shells } from '../support/script.ts'

// a watch that was not ended would hold its step for two minutes, until it looks again
const stage = { git: { timeout: 480_000 } } as GitStage

for (const { name, argv } of shells)
  for (const ignored of ['TERM', 'USR2', 'CHLD'])
    test(`a step ends with its work if the account's profile ignores ${ignored} (${name})`, { timeout: 60_000 }, () => {
      const ignoring = ['sh', '-c', `trap '' ${ignored}; exec "$@"`, 'sh', ...argv] as const
      const [ran] = runSteps(ignoring, [withSilenceWatch(stage, sh`echo done`)])
      assert.deepEqual([ran!.code, ran!.stdout, ran!.stderr], [0, 'done\n', ''])
    })
