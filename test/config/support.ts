import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { loadConfig } from '../../src/config/load.ts'
import { resolveStage } from '../../src/config/stage.ts'
import type { Stage } from '../../src/tasks/stage.ts'
import type { Overrides } from '../../src/config/overrides.ts'
import type { ShipitError } from '../../src/values/errors.ts'

const own: Readonly<Record<string, string>> = {
  'shipit-ts': '../../src/index.ts',
  'shipit-ts/kit': '../../src/kit/index.ts',
  'shipit-ts/recipes': '../../recipes/index.ts',
}
registerHooks({
  resolve(specifier, context, next) {
    const file = own[specifier]
    if (file !== undefined) return { url: new URL(file, import.meta.url).href, shortCircuit: true }
    return specifier === 'zod' ? next(specifier, { ...context, parentURL: import.meta.url }) : next(specifier, context)
  },
})

/** A new folder with these files, removed after the test. */
export const folder = (t: TestContext, files: Readonly<Record<string, string>>): string => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'shipit-config-')))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), text)
  }
  return dir
}

/** The stage of a config that is written in place. */
export const stageOf = async (t: TestContext, text: string, o: Overrides & { stage?: string; file?: string } = {}): Promise<Stage> => {
  const { stage = 'production', file = 'deploy.config.ts', ...overrides } = o
  const dir = folder(t, { [file]: text, '.git/HEAD': '' })
  return await resolveStage(await loadConfig({ cwd: dir }), stage, overrides)
}

/** The error that `work` rejects with: a ShipitError with exit code 2. */
export const refusal = async (work: Promise<unknown>): Promise<ShipitError> => {
  try {
    await work
  } catch (error) {
    assert.equal((error as Error).name, 'ShipitError', (error as Error).stack)
    assert.equal((error as ShipitError).exit, 2)
    return error as ShipitError
  }
  return assert.fail('it was not refused')
}

/** Message, place and hint as they are shown, without the temporary folder. */
export const shown = (error: ShipitError): string =>
  [error.message, error.where && `at ${error.where}`, error.hint && `hint: ${error.hint}`]
    .filter(Boolean)
    .join('\n')
    .replaceAll(/\S*shipit-config-[^/\s]+\//g, '')
