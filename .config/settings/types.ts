import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { docsOf } from './comments.ts'

const root = join(import.meta.dirname, '../..')
const table = join(root, 'src/settings/core.ts')

/** src/settings/layer.ts */
export const layerTypes = (): string => {
  const [, entries = ''] = /^export const core = \{\n([^]*?)^\}/m.exec(readFileSync(table, 'utf8')) ?? []
  const members = [...entries.matchAll(/^( {2}\/\*\*(?:(?!\*\/)[^])*\*\/\n) {2}(\w+): setting\(/gm)].map(
    ([, comment, name]) => `${comment}  ${name}?: ${name === 'vars' ? 'G' : `GivenFor<Core['${name}'], V>`} | undefined\n`,
  )
  return `// Written by \`npm run settings\` from core.ts. Do not edit. Editors show the comments of an interface, but not those of a type that is
// computed from the table.
import type { core } from './core.ts'
import type { GivenFor } from './setting.ts'
import type { OpenVars } from './types.ts'

type Core = typeof core

/** What a layer may give: the config, a stage, the command line. \`V\`: the \`vars\` that functions see; \`G\`: \`vars\` as given. */
export interface SettingsLayer<V = OpenVars, G = GivenFor<Core['vars']>> {
${members.join('')}}
`
}

/** recipes/systemd/given.ts */
export const serviceTypes = (): string => {
  const members = [...docsOf(join(root, 'recipes/systemd/settings.ts'), 'shape')]
    .filter(([path]) => path !== '' && !path.includes('.'))
    .map(([key, { text, example }]) => {
      const tag = example === undefined ? '' : `\n   * @example ${example}`
      return `  /**\n   * ${text}${tag}\n   */\n  readonly ${key}?: Given['${key}']\n`
    })
  return `// Written by \`npm run settings\` from settings.ts. Do not edit. Editors show the comments of an interface, but not those of a type that is
// computed from a schema.
import type { Given } from './settings.ts'

/** The settings of a service, as given to \`use\`. */
export interface GivenService {
${members.join('')}}
`
}
