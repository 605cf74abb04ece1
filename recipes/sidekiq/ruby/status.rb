# Prints a JSON object with each process, from the kernel and Redis. On stdin it gets the manager's states, lines
# `NAME STATE RESULT MICROSECONDS` up to a `.`, then lines `NAME PID`. Measures CPU over 0.3 s.
require 'etc'

SECONDS = 0.3
TICKS = Etc.sysconf(Etc::SC_CLK_TCK)

def clock
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def rss(pid)
  File.read("/proc/#{pid}/status")[/^VmRSS:\s*(\d+)/, 1].to_i rescue 0
end

def cpu_ticks(trees)
  trees.map { |pids| pids.map { |pid| (proc_stat(pid) || [0, 0, 0])[2] }.inject(0, :+) }
end

# each queue with its size, and the seconds since its oldest job was enqueued
def read_queues(redis, address)
  names = redis.call('SMEMBERS', key('queues', address)).sort
  replies = redis.pipeline(names.flat_map { |name| [['LLEN', key("queue:#{name}", address)], ['LINDEX', key("queue:#{name}", address), -1]] })
  error = replies.grep(ShipitRedis::Error)[0]
  raise error if error
  names.zip(replies.each_slice(2)).map do |name, (size, oldest)|
    since = (JSON.parse(oldest)['enqueued_at'].to_f rescue 0) if oldest
    since /= 1000 if since && since > 1e11
    { name: name, size: size, latency: since.to_f > 0 ? (Time.now.to_f - since).round : nil }
  end
end

def quiet?(name, pid, start, tree)
  note = File.read(File.join(File.expand_path(OPTIONS['notes']), name)).strip rescue nil
  note == "#{pid} #{start}" || tree.any? { |id| (File.read("/proc/#{id}/cmdline") rescue '') =~ /\Asidekiq .* busy\].* stopping/ }
end

def kernel_columns(pid, tree)
  dir = File.readlink("/proc/#{pid}/cwd") rescue nil
  { pid: pid, dir: dir, rss: rss(pid), tree: tree.map { |id| rss(id) }.inject(0, :+) }
end

def redis_columns(beats)
  return {} if beats.empty?
  { busy: beats.map { |beat| beat[:busy] }.inject(:+), concurrency: beats.map { |beat| beat[:concurrency].to_i }.inject(:+),
    quiet: beats.all? { |beat| beat[:quiet] }, beat: Time.now.to_f - beats.map { |beat| beat[:beat] }.max }
end

states, list = $stdin.read.split(/^\.\n/, 2)
states = states.lines.map(&:split).map { |name, state, result, since| [name, { state: state, result: result, since: since.to_i / 1e6 }] }.to_h
processes = parse_processes(list.to_s)
uptime = File.read('/proc/uptime').to_f
trees = processes.map { |process| process[:pid].zero? ? [] : process_tree(process[:pid]) }
before, began = cpu_ticks(trees), clock
report = { queues: [] }
heartbeats = []
begin
  pids = processes.map { |process| process[:pid] }.reject(&:zero?)
  redis, address, source = open_redis(pids)
  report.update(at: display_url(address), source: source)
  heartbeats = read_heartbeats(redis, address, trees.flatten, hostnames_of(pids))
  report[:queues] = read_queues(redis, address)
  report[:id] = (redis.call('INFO', 'server')[/^run_id:(\w+)/, 1] rescue nil)
  report[:space] = [address[:db], key('', address)].join(' ')
rescue ShipitRedis::Error => e
  report[:error] = e.message
  heartbeats = []
end
sleep [began + SECONDS - clock, 0].max
after, elapsed = cpu_ticks(trees), clock - began
report[:locked] = (File.read('/proc/locks') =~ /FLOCK .*:#{File.stat(File.expand_path(OPTIONS['lock'])).ino} 0 EOF/ ? true : false) rescue false
report[:current] = File.basename(File.realpath('.'))
report[:processes] = processes.each_with_index.map do |process, i|
  pid, tree, state = process[:pid], trees[i], states[process[:name]] || {}
  row = { name: process[:name], pid: 0, state: state[:state], result: state[:result] }
  start = start_of(pid)
  next row.merge(since: state[:since].to_f > 0 ? uptime - state[:since] : nil) unless start
  row.update(kernel_columns(pid, tree)).update(redis_columns(heartbeats_of(pid, tree, heartbeats)))
  row[:since] = uptime - start.to_f / TICKS
  row[:cpu] = 100.0 * (after[i] - before[i]) / TICKS / elapsed
  row[:quiet] = true if quiet?(process[:name], pid, start, tree)
  row
end
puts JSON.generate(report)
