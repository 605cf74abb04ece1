/** Ruby: parses the manager's list of processes. */
export const NAMED = String.raw`
# lines NAME PID; those that are not running have PID 0
def named(text)
  text.lines.map { |line| /\A(.*) (\d+)\s*\z/.match(line) }.compact.map { |m| { name: m[1], pid: m[2].to_i } }
end
`

/** Ruby, after NAMED: what /proc and Redis report about the processes that the manager named, and how much of that to believe. */
export const PROCESSES = String.raw`
# [parent, ticks of its start, ticks used], or nil where there is none
def stat(pid)
  fields = File.read("/proc/#{pid}/stat")[/\) (.*)/m, 1].split
  fields[0] =~ /[ZX]/ ? nil : [fields[1].to_i, fields[19].to_i, fields[11].to_i + fields[12].to_i]
rescue SystemCallError, NoMethodError
  nil
end

# a process and what it started: a wrapper's child is the Sidekiq
def family(pid)
  parents = Dir.children('/proc').grep(/\A\d+\z/).map { |one| [one.to_i, (stat(one) || [0])[0]] }
  all = [pid]
  all.each { |one| all.concat(parents.select { |_, parent| parent == one }.map(&:first)) }
end

# every entry of these processes: of several of one PID the one that started last, none whose hash has expired
def entries(redis, at, pids, hosts)
  list = redis.call('SMEMBERS', key('processes', at)).select { |id| pids.include?(id.split(':')[-2].to_i) }
  answers = redis.pipeline(list.flat_map { |id|
    id = key(id, at)
    [['HMGET', id, 'info', 'busy', 'beat', 'quiet'], ['HVALS', id + ':work'], ['HVALS', id + ':workers']]
  })
  list.each_with_index.map { |_, i| entry(answers[3 * i, 3], hosts) }.compact
      .group_by { |e| e[:pid] }.map { |_, same| same.max_by { |e| e[:started] } }
end

def entry(answers, hosts)
  bad = answers.grep(Trouble)[0]
  raise bad if bad
  (info, busy, beat, quiet), *work = answers
  return nil if info.nil? || beat.nil?
  info = JSON.parse(info)
  return nil unless hosts.include?(info['hostname'])
  { pid: info['pid'].to_i, started: info['started_at'].to_f, concurrency: info['concurrency'], queues: info['queues'], version: info['version'],
    busy: busy.to_i, beat: beat.to_f, quiet: quiet == 'true', jobs: work.flatten.map { |one| job(one) } }
rescue JSON::ParserError
  nil
end

# a job's class and when it began; never its arguments
def job(text)
  work = JSON.parse(text)
  payload = work['payload']
  payload = JSON.parse(payload) if payload.is_a?(String)
  name = (payload['wrapped'] || payload['display_class'] || payload['class']).to_s.gsub(/[^[:print:]]/, '')[0, 80]
  began = work['run_at'].to_f
  { name: name.empty? ? 'a job' : name, began: began > 1e11 ? began / 1000 : began }
rescue JSON::ParserError, NoMethodError, TypeError
  { name: 'a job', began: 0.0 }
end

# What is known of a process. since: when it was told to be quiet, nil: that is not known; first: when a beat was first seen to say so.
#   drained  quiet, no job, on a beat that is late enough: 2 s after the signal, when no fetch is under way any more
#   busy     quiet, with jobs
#   stale    nothing that is new enough to be believed
#   open     it fetches jobs
#   unknown  it runs, and Redis does not know it
#   stopped  it runs no more
def verdict(entry, alive, since, first, began)
  return alive ? :unknown : :stopped if entry.nil?
  return :stopped unless alive
  since = nil if since && since + 1 < entry[:started]
  unless entry[:quiet]
    return entry[:beat] >= (since ? [since + 1, began].max : began) + 2 ? :open : :stale
  end
  return :stale unless since ? entry[:beat] >= since + 3 : first && entry[:beat] > first
  entry[:busy].zero? && entry[:jobs].empty? ? :drained : :busy
end

# seconds from beat to beat: 5 up to Sidekiq 6, 10 from 7 on; as seen, where two were seen
def heartbeat(version, beats)
  seen = beats.each_cons(2).map { |a, b| b - a }.max
  return [seen.ceil, 5].max if seen
  version && version.to_i < 7 ? 5 : 10
end

# of the release in the current folder
def locked_version
  File.read(OPTIONS['lockfile'] || 'Gemfile.lock')[/^    sidekiq \(([\d.]+)/, 1]
rescue SystemCallError
  nil
end

def hosts_of(pids)
  [Socket.gethostname, *pids.map { |pid| environ(pid)['DYNO'] }].compact.uniq
end
`
