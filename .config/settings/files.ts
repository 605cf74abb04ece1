import { print } from './json.ts'
import { settingsPage } from './page.ts'
import { configSchema } from './schema.ts'
import { layerTypes, serviceTypes } from './types.ts'

/** The files that are generated from the settings. */
export const generated = (): readonly { readonly file: string; readonly text: string }[] => [
  { file: 'src/settings/layer.ts', text: layerTypes() },
  { file: 'recipes/systemd/given.ts', text: serviceTypes() },
  { file: 'docs/settings.md', text: settingsPage() },
  { file: 'docs/deploy.schema.json', text: `${print(configSchema())}\n` },
]
