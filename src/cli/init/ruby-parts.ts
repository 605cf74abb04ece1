import { codeText, type Code } from './code-text.ts'
import type { Findings, RubyFindings } from './look.ts'
import { NOTHING, type Parts } from './parts.ts'
import type { OnServer } from './server/on-server.ts'

const RAILS_DIRS = ['log', 'tmp/pids', 'tmp/cache', 'tmp/sockets']

/** The recipes of a Ruby application, in the order in which they act. */
export const rubyParts = ({ ruby }: Findings, server: OnServer | undefined): Parts => {
  if (ruby === undefined) return NOTHING
  const { gems, storage } = ruby
  const isRails = gems.has('rails') || gems.has('railties')
  const recipes: Parts['recipes'][number][] = []
  const rbenv = rbenvCode(ruby, server)
  if (rbenv !== undefined) recipes.push({ name: 'rbenv', code: rbenv })
  recipes.push({ name: 'bundler', code: ['bundler(),'] })
  if (isRails) recipes.push({ name: 'rails', code: ['rails(),'] })
  // what is live on a server is known from its units
  if (server?.services === undefined) {
    if (gems.has('puma')) recipes.push({ name: 'puma', code: ["puma({ serviceUnitUser: 'system' }),"] })
    if (gems.has('sidekiq')) recipes.push({ name: 'sidekiq', code: ["sidekiq({ serviceUnitUser: 'system' }),"] })
  }
  const dirs = isRails ? [...RAILS_DIRS, ...(storage ? ['storage'] : [])] : gems.size > 0 ? ['log', 'tmp/pids'] : []
  return { ...NOTHING, recipes, linkedDirs: dirs, notes: rbenv === undefined ? rubyNotes(ruby, server) : unevenNotes(server) }
}

/** Ruby is from rbenv if the servers have it, or, as long as nothing is live on them, if the project names a version. */
const rbenvCode = ({ version }: RubyFindings, server: OnServer | undefined): Code | undefined => {
  const root = server?.rbenv
  if (root === undefined)
    return version === undefined || server?.services !== undefined
      ? undefined
      : ['// the version in .ruby-version; leave it out where Ruby is not from rbenv', 'rbenv({ ruby: null }),']
  const path = root === '~/.rbenv' ? '' : `, path: ${codeText(root)}`
  if (version !== undefined) return ['// the version in .ruby-version', `rbenv({ ruby: null${path} }),`]
  if (server?.ruby !== undefined)
    return ['// the version in .ruby-version of the live release', `rbenv({ ruby: ${codeText(server.ruby)}${path} }),`]
  return ['// the global version of rbenv, because no .ruby-version names one', `rbenv({ ruby: null${path} }),`]
}

const unevenNotes = ({ withoutRbenv }: Pick<OnServer, 'withoutRbenv'> = { withoutRbenv: [] }): readonly string[] =>
  withoutRbenv.length === 0 ? [] : [`no rbenv in the usual places on ${withoutRbenv.join(', ')}: rbenv() expects one on every server`]

const rubyNotes = ({ version }: RubyFindings, server: OnServer | undefined): readonly string[] => {
  if (server === undefined) return []
  if (server.other !== undefined) {
    const { manager, root } = server.other
    return [
      `${server.name} has ${manager} in ${root}: if Ruby is from there, put its directory into the PATH of all commands, with env and prepend()`,
    ]
  }
  return version === undefined || server.services === undefined
    ? []
    : [`.ruby-version names ${version}, and ${server.name} has no rbenv in the usual places: rbenv() is not in the config`]
}
