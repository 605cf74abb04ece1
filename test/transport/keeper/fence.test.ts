import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { FENCE } from '../../../src/transport/keeper/script/fence.ts'
import { shells } from '../../support/script.ts'

const fence = ([shell, ...words]: readonly [string, ...string[]], boot: string): string => {
  const script = `say() { echo "$*"; }\n${FENCE}\nfence key ${boot} 999999999 1 999999999 1 - - - -`
  return spawnSync(shell, [...words, '-c', script], { encoding: 'utf8' }).stdout
}

for (const { name, argv } of shells) {
  test(`a fence cannot tell what a lost keeper left if the keeper had no boot id (${name})`, () => {
    assert.equal(fence(argv, '-'), 'unfenced\n')
  })

  if (existsSync('/proc/sys/kernel/random/boot_id'))
    test(`a fence finds nothing left after a restart of the host (${name})`, () => {
      assert.equal(fence(argv, '0c5bd4a2-0000-4000-8000-000000000000'), 'fenced\n')
    })
}
