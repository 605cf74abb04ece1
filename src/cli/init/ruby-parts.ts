import { NOTHING, type Parts } from './parts.ts'
import type { Findings } from './look.ts'

const RAILS_DIRS = ['log', 'tmp/pids', 'tmp/cache', 'tmp/sockets']

/** The recipes of a Ruby application, in the order in which they act. */
export const rubyParts = ({ ruby }: Findings): Parts => {
  if (ruby === undefined) return NOTHING
  const { gems, version, storage } = ruby
  const isRails = gems.has('rails') || gems.has('railties')
  const recipes: Parts['recipes'][number][] = []
  if (version !== undefined)
    recipes.push({
      name: 'rbenv',
      code: ['// the version in .ruby-version; leave it out where Ruby is not from rbenv', 'rbenv({ ruby: null }),'],
    })
  recipes.push({ name: 'bundler', code: ['bundler(),'] })
  if (isRails) recipes.push({ name: 'rails', code: ['rails(),'] })
  if (gems.has('puma')) recipes.push({ name: 'puma', code: ["puma({ serviceUnitUser: 'system' }),"] })
  if (gems.has('sidekiq')) recipes.push({ name: 'sidekiq', code: ["sidekiq({ serviceUnitUser: 'system' }),"] })
  const dirs = isRails ? [...RAILS_DIRS, ...(storage ? ['storage'] : [])] : gems.size > 0 ? ['log', 'tmp/pids'] : []
  return { ...NOTHING, recipes, linkedDirs: dirs }
}
