import { createRequire } from 'node:module'
import { chunkOf, PARTS, RECIPES } from './files.ts'
import type * as recipes from './index.ts'

// What `shipit-ts/recipes` is at run time; its types are those of index.ts. A config loads the recipes that it calls and no others, so that
// start-up does not grow with the number of recipes.

const load = createRequire(import.meta.url)
const built = !import.meta.url.endsWith('.ts')

/** A function whose file is loaded when it is first called. `require` loads ES modules synchronously, which a call in a config needs. */
const loaded =
  (name: string, file: string) =>
  (...args: readonly unknown[]): unknown => {
    const { [name]: exported } = load(built ? `./${chunkOf(file)}.js` : file) as Readonly<
      Record<string, (...args: readonly unknown[]) => unknown>
    >
    return exported!(...args)
  }

const recipe = <N extends keyof typeof RECIPES>(name: N): (typeof recipes)[N] =>
  // `settingsOf(sidekiq)` finds a recipe by this
  Object.defineProperty(loaded(name, RECIPES[name]), 'recipeName', { value: name }) as unknown as (typeof recipes)[N]
const part = <N extends keyof typeof PARTS>(name: N): (typeof recipes)[N] => loaded(name, PARTS[name]) as unknown as (typeof recipes)[N]

export const bundler = recipe('bundler')
export const eb = recipe('eb')
export const inspeqtor = recipe('inspeqtor')
export const monit = recipe('monit')
export const puma = recipe('puma')
export const rails = recipe('rails')
export const rbenv = recipe('rbenv')
export const sidekiq = recipe('sidekiq')
export const systemd = recipe('systemd')
export const systemdService = part('systemdService')
export const systemdSettings = part('systemdSettings')
