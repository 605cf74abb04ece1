# What /proc and Redis report about processes, and whether to trust it.

# [parent, start in ticks, CPU time in ticks]; nil if the process has ended
def proc_stat(pid)
  fields = File.read("/proc/#{pid}/stat")[/\) (.*)/m, 1].split
  fields[0] =~ /[ZX]/ ? nil : [fields[1].to_i, fields[19].to_i, fields[11].to_i + fields[12].to_i]
rescue SystemCallError, NoMethodError
  nil
end

def start_of(pid)
  (proc_stat(pid) || [])[1]
end

# the process and its descendants: below a wrapper, a child is Sidekiq
def process_tree(pid)
  parents = Dir.children('/proc').grep(/\A\d+\z/).map { |one| [one.to_i, (proc_stat(one) || [0])[0]] }
  tree = [pid]
  tree.each { |one| tree.concat(parents.select { |_, parent| parent == one }.map(&:first)) }
end

# The heartbeats of these processes, without expired ones. Of several with one PID, the one of the process that started last.
def read_heartbeats(redis, address, pids, hostnames)
  ids = redis.call('SMEMBERS', key('processes', address)).select { |id| pids.include?(id.split(':')[-2].to_i) }
  replies = redis.pipeline(ids.flat_map { |id|
    id = key(id, address)
    [['HMGET', id, 'info', 'busy', 'beat', 'quiet'], ['HVALS', id + ':work'], ['HVALS', id + ':workers']]
  })
  replies.each_slice(3).map { |slice| parse_heartbeat(slice, hostnames) }.compact
         .group_by { |beat| beat[:pid] }.map { |_, same| same.max_by { |beat| beat[:started] } }
end

def parse_heartbeat(replies, hostnames)
  error = replies.grep(ShipitRedis::Error)[0]
  raise error if error
  (info, busy, beat, quiet), *work = replies
  return nil if info.nil? || beat.nil?
  info = JSON.parse(info)
  return nil unless hostnames.include?(info['hostname'])
  { pid: info['pid'].to_i, started: info['started_at'].to_f, concurrency: info['concurrency'], version: info['version'],
    busy: busy.to_i, beat: beat.to_f, quiet: quiet == 'true', jobs: work.flatten.map { |one| parse_job(one) } }
rescue JSON::ParserError
  nil
end

# the heartbeats of one process: its own, or those of its descendants
def heartbeats_of(pid, tree, heartbeats)
  own = heartbeats.select { |beat| beat[:pid] == pid }
  own.empty? ? heartbeats.select { |beat| tree.include?(beat[:pid]) } : own
end

# a job's class and start, never its arguments
def parse_job(text)
  work = JSON.parse(text)
  payload = work['payload']
  payload = JSON.parse(payload) if payload.is_a?(String)
  name = (payload['wrapped'] || payload['display_class'] || payload['class']).to_s.gsub(/[^[:print:]]/, '')[0, 80]
  began = work['run_at'].to_f
  { name: name.empty? ? 'a job' : name, began: began > 1e11 ? began / 1000 : began }
rescue JSON::ParserError, NoMethodError, TypeError
  { name: 'a job', began: 0.0 }
end

# The state of a process by its last heartbeat. quieted: when it was quieted, nil if that is not known; first_quiet: the first heartbeat
# seen to report that; began: when the drain began.
#   drained   quiet and without jobs, in a heartbeat at least 2 s after the signal, when no fetch is under way any more
#   busy      quiet, with jobs
#   stale     its heartbeat is too old to decide
#   fetching  it takes jobs
#   unknown   it runs, but Redis does not know it
#   stopped   it has ended
def state_of(heartbeat, alive, quieted, first_quiet, began)
  return alive ? :unknown : :stopped if heartbeat.nil?
  return :stopped unless alive
  quieted = nil if quieted && quieted + 1 < heartbeat[:started]
  unless heartbeat[:quiet]
    return heartbeat[:beat] >= (quieted ? [quieted + 1, began].max : began) + 2 ? :fetching : :stale
  end
  return :stale unless quieted ? heartbeat[:beat] >= quieted + 3 : first_quiet && heartbeat[:beat] > first_quiet
  heartbeat[:busy].zero? && heartbeat[:jobs].empty? ? :drained : :busy
end

# seconds between heartbeats: 5 up to Sidekiq 6, 10 from 7 on; or as observed
def heartbeat_interval(version, beats)
  observed = beats.each_cons(2).map { |a, b| b - a }.max
  return [observed.ceil, 5].max if observed
  version && version.to_i < 7 ? 5 : 10
end

# of the release in the current folder
def locked_version
  File.read(OPTIONS['lockfile'] || 'Gemfile.lock')[/^    sidekiq \(([\d.]+)/, 1]
rescue SystemCallError
  nil
end

# Sidekiq puts DYNO into its heartbeats, if it is set
def hostnames_of(pids)
  [Socket.gethostname, *pids.map { |pid| environ(pid)['DYNO'] }].compact.uniq
end
