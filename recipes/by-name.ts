import type { Recipe } from '../src/index.ts'
import type { Settings as Bundler } from './bundler.ts'
import type { Rule } from './rules/types.ts'
import type { Settings as Rails } from './rails/settings.ts'
import type { Settings as Sidekiq } from './sidekiq/settings.ts'

// Other recipes for `settingsOf`, which finds them by name. A recipe that only reads the settings of another one does not load its files.

export const BUNDLER = { name: 'bundler' } as Recipe<'bundler', unknown, Bundler>
export const INSPEQTOR = { name: 'inspeqtor' } as Recipe<'inspeqtor', unknown, Watched<{ readonly name: readonly string[] | null }>>
export const MONIT = { name: 'monit' } as Recipe<'monit', unknown, Watched<{ readonly unit: string | null }>>
export const RAILS = { name: 'rails' } as Recipe<'rails', unknown, Rails>
export const SIDEKIQ = { name: 'sidekiq' } as Recipe<'sidekiq', unknown, Sidekiq>

/** What others read of the settings of `inspeqtor()` and `monit()`. Their files would import this one back. */
type Watched<S> = { readonly services: Readonly<Record<string, S & { readonly rules: readonly Rule[] }>> }
