# Finds the address of Redis, and parses the manager's list of processes. OPTIONS has the config; an address with a password comes in the
# environment.
OPTIONS = JSON.parse(ARGV[0].dup.force_encoding(Encoding::UTF_8))

# NAME=VALUE lines as in systemd.exec(5) and dotenv, with or without quotes and `export`
def env_file(text)
  text.scan(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\r\n]*))/m).each_with_object({}) do |(name, double, single, bare), vars|
    value = single || (double ? double.gsub(/\\(.)/m, '\1') : bare.sub(/[ \t]+#.*\z/, '').strip)
    vars[name] = value unless value.empty?
  end
end

def environ(pid)
  File.binread("/proc/#{pid}/environ").split("\0").map { |pair| pair.force_encoding(Encoding::UTF_8).scrub.split('=', 2) }.select { |pair| pair.size == 2 }.to_h
rescue SystemCallError
  {}
end

# the address that Sidekiq takes from this environment, and the variable that has it; nil if it has none
def redis_variable(vars)
  name = [vars['REDIS_PROVIDER'], 'REDIS_URL'].compact.find { |one| !vars[one].to_s.empty? }
  name && [vars[name], name]
end

# [address, its source]
def find_address(pids)
  given = ENV['SHIPIT_REDIS_URL'].to_s
  return [parse_url(given), OPTIONS['source']] unless given.empty?
  return address_from_app if OPTIONS['app']
  address_from_files || address_from_processes(pids) || [parse_url('redis://127.0.0.1:6379/0'), "Sidekiq's default: no REDIS_URL was found"]
end

# a variable may be set in one file and named by another one
def address_from_files
  vars, source = {}, nil
  (OPTIONS['files'] || []).each do |file|
    path = File.expand_path(file['path'])
    begin
      vars.update(env_file(File.read(path, encoding: 'UTF-8').scrub))
      source = path if redis_variable(vars)
    rescue SystemCallError => e
      raise ShipitRedis::Error, "#{path}: #{e.is_a?(Errno::EACCES) ? 'permission denied' : 'cannot be read'}" if file['required']
    end
  end
  url, name = redis_variable(vars)
  url && [parse_url(url), "#{name} in #{source}"]
end

def address_from_processes(pids)
  pids.each do |pid|
    url, name = redis_variable(environ(pid))
    return [parse_url(url), "#{name} in the environment of process #{pid}"] if url
  end
  nil
end

def address_from_app
  output = ENV['SHIPIT_APP'].to_s.dup.force_encoding(Encoding::UTF_8).scrub
  found = output[/^SHIPIT_REDIS (.*)$/, 1]
  if found.nil?
    why = output[/^SHIPIT_ERROR (.*)$/, 1] || output.lines.map(&:strip).reject(&:empty?).first(3).join('; ')
    why = why.gsub(%r{://[^@\s/]*@}, '://[secret]@')
    raise ShipitRedis::Error, "could not get the address of Redis from the application: #{why.empty? ? 'no output' : why}"
  end
  address = JSON.parse(found, symbolize_names: true)
  raise ShipitRedis::Error, address[:error] if address[:error]
  [address, 'the application']
end

# [connection, address, its source]
def open_redis(pids)
  address, source = find_address(pids)
  [connect_redis(address, source), address, source]
end

def connect_redis(address, source)
  ShipitRedis.new(address, source, OPTIONS.fetch('verify', true) && address.fetch(:verify, true))
end

def key(name, address)
  namespace = OPTIONS['namespace'] || address[:namespace]
  namespace ? "#{namespace}:#{name}" : name
end

# lines NAME PID; PID 0: it does not run
def parse_processes(text)
  text.lines.map { |line| /\A(.*) (\d+)\s*\z/.match(line) }.compact.map { |m| { name: m[1], pid: m[2].to_i } }
end
