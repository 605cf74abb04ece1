import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { labFile } from './paths.ts'
import type { Project } from './project.ts'

const folder = fileURLToPath(new URL('../whole-language/', import.meta.url))

/** A copy of the config that uses most of the language, with the files that a repository does not have. */
export const wholeLanguage = (variables: Readonly<Record<string, string>>): Project => {
  const dir = mkdtempSync(join(tmpdir(), 'shipit-whole-'))
  const home = join(dir, 'home')
  cpSync(folder, dir, { recursive: true })
  mkdirSync(home)
  const all = { LAB_SSH_CONFIG: labFile('ssh_config'), ...variables }
  const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`)
  writeFileSync(join(dir, '.env'), lines.join(''), { mode: 0o600 })
  writeFileSync(join(dir, 'config/master.key'), 'key of the shop\n', { mode: 0o600 })
  return { dir, home, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** The application of that config: rake tasks that record their runs in the log, and a server that answers with its release. */
export const shop: Readonly<Record<string, string>> = {
  Rakefile: `require 'json'
require 'fileutils'
def record(what) = File.write('log/rake.log', "#{what} #{File.basename(Dir.pwd)} #{ENV['RAILS_ENV']} #{ENV['LEVEL']}\\n", mode: 'a')
namespace :db do
  task(:migrate) { record 'migrate' }
  task(:seed) { record 'seed' }
end
namespace :cache do
  task(:clear) { record 'clear' }
end
namespace :assets do
  task :precompile do
    record 'assets'
    FileUtils.cp_r 'app/assets/builds/.', 'public/assets'
    File.write('public/assets/.manifest.json', JSON.generate('shop.css' => 'css/shop.css'))
  end
end
`,
  'bin/web': `require 'socket'
server = TCPServer.new('127.0.0.1', Integer(ENV.fetch('PORT')))
notify = Socket.new(:UNIX, :DGRAM)
notify.connect(Socket.sockaddr_un(ENV['NOTIFY_SOCKET'].sub(/^@/, "\\0")))
notify.send('READY=1', 0)
loop do
  client = server.accept
  client.gets
  client.write("HTTP/1.0 200 OK\\r\\n\\r\\n#{File.basename(Dir.pwd)} #{ENV['GREETING']}\\n")
  client.close
end
`,
}
