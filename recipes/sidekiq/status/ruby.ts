/**
 * Ruby: prints each process, from the kernel and Redis, as one JSON object. On stdin it gets the manager's states, lines
 * `NAME STATE RESULT MICROSECONDS` up to a `.`, then lines `NAME PID`. CPU is measured over 0.3 s.
 */
export const STATUS = String.raw`
states, list = $stdin.read.split(/^\.\n/, 2)
states = states.lines.map(&:split).map { |name, state, result, since| [name, { state: state, result: result, since: since.to_i / 1e6 }] }.to_h
processes = named(list.to_s)
up = File.read('/proc/uptime').to_f
tick = begin
  require 'etc'
  Etc.sysconf(Etc::SC_CLK_TCK)
rescue StandardError
  100
end
families = processes.map { |one| one[:pid].zero? ? [] : family(one[:pid]) }
used = proc { families.map { |pids| pids.map { |pid| (stat(pid) || [0, 0, 0])[2] }.inject(0, :+) } }
memory = proc { |pid| File.read("/proc/#{pid}/status")[/^VmRSS:\s*(\d+)/, 1].to_i rescue 0 }
before, began = used.call, Process.clock_gettime(Process::CLOCK_MONOTONIC)
all = { processes: [], queues: [] }
begin
  pids = processes.map { |one| one[:pid] }.reject(&:zero?)
  redis, at, source = open_redis(pids)
  all.update(at: shown(at), source: source)
  found = entries(redis, at, families.flatten, hosts_of(pids))
  names = redis.call('SMEMBERS', key('queues', at)).sort
  answers = redis.pipeline(names.flat_map { |name| [['LLEN', key("queue:#{name}", at)], ['LINDEX', key("queue:#{name}", at), -1]] })
  bad = answers.grep(Trouble)[0]
  raise bad if bad
  all[:queues] = names.zip(answers.each_slice(2)).map do |name, (size, oldest)|
    since = (JSON.parse(oldest)['enqueued_at'].to_f rescue 0) if oldest
    since /= 1000 if since && since > 1e11
    { name: name, size: size, latency: since.to_f > 0 ? (Time.now.to_f - since).round : nil }
  end
  all[:id] = (redis.call('INFO', 'server')[/^run_id:(\w+)/, 1] rescue nil)
  all[:space] = [at[:db], key('', at)].join(' ')
rescue Trouble => e
  all[:trouble] = e.message
  found = nil
end
rest = 0.3 - (Process.clock_gettime(Process::CLOCK_MONOTONIC) - began)
sleep rest if rest > 0
after, took = used.call, Process.clock_gettime(Process::CLOCK_MONOTONIC) - began
locked = (File.read('/proc/locks') =~ /FLOCK .*:#{File.stat(File.expand_path(OPTIONS['lock'])).ino} 0 EOF/ rescue nil)
all[:running] = !locked.nil?
all[:current] = File.basename(File.realpath('.')) if OPTIONS['placed']
processes.each_with_index do |one, i|
  pid = one[:pid]
  alive = pid.zero? ? nil : stat(pid)
  state = states[one[:name]] || {}
  row = { name: one[:name], pid: alive ? pid : 0, state: state[:state], result: state[:result], since: state[:since].to_f > 0 ? up - state[:since] : nil }
  if alive
    row[:since] = up - alive[1].to_f / tick
    row[:dir] = (File.readlink("/proc/#{pid}/cwd") rescue nil)
    row.update(rss: memory.call(pid), tree: families[i].map(&memory).inject(0, :+), cpu: (100.0 * (after[i] - before[i]) / tick / took))
    own = (found || []).select { |e| e[:pid] == pid }
    own = (found || []).select { |e| families[i].include?(e[:pid]) } if own.empty?
    unless own.empty?
      row.update(busy: own.map { |e| e[:busy] }.inject(:+), concurrency: own.map { |e| e[:concurrency].to_i }.inject(:+), quiet: own.all? { |e| e[:quiet] }, beat: Time.now.to_f - own.map { |e| e[:beat] }.max)
    end
  end
  if alive
    mark = File.read(File.join(File.expand_path(OPTIONS['marks']), one[:name])).strip rescue nil
    title = families[i].any? { |id| (File.read("/proc/#{id}/cmdline") rescue '') =~ /\Asidekiq .* busy\].* stopping/ }
    row[:quiet] = true if title || mark == "#{pid} #{alive[1]}"
  end
  all[:processes] << row
end
puts JSON.generate(all)
`
