/** Ruby: finds Redis. OPTIONS holds the config; the address, which may contain a password, is passed in the environment. */
export const WHERE = String.raw`
# systemd.exec(5) and dotenv: NAME=VALUE, quoted or not, export before it or not
def env_file(text)
  text.scan(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\r\n]*))/m).each_with_object({}) do |(name, double, single, bare), all|
    value = single || (double ? double.gsub(/\\(.)/m, '\1') : bare.sub(/[ \t]+#.*\z/, '').strip)
    all[name] = value unless value.empty?
  end
end

def environ(pid)
  File.binread("/proc/#{pid}/environ").split("\0").map { |pair| pair.force_encoding(Encoding::UTF_8).scrub.split('=', 2) }.select { |pair| pair.size == 2 }.to_h
rescue SystemCallError
  {}
end

# as Sidekiq reads its environment
def provided(vars)
  [vars['REDIS_PROVIDER'], 'REDIS_URL'].compact.each { |name| return [vars[name], name] unless vars[name].to_s.empty? }
  nil
end

# [address, where it was found]; pids: of the processes that run
def where(pids)
  given = ENV['SHIPIT_REDIS_URL']
  return [target(given), OPTIONS['source']] if given && !given.empty?
  return from_app if OPTIONS['app']
  found, seen = nil, {}
  (OPTIONS['files'] || []).each do |file|
    name = File.expand_path(file['path'])
    begin
      seen.update(env_file(File.read(name, encoding: 'UTF-8').scrub))
      found = name if provided(seen)
    rescue SystemCallError => e
      raise Trouble, "#{name}: #{e.is_a?(Errno::EACCES) ? 'may not be read' : 'cannot be read'}" if file['needed']
    end
  end
  return [target(provided(seen)[0]), "#{provided(seen)[1]} in #{found}"] if found
  pids.each do |pid|
    url, name = provided(environ(pid))
    return [target(url), "#{name} in the environment of process #{pid}"] if url
  end
  [target('redis://127.0.0.1:6379/0'), "Sidekiq's default: no REDIS_URL was found"]
end

def from_app
  out = ENV['SHIPIT_APP'].to_s.dup.force_encoding(Encoding::UTF_8).scrub
  found = out[/^SHIPIT_REDIS (.*)$/, 1]
  if found.nil?
    said = out[/^SHIPIT_TROUBLE (.*)$/, 1] || out.lines.map(&:strip).reject(&:empty?).first(3).join('; ')
    said = said.gsub(%r{://[^@\s/]*@}, '://[secret]@')
    raise Trouble, "the application did not say where it is: #{said.empty? ? 'no output' : said}"
  end
  at = JSON.parse(found, symbolize_names: true)
  raise Trouble, at[:trouble] if at[:trouble]
  [at, 'the application']
end

# a Redis, its address, and where that was found
def open_redis(pids)
  at, source = where(pids)
  [wire(at, source), at, source]
end

def wire(at, source)
  Wire.new(at, source, OPTIONS.fetch('verify', true) && at.fetch(:verify, true))
end

def key(name, at)
  space = OPTIONS['namespace'] || at[:namespace]
  space ? "#{space}:#{name}" : name
end
`

/** Ruby, under the application's bundler: loads the application as Sidekiq would. */
export const LOAD = String.raw`
def load_app(file)
  require 'sidekiq'
  require 'sidekiq/cli'
  return require File.expand_path(file) if file && !File.directory?(file)
  require 'rails'
  require 'sidekiq/rails'
  require File.expand_path('config/environment.rb', file || '.')
end
`

/** Ruby, after LOAD: prints the address that the application uses. */
export const APP = String.raw`
require 'json'
begin
  load_app(ARGV[0])
rescue StandardError, ScriptError => e
  puts "\nSHIPIT_TROUBLE #{e.message.lines.first.to_s.strip} (#{e.class})"
  exit 1
end
at = Sidekiq.redis do |c|
  space = c.respond_to?(:namespace) ? c.namespace : nil
  c = c.redis if space
  if c.respond_to?(:config) && c.config.respond_to?(:db)
    o = c.config
    { tls: o.ssl, host: o.host, port: o.port, path: o.path, db: o.db, user: o.username, password: o.password,
      params: o.respond_to?(:ssl_params) ? o.ssl_params : nil, sentinel: o.respond_to?(:sentinels) }
  else
    o = (c.respond_to?(:_client) ? c._client : c.client).options
    { tls: o[:ssl] || o[:scheme] == 'rediss', host: o[:host], port: o[:port], path: o[:path], db: o[:db], user: o[:username],
      password: o[:password], params: o[:ssl_params], sentinel: o[:sentinels] }
  end.merge(namespace: space)
end
params = at.delete(:params)
at[:verify] = false if params && params[:verify_mode] == 0
at[:trouble] = 'it is found through Sentinel, which shipit does not speak: set redis.url' if at.delete(:sentinel)
at[:db] = at[:db].to_i
at[:password] = nil unless at[:password].is_a?(String)
at[:user] = nil if at[:password].nil? || at[:user] == 'default'
puts
puts "SHIPIT_REDIS #{JSON.generate(at.reject { |_, v| v.nil? })}"
`
