import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { render } from '../../../src/shell/render.ts'
import { raw, sh } from '../../../src/shell/sh.ts'
import type { Command } from '../../../src/shell/types.ts'
import { missingShells, shells, tempDir } from '../shells.ts'

/** Has an effect wherever a shell reads it as code: after a quote, in double quotes, in backticks, on a line of its own. */
const HOSTILE = 'x\n:>CANARY\n$(:>CANARY)`:>CANARY`;:>CANARY;\':>CANARY;\';:>CANARY;":>CANARY;";:>CANARY\n})):>CANARY\n'

/** Parts of templates, correct and broken ones. */
const TOKENS = [
  `"¦'¦\`¦$(¦(¦)¦$((¦))¦\${A:-¦\${A}¦}¦$¦#¦\\¦\\"¦\\'¦\\\`¦\n¦ ¦ ¦;¦<<E\n¦<<'E'\n¦<<-E\n¦\nE\n¦\tE\n`,
  `case x in x) ¦;;¦ esac¦case ¦ in ¦~¦{¦echo ¦echo a¦=¦$'¦$"¦1¦+¦|¦&&¦\${#A}¦\${A#¦$#¦\\\n¦"$(¦)"¦"\${A:-`,
  `# it's "\n`,
].flatMap((line) => line.split('¦'))

const build = (before: readonly string[], after: readonly string[]): Command | undefined => {
  try {
    return sh`${raw(before.join(''))}${HOSTILE}${raw(after.join(''))}`
  } catch {
    return undefined
  }
}

test('all shells are installed', { skip: missingShells() }, () => {})

test('no shell reads an interpolation of an accepted template as code', { timeout: 600_000 }, () => {
  using place = tempDir()
  const canary = join(place.dir, 'CANARY')
  let accepted = 0
  const tokens = (most: number) => fc.array(fc.constantFrom(...TOKENS), { maxLength: most })
  fc.assert(
    fc.property(tokens(9), tokens(5), (before, after) => {
      const command = build(before, after)
      if (command === undefined) return
      accepted++
      const text = render(command, { secrets: 'reveal' })
      for (const [file, ...args] of shells.filter((shell) => shell.length === 1 || shell[0] === 'busybox')) {
        spawnSync(file, args, { cwd: place.dir, input: text, timeout: 10_000 })
        const fell = existsSync(canary)
        rmSync(canary, { force: true })
        assert.ok(
          !fell,
          `${file} ran a part of the interpolation in ${JSON.stringify(text.toString().replace(/'x\n[^]*CANARY\n'/, '${…}'))}`,
        )
      }
    }),
    { numRuns: Number(process.env['SHIPIT_FUZZ'] ?? 1500) },
  )
  assert.ok(accepted > 50, `only ${accepted} templates were accepted`)
})

test("the fuzzer's interpolation has an effect in each place that is refused", () => {
  using place = tempDir()
  const text = `'${HOSTILE.replaceAll("'", `'\\''`)}'`
  for (const [before, after] of [
    ['echo "', '"'],
    ["echo '", "'"],
    ['echo # ', ''],
    ['cat <<E\n', '\nE\n'],
  ] as const) {
    assert.equal(build([before], [after]), undefined)
    spawnSync('/bin/sh', [], { cwd: place.dir, input: before + text + after })
    assert.ok(existsSync(join(place.dir, 'CANARY')), before)
    rmSync(join(place.dir, 'CANARY'))
  }
})
