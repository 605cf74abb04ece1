import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commit } from './app.ts'
import type { LabHost } from './host.ts'
import { deployTo } from './paths.ts'
import { project } from './project.ts'
import type { Project, ProjectOptions } from './project.ts'

const GEMFILE = "source 'file:///srv/gems'\n\ngem 'sidekiq', '6.4.1'\ngem 'rake'\n"

/** Tasks with Rails' names that record their runs, and fail on request. */
const RAKEFILE = `require 'digest'
require 'fileutils'
require 'json'
SHARED = '${deployTo}/shared'
def told(what)
  File.write("#{SHARED}/log/rake.log", [what, Dir.pwd.split('/').last, ENV['RAILS_ENV'], ENV['LAB_RUBY']].join(' ') + "\\n", mode: 'a')
  abort File.read("/tmp/fail.#{what}") if File.exist?("/tmp/fail.#{what}")
end
namespace :db do
  task(:migrate) { told 'migrate' }
end
namespace :assets do
  task :precompile do
    told 'assets'
    css = File.read('app/assets/app.css')
    name = "app-#{Digest::MD5.hexdigest(css)[0, 8]}.css"
    FileUtils.mkdir_p 'public/assets'
    File.write("public/assets/#{name}", css)
    File.write('public/assets/.manifest.json', JSON.generate('app.css' => name))
  end
  task(:clean, [:keep]) { |_, args| told "clean#{args[:keep]}" }
end
`

/** A branch of the lab's application with rake, migrations and assets. Its Gemfile.lock is made by bundler on a host. */
export const railsBranch = async (host: LabHost, branch: string, files: Readonly<Record<string, string>> = {}): Promise<void> => {
  const lock = await host.sh(`cd "$(mktemp -d)" && printf '%s' "${GEMFILE}" > Gemfile && bundle lock >/dev/null && cat Gemfile.lock`)
  const all = {
    Gemfile: GEMFILE,
    'Gemfile.lock': `${lock}\n`,
    Rakefile: RAKEFILE,
    '.ruby-version': '3.1.2\n',
    'app/assets/app.css': 'a {}\n',
  }
  await commit(`rails: ${branch}`, { ...all, 'db/migrate/1_first.rb': 'first\n', ...files }, branch)
}

/** Makes the host's Ruby 3.1.2 available under Debian's rbenv, with LAB_RUBY set to rbenv. */
export const rbenvRuby = async (host: LabHost): Promise<void> => {
  await host.sh(`bin=~/.rbenv/versions/3.1.2/bin; rm -rf "$bin"; mkdir -p "$bin"
for one in ruby bundle rake gem; do
  case $one in ruby) run=/usr/bin/ruby ;; *) run="/usr/bin/ruby /usr/bin/$one" ;; esac
  printf '#!/bin/sh\\nLAB_RUBY=rbenv exec %s "$@"\\n' "$run" > "$bin/$one"; chmod +x "$bin/$one"
done
rbenv rehash`)
}

/** Lines `WHAT RELEASE RAILS_ENV LAB_RUBY` of every rake task so far. */
export const raked = async (host: LabHost): Promise<readonly string[]> =>
  (await host.sh(`cat ${deployTo}/shared/log/rake.log 2>/dev/null || true`)).split('\n').filter(Boolean)

/** A project whose `use` may name rails and rbenv too. */
export const railsProject = (o: ProjectOptions): Project => {
  const p = project(o)
  const file = join(p.dir, 'deploy.config.ts')
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace(/import \{[^}]*\} from 'shipit-ts\/recipes'/, "import { bundler, rails, rbenv, sidekiq } from 'shipit-ts/recipes'"),
  )
  return p
}
